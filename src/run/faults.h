#pragma once
/* What becomes of a program that faults, and of a thread that does not come back: said, counted,
 * rolled back in a probation, restarted where the program wants that. Main thread. */

#include <stdbool.h>
#include "base/error.h"
#include "run/generation.h"

struct runtime;

bool faults_open(struct runtime *runtime, struct error *error);
void faults_close(struct runtime *runtime);

/* For generations at work. */
const struct generation_events *faults_events(struct runtime *runtime);

/* Another program is at work: what was planned for the last one is not done. */
void faults_follow(struct runtime *runtime);

/* The present program is on trial no more: from now on a fault of it, also one that has just
 * happened, makes outputs safe. */
void faults_trust(struct runtime *runtime);

/* There is no way back from the present fault: it stays. */
void faults_stay(struct runtime *runtime);

/* Starts the present program again in restart_after, if that is what it wants. */
void faults_restart_later(struct runtime *runtime);

/* It could not be started again, for `reason`: says so, and tries again, less and less often. */
void faults_restart_refused(struct runtime *runtime, const char *reason);

/* At the end, when the scan's thread has: what it left that nobody has heard. */
void faults_tell_last(struct runtime *runtime);

/* The scan's thread, anew: for the first program, and after one was abandoned. */
bool faults_start_thread(struct runtime *runtime, struct error *error);

/* One more thread does not come back, of whatever kind: two are borne, the third ends the process.
 */
void faults_count_abandoned(struct runtime *runtime);

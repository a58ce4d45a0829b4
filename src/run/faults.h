#pragma once
/* What becomes of a program that faults: said, counted, rolled back in a probation, restarted where
 * the program wants that. Main thread. */

#include <stdbool.h>
#include "base/error.h"
#include "run/generation.h"

struct runtime;

bool faults_open(struct runtime *runtime, struct error *error);
void faults_close(struct runtime *runtime);

/* For generations at work. */
const struct generation_events *faults_events(struct runtime *runtime);

/* The present program is on trial no more: from now on a fault of it, also one that has just
 * happened, makes outputs safe. */
void faults_trust(struct runtime *runtime);

/* A fault is said and counted; then, once the scan has a thread, what becomes of the present
 * program is decided. */
void faults_note(struct runtime *runtime, const char *text);
void faults_decide(struct runtime *runtime, const char *text);

/* There is no way back from the present fault: it stays. */
void faults_stay(struct runtime *runtime);

/* At the end, when the scan's thread has: what it left that nobody has heard. */
void faults_tell_last(struct runtime *runtime);

/* The scan's thread does not come back, nor does what it was to do. */
void faults_abandon(struct runtime *runtime);

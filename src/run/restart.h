#pragma once
/* A program that has ended by a fault and wants to be started again: when, and what if it cannot
 * be. Main thread. */

#include <stdint.h>

struct runtime;

void restart_open(struct runtime *runtime);
void restart_close(struct runtime *runtime);

/* Starts the present program again in restart_after, if that is what it wants. */
void restart_later(struct runtime *runtime);

/* Nanoseconds until it is started again; -1: it is not going to be. */
int64_t restart_left(const struct runtime *runtime);

/* It could not be started again, for `reason`: says so, and tries again, less and less often. */
void restart_refused(struct runtime *runtime, const char *reason);

/* Another program is at work: what was planned for the last one is not done. */
void restart_forget(struct runtime *runtime);

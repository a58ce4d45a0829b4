#pragma once
/* The time after a program has taken over, in which it has to show that it runs: a fault leads back
 * to the last proven program where there is one. Then it is proven itself: its text is what a
 * machine that starts again may fall back to, and what its predecessor kept or retained alone goes.
 * It does not stand still while the next reload is being loaded. Main thread. */

#include "control/host.h"

struct runtime;

void probation_open(struct runtime *runtime);
void probation_close(struct runtime *runtime);

/* Of the present program; `asker` (or NULL) is told how it ends, and once it is proven also
 * `remarks` (malloc, or NULL), which are taken over. */
void probation_begin(struct runtime *runtime, struct host_answer *asker, char *remarks);

/* Before its time, with what is to be said of it; nothing where there is none. */
void probation_end(struct runtime *runtime, enum host_result result, const char *text);

/* The same, but who asked is told by somebody else: returns him. */
struct host_answer *probation_take(struct runtime *runtime);

void probation_forget(struct runtime *runtime, const struct host_answer *asker);

/* Keeps whose names the present program does not have go: it is proven, nobody else comes back. */
void probation_drop_keeps(struct runtime *runtime);

bool probation_is_on(const struct runtime *runtime);

/* ns until its end; 0 also where there is none. */
int64_t probation_left(const struct runtime *runtime);

/* The scan's thread does not come back, nor does what it was to do. */
void probation_abandon(struct runtime *runtime);

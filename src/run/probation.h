#pragma once
/* The time after a program has taken over, in which it has to show that it runs: a fault leads back
 * to the last proven program where there is one. Then it is proven itself: its text is what a
 * machine that starts again may fall back to, and what its predecessor retained alone goes. It does
 * not stand still while the next reload is being loaded. Main thread. */

#include "control/host.h"

struct runtime;

/* Of the present program; `asker` (or NULL) is told how it ends. */
void probation_begin(struct runtime *runtime, struct host_answer *asker);

/* Before its time, with what is to be said of it; nothing where there is none. */
void probation_end(struct runtime *runtime, enum host_result result, const char *text);

/* The same, but who asked is told by somebody else: returns him. */
struct host_answer *probation_take(struct runtime *runtime);

void probation_forget(struct runtime *runtime, const struct host_answer *asker);

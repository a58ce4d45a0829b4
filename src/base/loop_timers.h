#pragma once
/* The loop's timers by the moment they are due: a binary heap, so that thousands cost little more
 * than a few. No clock and no descriptor. For loop.c only. */

#include <stddef.h>
#include "base/loop.h"

struct loop_timers {
    struct loop_timer **rows; /* a timer in place p is rows[p - 1] */
    size_t count;
};

void loop_timers_finish(struct loop_timers *timers); /* those that are set are no longer */

/* Puts it in, or moves it. */
void loop_timers_set(struct loop_timers *timers, struct loop_timer *timer, int64_t when);
void loop_timers_unset(struct loop_timers *timers, struct loop_timer *timer);

/* The earliest; NULL when none is set. */
struct loop_timer *loop_timers_first(const struct loop_timers *timers);

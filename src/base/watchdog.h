#pragma once
/* Says when a thread's work takes too long, in processor time: work that never waits is too long
 * when it has used up its time, not when a busy machine gave it none. A timer of the thread's own,
 * whose signal arrives on that thread, so that it comes even where the thread leaves the processor
 * to nobody else. Costs one look at the processor time when work begins, and a signal or two
 * in as much processor time as the deadline is, which may also come between two works: what a
 * thread does there goes on by itself, or looks at EINTR (timer_create(2), CLOCK_THREAD_CPUTIME_ID,
 * SIGEV_THREAD_ID). */

#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"

struct watchdog;

/* Both are called in a signal handler on the watched thread, and may do only what is
 * async-signal-safe (signal-safety(7)). NULL for none. */
struct watchdog_hooks {
    void *context;
    void (*late)(void *context);  /* at the deadline, then every 10 ms until the work ends */
    void (*stuck)(void *context); /* once, at twice the deadline: it did not heed the first */
};

/* By the thread that is to be watched, which then takes the signal whatever it had masked. NULL
 * with an error. */
struct watchdog *watchdog_open(struct error *error);
void watchdog_close(struct watchdog *watchdog); /* by the same thread; NULL is accepted */

/* From here on until watchdog_end work is under way. `deadline` in nanoseconds, above 0. Not
 * nested. The hooks are copied. After watchdog_end returned neither is called any more. */
void watchdog_begin(struct watchdog *watchdog, const struct watchdog_hooks *hooks,
                    int64_t deadline);
void watchdog_end(struct watchdog *watchdog);

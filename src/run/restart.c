/* One timer. A try that is refused doubles the wait before the next one, up to a minute. */

#include "run/restart.h"

#include "base/clock.h"
#include "base/duration.h"
#include "base/log.h"
#include "base/memory.h"
#include "run/reload.h"
#include "run/runtime.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const int64_t WAIT_LEAST = NS_PER_S / 10, WAIT_MOST = INT64_C(60) * NS_PER_S;
enum { TRY_AGAIN = 100 * NS_PER_MS }; /* something else was under way */

struct restart {
    struct runtime *runtime;
    struct loop_timer timer;
    int64_t wait; /* ns, before the next try; 0: none has failed */
};

static void restart(struct loop_timer *timer)
{
    struct runtime *runtime =
        ((struct restart *)((char *)timer - offsetof(struct restart, timer)))->runtime;
    if (!reload_restart(runtime))
        loop_set_timer(runtime->loop, timer, clock_monotonic() + TRY_AGAIN);
}

static void restart_in(struct runtime *runtime, int64_t wait)
{
    char after[32];
    duration_format(wait, after, sizeof after);
    log_line("%s: starting again in %s", runtime_name(runtime), after);
    loop_set_timer(runtime->loop, &runtime->restart->timer, clock_monotonic() + wait);
}

void restart_later(struct runtime *runtime)
{
    const struct settings *settings = &runtime->current->plan->settings;
    if (settings->restarts && !runtime->stopping)
        restart_in(runtime, settings->restart_after);
}

/* What keeps a program in fault, a value that a master wrote, may stay for a night. */
void restart_refused(struct runtime *runtime, const char *reason)
{
    struct restart *restart = runtime->restart;
    const struct settings *settings = &runtime->current->plan->settings;
    int64_t after = settings->restart_after;
    int64_t least = after > WAIT_LEAST ? after : WAIT_LEAST;
    int64_t most = after > WAIT_MOST ? after : WAIT_MOST;
    restart->wait = restart->wait ? 2 * restart->wait : least;
    if (restart->wait > most)
        restart->wait = most;
    log_text(reason, strlen(reason));
    if (!settings->restarts) { /* it was the last proven text that was refused */
        log_line("%s: it stays in FAULT; msm reload starts it again", runtime_name(runtime));
        return;
    }
    log_line("%s: it cannot be started again yet", runtime_name(runtime));
    if (!runtime->stopping)
        restart_in(runtime, restart->wait);
}

void restart_forget(struct runtime *runtime)
{
    runtime->restart->wait = 0;
    loop_unset_timer(runtime->loop, &runtime->restart->timer);
}

void restart_open(struct runtime *runtime)
{
    struct restart *own = runtime->restart = memory_zeroed(1, sizeof *own);
    own->runtime = runtime;
    own->timer.fire = restart;
}

void restart_close(struct runtime *runtime)
{
    if (!runtime->restart)
        return;
    loop_unset_timer(runtime->loop, &runtime->restart->timer);
    free(runtime->restart);
    runtime->restart = NULL;
}

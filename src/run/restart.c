/* One timer. */

#include "run/restart.h"

#include "base/clock.h"
#include "base/duration.h"
#include "base/log.h"
#include "base/memory.h"
#include "run/reload.h"
#include "run/restart_wait.h"
#include "run/runtime.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { TRY_AGAIN = 100 * NS_PER_MS }; /* something else was under way */

struct restart {
    struct runtime *runtime;
    struct loop_timer timer;
    int64_t wait; /* ns, before the next try; 0: none has failed */
    int64_t due;  /* monotonic ns of the next try; 0: there is none */
};

static void set_timer(struct restart *restart, int64_t wait)
{
    restart->due = clock_monotonic() + wait;
    loop_set_timer(restart->runtime->loop, &restart->timer, restart->due);
}

static void try_now(struct loop_timer *timer)
{
    struct restart *restart = (struct restart *)((char *)timer - offsetof(struct restart, timer));
    restart->due = 0;
    if (!reload_restart(restart->runtime))
        set_timer(restart, TRY_AGAIN);
}

static void restart_in(struct runtime *runtime, int64_t wait)
{
    char after[32];
    duration_format(wait, after, sizeof after);
    log_line("%s: starting again in %s", runtime_name(runtime), after);
    set_timer(runtime->restart, wait);
}

void restart_later(struct runtime *runtime)
{
    const struct settings *settings = &runtime->current->plan->settings;
    if (settings->restarts && !runtime->stopping)
        restart_in(runtime, settings->restart_after);
}

int64_t restart_left(const struct runtime *runtime)
{
    int64_t due = runtime->restart->due, left = due - clock_monotonic();
    return !due ? -1 : left > 0 ? left : 0;
}

void restart_refused(struct runtime *runtime, const char *reason)
{
    struct restart *restart = runtime->restart;
    const struct settings *settings = &runtime->current->plan->settings;
    restart->wait = restart_wait(settings, restart->wait);
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
    runtime->restart->wait = runtime->restart->due = 0;
    loop_unset_timer(runtime->loop, &runtime->restart->timer);
}

void restart_open(struct runtime *runtime)
{
    struct restart *own = runtime->restart = memory_zeroed(1, sizeof *own);
    own->runtime = runtime;
    own->timer.fire = try_now;
}

void restart_close(struct runtime *runtime)
{
    if (!runtime->restart)
        return;
    loop_unset_timer(runtime->loop, &runtime->restart->timer);
    free(runtime->restart);
    runtime->restart = NULL;
}

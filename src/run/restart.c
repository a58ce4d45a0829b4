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

/* A timer, and what its end means. */

#include "run/probation.h"

#include "base/clock.h"
#include "run/faults.h"
#include "run/runtime.h"

#include <stddef.h>

/* A swap that is under way may want the sockets that rest. */
static void settle(struct runtime *runtime)
{
    const struct source *sources;
    size_t count = program_sources(runtime->current->program, &sources);
    runtime->current->settled = true;
    store_settle(runtime->store, sources, count);
    if (!runtime->reload.swap)
        tcp_settle(runtime->tcp);
}

/* One that has faulted at the last moment is not proven: its news is on the way. */
static void prove(struct loop_timer *timer)
{
    struct runtime *runtime =
        (struct runtime *)((char *)timer - offsetof(struct runtime, probation.timer));
    struct generation *before = runtime->proven;
    if (scan_state(runtime->current->scan) == SCAN_FAULT)
        return;
    runtime->proven = runtime->current;
    faults_trust(runtime);
    if (before != runtime->current)
        generation_destroy(before);
    settle(runtime);
    probation_end(runtime, HOST_OK, NULL);
}

void probation_begin(struct runtime *runtime, struct host_answer *asker)
{
    struct probation *probation = &runtime->probation;
    probation->on = true;
    probation->asker = asker;
    probation->until = clock_monotonic() + runtime->current->plan->settings.probation;
    probation->timer.fire = prove;
    loop_set_timer(runtime->loop, &probation->timer, probation->until);
}

struct host_answer *probation_take(struct runtime *runtime)
{
    struct host_answer *asker = runtime->probation.asker;
    runtime->probation.asker = NULL;
    runtime->probation.on = false;
    loop_unset_timer(runtime->loop, &runtime->probation.timer);
    return asker;
}

void probation_end(struct runtime *runtime, enum host_result result, const char *text)
{
    struct host_answer *asker = probation_take(runtime);
    if (asker)
        asker->done(asker, result, text);
}

void probation_forget(struct runtime *runtime, const struct host_answer *asker)
{
    if (runtime->probation.asker == asker)
        runtime->probation.asker = NULL;
}

/* A timer, and what its end means. */

#include "run/probation.h"

#include "base/clock.h"
#include "base/memory.h"
#include "run/faults.h"
#include "run/reload.h"
#include "run/runtime.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct probation {
    struct runtime *runtime;
    bool on;
    int64_t until;
    struct loop_timer timer;
    struct host_answer *asker; /* or NULL */
    char *remarks;             /* for him, or NULL */
    struct scan_job drop;      /* of keeps that no program has any more */
    atomic_bool drops;         /* it waits */
};

/* ---- keeps that go ---- */

static bool has_keep(const struct plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->keep_count; i++)
        if (!strcmp(plan->keeps[i].name, name))
            return true;
    return false;
}

/* Held at once, so that neither a fault nor an eval that fails takes it back. */
static void run_drop(struct scan_job *job, struct scan_thread *thread, struct instant now)
{
    struct probation *probation =
        (struct probation *)((char *)job - offsetof(struct probation, drop));
    struct keeps *keeps = probation->runtime->keeps;
    const struct plan *plan = generation_there(thread)->plan;
    const char *name;
    uint32_t at = 0;
    (void)now;
    while (keeps_next_name(keeps, &at, &name))
        if (!has_keep(plan, name))
            keeps_drop(keeps, name);
    image_commit_keeps(generation_there(thread)->image);
    atomic_store(&probation->drops, false);
}

/* On the scan's thread, whose the keeps are; a program that is to come next is behind it there. */
void probation_drop_keeps(struct runtime *runtime)
{
    struct probation *probation = runtime->probation;
    if (!runtime->thread || atomic_exchange(&probation->drops, true))
        return;
    scan_thread_post(runtime->thread, &probation->drop);
}

/* ---- the probation ---- */

/* A swap that is under way may want the sockets that rest. */
static void settle(struct runtime *runtime)
{
    const struct source *sources;
    size_t count = program_sources(runtime->current->program, &sources);
    runtime->current->is_proven = true;
    store_settle(runtime->store, sources, count);
    probation_drop_keeps(runtime);
    if (!reload_is_swapping(runtime))
        tcp_settle(runtime->tcp);
}

/* One that has faulted at the last moment is not proven: its news is on the way. */
static void prove(struct loop_timer *timer)
{
    struct runtime *runtime =
        ((struct probation *)((char *)timer - offsetof(struct probation, timer)))->runtime;
    struct generation *before = runtime->proven;
    if (scan_state(runtime->current->scan) == SCAN_FAULT)
        return;
    runtime->proven = runtime->current;
    faults_trust(runtime);
    if (before != runtime->current)
        generation_destroy(before);
    settle(runtime);
    probation_end(runtime, HOST_OK, runtime->probation->remarks);
}

void probation_begin(struct runtime *runtime, struct host_answer *asker, char *remarks)
{
    struct probation *probation = runtime->probation;
    free(probation->remarks);
    probation->remarks = remarks;
    probation->on = true;
    probation->asker = asker;
    probation->until = clock_monotonic() + runtime->current->plan->settings.probation;
    loop_set_timer(runtime->loop, &probation->timer, probation->until);
}

struct host_answer *probation_take(struct runtime *runtime)
{
    struct host_answer *asker = runtime->probation->asker;
    runtime->probation->asker = NULL;
    runtime->probation->on = false;
    loop_unset_timer(runtime->loop, &runtime->probation->timer);
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
    if (runtime->probation && runtime->probation->asker == asker)
        runtime->probation->asker = NULL;
}

/* ---- life ---- */

void probation_open(struct runtime *runtime)
{
    struct probation *probation = runtime->probation = memory_zeroed(1, sizeof *probation);
    probation->runtime = runtime;
    probation->timer.fire = prove;
    probation->drop.run = run_drop;
}

void probation_close(struct runtime *runtime)
{
    if (!runtime->probation)
        return;
    probation_end(runtime, HOST_FAILED, "the program is stopping");
    free(runtime->probation->remarks);
    free(runtime->probation);
    runtime->probation = NULL;
}

bool probation_is_on(const struct runtime *runtime)
{
    return runtime->probation->on;
}

int64_t probation_left(const struct runtime *runtime)
{
    const struct probation *probation = runtime->probation;
    int64_t left = probation->until - clock_monotonic();
    return probation->on && left > 0 ? left : 0;
}

void probation_abandon(struct runtime *runtime)
{
    atomic_store(&runtime->probation->drops, false);
}

/* The scan is a list of paces (a task's period and next due time) over one view of the image. A
 * step goes through them in the order declared between one latch and one publish. When who is due
 * stands in scan_pace.c, how it ends in scan_end.c, and what keeps a hook that does not come back
 * from doing harm in scan_guard.c.
 *
 * Everything here belongs to the scan's thread but the state, the wish to stop, and the
 * statistics: those are atomics, so that nobody who reads them is ever waited for. */

#include "scan/scan_inside.h"

#include <stdlib.h>

#include "base/mutex.h"

struct scan *scan_create(struct image *image, const struct scan_hooks *hooks, struct instant start,
                         struct error *error)
{
    const struct plan *plan = image_plan(image);
    size_t paces = scan_count_paces(plan);
    struct scan *scan = calloc(1, sizeof *scan + paces * sizeof scan->paces[0]);
    if (!scan) {
        error_set(error, "no memory for a scan of %zu tasks", paces);
        return NULL;
    }
    scan->image = image;
    scan->hooks = *hooks;
    scan->plan = plan;
    scan->origin = start.monotonic;
    scan->task_count = plan->task_count;
    scan->pace_count = paces;
    if (!scan_set_paces(scan, start.monotonic, error) ||
        !(scan->view = view_create(image, error))) {
        free(scan);
        return NULL;
    }
    mutex_init(&scan->custody); /* who abandons runs at normal priority */
    return scan;
}

void scan_destroy(struct scan *scan)
{
    if (!scan)
        return;
    pthread_mutex_destroy(&scan->custody);
    view_destroy(scan->view);
    free(scan);
}

void *scan_context(const struct scan *scan)
{
    return scan->hooks.context;
}

struct view *scan_view(struct scan *scan)
{
    return scan->view;
}

struct cycle scan_cycle(const struct scan *scan, struct instant now)
{
    return (struct cycle){
        .monotonic = now.monotonic,
        .time = (double)(now.monotonic - scan->origin) / NS_PER_S,
        .utc = (double)now.utc / NS_PER_S,
        .clock_ok = clock_is_set(now.utc),
        .count = scan->count,
        .overruns = scan->overruns,
        .seen = scan->latched,
    };
}

uint64_t scan_latch(struct scan *scan)
{
    uint64_t sequence = view_latch(scan->view);
    view_follow(scan->view);
    return sequence;
}

/* Whether all memories that a task needs are exchanged with devices that answer. What nobody
 * exchanges lacks nothing. */
static bool has_needs(const struct scan *scan, const struct task_spec *task)
{
    for (size_t i = 0; i < task->need_count; i++) {
        int client = scan->plan->memories[task->needs[i]].client;
        if (client < 0)
            continue;
        const struct link_status *status = view_link(scan->view, (size_t)client);
        if (!status->online || !status->complete)
            return false;
    }
    return true;
}

static bool call_start(struct scan *scan, const struct cycle *cycle, struct error *error)
{
    scan_watch_begin(scan);
    scan_call_begin(scan);
    bool ok = scan->hooks.start(scan->hooks.context, cycle, error);
    return scan_call_end(scan) && ok;
}

static bool call_task(struct scan *scan, size_t task, double dt, const struct cycle *cycle,
                      struct error *error)
{
    scan_watch_begin(scan);
    scan_call_begin(scan);
    bool ok = scan->hooks.task(scan->hooks.context, task, dt, cycle, error);
    return scan_call_end(scan) && ok;
}

static bool call_settle(struct scan *scan, const struct cycle *cycle, struct error *error)
{
    if (!scan->hooks.settle)
        return true;
    scan_watch_begin(scan);
    scan_call_begin(scan);
    bool ok = scan->hooks.settle(scan->hooks.context, cycle, error);
    return scan_call_end(scan) && ok;
}

static bool run_task(struct scan *scan, size_t task, struct cycle *cycle, int64_t now,
                     struct error *error)
{
    struct pace *pace = &scan->paces[task];
    double dt = (double)(pace->rested ? pace->period : now - pace->last) / NS_PER_S;
    pace->rested = false;
    cycle->seen = pace->seen;
    pace->seen = scan->latched;
    pace->last = now;
    return call_task(scan, task, dt, cycle, error);
}

/* One that is held keeps its times, and what was written meanwhile stays news to it. */
static bool run_or_hold(struct scan *scan, size_t task, struct cycle *cycle, int64_t now,
                        struct error *error)
{
    if (has_needs(scan, &scan->plan->tasks[task]))
        return run_task(scan, task, cycle, now, error);
    scan->paces[task].rested = true;
    return true;
}

static bool run_due(struct scan *scan, struct cycle *cycle, int64_t now, struct error *error)
{
    for (size_t i = 0; i < scan->pace_count; i++) {
        struct pace *pace = &scan->paces[i];
        if (pace->due > now)
            continue;
        pace->due += pace->period;
        pace->ran = scan->count;
        pace->seen_before = pace->seen;
        if (i < scan->task_count && !run_or_hold(scan, i, cycle, now, error))
            return false;
    }
    return true;
}

static bool run_program(struct scan *scan, struct cycle *cycle, int64_t now, struct error *error)
{
    if (scan->state == SCAN_READY) {
        atomic_store(&scan->state, SCAN_RUN);
        if (!call_start(scan, cycle, error))
            return false;
    }
    return run_due(scan, cycle, now, error) && call_settle(scan, cycle, error);
}

void scan_rest(struct scan *scan)
{
    scan_call_begin(scan);
    bool wanted = scan->hooks.stop_wanted(scan->hooks.context);
    scan->hooks.rest(scan->hooks.context);
    if (scan_call_end(scan) && wanted)
        atomic_store(&scan->stop_wanted, true);
}

/* One scan of a program that runs. */
static void step_running(struct scan *scan, struct instant now)
{
    struct error error;
    struct cycle cycle = scan_cycle(scan, now);
    scan->under_way = true;
    scan->latched_before = scan->latched;
    scan->latched = scan_latch(scan);
    scan_show_latched(scan, now);
    bool ok = run_program(scan, &cycle, now.monotonic, &error);
    scan_watch_end(scan);
    if (!ok) {
        scan_fail(scan, &error, now.monotonic);
        scan_show_published(scan, &error);
        return;
    }
    view_publish(scan->view, now.monotonic);
    scan_show_published(scan, NULL);
    scan->under_way = false;
    scan_rest(scan);
}

/* What follows another variable goes on to do so: masters still read it. What they write meanwhile
 * is news to nobody, but on trial to the program that comes back (scan_pace.c). */
static void step_faulted(struct scan *scan, struct instant now)
{
    uint64_t latched = scan_latch(scan);
    if (!scan->on_trial)
        scan->latched = latched;
    view_publish(scan->view, now.monotonic);
}

static void begin_step(struct scan *scan, int64_t now)
{
    if (scan->state == SCAN_READY)
        scan_begin_time(scan, now);
    scan->began = now;
    scan->late = now - scan_due(scan);
    scan->count++;
}

void scan_step(struct scan *scan, struct instant now)
{
    if (!scan_enter(scan))
        return;
    if (scan->state != SCAN_STOPPED) {
        begin_step(scan, now.monotonic);
        if (scan->state == SCAN_FAULT)
            step_faulted(scan, now); /* scan_ended goes on to the next due times */
        else
            step_running(scan, now);
    }
    scan_leave(scan);
}

void scan_ended(struct scan *scan, int64_t end)
{
    if (!scan_enter(scan))
        return;
    scan_show_ended(scan, end);
    scan_skip_missed(scan, end);
    atomic_store(&scan->ran, scan->count);
    if (scan->state == SCAN_RUN) { /* a step in fault runs nothing, which is not worth a figure */
        stats_add(&scan->duration, end - scan->began);
        stats_add(&scan->latency, scan->late);
    }
    scan_leave(scan);
}

enum scan_state scan_state(const struct scan *scan)
{
    return atomic_load(&scan->state);
}

bool scan_stop_wanted(const struct scan *scan)
{
    return atomic_load(&scan->stop_wanted);
}

static struct scan_figures figures(const struct stats *stats)
{
    struct stats copy;
    stats_copy(stats, &copy);
    return stats_figures(&copy);
}

struct scan_stats scan_statistics(const struct scan *scan)
{
    struct scan_stats statistics = {
        .count = atomic_load(&scan->ran),
        .overruns = atomic_load(&scan->overruns),
        .period = scan->paces[0].period,
        .duration = figures(&scan->duration),
        .latency = figures(&scan->latency),
    };
    for (size_t i = 1; i < scan->task_count; i++)
        if (scan->paces[i].period < statistics.period)
            statistics.period = scan->paces[i].period;
    return statistics;
}

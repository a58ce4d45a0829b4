/* The scan is a list of paces (a task's period and next due time) over one view of the image. A
 * step goes through them in the order declared between one latch and one publish; whatever goes
 * wrong in between leads to `fail`, which is why nothing of a faulted scan reaches the image.
 * A program without tasks has one pace of 10 Hz that runs nothing, so that it still latches.
 *
 * Everything here belongs to the scan's thread but the state, the wish to stop, and the
 * statistics: those are atomics, so that nobody who reads them is ever waited for. */

#include "scan/scan.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { IDLE_PERIOD = 100 * NS_PER_MS };

struct pace {
    int64_t period, due;
    int64_t last;  /* when it last ran; before that, one period before its first due time */
    uint64_t seen; /* what the latch of that scan returned; 0 before */
    uint64_t ran;  /* number of that scan */
    bool held;     /* was due since, but lacked what it needs */
};

struct scan {
    struct image *image;
    struct view *view;
    struct scan_hooks hooks;
    const struct plan *plan;
    int64_t origin; /* monotonic ns of scan.time 0 */
    int64_t began;  /* `now` of the step under way */
    int64_t late;   /* how long after the due time it began */
    uint64_t count;
    uint64_t latched; /* sequence of the last latch */
    _Atomic enum scan_state state;
    atomic_bool stop_wanted;
    atomic_uint_fast64_t ran, overruns; /* for other threads to read; ran is the last count */
    struct stats duration, latency;     /* likewise */
    size_t task_count;                  /* of them; one more pace may be idle */
    size_t pace_count;
    struct pace paces[];
};

static bool set_paces(struct scan *scan, const struct plan *plan, int64_t start,
                      struct error *error)
{
    for (size_t i = 0; i < scan->pace_count; i++) {
        int64_t period = i < scan->task_count ? plan->tasks[i].period : IDLE_PERIOD;
        if (period <= 0)
            return error_set(error, "%s: the period of a task must be above 0",
                             plan->tasks[i].where);
        scan->paces[i] = (struct pace){.period = period, .due = start, .last = start - period};
    }
    return true;
}

/* One for each task, and an idle one where there is none, or where what follows another variable
 * (`from`) would otherwise wait for a task that comes once a minute: masters read it meanwhile. */
static size_t count_paces(const struct plan *plan)
{
    bool slow = true;
    for (size_t i = 0; i < plan->task_count; i++)
        slow &= plan->tasks[i].period > IDLE_PERIOD;
    return plan->task_count + (!plan->task_count || (slow && plan->follower_count) ? 1 : 0);
}

struct scan *scan_create(struct image *image, const struct scan_hooks *hooks, struct instant start,
                         struct error *error)
{
    const struct plan *plan = image_plan(image);
    size_t paces = count_paces(plan);
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
    if (!set_paces(scan, plan, start.monotonic, error) ||
        !(scan->view = view_create(image, error))) {
        free(scan);
        return NULL;
    }
    return scan;
}

void scan_destroy(struct scan *scan)
{
    if (!scan)
        return;
    view_destroy(scan->view);
    free(scan);
}

struct view *scan_view(struct scan *scan)
{
    return scan->view;
}

int64_t scan_due(const struct scan *scan)
{
    int64_t due = scan->paces[0].due;
    for (size_t i = 1; i < scan->pace_count; i++)
        if (scan->paces[i].due < due)
            due = scan->paces[i].due;
    return due;
}

/* All tasks first run at scan.time 0. A first step that comes late, because the program took its
 * time to get ready, therefore moves the beginning and not the first time and dt. */
static void begin_time(struct scan *scan, int64_t now)
{
    int64_t late = now - scan->origin;
    if (late <= 0)
        return;
    scan->origin += late;
    for (size_t i = 0; i < scan->pace_count; i++) {
        scan->paces[i].due += late;
        scan->paces[i].last += late;
    }
}

static struct cycle next_cycle(struct scan *scan, struct instant now)
{
    return (struct cycle){
        .monotonic = now.monotonic,
        .time = (double)(now.monotonic - scan->origin) / NS_PER_S,
        .utc = (double)now.utc / NS_PER_S,
        .clock_ok = clock_is_set(now.utc),
        .count = ++scan->count,
        .overruns = scan->overruns,
    };
}

static void fail(struct scan *scan, const struct error *error, int64_t now)
{
    view_revert(scan->view);
    image_make_safe(scan->image, true, now);
    atomic_store(&scan->state, SCAN_FAULT);
    scan->hooks.fault(scan->hooks.context, error);
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

static bool run_task(struct scan *scan, size_t task, struct cycle *cycle, int64_t now,
                     struct error *error)
{
    struct pace *pace = &scan->paces[task];
    double dt = (double)(pace->held ? pace->period : now - pace->last) / NS_PER_S;
    pace->held = false;
    cycle->seen = pace->seen;
    pace->seen = scan->latched;
    pace->last = now;
    return scan->hooks.task(scan->hooks.context, task, dt, cycle, error);
}

/* One that is held keeps its times, and what was written meanwhile stays news to it. */
static bool run_or_hold(struct scan *scan, size_t task, struct cycle *cycle, int64_t now,
                        struct error *error)
{
    if (has_needs(scan, &scan->plan->tasks[task]))
        return run_task(scan, task, cycle, now, error);
    scan->paces[task].held = true;
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
        if (i < scan->task_count && !run_or_hold(scan, i, cycle, now, error))
            return false;
    }
    return true;
}

static bool run_program(struct scan *scan, struct cycle *cycle, int64_t now, struct error *error)
{
    if (scan->state == SCAN_READY) {
        atomic_store(&scan->state, SCAN_RUN);
        if (!scan->hooks.start(scan->hooks.context, cycle, error))
            return false;
    }
    return run_due(scan, cycle, now, error);
}

static void latch(struct scan *scan)
{
    scan->latched = view_latch(scan->view);
    view_follow(scan->view);
}

/* One scan of a program that runs; false is a fault. */
static bool step_running(struct scan *scan, struct cycle *cycle, struct instant now)
{
    struct error error;
    latch(scan);
    if (run_program(scan, cycle, now.monotonic, &error))
        return true;
    fail(scan, &error, now.monotonic);
    return false;
}

/* What follows another variable goes on to do so: masters still read it. */
static void step_faulted(struct scan *scan, struct instant now)
{
    latch(scan);
    view_publish(scan->view, now.monotonic);
}

void scan_step(struct scan *scan, struct instant now)
{
    if (scan->state == SCAN_STOPPED)
        return;
    if (scan->state == SCAN_READY)
        begin_time(scan, now.monotonic);
    scan->began = now.monotonic;
    scan->late = now.monotonic - scan_due(scan);
    struct cycle cycle = next_cycle(scan, now);
    if (scan->state == SCAN_FAULT) {
        step_faulted(scan, now); /* scan_ended goes on to the next due times */
        return;
    }
    if (!step_running(scan, &cycle, now))
        return;
    view_publish(scan->view, now.monotonic);
    if (scan->hooks.stop_wanted(scan->hooks.context))
        atomic_store(&scan->stop_wanted, true);
    scan->hooks.rest(scan->hooks.context);
}

/* How many of a task's due times are given up at `end`. Those that passed while the task itself ran
 * are, all of them, or it would run back to back; of those that passed while others ran the last
 * one is only late, and the task runs in the next step. A division, not a loop: after a night's
 * sleep there would be a million due times to walk over. */
static int64_t missed_times(const struct scan *scan, const struct pace *pace, int64_t end)
{
    if (pace->due > end)
        return 0;
    int64_t passed = (end - pace->due) / pace->period + 1;
    bool only_late = scan->state == SCAN_RUN && pace->ran != scan->count;
    return only_late ? passed - 1 : passed;
}

/* In fault this is what keeps the time, and nothing is missed by not being run. */
static void skip_missed(struct scan *scan, int64_t end)
{
    bool counts = scan->task_count && scan->state == SCAN_RUN;
    for (size_t i = 0; i < scan->pace_count; i++) {
        struct pace *pace = &scan->paces[i];
        int64_t missed = missed_times(scan, pace, end);
        pace->due += missed * pace->period;
        if (counts && i < scan->task_count)
            scan->overruns += (uint64_t)missed;
    }
}

void scan_ended(struct scan *scan, int64_t end)
{
    skip_missed(scan, end);
    atomic_store(&scan->ran, scan->count);
    if (scan->state == SCAN_RUN) { /* a step in fault runs nothing, which is not worth a figure */
        stats_add(&scan->duration, end - scan->began);
        stats_add(&scan->latency, scan->late);
    }
}

/* News for on_stop is what arrived since the last scan. A program that never started has nothing
 * to end. */
static bool run_stop(struct scan *scan, struct instant now, struct error *error)
{
    if (scan->state != SCAN_RUN)
        return true;
    struct cycle cycle = next_cycle(scan, now);
    cycle.seen = scan->latched;
    latch(scan);
    if (!scan->hooks.stop(scan->hooks.context, &cycle, error))
        return false;
    view_publish(scan->view, now.monotonic);
    return true;
}

void scan_stop(struct scan *scan, struct instant now)
{
    struct error error;
    if (scan->state == SCAN_STOPPED)
        return;
    if (run_stop(scan, now, &error)) /* masters must not undo what is safe while servers close */
        image_make_safe(scan->image, true, now.monotonic);
    else
        fail(scan, &error, now.monotonic);
    atomic_store(&scan->state, SCAN_STOPPED);
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

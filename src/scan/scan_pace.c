/* When who is due. A pace is a task's period and next due time; it moves on by periods, whatever
 * the steps do, so that nothing drifts. A program without tasks has one pace of 10 Hz that runs
 * nothing, so that it still latches. */

#include "scan/scan_inside.h"

#include "image/plan_match.h"

enum { IDLE_PERIOD = 100 * NS_PER_MS };

/* Masters read what follows another variable, and alarms come, also where the tasks come once a
 * minute. */
size_t scan_count_paces(const struct plan *plan)
{
    bool slow = true;
    for (size_t i = 0; i < plan->task_count; i++)
        slow &= plan->tasks[i].period > IDLE_PERIOD;
    return plan->task_count +
           (!plan->task_count || (slow && (plan->follower_count || plan->settles)) ? 1 : 0);
}

bool scan_set_paces(struct scan *scan, int64_t start, struct error *error)
{
    for (size_t i = 0; i < scan->pace_count; i++) {
        int64_t period = i < scan->task_count ? scan->plan->tasks[i].period : IDLE_PERIOD;
        if (period <= 0)
            return error_set(error, "%s: the period of a task must be above 0",
                             scan->plan->tasks[i].where);
        scan->paces[i] = (struct pace){.period = period, .due = start, .last = start - period};
    }
    return true;
}

int64_t scan_due(const struct scan *scan)
{
    int64_t due = scan->paces[0].due;
    for (size_t i = 1; i < scan->pace_count; i++)
        if (scan->paces[i].due < due)
            due = scan->paces[i].due;
    return due;
}

bool scan_has_run(const struct scan *scan, size_t task)
{
    return scan->paces[task].last >= scan->origin;
}

/* A first step that comes late, because the program took its time to get ready, moves the beginning
 * and not the first time and dt. Where another scan was before, time goes on. */
void scan_begin_time(struct scan *scan, int64_t now)
{
    int64_t late = now - scan->origin;
    if (late <= 0 || scan->continued)
        return;
    scan->origin += late;
    for (size_t i = 0; i < scan->pace_count; i++) {
        scan->paces[i].due += late;
        scan->paces[i].last += late;
    }
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
void scan_skip_missed(struct scan *scan, int64_t end)
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

void scan_forget_seen(struct scan *scan)
{
    if (!scan->under_way)
        return;
    scan->under_way = false;
    if (!scan->on_trial) /* see has_let_go */
        return;
    scan->latched = scan->latched_before;
    for (size_t i = 0; i < scan->pace_count; i++)
        if (scan->paces[i].ran == scan->count)
            scan->paces[i].seen = scan->paces[i].seen_before;
}

/* A new task has missed nothing: what the program before it has seen is no news to it. */
static void begin_pace(struct scan *scan, struct pace *pace, int64_t now)
{
    pace->due = now;
    pace->last = now - pace->period;
    pace->seen = scan->latched;
    pace->rested = true;
}

/* Out of a fault nobody knows what passed since the task last ran: its dt starts anew. */
static void continue_pace(struct pace *pace, const struct pace *before, bool faulted)
{
    pace->due = before->due;
    pace->last = before->last;
    pace->seen = before->seen;
    pace->rested = before->rested || faulted;
}

/* What a master wrote to a program that stood in fault is news to nobody: a command must not be
 * carried out when, much later, somebody has mended the program, nor over and over by one that it
 * has broken. Where a trial leads back, the program that comes back at once does hear of it. */
static bool has_let_go(const struct scan *scan)
{
    return scan->state == SCAN_FAULT && !scan->on_trial;
}

static void continue_counts(struct scan *scan, const struct scan *before)
{
    scan->origin = before->origin;
    scan->count = before->count;
    scan->latched = scan->latched_before = before->latched;
    atomic_store(&scan->ran, atomic_load(&before->ran));
    atomic_store(&scan->overruns, atomic_load(&before->overruns));
    stats_copy(&before->duration, &scan->duration);
    stats_copy(&before->latency, &scan->latency);
}

void scan_continue(struct scan *scan, const struct scan *before, const struct plan_match *match,
                   int64_t now)
{
    bool faulted = before->state == SCAN_FAULT;
    scan->continued = before->continued || before->state != SCAN_READY;
    scan->origin = now;
    if (scan->continued) /* else there is nothing yet to go on from */
        continue_counts(scan, before);
    for (size_t i = 0; i < scan->pace_count; i++) {
        uint32_t old = scan->continued && i < scan->task_count ? match->tasks[i] : MATCH_NONE;
        if (old == MATCH_NONE)
            begin_pace(scan, &scan->paces[i], now);
        else
            continue_pace(&scan->paces[i], &before->paces[old], faulted);
        if (has_let_go(before))
            scan->paces[i].seen = before->latched;
    }
}

struct cycle scan_between_steps(struct scan *scan, struct instant now)
{
    struct cycle cycle = {0};
    pthread_mutex_lock(&scan->custody);
    if (scan->continued || scan->state != SCAN_READY)
        cycle = scan_cycle(scan, now);
    pthread_mutex_unlock(&scan->custody);
    return cycle;
}

static void imitate_seen(struct scan *scan, const struct scan *running,
                         const struct plan_match *match)
{
    for (size_t i = 0; i < scan->task_count; i++) {
        uint32_t old = has_let_go(running) ? MATCH_NONE : match->tasks[i];
        scan->paces[i].seen = old == MATCH_NONE ? running->latched : running->paces[old].seen;
    }
}

/* The count is that of the step under way, if there is one: keeps that were copied before this are
 * of no later one. */
void scan_imitate(struct scan *scan, struct scan *running, const struct plan_match *match)
{
    pthread_mutex_lock(&running->custody);
    scan->continued = running->continued || running->state != SCAN_READY;
    if (scan->continued) {
        scan->origin = running->origin;
        scan->count = running->count;
        imitate_seen(scan, running, match);
    }
    pthread_mutex_unlock(&running->custody);
}

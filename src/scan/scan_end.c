/* How the running of a program ends: a fault, a stop, a trial that is over. What goes wrong in a
 * hook leads to scan_fail, which is why nothing of a faulted scan reaches the image. */

#include "scan/scan_inside.h"

void scan_fail(struct scan *scan, const struct error *error, int64_t now)
{
    if (scan->abandoned)
        return;
    view_revert(scan->view);
    scan_forget_seen(scan);
    if (!scan->on_trial)
        image_make_safe(scan->image, true, now);
    atomic_store(&scan->state, SCAN_FAULT);
    scan_call_begin(scan);
    scan->hooks.fault(scan->hooks.context, error);
    scan_call_end(scan);
}

void scan_begin_faulted(struct scan *scan)
{
    atomic_store(&scan->state, SCAN_FAULT);
}

/* Also of an abandoned scan: who abandoned it has the image. */
void scan_try(struct scan *scan, bool on_trial, int64_t now)
{
    pthread_mutex_lock(&scan->custody);
    bool over = scan->on_trial && !on_trial;
    scan->on_trial = on_trial;
    if (over && scan->state == SCAN_FAULT)
        image_make_safe(scan->image, true, now);
    pthread_mutex_unlock(&scan->custody);
}

static bool call_stop(struct scan *scan, const struct cycle *cycle, struct error *error)
{
    scan_watch_begin(scan);
    scan_call_begin(scan);
    bool ok = scan->hooks.stop(scan->hooks.context, cycle, error);
    ok = scan_call_end(scan) && ok;
    scan_watch_end(scan);
    return ok;
}

/* News for on_stop is what arrived since the last scan. A program that never started has nothing
 * to end. */
static bool run_stop(struct scan *scan, struct instant now, struct error *error)
{
    if (scan->state != SCAN_RUN)
        return true;
    scan->count++;
    struct cycle cycle = scan_cycle(scan, now);
    scan_latch(scan);
    if (!call_stop(scan, &cycle, error))
        return false;
    view_publish(scan->view, now.monotonic);
    return true;
}

/* A stop ends a trial, too: nobody is there any more to bring another program back. Masters must
 * not undo what is safe while servers close. */
static void stop(struct scan *scan, struct instant now)
{
    struct error error;
    scan->on_trial = false;
    if (run_stop(scan, now, &error))
        image_make_safe(scan->image, true, now.monotonic);
    else
        scan_fail(scan, &error, now.monotonic);
    if (!scan->abandoned)
        atomic_store(&scan->state, SCAN_STOPPED);
}

void scan_stop(struct scan *scan, struct instant now)
{
    if (!scan_enter(scan))
        return;
    if (scan->state != SCAN_STOPPED)
        stop(scan, now);
    scan_leave(scan);
}

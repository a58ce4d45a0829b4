/* A call from outside in the place of the tasks. It is no scan: it has no number, and what it sees
 * as written is still news to whoever runs next. */

#include "scan/scan_inside.h"

static bool may_call(const struct scan *scan, struct error *error)
{
    if (scan->state == SCAN_FAULT)
        return error_set(
            error,
            "the program is in FAULT and runs nothing; msm reload starts it again (msm set and msm "
            "force reach its values)");
    if (scan->state == SCAN_STOPPED)
        return error_set(error, "the program has stopped");
    return true;
}

/* A publish ends the pulses that its latch saw; one that no scan has seen yet would be lost. */
static bool is_pulse_waiting(const struct scan *scan)
{
    const struct plan *plan = scan->plan;
    const struct mark *marks = view_marks(scan->view);
    const uint16_t *cells = view_cells(scan->view);
    for (size_t i = 0; i < plan->pulse_count; i++) {
        const struct point *point = &plan->points[plan->pulses[i]];
        if ((cells[point->cell] & point->mask) && marks[plan->pulses[i]].written > scan->latched)
            return true;
    }
    return false;
}

typedef bool between_call(void *context, const struct cycle *cycle, struct error *error);

static bool give_up(struct error *error)
{
    return error_set(error, "the program did not come back from its scan and was given up");
}

static bool between(struct scan *scan, between_call *call, void *context, struct instant now,
                    struct error *error)
{
    struct cycle cycle = scan_cycle(scan, now);
    scan_watch_begin(scan);
    scan_call_begin(scan);
    bool ok = call(context, &cycle, error);
    bool here = scan_call_end(scan);
    scan_watch_end(scan);
    if (!here)
        return give_up(error);
    if (ok)
        view_publish(scan->view, now.monotonic);
    else
        view_revert(scan->view);
    scan_rest(scan);
    return ok;
}

/* False: there is a pulse for the next step. */
static bool latch_between(struct scan *scan)
{
    scan_latch(scan);
    if (!is_pulse_waiting(scan))
        return true;
    view_revert(scan->view);
    return false;
}

static enum scan_between call_or_wait(struct scan *scan, between_call *call, void *context,
                                      struct instant now, struct error *error)
{
    if (!may_call(scan, error))
        return SCAN_REFUSED;
    if (scan->state == SCAN_READY || !latch_between(scan))
        return SCAN_EARLY;
    return between(scan, call, context, now, error) ? SCAN_CALLED : SCAN_REFUSED;
}

enum scan_between scan_between(struct scan *scan, between_call *call, void *context,
                               struct instant now, struct error *error)
{
    if (!scan_enter(scan)) {
        give_up(error);
        return SCAN_REFUSED;
    }
    enum scan_between result = call_or_wait(scan, call, context, now, error);
    scan_leave(scan);
    return result;
}

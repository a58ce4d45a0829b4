/* A call from outside in the place of the tasks. It is no scan: it has no number, and what it sees
 * as written is still news to whoever runs next. */

#include "scan/scan_inside.h"

static bool may_call(const struct scan *scan, struct error *error)
{
    static const char *const reasons[] = {
        [SCAN_READY] = "the program has not begun to run; ask again in a moment",
        [SCAN_FAULT] = "the program is in FAULT and runs nothing; reload it first",
        [SCAN_STOPPED] = "the program has stopped",
    };
    return scan->state == SCAN_RUN || error_set(error, "%s", reasons[scan->state]);
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

static bool latch_between(struct scan *scan, struct error *error)
{
    scan_latch(scan);
    if (!is_pulse_waiting(scan))
        return true;
    view_revert(scan->view);
    return error_set(error, "a pulse that a master has just sent waits for the next scan; ask "
                            "again after it");
}

bool scan_between(struct scan *scan, between_call *call, void *context, struct instant now,
                  struct error *error)
{
    if (!scan_enter(scan))
        return give_up(error);
    bool ok = may_call(scan, error) && latch_between(scan, error) &&
              between(scan, call, context, now, error);
    scan_leave(scan);
    return ok;
}

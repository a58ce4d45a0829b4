/* A scan as a recorder sees it, and one that goes on where a recorded one stood. */

#include "scan/scan_inside.h"

void scan_observe(struct scan *scan, const struct scan_observer *observer)
{
    scan->observer = observer;
    scan->observed = false;
}

void scan_show_latched(struct scan *scan, struct instant now)
{
    scan->observed = scan->observer != NULL;
    if (scan->observed)
        scan->observer->latched(scan->observer->context, scan, now);
}

/* Who was given up has neither scan nor image any more. */
void scan_show_published(struct scan *scan, const struct error *fault)
{
    if (scan->observed && !scan->abandoned)
        scan->observer->published(scan->observer->context, scan, fault);
}

void scan_show_ended(struct scan *scan, int64_t end)
{
    if (scan->observed)
        scan->observer->ended(scan->observer->context, scan, end);
    scan->observed = false;
}

void scan_get_place(const struct scan *scan, struct scan_place *place,
                    struct scan_task_place *tasks)
{
    *place = (struct scan_place){.origin = scan->origin,
                                 .count = scan->count - 1,
                                 .latched = scan->latched_before,
                                 .overruns = atomic_load(&scan->overruns),
                                 .started = scan->continued || scan->count > 1};
    for (size_t i = 0; i < scan->task_count; i++) {
        const struct pace *pace = &scan->paces[i];
        tasks[i] = (struct scan_task_place){pace->due, pace->last, pace->seen, pace->rested};
    }
}

void scan_set_place(struct scan *scan, const struct scan_place *place,
                    const struct scan_task_place *tasks, size_t count, int64_t now)
{
    scan->origin = place->origin;
    scan->count = place->count;
    scan->latched = scan->latched_before = place->latched;
    scan->continued = place->started;
    atomic_store(&scan->ran, place->count);
    atomic_store(&scan->overruns, place->overruns);
    for (size_t i = 0; i < scan->pace_count; i++) {
        struct pace *pace = &scan->paces[i];
        bool known = count == scan->task_count && i < count;
        *pace = (struct pace){.period = pace->period,
                              .due = known ? tasks[i].due : now,
                              .last = known ? tasks[i].last : now - pace->period,
                              .seen = known ? tasks[i].seen : place->latched,
                              .rested = known ? tasks[i].rested : true};
    }
}

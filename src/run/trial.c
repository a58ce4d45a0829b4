/* A scan on a copy, and what the copy shows: its fault, and what no text is meant to do that takes
 * the place of a running one. An editor that empties a file before it writes it, or a copy that was
 * cut short, would else take a plant's outputs away. */

#include "run/trial.h"

#include "base/clock.h"
#include "image/adopt.h"

struct trial {
    const struct trial_order *order;
    bool failed;
    struct error error;
};

static void trial_fault(void *context, const struct generation *generation,
                        const struct error *error)
{
    struct trial *trial = context;
    (void)generation;
    trial->failed = true;
    trial->error = *error;
}

static void trial_stuck(void *context, const struct generation *generation)
{
    const struct trial_order *order = ((struct trial *)context)->order;
    if (order->stuck)
        order->stuck(order->context, program_where(generation->program));
}

static struct instant now_of(const struct trial_order *order)
{
    return order->now ? *order->now : clock_now();
}

/* The time is taken after the values, or they would come out of its future. */
static bool take_place(struct generation *copy, const struct trial_order *order,
                       const struct generation_events *events, struct error *error)
{
    struct image *from = order->from;
    struct plan_match *match = plan_match_create(image_plan(from), copy->plan, error);
    bool ok = match &&
              image_adopt(copy->image, from, match, now_of(order).monotonic, NULL, NULL, error) &&
              generation_begin(copy, events, now_of(order), error) &&
              program_keep(copy->program, error);
    if (ok)
        scan_imitate(copy->scan, order->running, match);
    plan_match_destroy(match);
    return ok;
}

/* False with the fault. */
static bool scan_once(struct generation *copy, const struct trial_order *order,
                      struct watchdog *watchdog, struct error *error)
{
    struct trial trial = {.order = order};
    const struct generation_events events = {&trial, trial_fault, trial_stuck};
    if (!take_place(copy, order, &events, error))
        return false;
    scan_watch(copy->scan, watchdog);
    scan_step(copy->scan, now_of(order));
    scan_watch(copy->scan, NULL);
    if (trial.failed)
        *error = trial.error;
    return !trial.failed;
}

static bool is_empty(const struct plan *plan)
{
    return !plan->variable_count && !plan->raw_count && !plan->task_count;
}

static bool refuse_empty(const struct generation *copy, struct error *error)
{
    const struct source *sources;
    program_sources(copy->program, &sources);
    return error_set(error,
                     "%s declares nothing: no variable and no task, as a file that is being "
                     "written or was cut short; the running program goes on",
                     sources[0].path);
}

bool trial_run(struct generation *copy, const struct trial_order *order, struct watchdog *watchdog,
               struct error *error)
{
    if (!order->restarts && is_empty(copy->plan) && !is_empty(image_plan(order->from)))
        return refuse_empty(copy, error);
    if (!scan_once(copy, order, watchdog, error))
        return false;
    if (!order->restarts && scan_stop_wanted(copy->scan))
        return error_set(error,
                         "%s: program.stop() is called at once, so the new program would end the "
                         "running one; that goes on (msm stop ends it)",
                         program_stop_where(copy->program));
    return true;
}

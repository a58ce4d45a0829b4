/* The order in which a program comes to life. Between the plan and the body's assignments lies what
 * was retained: the body finds defaults, the image gets retained values, then the assignments. */

#include "run/generation.h"

#include "base/clock.h"
#include "base/left.h"
#include "base/memory.h"
#include "base/watchdog.h"
#include "image/adopt.h"

#include <stdlib.h>

static bool make_servers(struct generation *generation, struct error *error)
{
    const struct plan *plan = generation->plan;
    generation->servers = memory_zeroed(plan->server_count + 1, sizeof *generation->servers);
    for (size_t i = 0; i < plan->server_count; i++) {
        generation->servers[i] = server_create(generation->image, &plan->servers[i]);
        if (!generation->servers[i])
            return error_set(error, "out of memory for a server");
    }
    return true;
}

struct generation *generation_load(const struct program_options *options, struct keeps *keeps,
                                   struct audit *audit,
                                   void (*before_body)(void *context, struct image *image),
                                   void *context, struct error *error)
{
    struct generation *generation = memory_zeroed(1, sizeof *generation);
    generation->loaded = options->now;
    generation->program = program_load(options, error);
    if (!generation->program)
        goto failed;
    generation->plan = plan_ref(program_plan(generation->program));
    generation->image = image_create(generation->plan, options->now.monotonic, error);
    if (!generation->image)
        goto failed;
    image_share(generation->image, keeps, audit);
    if (before_body)
        before_body(context, generation->image);
    program_apply(generation->program, generation->image, options->now.monotonic);
    if (make_servers(generation, error))
        return generation;

failed:
    generation_destroy(generation);
    return NULL;
}

/* The program before the image, because its requests wait in it. A thread that may still come back
 * from an abandoned one finds program, image and generation where they were. */
void generation_destroy(struct generation *generation)
{
    if (!generation || generation->is_read)
        return;
    scan_destroy(generation->scan);
    for (size_t i = 0; generation->servers && i < generation->plan->server_count; i++)
        server_destroy(generation->servers[i]);
    free(generation->servers);
    if (generation->abandoned)
        return;
    program_destroy(generation->program);
    image_destroy(generation->image);
    plan_unref(generation->plan);
    free(generation);
}

void generation_leave(struct generation *generation)
{
    generation->is_read = true;
    leave_behind(generation);
}

const char *generation_why(const struct generation *generation)
{
    return generation->started ? "" : program_why(generation->program);
}

/* ---- everything the scan wants of the program ---- */

/* A program that is brought back was started long ago. */
static bool start_hook(void *context, const struct cycle *cycle, struct error *error)
{
    struct generation *generation = context;
    if (generation->started)
        return true;
    generation->started = true;
    return program_start(generation->program, cycle, error);
}

static bool task_hook(void *context, size_t task, double dt, const struct cycle *cycle,
                      struct error *error)
{
    return program_task(((struct generation *)context)->program, task, dt, cycle, error);
}

static bool settle_hook(void *context, const struct cycle *cycle, struct error *error)
{
    return program_settle(((struct generation *)context)->program, cycle, error);
}

static bool stop_hook(void *context, const struct cycle *cycle, struct error *error)
{
    return program_stop(((struct generation *)context)->program, cycle, error);
}

static bool stop_wanted_hook(void *context)
{
    return program_stop_wanted(((struct generation *)context)->program);
}

static void rest_hook(void *context)
{
    program_rest(((struct generation *)context)->program);
}

static void fault_hook(void *context, const struct error *error)
{
    const struct generation *generation = context;
    generation->events.fault(generation->events.context, generation, error);
}

static void late_hook(void *context)
{
    program_late(((struct generation *)context)->program);
}

static void stuck_hook(void *context)
{
    const struct generation *generation = context;
    program_stuck(generation->program);
    generation->events.stuck(generation->events.context, generation);
}

static struct scan *make_scan(struct generation *generation, struct instant now,
                              struct error *error)
{
    const struct scan_hooks hooks = {.context = generation,
                                     .start = start_hook,
                                     .task = task_hook,
                                     .settle = settle_hook,
                                     .stop = stop_hook,
                                     .stop_wanted = stop_wanted_hook,
                                     .rest = rest_hook,
                                     .fault = fault_hook,
                                     .late = late_hook,
                                     .stuck = stuck_hook};
    return scan_create(generation->image, &hooks, now, error);
}

bool generation_begin(struct generation *generation, const struct generation_events *events,
                      struct instant now, struct error *error)
{
    struct scan *scan = make_scan(generation, now, error);
    if (!scan)
        return false;
    if (!generation->is_read)
        scan_destroy(generation->scan);
    generation->scan = scan;
    generation->events = *events;
    program_attach(generation->program, scan_view(scan));
    return true;
}

struct generation *generation_there(const struct scan_thread *thread)
{
    return scan_context(scan_thread_scan(thread));
}

/* Time and count go on, and what tasks have seen is known, as if the program had been reloaded. */
static bool go_on_faulted(struct scan *scan, const struct scan *before, struct plan *plan,
                          int64_t now, struct error *error)
{
    struct plan_match *same = plan_match_create(plan, plan, error);
    if (!same)
        return false;
    scan_continue(scan, before, same, now);
    scan_begin_faulted(scan);
    plan_match_destroy(same);
    return true;
}

bool generation_abandon(struct generation *generation, struct instant now, struct error *error)
{
    struct scan *before = generation->left = generation->scan;
    generation->abandoned = true;
    leave_behind(generation);
    generation->scan = make_scan(generation, now, error);
    return generation->scan &&
           go_on_faulted(generation->scan, before, generation->plan, now.monotonic, error);
}

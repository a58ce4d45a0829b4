/* The thread sleeps until the wire is due, and is rung for when the script or a master gives a
 * client something to do. */

#include "virtual/sim.h"

#include <pthread.h>
#include <stdlib.h>
#include "base/clock.h"
#include "base/hold.h"
#include "base/loop.h"
#include "base/memory.h"
#include "base/thread.h"
#include "base/waker.h"
#include "image/plan_match.h"
#include "virtual/wire.h"

enum { STACK = 256 * 1024 };

struct sim {
    struct loop_timer due; /* first, so that a timer is its sim */
    struct image *image;
    struct wire *wire;
    struct loop *loop;
    struct waker bell;
    struct hold hold;
    bool running;
    pthread_t thread;
};

struct sim_change {
    struct sim *sim;
    struct image *image;
    struct wire *wire;
    const struct plan_match *match;
};

/* From any thread. */
static void ring(void *context)
{
    waker_wake(&((struct sim *)context)->bell);
}

static void run(struct sim *sim)
{
    wire_run(sim->wire, clock_monotonic());
    int64_t due = wire_due(sim->wire);
    if (due == INT64_MAX)
        loop_unset_timer(sim->loop, &sim->due);
    else
        loop_set_timer(sim->loop, &sim->due, due > 0 ? due : 0);
}

static void run_due(struct loop_timer *timer)
{
    run((struct sim *)timer);
}

static void run_rung(void *context)
{
    run(context);
}

static bool open(struct sim *sim, struct error *error)
{
    sim->loop = loop_create(error);
    if (!sim->loop || !waker_open(&sim->bell, sim->loop, run_rung, sim, error) ||
        !hold_open(&sim->hold, sim->loop, error))
        return false;
    hold_pass(&sim->hold, true); /* nobody runs the loop yet */
    sim->wire = wire_create(sim->image, clock_monotonic(), error);
    return sim->wire != NULL;
}

struct sim *sim_create(struct image *image, struct error *error)
{
    struct sim *sim = memory_zeroed(1, sizeof *sim);
    sim->image = image;
    sim->due.fire = run_due;
    if (open(sim, error)) {
        wire_attach(sim->wire, ring, sim);
        return sim;
    }
    error_prefix(error, "devices cannot be simulated: ");
    sim_destroy(sim);
    return NULL;
}

static void *live(void *context)
{
    struct sim *sim = context;
    loop_run(sim->loop);
    hold_pass(&sim->hold, true);
    return NULL;
}

bool sim_start(struct sim *sim, struct error *error)
{
    loop_set_timer(sim->loop, &sim->due, 0);
    hold_pass(&sim->hold, false);
    sim->running = thread_start(&sim->thread, "msm-sim", STACK, live, sim, error);
    if (sim->running)
        return true;
    hold_pass(&sim->hold, true);
    return error_prefix(error, "cannot start the thread of the simulated devices: ");
}

void sim_destroy(struct sim *sim)
{
    if (!sim)
        return;
    if (sim->running) {
        loop_stop(sim->loop);
        pthread_join(sim->thread, NULL);
    }
    wire_destroy(sim->wire);
    hold_close(&sim->hold);
    waker_close(&sim->bell);
    loop_destroy(sim->loop);
    free(sim);
}

/* ---- another program takes over ---- */

struct sim_change *sim_prepare(struct sim *sim, struct image *to, const struct plan_match *match,
                               struct error *error)
{
    struct wire *wire = wire_create(to, clock_monotonic(), error);
    if (!wire)
        return NULL;
    struct sim_change *change = memory_zeroed(1, sizeof *change);
    *change = (struct sim_change){sim, to, wire, match};
    return change;
}

void sim_discard(struct sim_change *change)
{
    if (!change)
        return;
    wire_destroy(change->wire);
    free(change);
}

void sim_hold(struct sim *sim)
{
    if (sim)
        hold_take(&sim->hold);
}

void sim_release(struct sim *sim)
{
    if (sim)
        hold_give(&sim->hold);
}

void sim_commit(struct sim_change *change, int64_t now)
{
    if (!change)
        return;
    struct sim *sim = change->sim;
    wire_inherit(change->wire, sim->wire, change->match, now);
    wire_destroy(sim->wire);
    sim->wire = change->wire;
    sim->image = change->image;
    wire_attach(sim->wire, ring, sim);
    free(change);
}

void sim_set(struct sim *sim, uint32_t first, uint32_t count, const uint16_t *words, uint16_t each)
{
    const struct plan *plan = image_plan(sim->image);
    struct device *device = wire_device(sim->wire, (uint32_t)plan_point_client(plan, first));
    sim_hold(sim);
    for (uint32_t i = 0; i < count; i++)
        device_put(device, plan, first + i, words + (size_t)i * each, clock_monotonic());
    sim_release(sim);
}

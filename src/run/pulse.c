/* One timer, as fast as somebody wants it; none where nobody does. */

#include "run/pulse.h"

#include "base/clock.h"
#include "base/memory.h"
#include "run/diagnostics.h"
#include "run/host.h"
#include "run/notify.h"
#include "run/runtime.h"

#include <stdlib.h>

#define DIAGNOSTICS_PERIOD INT64_C(100000000)
#define SCAN_GRACE INT64_C(2000000000)

struct pulse {
    struct loop_timer timer; /* first, so that a timer is its pulse */
    struct runtime *runtime;
    int64_t alive_period, alive_at; /* ns; 0: nobody wants to know */
    const struct generation *of;    /* whose scan's count moved last, to what, when */
    uint64_t count;
    int64_t moved;
};

/* The scan's count goes up with each period, in FAULT too. One that is late by more than what the
 * watchdog bears and a grace on top is not as it should be. */
static bool is_scan_alive(struct runtime *runtime, int64_t now)
{
    struct pulse *pulse = runtime->pulse;
    struct scan_stats stats = scan_statistics(runtime->current->scan);
    int64_t patience = 2 * stats.period + 2 * plan_watchdog(runtime->current->plan) + SCAN_GRACE;
    if (stats.count != pulse->count || runtime->current != pulse->of) {
        pulse->count = stats.count;
        pulse->of = runtime->current;
        pulse->moved = now;
    }
    return now - pulse->moved < patience;
}

static void write_diagnostics(struct runtime *runtime, int64_t now)
{
    struct host_status status;
    const struct control_host host = host_of(runtime);
    host.status(host.context, &status);
    diagnostics_write(runtime->current->image, runtime->current->scan, &status, now);
}

static int64_t period(const struct runtime *runtime)
{
    int64_t alive = runtime->pulse->alive_period;
    if (runtime->current->plan->settings.diagnostics < 0)
        return alive;
    return alive && alive < DIAGNOSTICS_PERIOD ? alive : DIAGNOSTICS_PERIOD;
}

static void beat(struct loop_timer *timer)
{
    struct pulse *pulse = (struct pulse *)timer;
    struct runtime *runtime = pulse->runtime;
    int64_t now = clock_monotonic();
    if (runtime->current->plan->settings.diagnostics >= 0)
        write_diagnostics(runtime, now);
    bool alive = is_scan_alive(runtime, now);
    if (pulse->alive_period && alive && now >= pulse->alive_at) {
        pulse->alive_at = now + pulse->alive_period;
        notify_alive();
    }
    pulse_start(runtime);
}

void pulse_start(struct runtime *runtime)
{
    struct pulse *pulse = runtime->pulse;
    if (!pulse)
        pulse = runtime->pulse = memory_zeroed(1, sizeof *pulse);
    pulse->runtime = runtime;
    pulse->timer.fire = beat;
    pulse->alive_period = notify_interval();
    int64_t after = period(runtime);
    if (after)
        loop_set_timer(runtime->loop, &pulse->timer, clock_monotonic() + after);
    else
        loop_unset_timer(runtime->loop, &pulse->timer);
}

void pulse_stop(struct runtime *runtime)
{
    if (runtime->pulse)
        loop_unset_timer(runtime->loop, &runtime->pulse->timer);
    free(runtime->pulse);
    runtime->pulse = NULL;
}

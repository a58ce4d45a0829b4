/* A handler sets a flag and wakes the main thread, which looks whether the thread is stuck still.
 */

#include "run/stuck.h"

#include "base/clock.h"
#include "base/duration.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/waker.h"
#include "image/mirror.h"
#include "run/eval.h"
#include "run/faults.h"
#include "run/probation.h"
#include "run/runtime.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ABANDONED_MOST = 2, LOOK_AGAIN = 5 * NS_PER_MS };

struct stuck {
    const struct generation *_Atomic whose; /* thread; or NULL */
    struct waker waker;
};

void stuck_note(void *context, const struct generation *generation)
{
    struct stuck *stuck = ((struct runtime *)context)->stuck;
    atomic_store(&stuck->whose, generation);
    waker_wake(&stuck->waker);
}

static void end_loop(void *context)
{
    loop_stop(((struct runtime *)context)->loop);
}

bool stuck_start_thread(struct runtime *runtime, struct error *error)
{
    const struct scan_thread_options options = {
        .priority = SCAN_PRIORITY, .ended = end_loop, .context = runtime};
    runtime->thread = scan_thread_start(runtime->current->scan, &options, error);
    return runtime->thread != NULL;
}

/* No order is possible any more but this one. */
static _Noreturn void end_process(struct runtime *runtime)
{
    struct image *image = runtime->current->image;
    int64_t patience = runtime->current->plan->settings.stop_timeout;
    log_line("%s: a third thread does not come back, so the process ends, with outputs made safe; "
             "a supervisor such as systemd starts it again",
             runtime_name(runtime));
    if (runtime->thread && !scan_thread_stop_within(runtime->thread, patience))
        scan_thread_abandon(runtime->thread, clock_monotonic());
    int64_t until = clock_monotonic() + patience;
    image_make_safe(image, true, clock_monotonic());
    while (mirror_pending(image, true, NULL, 0) && clock_monotonic() < until)
        nanosleep(&(struct timespec){.tv_nsec = LOOK_AGAIN}, NULL);
    recorder_close(runtime->recorder);
    store_close(runtime->store);
    audit_listen(runtime->audit, NULL, NULL);
    history_close(runtime->history);
    log_stop();
    _Exit(EXIT_FAILURE);
}

void stuck_count(struct runtime *runtime)
{
    if (++runtime->abandoned > ABANDONED_MOST)
        end_process(runtime);
}

static void describe_stuck(const struct runtime *runtime, char *text, size_t size)
{
    const char *where = program_where(runtime->current->program);
    char limit[32];
    duration_format(2 * plan_watchdog(runtime->current->plan), limit, sizeof limit);
    snprintf(text, size,
             "%s%swatchdog: the program has not come back for %s from one call that cannot be "
             "interrupted, such as a pattern that takes for ever; its thread is given up",
             where, *where ? ": " : "", limit);
}

/* It may have come back meanwhile, by itself or with a fault, or have been replaced. */
static bool abandon_stuck(struct runtime *runtime)
{
    const struct generation *of = atomic_exchange(&runtime->stuck->whose, NULL);
    return of && of == runtime->current && runtime->thread &&
           scan_thread_abandon_stuck(runtime->thread, clock_monotonic());
}

static void hear_stuck(void *context)
{
    struct runtime *runtime = context;
    struct error error;
    char text[FAULT_TEXT];
    if (!abandon_stuck(runtime))
        return;
    describe_stuck(runtime, text, sizeof text);
    runtime->thread = NULL;
    faults_abandon(runtime);
    probation_abandon(runtime);
    eval_abandon(runtime, text);
    faults_note(runtime, text);
    stuck_count(runtime);
    if (!generation_abandon(runtime->current, clock_now(), &error) ||
        !stuck_start_thread(runtime, &error)) {
        log_text(error.text, strlen(error.text));
        end_process(runtime);
    }
    scan_thread_go(runtime->thread);
    faults_decide(runtime, text);
}

/* ---- life ---- */

bool stuck_open(struct runtime *runtime, struct error *error)
{
    runtime->stuck = memory_zeroed(1, sizeof *runtime->stuck);
    return waker_open(&runtime->stuck->waker, runtime->loop, hear_stuck, runtime, error);
}

void stuck_close(struct runtime *runtime)
{
    if (!runtime->stuck)
        return;
    waker_close(&runtime->stuck->waker);
    free(runtime->stuck);
    runtime->stuck = NULL;
}

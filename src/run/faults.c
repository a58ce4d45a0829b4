/* The scan's thread notes a fault and wakes the main one, which decides. A thread that is stuck
 * cannot even note it: its signal handler sets a flag. What it holds is lost (the Lua state, the
 * scan), what belongs to the image is not; two such threads are borne, the third ends the process
 * in order, because each may hold a core and 64 MiB for ever. */

#include "run/faults.h"

#include "base/clock.h"
#include "base/duration.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/mutex.h"
#include "base/waker.h"
#include "image/mirror.h"
#include "run/eval.h"
#include "run/probation.h"
#include "run/reload.h"
#include "run/runtime.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const int64_t RESTART_WAIT_LEAST = NS_PER_S / 10, RESTART_WAIT_MOST = INT64_C(60) * NS_PER_S;
enum { ABANDONED_MOST = 2, LOOK_AGAIN = 5 * NS_PER_MS, RESTART_AGAIN = 100 * NS_PER_MS };

/* A fault as the scan's thread leaves it for the main thread. */
struct fault_news {
    pthread_mutex_t mutex;
    bool waiting;
    const struct generation *of;
    char text[FAULT_TEXT];
    struct waker waker;
};

struct faults {
    struct runtime *runtime;
    struct generation_events events;
    struct fault_news news;
    const struct generation *_Atomic stuck; /* whose thread is; set in a signal handler */
    struct waker stuck_waker;
    struct loop_timer restart;
    int64_t restart_wait; /* ns, before the next try; 0: none has failed */
    struct scan_job trust;
    atomic_bool trusts; /* it waits */
};

/* ---- on the scan's thread ---- */

static void note_fault(void *context, const struct generation *generation,
                       const struct error *error)
{
    struct fault_news *news = &((struct faults *)context)->news;
    pthread_mutex_lock(&news->mutex);
    news->waiting = true;
    news->of = generation;
    snprintf(news->text, sizeof news->text, "%s", error->text);
    pthread_mutex_unlock(&news->mutex);
    waker_wake(&news->waker);
}

static void note_stuck(void *context, const struct generation *generation)
{
    struct faults *faults = context;
    atomic_store(&faults->stuck, generation);
    waker_wake(&faults->stuck_waker);
}

static void end_loop(void *context)
{
    loop_stop(((struct runtime *)context)->loop);
}

static void run_trust(struct scan_job *job, struct scan_thread *thread, struct instant now)
{
    struct faults *faults = (struct faults *)((char *)job - offsetof(struct faults, trust));
    scan_try(scan_thread_scan(thread), false, now.monotonic);
    atomic_store(&faults->trusts, false);
}

/* ---- decisions ---- */

void faults_trust(struct runtime *runtime)
{
    struct faults *faults = runtime->faults;
    if (runtime->thread && !atomic_exchange(&faults->trusts, true))
        scan_thread_post(runtime->thread, &faults->trust);
}

static void restart(struct loop_timer *timer)
{
    struct faults *faults = (struct faults *)((char *)timer - offsetof(struct faults, restart));
    if (!reload_restart(faults->runtime))
        loop_set_timer(faults->runtime->loop, timer, clock_monotonic() + RESTART_AGAIN);
}

static void restart_in(struct runtime *runtime, int64_t wait)
{
    char after[32];
    duration_format(wait, after, sizeof after);
    log_line("%s: starting again in %s", runtime_name(runtime), after);
    loop_set_timer(runtime->loop, &runtime->faults->restart, clock_monotonic() + wait);
}

void faults_restart_later(struct runtime *runtime)
{
    const struct settings *settings = &runtime->current->plan->settings;
    if (settings->restarts && !runtime->stopping)
        restart_in(runtime, settings->restart_after);
}

/* What keeps a program in fault, a value that a master wrote, may stay for a night. */
void faults_restart_refused(struct runtime *runtime, const char *reason)
{
    struct faults *faults = runtime->faults;
    int64_t after = runtime->current->plan->settings.restart_after;
    int64_t least = after > RESTART_WAIT_LEAST ? after : RESTART_WAIT_LEAST;
    int64_t most = after > RESTART_WAIT_MOST ? after : RESTART_WAIT_MOST;
    faults->restart_wait = faults->restart_wait ? 2 * faults->restart_wait : least;
    if (faults->restart_wait > most)
        faults->restart_wait = most;
    log_text(reason, strlen(reason));
    log_line("%s: it cannot be started again yet", runtime_name(runtime));
    if (!runtime->stopping)
        restart_in(runtime, faults->restart_wait);
}

void faults_follow(struct runtime *runtime)
{
    runtime->faults->restart_wait = 0;
    loop_unset_timer(runtime->loop, &runtime->faults->restart);
}

static void say_fault(const struct runtime *runtime)
{
    bool restarts = runtime->current->plan->settings.restarts;
    log_line("%s: FAULT: the program has stopped, and outputs with a safe value have taken it; "
             "servers go on while msm runs.%s",
             runtime_name(runtime), restarts ? "" : " msm reload starts it again.");
}

/* One that was on trial has not made its outputs safe yet, and may have no thread to do so. */
void faults_stay(struct runtime *runtime)
{
    snprintf(runtime->fault, sizeof runtime->fault, "%s", runtime->last_fault);
    image_make_safe(runtime->current->image, true, clock_monotonic());
    faults_trust(runtime);
    say_fault(runtime);
    faults_restart_later(runtime);
}

static bool may_fall_back(const struct runtime *runtime)
{
    return probation_is_on(runtime) && !runtime->count.reloads && !runtime->count.restarts &&
           !runtime->current->is_fallback && runtime->unattended;
}

static void note(struct runtime *runtime, const char *text)
{
    runtime->count.faults++;
    snprintf(runtime->last_fault, sizeof runtime->last_fault, "%s", text);
    runtime->last_fault_time = clock_now().utc;
    log_text(text, strlen(text));
    audit_note(runtime->audit, AUDIT_FAULT, &(struct origin){.peer = "msm"}, "%s", text);
}

static void decide(struct runtime *runtime, const char *text)
{
    if (runtime->current != runtime->proven && reload_can_go_back(runtime)) {
        reload_back(runtime, text);
        return;
    }
    bool falls_back = may_fall_back(runtime);
    probation_end(runtime, HOST_FAILED, text);
    faults_stay(runtime);
    if (falls_back)
        reload_fall_back(runtime, "it has faulted soon after the start; running the last proven "
                                  "text instead");
}

/* False: there is none. Else *of is whose it is, who may have gone. */
static bool take_news(struct runtime *runtime, const struct generation **of, char text[FAULT_TEXT])
{
    struct fault_news *news = &runtime->faults->news;
    pthread_mutex_lock(&news->mutex);
    bool is_news = news->waiting;
    news->waiting = false;
    *of = news->of;
    memcpy(text, news->text, FAULT_TEXT);
    pthread_mutex_unlock(&news->mutex);
    return is_news;
}

static void hear_fault(void *context)
{
    struct runtime *runtime = context;
    const struct generation *of;
    char text[FAULT_TEXT];
    if (runtime->stopping || !take_news(runtime, &of, text))
        return;
    note(runtime, text);
    if (of == runtime->current)
        decide(runtime, text);
}

/* Of on_stop mostly: the loop has ended, so nobody has heard it. */
void faults_tell_last(struct runtime *runtime)
{
    const struct generation *of;
    char text[FAULT_TEXT];
    if (runtime->faults && take_news(runtime, &of, text))
        note(runtime, text);
}

/* ---- a thread that does not come back ---- */

bool faults_start_thread(struct runtime *runtime, struct error *error)
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
    store_close(runtime->store);
    log_stop();
    _Exit(EXIT_FAILURE);
}

void faults_count_abandoned(struct runtime *runtime)
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
    const struct generation *of = atomic_exchange(&runtime->faults->stuck, NULL);
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
    atomic_store(&runtime->faults->trusts, false);
    probation_abandon(runtime);
    eval_abandon(runtime, text);
    note(runtime, text);
    faults_count_abandoned(runtime);
    if (!generation_abandon(runtime->current, clock_now(), &error) ||
        !faults_start_thread(runtime, &error)) {
        log_text(error.text, strlen(error.text));
        end_process(runtime);
    }
    scan_thread_go(runtime->thread);
    decide(runtime, text);
}

/* ---- life ---- */

bool faults_open(struct runtime *runtime, struct error *error)
{
    struct faults *faults = runtime->faults = memory_zeroed(1, sizeof *faults);
    mutex_init(&faults->news.mutex);
    faults->runtime = runtime;
    faults->trust.run = run_trust;
    faults->restart.fire = restart;
    faults->events = (struct generation_events){faults, note_fault, note_stuck};
    return waker_open(&faults->news.waker, runtime->loop, hear_fault, runtime, error) &&
           waker_open(&faults->stuck_waker, runtime->loop, hear_stuck, runtime, error);
}

void faults_close(struct runtime *runtime)
{
    struct faults *faults = runtime->faults;
    if (!faults)
        return;
    loop_unset_timer(runtime->loop, &faults->restart);
    waker_close(&faults->news.waker);
    waker_close(&faults->stuck_waker);
    pthread_mutex_destroy(&faults->news.mutex);
    free(faults);
    runtime->faults = NULL;
}

const struct generation_events *faults_events(struct runtime *runtime)
{
    return &runtime->faults->events;
}

/* The scan's thread notes a fault and wakes the main one, which decides. A thread that is stuck
 * cannot even note it: its signal handler sets a flag. What it holds is lost (the Lua state, the
 * scan), what belongs to the image is not; two such threads are borne, the third ends the process
 * in order, because each may hold a core and 64 MiB for ever. */

#include "run/faults.h"

#include "base/clock.h"
#include "base/duration.h"
#include "base/log.h"
#include "base/mutex.h"
#include "image/mirror.h"
#include "run/eval.h"
#include "run/probation.h"
#include "run/reload.h"
#include "run/runtime.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ABANDONED_MOST = 2, LOOK_AGAIN = 5 * NS_PER_MS, RESTART_AGAIN = 100 * NS_PER_MS };

/* ---- on the scan's thread ---- */

static void note_fault(void *context, const struct generation *generation,
                       const struct error *error)
{
    struct fault_news *news = &((struct runtime *)context)->news;
    pthread_mutex_lock(&news->mutex);
    news->waiting = true;
    news->of = generation;
    snprintf(news->text, sizeof news->text, "%s", error->text);
    pthread_mutex_unlock(&news->mutex);
    waker_wake(&news->waker);
}

static void note_stuck(void *context, const struct generation *generation)
{
    struct runtime *runtime = context;
    atomic_store(&runtime->stuck, generation);
    waker_wake(&runtime->stuck_waker);
}

static void end_loop(void *context)
{
    loop_stop(((struct runtime *)context)->loop);
}

static void run_trust(struct scan_job *job, struct scan_thread *thread, struct instant now)
{
    struct trust_job *trust = (struct trust_job *)job;
    scan_try(scan_thread_scan(thread), false, now.monotonic);
    atomic_store(&trust->waiting, false);
}

/* ---- decisions ---- */

void faults_trust(struct runtime *runtime)
{
    struct trust_job *trust = &runtime->trust;
    if (runtime->thread && !atomic_exchange(&trust->waiting, true))
        scan_thread_post(runtime->thread, &trust->job);
}

static void restart(struct loop_timer *timer)
{
    struct runtime *runtime = (struct runtime *)((char *)timer - offsetof(struct runtime, restart));
    if (!reload_restart(runtime))
        loop_set_timer(runtime->loop, timer, clock_monotonic() + RESTART_AGAIN);
}

void faults_restart_later(struct runtime *runtime)
{
    const struct settings *settings = &runtime->current->plan->settings;
    char after[32];
    if (!settings->restarts || runtime->stopping)
        return;
    duration_format(settings->restart_after, after, sizeof after);
    log_line("%s: starting again in %s", runtime_name(runtime), after);
    runtime->restart.fire = restart;
    loop_set_timer(runtime->loop, &runtime->restart, clock_monotonic() + settings->restart_after);
}

void faults_follow(struct runtime *runtime)
{
    loop_unset_timer(runtime->loop, &runtime->restart);
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
    return runtime->probation.on && !runtime->reloads && !runtime->restarts &&
           !runtime->current->is_fallback && runtime->unattended;
}

static void note(struct runtime *runtime, const char *text)
{
    runtime->faults++;
    snprintf(runtime->last_fault, sizeof runtime->last_fault, "%s", text);
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
    struct fault_news *news = &runtime->news;
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
    if (runtime->news.waker.loop && take_news(runtime, &of, text))
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
    int64_t until = clock_monotonic() + runtime->current->plan->settings.stop_timeout;
    log_line("%s: a third thread does not come back, so the process ends, with outputs made safe; "
             "a supervisor such as systemd starts it again",
             runtime_name(runtime));
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
static bool is_stuck(struct runtime *runtime)
{
    const struct generation *of = atomic_exchange(&runtime->stuck, NULL);
    return of && of == runtime->current && runtime->thread && scan_state(of->scan) != SCAN_FAULT;
}

static void hear_stuck(void *context)
{
    struct runtime *runtime = context;
    struct error error;
    char text[FAULT_TEXT];
    if (!is_stuck(runtime))
        return;
    describe_stuck(runtime, text, sizeof text);
    scan_thread_abandon(runtime->thread, clock_monotonic());
    runtime->thread = NULL;
    atomic_store(&runtime->trust.waiting, false);
    eval_abandon(runtime);
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
    mutex_init(&runtime->news.mutex);
    runtime->trust.job.run = run_trust;
    runtime->events = (struct generation_events){runtime, note_fault, note_stuck};
    return waker_open(&runtime->news.waker, runtime->loop, hear_fault, runtime, error) &&
           waker_open(&runtime->stuck_waker, runtime->loop, hear_stuck, runtime, error);
}

void faults_close(struct runtime *runtime)
{
    if (!runtime->news.waker.loop)
        return;
    waker_close(&runtime->news.waker);
    waker_close(&runtime->stuck_waker);
    pthread_mutex_destroy(&runtime->news.mutex);
}

const struct generation_events *faults_events(struct runtime *runtime)
{
    return &runtime->events;
}

/* The scan's thread notes a fault and wakes the main one, which decides: back to the last proven
 * program, or to its text, or to stay as it is, perhaps to be started again. */

#include "run/faults.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/mutex.h"
#include "base/waker.h"
#include "run/probation.h"
#include "run/reload.h"
#include "run/restart.h"
#include "run/runtime.h"
#include "run/stuck.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A fault as the scan's thread leaves it for the main thread. */
struct fault_news {
    pthread_mutex_t mutex;
    bool waiting;
    const struct generation *of;
    char text[FAULT_TEXT];
    struct waker waker;
};

struct faults {
    struct generation_events events;
    struct fault_news news;
    struct scan_job trust;
    atomic_bool trusts; /* it waits */
};

/* ---- on the scan's thread ---- */

static void note_fault(void *context, const struct generation *generation,
                       const struct error *error)
{
    struct fault_news *news = &((struct runtime *)context)->faults->news;
    pthread_mutex_lock(&news->mutex);
    news->waiting = true;
    news->of = generation;
    snprintf(news->text, sizeof news->text, "%s", error->text);
    pthread_mutex_unlock(&news->mutex);
    waker_wake(&news->waker);
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

void faults_abandon(struct runtime *runtime)
{
    atomic_store(&runtime->faults->trusts, false);
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
    restart_later(runtime);
}

static bool may_fall_back(const struct runtime *runtime)
{
    return probation_is_on(runtime) && !runtime->count.reloads && !runtime->count.restarts &&
           !runtime->current->is_fallback && runtime->unattended;
}

void faults_note(struct runtime *runtime, const char *text)
{
    runtime->count.faults++;
    snprintf(runtime->last_fault, sizeof runtime->last_fault, "%s", text);
    runtime->last_fault_time = clock_now().utc;
    log_text(text, strlen(text));
    audit_note(runtime->audit, AUDIT_FAULT, &(struct origin){.peer = "msm"}, "%s", text);
}

void faults_decide(struct runtime *runtime, const char *text)
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
    faults_note(runtime, text);
    if (of == runtime->current)
        faults_decide(runtime, text);
}

/* Of on_stop mostly: the loop has ended, so nobody has heard it. */
void faults_tell_last(struct runtime *runtime)
{
    const struct generation *of;
    char text[FAULT_TEXT];
    if (runtime->faults && take_news(runtime, &of, text))
        faults_note(runtime, text);
}

/* ---- life ---- */

bool faults_open(struct runtime *runtime, struct error *error)
{
    struct faults *faults = runtime->faults = memory_zeroed(1, sizeof *faults);
    mutex_init(&faults->news.mutex);
    faults->trust.run = run_trust;
    faults->events = (struct generation_events){runtime, note_fault, stuck_note};
    return waker_open(&faults->news.waker, runtime->loop, hear_fault, runtime, error);
}

void faults_close(struct runtime *runtime)
{
    struct faults *faults = runtime->faults;
    if (!faults)
        return;
    waker_close(&faults->news.waker);
    pthread_mutex_destroy(&faults->news.mutex);
    free(faults);
    runtime->faults = NULL;
}

const struct generation_events *faults_events(struct runtime *runtime)
{
    return &runtime->faults->events;
}

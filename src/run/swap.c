/* The order of a swap: the links' threads are held first, the serial lines before TCP, because one
 * may be in the middle of sending; then the scan's thread is offered the work. If it is inside a
 * scan it does not take it within SWAP_PATIENCE, the links go on, and it is tried again a good
 * while later: so a slow or hanging program costs the masters little. */

#include "run/swap.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/mutex.h"
#include "image/adopt.h"
#include "image/mailbox.h"
#include "run/label.h"
#include "run/reload.h"
#include "run/remarks.h"
#include "run/retire.h"
#include "run/runtime.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SWAP_PATIENCE = 5 * NS_PER_MS };

struct swap {
    struct scan_job job; /* first, so that a job is its swap */
    struct runtime *runtime;
    struct generation *before, *next;
    struct plan_match *match;
    struct tcp_change *tcp;
    struct lines_change *lines;
    struct sim_change *sim;
    struct tape *tape;
    bool on_trial;
    struct adoption *adoption;
    struct retire retire;
    pthread_mutex_t mutex; /* of `over`, and with it of all that the scan's thread has changed */
    pthread_cond_t changed;
    bool over;
    bool ok;
    struct error error;
};

/* For the way back; from a fault there is none. */
static void remember(const struct generation *before)
{
    if (before->scan && scan_state(before->scan) != SCAN_FAULT)
        program_remember(before->program);
}

struct swap *swap_prepare(struct runtime *runtime, struct generation *next,
                          const struct generation_events *events, bool on_trial,
                          struct error *error)
{
    struct swap *swap = memory_zeroed(1, sizeof *swap);
    const struct tape_label label = label_of(next, runtime->path);
    swap->runtime = runtime;
    swap->before = runtime->current;
    swap->next = next;
    swap->on_trial = on_trial;
    mutex_init(&swap->mutex);
    pthread_cond_init(&swap->changed, NULL);
    if (!generation_begin(next, events, clock_now(), error) ||
        !(swap->match = plan_match_create(swap->before->plan, next->plan, error)) ||
        !(swap->tcp = tcp_prepare(runtime->tcp, next->image, next->servers, swap->match, error)) ||
        !(swap->lines =
              lines_prepare(runtime->lines, next->image, next->servers, swap->match, error)) ||
        (runtime->sim &&
         !(swap->sim = sim_prepare(runtime->sim, next->image, swap->match, error))) ||
        !(swap->adoption = adopt_prepare(next->image, swap->before->image, swap->match, error)) ||
        (runtime->recorder && !(swap->tape = tape_create(next->image, &label, error))) ||
        !store_prepare(runtime->store, next->image, error)) {
        swap_discard(swap);
        return NULL;
    }
    remember(swap->before);
    retire_prepare(&swap->retire, swap->before->image, swap->match);
    return swap;
}

static void release(struct swap *swap)
{
    adopt_discard(swap->adoption);
    retire_finish(&swap->retire);
    plan_match_destroy(swap->match);
    pthread_cond_destroy(&swap->changed);
    pthread_mutex_destroy(&swap->mutex);
    free(swap);
}

void swap_discard(struct swap *swap)
{
    if (!swap)
        return;
    retire_end(&swap->retire, clock_monotonic());
    tcp_discard(swap->tcp);
    lines_discard(swap->lines);
    sim_discard(swap->sim);
    tape_destroy(swap->tape);
    release(swap);
}

void swap_retire(struct swap *swap)
{
    retire_begin(&swap->retire, clock_monotonic());
}

bool swap_is_retired(const struct swap *swap)
{
    return retire_is_over(&swap->retire);
}

/* ---- the swap itself ---- */

/* Nobody else is at work: the links stand, and this is the scan's thread, or there is none. */
static bool change_over(struct swap *swap, struct instant now)
{
    struct runtime *runtime = swap->runtime;
    struct generation *before = swap->before, *next = swap->next;
    remember(before);
    if (!program_keep(next->program, &swap->error))
        return false;
    adopt_commit(swap->adoption, now.monotonic);
    mailbox_end(before->image, "another program took over before this was answered");
    tcp_commit(swap->tcp, now.monotonic);
    lines_commit(swap->lines, now.monotonic);
    sim_commit(swap->sim, now.monotonic);
    store_switch(runtime->store);
    audit_set_level(runtime->audit, (enum audit_level)next->plan->settings.audit);
    if (before->scan)
        scan_continue(next->scan, before->scan, swap->match, now.monotonic);
    scan_try(next->scan, swap->on_trial, now.monotonic);
    if (swap->tape)
        recorder_take(runtime->recorder, swap->tape, next->scan);
    return true;
}

static void run_job(struct scan_job *job, struct scan_thread *thread, struct instant now)
{
    struct swap *swap = (struct swap *)job;
    swap->ok = change_over(swap, now);
    if (swap->ok)
        scan_thread_change(thread, swap->next->scan);
    pthread_mutex_lock(&swap->mutex);
    swap->over = true;
    pthread_cond_signal(&swap->changed);
    pthread_mutex_unlock(&swap->mutex);
}

static bool wait_over(struct swap *swap, int64_t until)
{
    const struct timespec limit = clock_timespec(until);
    int failed = 0;
    pthread_mutex_lock(&swap->mutex);
    while (!swap->over && !failed)
        failed = pthread_cond_clockwait(&swap->changed, &swap->mutex, CLOCK_MONOTONIC, &limit);
    bool over = swap->over;
    pthread_mutex_unlock(&swap->mutex);
    return over;
}

/* Whether it has run, well or not. */
static bool offer(struct swap *swap)
{
    struct scan_thread *thread = swap->runtime->thread;
    if (!thread) {
        swap->ok = change_over(swap, clock_now());
        return true;
    }
    swap->job.run = run_job;
    scan_thread_post(thread, &swap->job);
    if (wait_over(swap, clock_monotonic() + SWAP_PATIENCE))
        return true;
    if (scan_thread_withdraw(thread, &swap->job))
        return false;
    while (!wait_over(swap, INT64_MAX)) {
    }
    return true;
}

enum swap_result swap_try(struct swap *swap, char **remarks, size_t *unsafe, struct error *error)
{
    struct runtime *runtime = swap->runtime;
    lines_hold(runtime->lines); /* first: one may be in the middle of sending */
    tcp_hold(runtime->tcp);
    sim_hold(runtime->sim);
    bool ran = offer(swap);
    sim_release(runtime->sim);
    tcp_release(runtime->tcp);
    lines_release(runtime->lines);
    if (!ran)
        return SWAP_BUSY;
    if (!swap->ok) {
        *error = swap->error;
        swap_discard(swap);
        return SWAP_FAILED;
    }
    runtime->current = swap->next;
    retire_judge(&swap->retire);
    *unsafe = swap->retire.count;
    retire_end(&swap->retire, clock_monotonic());
    lines_settle(runtime->lines);
    *remarks = remarks_after(&swap->retire, swap->match, swap->adoption, reload_is_asked(runtime));
    release(swap);
    return SWAP_DONE;
}

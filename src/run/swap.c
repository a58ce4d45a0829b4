/* The order of a swap: the links' threads are held first, the serial lines before TCP, because one
 * may be in the middle of sending; then the scan's thread is offered the work. If it is inside a
 * scan it does not take it within SWAP_PATIENCE, the links go on, and it is tried again a good
 * while later: so a slow or hanging program costs the masters little. */

#include "run/swap.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "image/adopt.h"
#include "image/mailbox.h"
#include "image/mirror.h"
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
    bool on_trial;
    uint32_t *retired;
    size_t retired_count;
    bool holds;            /* the retired ones are forced */
    pthread_mutex_t mutex; /* of `over`, and with it of all that the scan's thread has changed */
    pthread_cond_t changed;
    bool over;
    bool ok;
    struct error error;
};

/* ---- before ---- */

/* Those that nobody has to bring anywhere take their safe value with the program itself. */
static void list_retired(struct swap *swap)
{
    const struct plan *plan = swap->match->from;
    size_t count = plan_match_retired(swap->match, NULL, 0), kept = 0;
    swap->retired = memory_zeroed(count + 1, sizeof *swap->retired);
    plan_match_retired(swap->match, swap->retired, count);
    for (size_t i = 0; i < count; i++)
        if (plan_point_client(plan, swap->retired[i]) >= 0)
            swap->retired[kept++] = swap->retired[i];
    swap->retired_count = kept;
}

struct swap *swap_prepare(struct runtime *runtime, struct generation *next,
                          const struct generation_events *events, bool on_trial,
                          struct error *error)
{
    struct swap *swap = memory_zeroed(1, sizeof *swap);
    swap->runtime = runtime;
    swap->before = runtime->current;
    swap->next = next;
    swap->on_trial = on_trial;
    pthread_mutex_init(&swap->mutex, NULL);
    pthread_cond_init(&swap->changed, NULL);
    if (!generation_begin(next, events, clock_now(), error) ||
        !(swap->match = plan_match_create(swap->before->plan, next->plan, error)) ||
        !(swap->tcp = tcp_prepare(runtime->tcp, next->image, next->servers, swap->match, error)) ||
        !(swap->lines =
              lines_prepare(runtime->lines, next->image, next->servers, swap->match, error)) ||
        !store_prepare(runtime->store, next->image, error)) {
        swap_discard(swap);
        return NULL;
    }
    list_retired(swap);
    return swap;
}

static void release(struct swap *swap)
{
    plan_match_destroy(swap->match);
    free(swap->retired);
    pthread_cond_destroy(&swap->changed);
    pthread_mutex_destroy(&swap->mutex);
    free(swap);
}

void swap_discard(struct swap *swap)
{
    if (!swap)
        return;
    swap_unretire(swap);
    tcp_discard(swap->tcp);
    lines_discard(swap->lines);
    release(swap);
}

/* ---- outputs that go ---- */

static const uint16_t *safe_words(const struct plan *plan, uint32_t number, uint16_t *first)
{
    const struct point *point = &plan->points[number];
    const struct variable *v = plan->variables[point->variable];
    *first = variable_move(v->safe_words[0], v->mask, point->mask);
    return point->words == 1 ? first : v->safe_words;
}

/* What a person has forced stays as he wants it. */
void swap_retire(struct swap *swap)
{
    struct image *image = swap->before->image;
    uint16_t first, beneath[VARIABLE_MAX_WORDS];
    size_t kept = 0;
    for (size_t i = 0; i < swap->retired_count; i++) {
        uint32_t point = swap->retired[i];
        if (image_suppressed(image, point, beneath))
            continue;
        image_force(image, point, safe_words(swap->match->from, point, &first), NULL,
                    clock_monotonic());
        swap->retired[kept++] = point;
    }
    swap->retired_count = kept;
    swap->holds = true;
}

static bool is_among(const uint32_t *points, size_t count, uint32_t point)
{
    for (size_t i = 0; i < count; i++)
        if (points[i] == point)
            return true;
    return false;
}

bool swap_is_retired(struct swap *swap)
{
    size_t most = swap->match->from->point_count;
    if (!swap->retired_count)
        return true;
    uint32_t *pending = memory_zeroed(most + 1, sizeof *pending);
    size_t count = mirror_pending(swap->before->image, true, pending, most);
    bool retired = true;
    for (size_t i = 0; i < count && retired; i++)
        retired = !is_among(swap->retired, swap->retired_count, pending[i]);
    free(pending);
    return retired;
}

void swap_unretire(struct swap *swap)
{
    for (size_t i = 0; swap->holds && i < swap->retired_count; i++)
        image_unforce(swap->before->image, swap->retired[i], true, NULL, clock_monotonic());
    swap->holds = false;
}

/* ---- the swap itself ---- */

static void say_refused(void *context, uint32_t point)
{
    const struct swap *swap = context;
    const struct plan *plan = swap->next->plan;
    const struct variable *v = plan->variables[plan->points[point].variable];
    log_line("%s: %s: its value is outside the new limits, so it starts with its default", v->where,
             v->path);
}

/* Nobody else is at work: the links stand, and this is the scan's thread, or there is none. */
static bool change_over(struct swap *swap, struct instant now)
{
    struct runtime *runtime = swap->runtime;
    struct generation *before = swap->before, *next = swap->next;
    if (!image_adopt(next->image, before->image, swap->match, now.monotonic, say_refused, swap,
                     &swap->error) ||
        !program_keep(next->program, &swap->error))
        return false;
    mailbox_end(before->image, "another program took over before this was answered");
    tcp_commit(swap->tcp, now.monotonic);
    lines_commit(swap->lines, now.monotonic);
    store_switch(runtime->store);
    audit_set_level(runtime->audit, (enum audit_level)next->plan->settings.audit);
    if (before->scan)
        scan_continue(next->scan, before->scan, swap->match, now.monotonic);
    scan_try(next->scan, swap->on_trial, now.monotonic);
    atomic_store(&runtime->at_work, next);
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
    const struct timespec limit = {.tv_sec = until / NS_PER_S, .tv_nsec = until % NS_PER_S};
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

/* Who has edited a default expects it to apply. */
static void say_default(void *context, const struct difference *difference)
{
    (void)context;
    if (difference->kind == DIFFERENCE_DEFAULT)
        log_line("%s: %s", difference->where, difference->text);
}

enum swap_result swap_try(struct swap *swap, struct error *error)
{
    struct runtime *runtime = swap->runtime;
    lines_hold(runtime->lines); /* first: one may be in the middle of sending */
    tcp_hold(runtime->tcp);
    bool ran = offer(swap);
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
    swap_unretire(swap); /* should the old program come back, they are its own again */
    lines_settle(runtime->lines);
    if (runtime->reload.why == RELOAD_ASKED)
        plan_match_list(swap->match, say_default, NULL);
    release(swap);
    return SWAP_DONE;
}

/* A loop around the scan: wait for the next due time, for a job, or for the end, whichever comes
 * first, and do that. Whoever wants something of the thread says so under its lock and wakes it.
 * Its memory belongs to two, who started it and itself, because one that is abandoned may outlive
 * all interest in it. */

#include "scan/thread_inside.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/watchdog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const int64_t PATIENCE = 2 * (int64_t)NS_PER_S;

static void destroy(struct scan_thread *thread)
{
    pthread_cond_destroy(&thread->wake);
    pthread_mutex_destroy(&thread->lock);
    free(thread);
}

static void release(struct scan_thread *thread)
{
    if (atomic_fetch_sub(&thread->owners, 1) == 1)
        destroy(thread);
}

static void set_flag(struct scan_thread *thread, bool *flag)
{
    pthread_mutex_lock(&thread->lock);
    *flag = true;
    pthread_cond_broadcast(&thread->wake);
    pthread_mutex_unlock(&thread->lock);
}

/* ---- on the thread ---- */

static void wait_to_go(struct scan_thread *thread)
{
    pthread_mutex_lock(&thread->lock);
    while (!thread->go && !thread->stop && !thread->abandoned)
        pthread_cond_wait(&thread->wake, &thread->lock);
    pthread_mutex_unlock(&thread->lock);
}

static struct scan_job *take_job(struct scan_thread *thread)
{
    struct scan_job *job = thread->jobs;
    if (job)
        thread->jobs = job->next;
    return job;
}

/* What is next: a job, or a step where `job` is NULL. False: the end. After a job comes a step that
 * is due, or those who post jobs without end would keep the scan from running. */
static bool next(struct scan_thread *thread, bool after_job, struct scan_job **job)
{
    int64_t due = scan_due(thread->scan);
    struct timespec limit = clock_timespec(due);
    bool is_due;
    pthread_mutex_lock(&thread->lock);
    if (!after_job)
        scan_thread_recall(thread);
    while (!(is_due = clock_monotonic() >= due) && !thread->jobs && !thread->stop &&
           !thread->abandoned)
        pthread_cond_clockwait(&thread->wake, &thread->lock, CLOCK_MONOTONIC, &limit);
    bool goes_on = !thread->stop && !thread->abandoned;
    *job = goes_on && !(after_job && is_due) ? take_job(thread) : NULL;
    pthread_mutex_unlock(&thread->lock);
    return goes_on;
}

static void work(struct scan_thread *thread)
{
    struct scan_job *job;
    bool after_job = false;
    while (!scan_stop_wanted(thread->scan) && next(thread, after_job, &job)) {
        after_job = job != NULL;
        if (job) {
            job->run(job, thread, clock_now());
            continue;
        }
        scan_step(thread->scan, clock_now());
        scan_ended(thread->scan, clock_monotonic());
    }
}

static bool is_abandoned(struct scan_thread *thread)
{
    pthread_mutex_lock(&thread->lock);
    bool abandoned = thread->abandoned;
    pthread_mutex_unlock(&thread->lock);
    return abandoned;
}

static void end(struct scan_thread *thread)
{
    struct scan *scan = thread->scan;
    if (!is_abandoned(thread))
        scan_stop(scan, clock_now());
    if (!is_abandoned(thread) && scan_stop_wanted(scan) && thread->options.ended)
        thread->options.ended(thread->options.context);
}

static void open_watchdog(struct scan_thread *thread)
{
    struct error error;
    thread->watchdog = watchdog_open(&error);
    if (!thread->watchdog)
        log_line("no watchdog for the scan, so a script that does not come back is not stopped: %s",
                 error.text);
    scan_watch(thread->scan, thread->watchdog);
}

static void *run(void *argument)
{
    struct scan_thread *thread = argument;
    open_watchdog(thread);
    wait_to_go(thread);
    work(thread);
    end(thread);
    watchdog_close(thread->watchdog);
    set_flag(thread, &thread->done);
    release(thread);
    return NULL;
}

/* ---- around it ---- */

struct scan_thread *scan_thread_start(struct scan *scan, const struct scan_thread_options *options,
                                      struct error *error)
{
    if (options->priority < 0 || options->priority > 99) {
        error_set(error, "a real-time priority of %d is not possible; 1..99 is, and 0 for none",
                  options->priority);
        return NULL;
    }
    struct scan_thread *thread = calloc(1, sizeof *thread);
    if (!thread) {
        error_set(error, "out of memory for the scan thread");
        return NULL;
    }
    thread->scan = scan;
    thread->options = *options;
    thread->owners = 2;
    mutex_init(&thread->lock); /* who wakes the scan runs at normal priority */
    pthread_cond_init(&thread->wake, NULL);
    int failed = scan_thread_create(thread, run);
    if (!failed)
        return thread;

    error_set(error, "cannot start the scan thread: %s", strerror(failed));
    destroy(thread);
    return NULL;
}

void scan_thread_go(struct scan_thread *thread)
{
    set_flag(thread, &thread->go);
}

static bool wait_until_done(struct scan_thread *thread, int64_t until)
{
    struct timespec limit = clock_timespec(until);
    int waited = 0;
    pthread_mutex_lock(&thread->lock);
    while (!thread->done && waited != ETIMEDOUT)
        waited = pthread_cond_clockwait(&thread->wake, &thread->lock, CLOCK_MONOTONIC, &limit);
    bool done = thread->done;
    pthread_mutex_unlock(&thread->lock);
    return done;
}

/* Whoever waits for the end of a script that does not come back is told how to have it without. */
bool scan_thread_stop_within(struct scan_thread *thread, int64_t patience)
{
    int64_t begun = clock_monotonic();
    set_flag(thread, &thread->stop);
    bool done = wait_until_done(thread, begun + (patience < PATIENCE ? patience : PATIENCE));
    if (!done && patience > PATIENCE) {
        log_line("waiting for the script to come back from its scan; a second Ctrl-C ends it at "
                 "once and leaves the outputs as they are");
        done = wait_until_done(thread, patience < INT64_MAX - begun ? begun + patience : INT64_MAX);
    }
    if (!done)
        return false;
    pthread_join(thread->thread, NULL);
    release(thread);
    return true;
}

void scan_thread_stop(struct scan_thread *thread)
{
    if (thread)
        scan_thread_stop_within(thread, INT64_MAX);
}

/* With the lock the thread cannot end, so it is there to be demoted. */
void scan_thread_abandon(struct scan_thread *thread, int64_t now)
{
    static const struct sched_param none = {.sched_priority = 0};
    pthread_mutex_lock(&thread->lock);
    thread->abandoned = true;
    struct scan *scan = thread->scan;
    if (pthread_setschedparam(thread->thread, SCHED_IDLE, &none) != 0)
        pthread_setschedparam(thread->thread, SCHED_OTHER, &none);
    pthread_detach(thread->thread);
    pthread_cond_broadcast(&thread->wake);
    pthread_mutex_unlock(&thread->lock);
    scan_abandon(scan, now);
    release(thread);
}

/* Its scan is changed only by a job of whoever calls this. */
bool scan_thread_abandon_stuck(struct scan_thread *thread, int64_t now)
{
    if (!scan_abandon_stuck(scan_thread_scan(thread), now))
        return false;
    scan_thread_abandon(thread, now);
    return true;
}

const char *scan_thread_priority(const struct scan_thread *thread)
{
    return thread->priority;
}

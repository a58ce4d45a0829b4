#pragma once
/* The scan's thread with a small program on it and a watchdog that takes notes, and all that a test
 * and that thread tell each other. */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>
#include "scan/thread_inside.h"
#include "scan_watch_bed.h"

struct watchdog {
    pthread_t owner;
};

/* All that a test and the scan's thread tell each other. */
static struct {
    struct fixture *f;
    struct scan_thread *thread;
    struct scan *next; /* what a job changes to */
    struct watchdog dogs[2];
    atomic_int dog_count, dogs_closed, begun;
    bool no_dog;
    sem_t ran, done, let_back, over;
    atomic_int runs, order, breaks;
    atomic_bool hangs, stop_hangs, slow, stop_wanted, in_task;
    atomic_int policy, next_runs, next_stops;
} talk;

/* ---- a watchdog that takes notes ---- */

struct watchdog *watchdog_open(struct error *error)
{
    if (talk.no_dog) {
        error_set(error, "none today");
        return NULL;
    }
    struct watchdog *watchdog = &talk.dogs[talk.dog_count++];
    watchdog->owner = pthread_self();
    return watchdog;
}

void watchdog_close(struct watchdog *watchdog)
{
    assert_true(!watchdog || pthread_equal(watchdog->owner, pthread_self()));
    talk.dogs_closed += watchdog != NULL;
}

void watchdog_begin(struct watchdog *watchdog, const struct watchdog_hooks *hooks, int64_t deadline)
{
    (void)hooks, (void)deadline;
    assert_true(pthread_equal(watchdog->owner, pthread_self()));
    talk.begun++;
}

void watchdog_end(struct watchdog *watchdog)
{
    assert_true(pthread_equal(watchdog->owner, pthread_self()));
}

/* ---- the program ---- */

static inline void wait_for(sem_t *event)
{
    struct timespec limit;
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += 60;
    int waited;
    while ((waited = sem_timedwait(event, &limit)) != 0 && errno == EINTR)
        continue;
    assert_int_equal(waited, 0);
}

static inline bool run_once(void *context, size_t task, double dt, const struct cycle *cycle,
                            struct error *error)
{
    (void)context, (void)task, (void)dt, (void)cycle;
    talk.in_task = true;
    talk.runs++;
    sem_post(&talk.ran);
    if (talk.hangs)
        wait_for(&talk.let_back);
    if (talk.hangs)
        talk.policy = sched_getscheduler(0);
    for (int64_t from = clock_monotonic(); talk.slow && clock_monotonic() < from + 2 * MS;)
        sched_yield();
    talk.in_task = false;
    return !talk.breaks || error_set(error, "broken");
}

static inline bool start_there(void *context, const struct cycle *cycle, struct error *error)
{
    (void)context, (void)cycle, (void)error;
    return true;
}

static inline bool stop_there(void *context, const struct cycle *cycle, struct error *error)
{
    (void)context, (void)cycle, (void)error;
    if (!talk.stop_hangs)
        return true;
    sem_post(&talk.done);
    wait_for(&talk.let_back);
    return true;
}

static inline bool want_stop(void *context)
{
    (void)context;
    return talk.stop_wanted;
}

static inline void no_rest(void *context)
{
    (void)context;
}

static inline void told(void *context, const struct error *error)
{
    (void)context, (void)error;
    sem_post(&talk.over);
}

static inline void ended(void *context)
{
    (void)context;
    sem_post(&talk.over);
}

static inline bool next_task(void *context, size_t task, double dt, const struct cycle *cycle,
                             struct error *error)
{
    (void)context, (void)task, (void)dt, (void)cycle, (void)error;
    talk.next_runs++;
    sem_post(&talk.ran);
    return true;
}

static inline bool next_stop(void *context, const struct cycle *cycle, struct error *error)
{
    (void)context, (void)cycle, (void)error;
    talk.next_stops++;
    return true;
}

static inline struct scan *new_scan(struct fixture *f, bool is_next)
{
    struct error error;
    const struct scan_hooks hooks = {.context = f,
                                     .start = start_there,
                                     .task = is_next ? next_task : run_once,
                                     .stop = is_next ? next_stop : stop_there,
                                     .stop_wanted = want_stop,
                                     .rest = no_rest,
                                     .fault = told};
    struct scan *scan = scan_create(f->image, &hooks, clock_now(), &error);
    assert_non_null(scan);
    return scan;
}

/* ---- around it ---- */

static inline int setup_talk(void **state)
{
    memset(&talk, 0, sizeof talk);
    sem_init(&talk.ran, 0, 0);
    sem_init(&talk.done, 0, 0);
    sem_init(&talk.let_back, 0, 0);
    sem_init(&talk.over, 0, 0);
    int failed = setup(state);
    talk.f = *state;
    return failed;
}

static inline void prepare(struct fixture *f, int64_t period)
{
    struct error error;
    f->plan = make_plan(&period, 1);
    f->image = image_create(f->plan, clock_monotonic(), &error);
    assert_non_null(f->image);
    f->scan = new_scan(f, false);
    talk.thread = scan_thread_start(f->scan, &(struct scan_thread_options){.ended = ended}, &error);
    if (!talk.thread)
        fail_msg("%s", error.text);
}

static inline void begin_thread(struct fixture *f, int64_t period)
{
    prepare(f, period);
    scan_thread_go(talk.thread);
    wait_for(&talk.ran);
}

static inline void end_thread(void)
{
    scan_thread_stop(talk.thread);
    talk.thread = NULL;
}

static inline int teardown_talk(void **state)
{
    end_thread();
    scan_destroy(talk.next);
    return teardown_kept(state);
}

struct note {
    struct scan_job job;
    int place;
    enum scan_state state;
    bool on_thread, in_task;
};

static inline void take_note(struct scan_job *job, struct scan_thread *thread, struct instant now)
{
    struct note *note = (struct note *)job;
    assert_true(now.monotonic > 0 && now.utc > 0);
    note->place = ++talk.order;
    note->state = scan_state(scan_thread_scan(thread));
    note->on_thread = pthread_equal(pthread_self(), talk.thread->thread);
    note->in_task = talk.in_task;
    sem_post(&talk.done);
}

static inline struct note new_note(void)
{
    return (struct note){.job.run = take_note};
}

static const int64_t LONG = INT64_C(1000) * NS_PER_S;

#define TALK(name) cmocka_unit_test_setup_teardown(name, setup_talk, teardown_talk)

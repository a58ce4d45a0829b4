#pragma once
/* A scan whose hook does not come back, for tests of who abandons it. The watchdog here takes notes
 * only; its "signals" are calls. */

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include "image/plan_match.h"
#include "scan_watch_bed.h"

struct watchdog {
    struct watchdog_hooks hooks;
    int begun, ended;
};

void watchdog_begin(struct watchdog *watchdog, const struct watchdog_hooks *hooks, int64_t deadline)
{
    assert_true(deadline > 0);
    watchdog->hooks = *hooks;
    watchdog->begun++;
}

void watchdog_end(struct watchdog *watchdog)
{
    watchdog->ended++;
}

/* What the thread that is stuck and the one that loses patience tell each other. */
static struct {
    sem_t inside, let_back, in_stuck, let_stuck;
    struct watchdog dog;
    atomic_int lates, stucks;
    atomic_bool stuck_is_over, waited;
} talk;

static inline void wait_for(sem_t *event)
{
    while (sem_wait(event) != 0)
        continue;
}

static inline void on_late(void *context)
{
    (void)context;
    talk.lates++;
}

static inline void on_stuck(void *context)
{
    (void)context;
    talk.stucks++;
}

static inline int setup_talk(void **state)
{
    memset(&talk, 0, sizeof talk);
    sem_init(&talk.inside, 0, 0);
    sem_init(&talk.let_back, 0, 0);
    sem_init(&talk.in_stuck, 0, 0);
    sem_init(&talk.let_stuck, 0, 0);
    return setup(state);
}

static inline bool open_all(struct fixture *f, size_t task)
{
    (void)task;
    assign(f, "A", 1);
    assign(f, "VALVE", 1);
    assign(f, "SPEED", 70);
    return true;
}

static inline bool get_stuck(struct fixture *f, size_t task)
{
    open_all(f, task);
    assign(f, "A", 2);
    sem_post(&talk.inside);
    wait_for(&talk.let_back);
    return true;
}

static inline bool get_stuck_and_break(struct fixture *f, size_t task)
{
    get_stuck(f, task);
    return false;
}

/* Two tasks; has opened all in its first step. */
static inline void begin_open(struct fixture *f)
{
    begin(f, (int64_t[]){100 * MS, 100 * MS}, 2);
    begin_watched_by(f, &talk.dog, on_late, on_stuck);
    f->task = open_all;
    step(f, 0);
    assert_int_equal(remote_read(f, "SPEED"), 70);
    talk.dog.begun = talk.dog.ended = 0;
}

static const struct instant LATER = {INT64_C(5000100) * NS_PER_MS, 0};

static inline void *step_there(void *context)
{
    struct fixture *f = context;
    scan_step(f->scan, LATER);
    scan_ended(f->scan, LATER.monotonic + 1);
    return NULL;
}

static inline void *stop_there(void *context)
{
    scan_stop(((struct fixture *)context)->scan, LATER);
    return NULL;
}

static inline bool call(void *context, const struct cycle *cycle, struct error *error)
{
    (void)cycle, (void)error;
    return get_stuck(context, 0);
}

static inline void *call_there(void *context)
{
    struct fixture *f = context;
    assert_false(scan_between(f->scan, call, f, LATER, &f->fault));
    return NULL;
}

static inline pthread_t begin_stuck(struct fixture *f, void *(*there)(void *context))
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, there, f), 0);
    wait_for(&talk.inside);
    return thread;
}

/* A task of it is. */
static inline pthread_t begin_stuck_task(struct fixture *f)
{
    f->task = get_stuck;
    return begin_stuck(f, step_there);
}

static inline void come_back(pthread_t thread)
{
    sem_post(&talk.let_back);
    pthread_join(thread, NULL);
}

static inline void assert_safe(struct fixture *f)
{
    assert_int_equal(remote_read(f, "VALVE"), 0);
    assert_int_equal(remote_read(f, "SPEED"), 5);
    assert_int_equal(remote_write(f, "SPEED", 71), EXCEPTION_DEVICE_FAILURE);
}

#define KEPT(name) cmocka_unit_test_setup_teardown(name, setup_talk, teardown_kept)

/* Proves what the watchdog's word about a hook is worth: only the one that is stuck is abandoned,
 * not one that has come back meanwhile, a signal under way is waited for, and an abandoned hook
 * that comes back into endless code is still ended. */

#include "abandon_bed.h"

static void on_slow_stuck(void *context)
{
    (void)context;
    sem_post(&talk.in_stuck);
    wait_for(&talk.let_stuck);
    for (int i = 0; i < 1000; i++)
        sched_yield();
    talk.stuck_is_over = true;
}

/* It may come back into code that never ends, which `late` ends; it is given up only once. */
static void only_late_is_still_heard_of(void **state)
{
    struct fixture *f = *state;
    begin_open(f);
    pthread_t thread = begin_stuck_task(f);
    talk.dog.hooks.late(talk.dog.hooks.context);
    talk.dog.hooks.stuck(talk.dog.hooks.context);
    scan_abandon(f->scan, f->now);
    talk.dog.hooks.late(talk.dog.hooks.context);
    talk.dog.hooks.stuck(talk.dog.hooks.context);
    assert_int_equal(talk.lates, 2);
    assert_int_equal(talk.stucks, 1);
    come_back(thread);
}

static bool be_stuck_for_a_while(struct fixture *f, size_t task)
{
    talk.dog.hooks.stuck(talk.dog.hooks.context);
    return get_stuck(f, task);
}

/* Who hears that it is stuck may hear it late. */
static void what_has_come_back_is_not_given_up(void **state)
{
    struct fixture *f = *state;
    begin_open(f);
    f->task = be_stuck_for_a_while;
    pthread_t thread = begin_stuck(f, step_there);
    sem_post(&talk.let_back); /* the second task is as slow */
    wait_for(&talk.inside);
    sem_post(&talk.let_back);
    pthread_join(thread, NULL);
    assert_int_equal(talk.stucks, 2);
    assert_false(scan_abandon_stuck(f->scan, f->now));
    assert_false(scan_is_abandoned(f->scan));
    assert_int_equal(scan_state(f->scan), SCAN_RUN);
}

static void only_the_call_that_is_stuck_is_given_up(void **state)
{
    struct fixture *f = *state;
    begin_open(f);
    pthread_t thread = begin_stuck_task(f);
    talk.dog.hooks.stuck(talk.dog.hooks.context);
    sem_post(&talk.let_back);
    wait_for(&talk.inside); /* the next call, of which nobody has complained */
    assert_false(scan_abandon_stuck(f->scan, f->now));
    talk.dog.hooks.stuck(talk.dog.hooks.context);
    assert_true(scan_abandon_stuck(f->scan, f->now));
    assert_safe(f);
    come_back(thread);
}

static bool be_stuck(struct fixture *f, size_t task)
{
    (void)f, (void)task;
    talk.dog.hooks.stuck(talk.dog.hooks.context);
    return true;
}

static void *abandon_there(void *context)
{
    struct fixture *f = context;
    scan_abandon(f->scan, f->now);
    talk.waited = talk.stuck_is_over;
    return NULL;
}

/* The program may be taken away when scan_abandon has returned, so it waits for the handler. */
static void it_waits_for_a_signal_under_way(void **state)
{
    struct fixture *f = *state;
    pthread_t thread, patience;
    begin(f, (int64_t[]){100 * MS}, 1);
    begin_watched_by(f, &talk.dog, NULL, on_slow_stuck);
    f->task = be_stuck;
    assert_int_equal(pthread_create(&thread, NULL, step_there, f), 0);
    wait_for(&talk.in_stuck);
    assert_int_equal(pthread_create(&patience, NULL, abandon_there, f), 0);
    while (!scan_is_abandoned(f->scan))
        sched_yield();
    sem_post(&talk.let_stuck);
    pthread_join(patience, NULL);
    pthread_join(thread, NULL);
    assert_true(talk.waited);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KEPT(only_late_is_still_heard_of),
        KEPT(what_has_come_back_is_not_given_up),
        KEPT(only_the_call_that_is_stuck_is_given_up),
        KEPT(it_waits_for_a_signal_under_way),
    };
    return cmocka_run_group_tests_name("scan_stuck", tests, NULL, NULL);
}

/* Proves that a loop's thread stands while it is held, that what both sides do then is seen by the
 * other, and that holding one that does not run waits for nobody. A hold that hangs is ended by the
 * time limit of the test runner. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/hold.h"

struct fixture {
    struct loop *loop;
    struct loop_source busy; /* ready all the time, so that the loop turns */
    struct hold hold;
    pthread_t thread;
    bool runs;
    long turns; /* the loop thread's, and not atomic: the sanitizer sees who is not held */
    atomic_long glance;
};

static void turn(struct loop_source *source, uint32_t events)
{
    struct fixture *f = (struct fixture *)((char *)source - offsetof(struct fixture, busy));
    (void)events;
    f->glance = ++f->turns;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct error error;
    if (!f || !(f->loop = loop_create(&error)) || !hold_open(&f->hold, f->loop, &error))
        return -1;
    f->busy = (struct loop_source){eventfd(1, EFD_NONBLOCK), turn};
    *state = f;
    return !loop_add(f->loop, &f->busy, EPOLLIN, &error);
}

static void *serve(void *context)
{
    struct fixture *f = context;
    loop_run(f->loop);
    hold_pass(&f->hold, true);
    return NULL;
}

static void start(struct fixture *f)
{
    assert_int_equal(pthread_create(&f->thread, NULL, serve, f), 0);
    f->runs = true;
}

static void wait_for_turns(struct fixture *f, long count)
{
    long from = f->glance;
    while (f->glance < from + count)
        sched_yield();
}

static void end(struct fixture *f)
{
    loop_stop(f->loop);
    pthread_join(f->thread, NULL);
    f->runs = false;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    if (f->runs)
        end(f);
    hold_close(&f->hold);
    hold_close(&f->hold); /* nothing */
    loop_remove(f->loop, &f->busy);
    close(f->busy.fd);
    loop_destroy(f->loop);
    free(f);
    return 0;
}

static void the_thread_stands_while_it_is_held(void **state)
{
    struct fixture *f = *state;
    start(f);
    wait_for_turns(f, 10);
    hold_take(&f->hold);
    long before = f->turns;
    for (int i = 0; i < 2000; i++)
        sched_yield();
    assert_int_equal(f->turns, before);
    hold_give(&f->hold);
    wait_for_turns(f, 10);
}

static void what_is_done_meanwhile_is_seen(void **state)
{
    struct fixture *f = *state;
    start(f);
    for (int i = 0; i < 500; i++) {
        hold_take(&f->hold);
        f->turns += 1000000; /* as if it were ours */
        hold_give(&f->hold);
    }
    while (f->glance < 500 * 1000000L)
        sched_yield();
}

/* Before the thread has noticed that it may go on. */
static void it_may_be_taken_again_at_once(void **state)
{
    struct fixture *f = *state;
    start(f);
    wait_for_turns(f, 1);
    for (int i = 0; i < 2000; i++) {
        hold_take(&f->hold);
        long before = f->turns;
        sched_yield();
        assert_int_equal(f->turns, before);
        hold_give(&f->hold);
    }
    wait_for_turns(f, 10);
}

static void a_loop_that_does_not_run_is_had_at_once(void **state)
{
    struct fixture *f = *state;
    hold_pass(&f->hold, true);
    hold_take(&f->hold);
    f->turns++;
    hold_give(&f->hold);
    hold_pass(&f->hold, false);
    start(f);
    wait_for_turns(f, 1);
    hold_take(&f->hold);
    hold_give(&f->hold);
    end(f);
    hold_take(&f->hold); /* not any more */
    f->turns++;
    hold_give(&f->hold);
}

static void *take_and_give(void *context)
{
    struct fixture *f = context;
    hold_take(&f->hold);
    f->turns++;
    hold_give(&f->hold);
    return NULL;
}

/* Whether it is asked before the loop ends or after. */
static void who_waits_is_not_forgotten_at_the_end(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 200; i++) {
        pthread_t taker;
        hold_pass(&f->hold, false);
        start(f);
        assert_int_equal(pthread_create(&taker, NULL, take_and_give, f), 0);
        end(f);
        pthread_join(taker, NULL);
    }
}

static void *begin_to_run(void *context)
{
    struct fixture *f = context;
    hold_pass(&f->hold, false);
    return serve(f);
}

static void who_begins_to_run_waits_until_it_is_let(void **state)
{
    struct fixture *f = *state;
    hold_pass(&f->hold, true);
    hold_take(&f->hold);
    assert_int_equal(pthread_create(&f->thread, NULL, begin_to_run, f), 0);
    f->runs = true;
    for (int i = 0; i < 2000; i++)
        sched_yield();
    assert_int_equal(f->turns, 0);
    hold_give(&f->hold);
    wait_for_turns(f, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_thread_stands_while_it_is_held),    TEST(what_is_done_meanwhile_is_seen),
        TEST(it_may_be_taken_again_at_once),         TEST(a_loop_that_does_not_run_is_had_at_once),
        TEST(who_waits_is_not_forgotten_at_the_end), TEST(who_begins_to_run_waits_until_it_is_let),
    };
    return cmocka_run_group_tests_name("hold", tests, NULL, NULL);
}

/* Proves that a call from another thread comes in the loop's thread, that calls before it comes are
 * one, that a closed waker is closed again without harm, and that signals stay away from a thread
 * started by thread_start. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include "base/thread.h"
#include "base/waker.h"

enum { STACK = 256 * 1024 };

struct desk {
    struct loop *loop;
    struct waker waker;
    int calls;
    pthread_t caller;
    sigset_t mask;
};

static void woken(void *context)
{
    struct desk *desk = context;
    desk->calls++;
    loop_stop(desk->loop);
}

static void *wake_thrice(void *context)
{
    struct desk *desk = context;
    pthread_sigmask(SIG_SETMASK, NULL, &desk->mask);
    for (int i = 0; i < 3; i++)
        waker_wake(&desk->waker);
    return NULL;
}

static void several_calls_come_as_one(void **state)
{
    struct desk desk = {0};
    struct error error;
    (void)state;
    desk.loop = loop_create(&error);
    assert_non_null(desk.loop);
    waker_close(&desk.waker);
    assert_true(waker_open(&desk.waker, desk.loop, woken, &desk, &error));
    assert_true(thread_start(&desk.caller, "waker-test", STACK, wake_thrice, &desk, &error));
    pthread_join(desk.caller, NULL);
    loop_run(desk.loop);
    assert_int_equal(desk.calls, 1);
    assert_true(sigismember(&desk.mask, SIGTERM));
    waker_wake(&desk.waker);
    loop_run(desk.loop);
    assert_int_equal(desk.calls, 2);
    waker_close(&desk.waker);
    waker_close(&desk.waker);
    loop_destroy(desk.loop);
}

static void a_thread_that_cannot_be_says_why(void **state)
{
    struct error error = {""};
    pthread_t thread;
    (void)state;
    assert_false(thread_start(&thread, "none", 1, wake_thrice, NULL, &error));
    assert_string_equal(error.text, strerror(EINVAL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(several_calls_come_as_one),
                                       cmocka_unit_test(a_thread_that_cannot_be_says_why)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Proves that the first signal stops the loop, that the next one ends the process once the end has
 * begun, and that a program which ends by itself bears one more. Each case is a process. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/signals.h"

enum { WELL = 7 };

/* Runs in a process of its own; returns how that ended. */
static int outcome(void (*body)(struct signals *signals, struct loop *loop))
{
    pid_t child = fork();
    if (child == 0) {
        struct error error;
        struct signals signals = {0};
        struct loop *loop = loop_create(&error);
        if (signals_catch(&signals, loop, &error))
            body(&signals, loop);
        signals_close(&signals);
        loop_destroy(loop);
        _exit(WELL);
    }
    int status;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void stopped_by_one(struct signals *signals, struct loop *loop)
{
    raise(SIGTERM);
    loop_run(loop);
    if (!signals->came)
        _exit(1);
}

static void second_one(struct signals *signals, struct loop *loop)
{
    stopped_by_one(signals, loop);
    signals_let_end(signals);
    raise(SIGINT);
}

static void own_end(struct signals *signals, struct loop *loop)
{
    (void)loop;
    signals_let_end(signals);
    raise(SIGTERM);
}

static void own_end_and_two(struct signals *signals, struct loop *loop)
{
    own_end(signals, loop);
    raise(SIGTERM);
}

static void test_first_stops_the_loop(void **state)
{
    (void)state;
    assert_int_equal(outcome(stopped_by_one), WELL);
}

static void test_second_ends_the_process(void **state)
{
    (void)state;
    assert_int_equal(outcome(second_one), -SIGINT);
}

static void test_own_end_bears_one(void **state)
{
    (void)state;
    assert_int_equal(outcome(own_end), WELL);
    assert_int_equal(outcome(own_end_and_two), -SIGTERM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_stops_the_loop),
        cmocka_unit_test(test_second_ends_the_process),
        cmocka_unit_test(test_own_end_bears_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

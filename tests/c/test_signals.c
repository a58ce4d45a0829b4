/* Proves that the first signal stops the loop, that others which follow it at once are the same
 * wish, and that later ones end a process whose end does not come. Each case is a process. */

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

struct heard {
    int count;
    struct loop *loop;
};

static void hear(void *context)
{
    struct heard *heard = context;
    heard->count++;
    loop_stop(heard->loop);
}

/* Hangs up twice, though that was ignored at first, then ends. */
static void hang_up(struct signals *signals, struct loop *loop)
{
    struct heard heard = {0, loop};
    struct error error;
    signals_close(signals);
    signal(SIGHUP, SIG_IGN);
    signals->hang_up = hear;
    signals->context = &heard;
    if (!signals_catch(signals, loop, &error))
        _exit(1);
    for (int i = 0; i < 2; i++) {
        raise(SIGHUP);
        loop_run(loop);
    }
    raise(SIGTERM);
    loop_run(loop);
    if (heard.count != 2)
        _exit(1);
}

static void stopped_by_one(struct signals *signals, struct loop *loop)
{
    (void)signals;
    raise(SIGTERM);
    loop_run(loop); /* for ever, were it not for the signal */
}

static void again_at_once(struct signals *signals, struct loop *loop)
{
    stopped_by_one(signals, loop);
    signals_let_end(signals);
    raise(SIGTERM);
    raise(SIGINT);
}

/* Ends only by a signal. */
static void again_and_again(struct signals *signals, struct loop *loop)
{
    stopped_by_one(signals, loop);
    signals_let_end(signals);
    for (;;)
        raise(SIGINT);
}

static void test_first_stops_the_loop(void **state)
{
    (void)state;
    assert_int_equal(outcome(stopped_by_one), WELL);
}

static void test_one_that_follows_at_once_is_the_same_wish(void **state)
{
    (void)state;
    assert_int_equal(outcome(again_at_once), WELL);
}

static void test_later_ones_end_the_process(void **state)
{
    (void)state;
    assert_int_equal(outcome(again_and_again), -SIGINT);
}

static void test_hanging_up_may_mean_something_else(void **state)
{
    (void)state;
    assert_int_equal(outcome(hang_up), WELL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_stops_the_loop),
        cmocka_unit_test(test_one_that_follows_at_once_is_the_same_wish),
        cmocka_unit_test(test_later_ones_end_the_process),
        cmocka_unit_test(test_hanging_up_may_mean_something_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

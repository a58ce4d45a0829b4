/* Proves that a watchdog says nothing while work ends in time, that it barks at the deadline and
 * again until the work ends, says once that it was not heeded, on the watched thread and on no
 * other, also where that thread takes no signals, and never after the end of the work. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/thread.h"
#include "base/watchdog.h"

static const int64_t MS = NS_PER_MS;

struct owner {
    struct watchdog *watchdog;
    volatile sig_atomic_t late, stuck, late_before_stuck, wrong_thread, wrong_time;
    volatile sig_atomic_t working;
    pid_t thread;
    int64_t begun, first_late, first_stuck;
};

static void on_late(void *context)
{
    struct owner *owner = context;
    if (!owner->late)
        owner->first_late = clock_monotonic();
    owner->late++;
    owner->wrong_thread |= gettid() != owner->thread;
    owner->wrong_time |= !owner->working;
    errno = EDOM;
}

static void on_stuck(void *context)
{
    struct owner *owner = context;
    owner->first_stuck = clock_monotonic();
    owner->late_before_stuck = owner->late;
    owner->stuck++;
}

static void open_watchdog(struct owner *owner)
{
    struct error error;
    *owner = (struct owner){.watchdog = watchdog_open(&error), .thread = gettid()};
    if (!owner->watchdog)
        fail_msg("%s", error.text);
}

static void begin(struct owner *owner, int64_t deadline)
{
    const struct watchdog_hooks hooks = {owner, on_late, on_stuck};
    owner->late = owner->stuck = 0;
    owner->begun = clock_monotonic();
    owner->working = true;
    watchdog_begin(owner->watchdog, &hooks, deadline);
}

static void end(struct owner *owner)
{
    watchdog_end(owner->watchdog);
    owner->working = false;
}

/* Works for so long; the clock is asked because the thread sanitizer keeps signals back until then.
 */
static void work(int64_t nanoseconds)
{
    int64_t until = clock_monotonic() + nanoseconds;
    while (clock_monotonic() < until)
        continue;
}

static void silent_while_work_ends_in_time(void **state)
{
    (void)state;
    struct owner owner;
    open_watchdog(&owner);
    for (int i = 0; i < 1000; i++) {
        begin(&owner, 3600 * (int64_t)NS_PER_S);
        end(&owner);
    }
    assert_int_equal(owner.late + owner.stuck, 0);
    watchdog_close(owner.watchdog);
}

static void barks_again_and_says_once_that_nobody_heeds(void **state)
{
    (void)state;
    struct owner owner;
    open_watchdog(&owner);
    for (int i = 0; i < 2; i++) {
        begin(&owner, 40 * MS);
        while (owner.late < 10 || !owner.stuck)
            work(MS);
        end(&owner);
        assert_int_equal(owner.stuck, 1);
        assert_true(owner.late_before_stuck >= 1);
        assert_true(owner.first_late - owner.begun >= 40 * MS);
        assert_true(owner.first_stuck - owner.begun >= 80 * MS);
    }
    assert_false(owner.wrong_thread);
    watchdog_close(owner.watchdog);
}

static void hooks_may_be_left_out(void **state)
{
    (void)state;
    struct owner owner;
    open_watchdog(&owner);
    watchdog_begin(owner.watchdog, &(struct watchdog_hooks){.context = NULL}, MS);
    work(20 * MS);
    watchdog_end(owner.watchdog);
    watchdog_close(owner.watchdog);
    watchdog_close(NULL);
}

/* Work that ends where the deadline lies, over and over. */
static void never_after_the_end(void **state)
{
    (void)state;
    struct owner owner;
    int barked = 0;
    open_watchdog(&owner);
    for (int i = 0; i < 2000; i++) {
        begin(&owner, 100 * NS_PER_US);
        work((90 + i % 20) * NS_PER_US);
        end(&owner);
        barked += owner.late > 0;
        work(i % 10 * NS_PER_US);
        assert_false(owner.wrong_time);
    }
    assert_true(barked > 0);
    watchdog_close(owner.watchdog);
}

static void errno_is_as_it_was(void **state)
{
    (void)state;
    struct owner owner;
    open_watchdog(&owner);
    begin(&owner, MS);
    errno = ERANGE;
    while (owner.late < 3)
        work(MS);
    assert_int_equal(errno, ERANGE);
    end(&owner);
    watchdog_close(owner.watchdog);
}

/* Time that the thread does not have the processor for counts for nothing. */
static void waiting_is_no_work(void **state)
{
    (void)state;
    struct owner owner;
    int ends[2];
    char byte;
    assert_int_equal(pipe(ends), 0);
    open_watchdog(&owner);
    pid_t child = fork();
    if (child == 0) {
        usleep(200000);
        _exit(write(ends[1], "x", 1) == 1 ? 0 : 1);
    }
    begin(&owner, 100 * MS);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    end(&owner);
    assert_int_equal(owner.late, 0);
    watchdog_close(owner.watchdog);
    close(ends[0]);
    close(ends[1]);
}

static bool takes_signals(void)
{
    sigset_t blocked;
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
        if (!sigismember(&blocked, number))
            return true;
    return false;
}

struct watched {
    struct owner owner;
    bool took_before, took_after;
};

static void *run_watched(void *argument)
{
    struct watched *watched = argument;
    watched->took_before = takes_signals();
    open_watchdog(&watched->owner);
    begin(&watched->owner, 10 * MS);
    while (!watched->owner.stuck)
        work(MS);
    end(&watched->owner);
    watchdog_close(watched->owner.watchdog);
    watched->took_after = takes_signals();
    return NULL;
}

/* Each has its own, beside one of the main thread's that has time. */
static void threads_that_take_no_signals(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    struct watched watched[THREADS] = {0};
    pthread_t threads[THREADS];
    struct owner owner;
    struct error error;
    open_watchdog(&owner);
    begin(&owner, 3600 * (int64_t)NS_PER_S);
    for (int i = 0; i < THREADS; i++)
        assert_true(
            thread_start(&threads[i], "watched", 256 * 1024, run_watched, &watched[i], &error));
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(watched[i].owner.stuck, 1);
        assert_false(watched[i].owner.wrong_thread);
        assert_false(watched[i].took_before);
        assert_false(watched[i].took_after);
    }
    end(&owner);
    assert_int_equal(owner.late + owner.stuck, 0);
    watchdog_close(owner.watchdog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silent_while_work_ends_in_time),
        cmocka_unit_test(barks_again_and_says_once_that_nobody_heeds),
        cmocka_unit_test(hooks_may_be_left_out),
        cmocka_unit_test(never_after_the_end),
        cmocka_unit_test(errno_is_as_it_was),
        cmocka_unit_test(waiting_is_no_work),
        cmocka_unit_test(threads_that_take_no_signals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

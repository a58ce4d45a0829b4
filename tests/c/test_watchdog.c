/* Proves that a watchdog says nothing while work ends in time, and hardly asks the system for
 * anything then; that it barks at the deadline, whatever work came before, and again until the work
 * ends, says once that it was not heeded, on the watched thread and on no other, also where that
 * thread takes no signals, and never after the end of the work. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/thread.h"
#include "base/watchdog.h"

static const int64_t MS = NS_PER_MS;

static int (*real_settime)(timer_t, int, const struct itimerspec *, struct itimerspec *);
static atomic_int settings;

/* In the place of the system's, to count. */
int timer_settime(timer_t timer, int flags, const struct itimerspec *times,
                  struct itimerspec *before)
{
    atomic_fetch_add(&settings, 1);
    return real_settime(timer, flags, times, before);
}

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

static int setup(void **state)
{
    open_watchdog(*state = test_calloc(1, sizeof(struct owner)));
    return 0;
}

static int teardown(void **state)
{
    watchdog_close(((struct owner *)*state)->watchdog);
    test_free(*state);
    return 0;
}

#define OWNER(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

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

/* The same in the thread's own time. */
static void use(int64_t nanoseconds)
{
    int64_t until = clock_processor() + nanoseconds;
    while (clock_processor() < until)
        continue;
}

/* Over and over, and always in time. */
static void work_often(struct owner *owner)
{
    for (int i = 0; i < 1000; i++) {
        begin(owner, 3600 * (int64_t)NS_PER_S);
        end(owner);
    }
}

static void silent_while_work_ends_in_time(void **state)
{
    struct owner *owner = *state;
    work_often(owner);
    assert_int_equal(owner->late + owner->stuck, 0);
}

static void short_work_after_short_work_sets_no_timer(void **state)
{
    struct owner *owner = *state;
    settings = 0;
    work_often(owner);
    assert_int_equal(settings, 1);
}

static int64_t bark_after(struct owner *owner, int64_t deadline)
{
    begin(owner, deadline);
    int64_t used = clock_processor();
    while (!owner->late)
        clock_monotonic();
    used = clock_processor() - used;
    end(owner);
    return used;
}

/* After one that barked the timer stands at the 10 ms between two barks; a busy machine may miss
 * ticks of 4 ms, but not each time. */
static void a_short_deadline_after_a_bark(void **state)
{
    struct owner *owner = *state;
    int64_t soonest = INT64_MAX;
    for (int i = 0; i < 50 && soonest > 8 * MS; i++) {
        bark_after(owner, 2 * MS);
        int64_t used = bark_after(owner, 1 * MS);
        soonest = used < soonest ? used : soonest;
    }
    assert_in_range(soonest, 1 * MS, 8 * MS);
}

/* One signal at most is on its way, and nothing asks for another. */
static void no_work_needs_no_signals(void **state)
{
    struct owner *owner = *state;
    settings = 0;
    begin(owner, 5 * MS);
    end(owner);
    int before = settings;
    use(100 * MS);
    assert_true(before >= 1 && settings == before);
}

static void earlier_work_counts_for_nothing(void **state)
{
    struct owner *owner = *state;
    begin(owner, 200 * MS);
    use(150 * MS);
    end(owner);
    begin(owner, 200 * MS);
    int64_t begun = clock_processor();
    use(150 * MS); /* across the moment for which the timer was set first */
    assert_true(owner->late == 0 || clock_processor() - begun >= 200 * MS);
    while (!owner->late)
        work(MS);
    assert_true(clock_processor() - begun >= 200 * MS);
    end(owner);
}

static void a_shorter_deadline_is_kept_after_a_longer_one(void **state)
{
    struct owner *owner = *state;
    for (int i = 0; i < 3; i++) {
        begin(owner, 3600 * (int64_t)NS_PER_S);
        end(owner);
        begin(owner, 20 * MS);
        int64_t begun = clock_processor();
        while (!owner->late && clock_processor() - begun < 10 * (int64_t)NS_PER_S)
            work(MS);
        assert_true(owner->late > 0);
        end(owner);
    }
}

static void barks_again_and_says_once_that_nobody_heeds(void **state)
{
    struct owner *owner = *state;
    for (int i = 0; i < 2; i++) {
        begin(owner, 40 * MS);
        while (owner->late < 10 || !owner->stuck)
            work(MS);
        end(owner);
        assert_int_equal(owner->stuck, 1);
        assert_true(owner->late_before_stuck >= 1);
        assert_true(owner->first_late - owner->begun >= 40 * MS);
        assert_true(owner->first_stuck - owner->begun >= 80 * MS);
    }
    assert_false(owner->wrong_thread);
}

static void hooks_may_be_left_out(void **state)
{
    struct owner *owner = *state;
    watchdog_begin(owner->watchdog, &(struct watchdog_hooks){.context = NULL}, MS);
    work(20 * MS);
    watchdog_end(owner->watchdog);
    watchdog_close(NULL);
}

/* Work that ends where the deadline lies, over and over, until it was also late. */
static void never_after_the_end(void **state)
{
    struct owner *owner = *state;
    bool barked = false;
    for (int i = 0; i < 2000 || !barked; i++) {
        begin(owner, 100 * NS_PER_US);
        work((90 + i % 20) * NS_PER_US);
        end(owner);
        barked = barked || owner->late;
        work(i % 10 * NS_PER_US);
        assert_false(owner->wrong_time);
    }
}

static void errno_is_as_it_was(void **state)
{
    struct owner *owner = *state;
    begin(owner, MS);
    errno = ERANGE;
    while (owner->late < 3)
        work(MS);
    assert_int_equal(errno, ERANGE);
    end(owner);
}

/* Time that the thread does not have the processor for counts for nothing. */
static void waiting_is_no_work(void **state)
{
    struct owner *owner = *state;
    int ends[2];
    char byte;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        usleep(200000);
        _exit(write(ends[1], "x", 1) == 1 ? 0 : 1);
    }
    begin(owner, 100 * MS);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    end(owner);
    assert_int_equal(owner->late, 0);
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
    struct owner *owner = *state;
    enum { THREADS = 4 };
    struct watched watched[THREADS] = {0};
    pthread_t threads[THREADS];
    struct error error;
    begin(owner, 3600 * (int64_t)NS_PER_S);
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
    end(owner);
    assert_int_equal(owner->late + owner->stuck, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        OWNER(silent_while_work_ends_in_time),
        OWNER(short_work_after_short_work_sets_no_timer),
        OWNER(a_short_deadline_after_a_bark),
        OWNER(no_work_needs_no_signals),
        OWNER(earlier_work_counts_for_nothing),
        OWNER(a_shorter_deadline_is_kept_after_a_longer_one),
        OWNER(barks_again_and_says_once_that_nobody_heeds),
        OWNER(hooks_may_be_left_out),
        OWNER(never_after_the_end),
        OWNER(errno_is_as_it_was),
        OWNER(waiting_is_no_work),
        OWNER(threads_that_take_no_signals),
    };
    *(void **)&real_settime = dlsym(RTLD_NEXT, "timer_settime");
    return cmocka_run_group_tests(tests, NULL, NULL);
}

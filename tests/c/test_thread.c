/* Proves the waiting around the scan: it runs what the time allows and never early, wakes at once
 * to stop however long the period is, ends when the program wants to, is watched, and is the thread
 * that was promised (priority, signals, stack). Times have generous limits: a busy machine is not a
 * fault.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "scan/thread.h"

struct fixture {
    struct plan *plan;
    struct image *image;
    struct scan *scan;
    struct scan_thread *thread;
    size_t post_after; /* runs after which `ran` is posted */
    size_t stop_after; /* runs after which the program wants to stop; 0 for never */
    bool breaks;
    bool waits_for_late;
    atomic_int lates; /* of the watchdog, in its handler */
    int64_t watchdog;
    sem_t ran, told, over;
    size_t runs;
    int stops, ends;
    double last_time;
    bool early;
    int64_t period;
    enum scan_state state_at_end;
    int policy;
    sigset_t blocked;
    size_t stack;
};

/* ---- the program, on the scan's thread ---- */

static bool on_start(void *context, const struct cycle *cycle, struct error *error)
{
    (void)cycle, (void)error;
    struct fixture *f = context;
    pthread_attr_t attributes;
    f->policy = sched_getscheduler(0);
    pthread_sigmask(SIG_SETMASK, NULL, &f->blocked);
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstacksize(&attributes, &f->stack);
    pthread_attr_destroy(&attributes);
    return true;
}

static bool on_task(void *context, size_t task, double dt, const struct cycle *cycle,
                    struct error *error)
{
    (void)task, (void)dt;
    struct fixture *f = context;
    double due = (double)f->runs * (double)f->period / NS_PER_S;
    f->early = f->early || cycle->time < due - 1e-9;
    f->last_time = cycle->time;
    if (++f->runs == f->post_after)
        sem_post(&f->ran);
    while (f->waits_for_late && !f->lates)
        clock_monotonic(); /* where the thread sanitizer lets a signal in */
    return !(f->breaks || f->waits_for_late) || error_set(error, "broken on purpose");
}

static bool on_stop(void *context, const struct cycle *cycle, struct error *error)
{
    (void)cycle, (void)error;
    ((struct fixture *)context)->stops++;
    return true;
}

static bool stop_wanted(void *context)
{
    struct fixture *f = context;
    return f->stop_after && f->runs >= f->stop_after;
}

static void rest(void *context)
{
    (void)context;
}

static void fault(void *context, const struct error *error)
{
    (void)error;
    sem_post(&((struct fixture *)context)->told);
}

static void late(void *context)
{
    ((struct fixture *)context)->lates++;
}

static void ended(void *context)
{
    struct fixture *f = context;
    f->ends++;
    f->state_at_end = scan_state(f->scan);
    sem_post(&f->over);
}

/* ---- around it ---- */

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (!f)
        return -1;
    sem_init(&f->ran, 0, 0);
    sem_init(&f->told, 0, 0);
    sem_init(&f->over, 0, 0);
    f->post_after = 1;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    scan_thread_stop(f->thread);
    scan_destroy(f->scan);
    image_destroy(f->image);
    plan_unref(f->plan);
    sem_destroy(&f->ran);
    sem_destroy(&f->told);
    sem_destroy(&f->over);
    free(f);
    return 0;
}

static void start(struct fixture *f, int64_t period, int priority)
{
    struct error error;
    struct instant now = clock_now();
    f->period = period;
    f->plan = plan_create("test");
    plan_memory(f->plan, &(struct memory){.name = "mem", .where = "test"}, &error);
    plan_settings(f->plan)->watchdog = f->watchdog;
    plan_task(f->plan, &(struct task_spec){.period = period, .where = "test.lua:9"});
    assert_true(plan_seal(f->plan, &error));
    f->image = image_create(f->plan, now.monotonic, &error);
    assert_non_null(f->image);
    struct scan_hooks hooks = {.context = f,
                               .start = on_start,
                               .task = on_task,
                               .stop = on_stop,
                               .stop_wanted = stop_wanted,
                               .rest = rest,
                               .fault = fault,
                               .late = late};
    f->scan = scan_create(f->image, &hooks, now, &error);
    assert_non_null(f->scan);
    struct scan_thread_options options = {priority, ended, f};
    f->thread = scan_thread_start(f->scan, &options, &error);
    if (!f->thread)
        fail_msg("%s", error.text);
    scan_thread_go(f->thread);
}

static void wait_for(sem_t *event)
{
    struct timespec limit;
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += 60;
    assert_int_equal(sem_timedwait(event, &limit), 0);
}

static void stop(struct fixture *f)
{
    scan_thread_stop(f->thread);
    f->thread = NULL;
}

static void stop_does_not_wait_for_the_period(void **state)
{
    struct fixture *f = *state;
    start(f, INT64_C(10) * NS_PER_S, 0);
    wait_for(&f->ran);
    int64_t before = clock_monotonic();
    stop(f);
    assert_true(clock_monotonic() - before < INT64_C(5) * NS_PER_S);
    assert_int_equal(f->runs, 1);
    assert_int_equal(f->stops, 1);
    assert_int_equal(f->ends, 0); /* the program did not ask for it */
    assert_int_equal(scan_state(f->scan), SCAN_STOPPED);
}

/* Each due time is run or counted as an overrun, whatever the machine does meanwhile. */
static void runs_what_the_time_allows(void **state)
{
    struct fixture *f = *state;
    f->post_after = 20;
    int64_t before = clock_monotonic();
    start(f, 10 * NS_PER_MS, 0);
    wait_for(&f->ran);
    stop(f);
    int64_t passed = clock_monotonic() - before;
    struct scan_stats s = scan_statistics(f->scan);
    uint64_t dues = s.count + s.overruns - 1; /* the first is at 0 */
    assert_true(s.count >= 20);
    assert_false(f->early);
    assert_true(dues <= (uint64_t)(passed / f->period));
    assert_true((double)dues >= f->last_time * 100 - 1);
}

static void ends_when_the_program_wants_to(void **state)
{
    struct fixture *f = *state;
    f->stop_after = 3;
    start(f, NS_PER_MS, 0);
    wait_for(&f->over);
    assert_int_equal(f->state_at_end, SCAN_STOPPED);
    stop(f);
    assert_int_equal(f->runs, 3);
    assert_int_equal(f->stops, 1);
    assert_int_equal(f->ends, 1);
}

/* The real watchdog, on the real thread: a task that does not end until it is told. */
static void the_watchdog_tells_a_task_that_takes_too_long(void **state)
{
    struct fixture *f = *state;
    f->waits_for_late = true;
    f->watchdog = 5 * NS_PER_MS;
    start(f, NS_PER_MS, 0);
    wait_for(&f->told);
    assert_int_equal(scan_state(f->scan), SCAN_FAULT);
    assert_true(f->lates > 0);
}

static void a_fault_does_not_end_the_thread(void **state)
{
    struct fixture *f = *state;
    f->breaks = true;
    start(f, NS_PER_MS, 0);
    wait_for(&f->told);
    while (scan_statistics(f->scan).count < 5) /* it keeps time */
        sched_yield();
    assert_int_equal(scan_state(f->scan), SCAN_FAULT);
    stop(f);
    assert_int_equal(f->runs, 1);
    assert_int_equal(f->ends, 0);
    assert_int_equal(scan_state(f->scan), SCAN_STOPPED);
}

static void signals_and_stack_are_as_promised(void **state)
{
    struct fixture *f = *state;
    sigset_t before, after;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    start(f, INT64_C(10) * NS_PER_S, 0);
    wait_for(&f->ran);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    static const int some[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGALRM, SIGUSR1, SIGCHLD};
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        assert_int_equal(sigismember(&f->blocked, some[i]), 1);
        assert_int_equal(sigismember(&after, some[i]), sigismember(&before, some[i]));
    }
    assert_true(f->stack >= 512 * 1024);
}

static void normal_priority_is_called_so(void **state)
{
    struct fixture *f = *state;
    start(f, INT64_C(10) * NS_PER_S, 0);
    assert_string_equal(scan_thread_priority(f->thread), "normal priority");
    wait_for(&f->ran);
    assert_int_equal(f->policy, SCHED_OTHER);
}

/* Where it is permitted and where it is not, the line says what the thread got. */
static void the_priority_told_is_the_one_it_has(void **state)
{
    struct fixture *f = *state;
    start(f, INT64_C(10) * NS_PER_S, 80);
    wait_for(&f->ran);
    bool told = !strcmp(scan_thread_priority(f->thread), "real-time priority 80");
    assert_int_equal(f->policy, told ? SCHED_FIFO : SCHED_OTHER);
    assert_true(told || strstr(scan_thread_priority(f->thread), "setcap cap_sys_nice"));
}

static void impossible_priorities_are_refused(void **state)
{
    (void)state;
    struct error error;
    assert_null(scan_thread_start(NULL, &(struct scan_thread_options){.priority = 100}, &error));
    assert_non_null(strstr(error.text, "1..99"));
    assert_null(scan_thread_start(NULL, &(struct scan_thread_options){.priority = -1}, &error));
    scan_thread_stop(NULL);
}

/* ---- what the system permits, taken away for a moment ---- */

struct power {
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    struct rlimit limit;
};

static int capability_call(long call, struct __user_cap_data_struct *data)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    return (int)syscall(call, &header, data);
}

static bool has(const struct power *power, int capability)
{
    return power->data[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability);
}

static struct power take_away(int capability, int resource)
{
    struct power before;
    assert_int_equal(capability_call(SYS_capget, before.data), 0);
    assert_int_equal(getrlimit((__rlimit_resource_t)resource, &before.limit), 0);
    struct power after = before;
    after.data[CAP_TO_INDEX(capability)].effective &= ~CAP_TO_MASK(capability);
    after.limit.rlim_cur = 0;
    assert_int_equal(capability_call(SYS_capset, after.data), 0);
    assert_int_equal(setrlimit((__rlimit_resource_t)resource, &after.limit), 0);
    return before;
}

static void give_back(struct power *before, int resource)
{
    assert_int_equal(setrlimit((__rlimit_resource_t)resource, &before->limit), 0);
    assert_int_equal(capability_call(SYS_capset, before->data), 0);
}

static void without_permission_it_runs_and_says_why(void **state)
{
    struct fixture *f = *state;
    struct power before = take_away(CAP_SYS_NICE, RLIMIT_RTPRIO);
    start(f, INT64_C(10) * NS_PER_S, 80);
    give_back(&before, RLIMIT_RTPRIO);
    assert_string_equal(
        scan_thread_priority(f->thread),
        "normal priority (real-time needs root or: setcap cap_sys_nice,cap_ipc_lock+ep msm)");
    wait_for(&f->ran);
    assert_int_equal(f->policy, SCHED_OTHER);
}

/* Under a limit a lock on future memory would make later allocations fail: then it is not taken. */
static void memory_is_locked_only_where_it_is_safe(void **state)
{
    (void)state;
    struct power before = take_away(CAP_IPC_LOCK, RLIMIT_MEMLOCK);
    bool locked = scan_lock_memory();
    give_back(&before, RLIMIT_MEMLOCK);
    assert_false(locked);
    if (!has(&before, CAP_IPC_LOCK))
        return;
    assert_true(scan_lock_memory());
    munlockall();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(stop_does_not_wait_for_the_period),
        TEST(runs_what_the_time_allows),
        TEST(ends_when_the_program_wants_to),
        TEST(the_watchdog_tells_a_task_that_takes_too_long),
        TEST(a_fault_does_not_end_the_thread),
        TEST(signals_and_stack_are_as_promised),
        TEST(normal_priority_is_called_so),
        TEST(the_priority_told_is_the_one_it_has),
        cmocka_unit_test(impossible_priorities_are_refused),
        TEST(without_permission_it_runs_and_says_why),
        cmocka_unit_test(memory_is_locked_only_where_it_is_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

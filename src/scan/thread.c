/* A loop of sleep, step, ended around the scan, and the asking for what makes it punctual: a
 * real-time priority and memory that does not have to be fetched from a disk. Both may be refused,
 * which is normal on a desk and said in one line; the scan then runs as well as it can. */

#include "scan/thread.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"

#include <errno.h>
#include <linux/capability.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Lua recurses on the C stack up to 200 levels (LUAI_MAXCCALLS), at about two kilobytes each in
 * nested string.gsub, the deepest found. Twice that; what is not touched costs nothing. */
enum { STACK_SIZE = 1024 * 1024 };

static const int64_t PATIENCE = 2 * (int64_t)NS_PER_S;

struct scan_thread {
    struct scan *scan;
    struct scan_thread_options options;
    pthread_t thread;
    pthread_mutex_t lock; /* of go, stop and done */
    pthread_cond_t wake;
    bool go, stop, done;
    char priority[128];
};

static struct timespec to_timespec(int64_t nanoseconds)
{
    return (struct timespec){.tv_sec = nanoseconds / NS_PER_S, .tv_nsec = nanoseconds % NS_PER_S};
}

/* False when it was woken to stop. */
static bool sleep_until(struct scan_thread *thread, int64_t due)
{
    struct timespec limit = to_timespec(due);
    pthread_mutex_lock(&thread->lock);
    while (!thread->stop && clock_monotonic() < due)
        pthread_cond_clockwait(&thread->wake, &thread->lock, CLOCK_MONOTONIC, &limit);
    bool stop = thread->stop;
    pthread_mutex_unlock(&thread->lock);
    return !stop;
}

static void wait_to_go(struct scan_thread *thread)
{
    pthread_mutex_lock(&thread->lock);
    while (!thread->go && !thread->stop)
        pthread_cond_wait(&thread->wake, &thread->lock);
    pthread_mutex_unlock(&thread->lock);
}

static void set_flag(struct scan_thread *thread, bool *flag)
{
    pthread_mutex_lock(&thread->lock);
    *flag = true;
    pthread_cond_broadcast(&thread->wake);
    pthread_mutex_unlock(&thread->lock);
}

static void *run(void *argument)
{
    struct scan_thread *thread = argument;
    struct scan *scan = thread->scan;
    wait_to_go(thread);
    while (!scan_stop_wanted(scan) && sleep_until(thread, scan_due(scan))) {
        scan_step(scan, clock_now());
        scan_ended(scan, clock_monotonic());
    }
    scan_stop(scan, clock_now());
    if (scan_stop_wanted(scan) && thread->options.ended)
        thread->options.ended(thread->options.context);
    set_flag(thread, &thread->done);
    return NULL;
}

/* Explicit, so that the thread is real-time from its first instruction or not there at all. */
static int create_real_time(struct scan_thread *thread, pthread_attr_t *attributes)
{
    struct sched_param parameter = {.sched_priority = thread->options.priority};
    pthread_attr_setinheritsched(attributes, PTHREAD_EXPLICIT_SCHED);
    pthread_attr_setschedpolicy(attributes, SCHED_FIFO);
    int failed = pthread_attr_setschedparam(attributes, &parameter);
    if (!failed)
        failed = pthread_create(&thread->thread, attributes, run, thread);
    return failed;
}

static int create_normal(struct scan_thread *thread, pthread_attr_t *attributes)
{
    pthread_attr_setinheritsched(attributes, PTHREAD_INHERIT_SCHED);
    return pthread_create(&thread->thread, attributes, run, thread);
}

static int create(struct scan_thread *thread, pthread_attr_t *attributes)
{
    int priority = thread->options.priority;
    if (priority == 0) {
        snprintf(thread->priority, sizeof thread->priority, "normal priority");
        return create_normal(thread, attributes);
    }
    snprintf(thread->priority, sizeof thread->priority, "real-time priority %d", priority);
    int failed = create_real_time(thread, attributes);
    if (failed != EPERM)
        return failed;
    snprintf(thread->priority, sizeof thread->priority,
             "normal priority (real-time needs root or: setcap cap_sys_nice,cap_ipc_lock+ep msm)");
    return create_normal(thread, attributes);
}

/* Signals are main's; the new thread inherits a mask that blocks them all. */
static int create_masked(struct scan_thread *thread)
{
    sigset_t all, before;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = create(thread, &attributes);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return failed;
}

struct scan_thread *scan_thread_start(struct scan *scan, const struct scan_thread_options *options,
                                      struct error *error)
{
    if (options->priority < 0 || options->priority > 99) {
        error_set(error, "a real-time priority of %d is not possible; 1..99 is, and 0 for none",
                  options->priority);
        return NULL;
    }
    struct scan_thread *thread = calloc(1, sizeof *thread);
    if (!thread) {
        error_set(error, "out of memory for the scan thread");
        return NULL;
    }
    thread->scan = scan;
    thread->options = *options;
    mutex_init(&thread->lock); /* who wakes the scan runs at normal priority */
    pthread_cond_init(&thread->wake, NULL);
    int failed = create_masked(thread);
    if (!failed)
        return thread;

    error_set(error, "cannot start the scan thread: %s", strerror(failed));
    pthread_cond_destroy(&thread->wake);
    pthread_mutex_destroy(&thread->lock);
    free(thread);
    return NULL;
}

void scan_thread_go(struct scan_thread *thread)
{
    set_flag(thread, &thread->go);
}

/* A script that does not come back keeps the process; whoever waits for its end is told how to have
 * it without. */
static void wait_until_done(struct scan_thread *thread)
{
    struct timespec limit = to_timespec(clock_monotonic() + PATIENCE);
    int waited = 0;
    pthread_mutex_lock(&thread->lock);
    while (!thread->done && waited != ETIMEDOUT)
        waited = pthread_cond_clockwait(&thread->wake, &thread->lock, CLOCK_MONOTONIC, &limit);
    bool done = thread->done;
    pthread_mutex_unlock(&thread->lock);
    if (!done)
        log_line("waiting for the script to come back from its scan; a second Ctrl-C ends it at "
                 "once and leaves the outputs as they are");
}

void scan_thread_stop(struct scan_thread *thread)
{
    if (!thread)
        return;
    set_flag(thread, &thread->stop);
    wait_until_done(thread);
    pthread_join(thread->thread, NULL);
    pthread_cond_destroy(&thread->wake);
    pthread_mutex_destroy(&thread->lock);
    free(thread);
}

const char *scan_thread_priority(const struct scan_thread *thread)
{
    return thread->priority;
}

static bool may_lock_memory(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};
    if (!syscall(SYS_capget, &header, data) &&
        (data[CAP_TO_INDEX(CAP_IPC_LOCK)].effective & CAP_TO_MASK(CAP_IPC_LOCK)))
        return true;
    struct rlimit limit;
    return !getrlimit(RLIMIT_MEMLOCK, &limit) && limit.rlim_cur == RLIM_INFINITY;
}

/* Under a limit, MCL_FUTURE would make any later allocation fail that goes beyond it. */
bool scan_lock_memory(void)
{
    return may_lock_memory() && !mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
}

/* Asks for what makes a scan punctual: a real-time priority, and memory that does not have to be
 * fetched from a disk. Both may be refused, which is normal on a desk and said in one line; the
 * scan then runs as well as it can. */

#include "scan/thread_inside.h"

#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Lua recurses on the C stack up to 200 levels (LUAI_MAXCCALLS), at about two kilobytes each in
 * nested string.gsub, the deepest found; a sanitizer takes most of a megabyte for itself. What is
 * not touched costs nothing. */
enum { STACK_SIZE = 2 * 1024 * 1024 };

typedef void *thread_body(void *argument);

/* Explicit, so that the thread is real-time from its first instruction or not there at all. */
static int create_real_time(struct scan_thread *thread, pthread_attr_t *attributes,
                            thread_body *run)
{
    struct sched_param parameter = {.sched_priority = thread->options.priority};
    pthread_attr_setinheritsched(attributes, PTHREAD_EXPLICIT_SCHED);
    pthread_attr_setschedpolicy(attributes, SCHED_FIFO);
    int failed = pthread_attr_setschedparam(attributes, &parameter);
    if (!failed)
        failed = pthread_create(&thread->thread, attributes, run, thread);
    return failed;
}

static int create_normal(struct scan_thread *thread, pthread_attr_t *attributes, thread_body *run)
{
    pthread_attr_setinheritsched(attributes, PTHREAD_INHERIT_SCHED);
    return pthread_create(&thread->thread, attributes, run, thread);
}

static int create(struct scan_thread *thread, pthread_attr_t *attributes, thread_body *run)
{
    int priority = thread->options.priority;
    if (priority == 0) {
        snprintf(thread->priority, sizeof thread->priority, "normal priority");
        return create_normal(thread, attributes, run);
    }
    snprintf(thread->priority, sizeof thread->priority, "real-time priority %d", priority);
    int failed = create_real_time(thread, attributes, run);
    if (failed != EPERM)
        return failed;
    snprintf(thread->priority, sizeof thread->priority,
             "normal priority (real-time needs root or: setcap cap_sys_nice,cap_ipc_lock+ep msm)");
    return create_normal(thread, attributes, run);
}

/* Signals are main's; the new thread inherits a mask that blocks them all. */
int scan_thread_create(struct scan_thread *thread, void *(*run)(void *argument))
{
    sigset_t all, before;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = create(thread, &attributes, run);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return failed;
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

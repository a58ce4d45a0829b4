/* A timer of the system's whose signal goes to one thread. All watchdogs of a process share one
 * signal and one handler, which finds its watchdog in the signal itself. Handler and thread are one
 * thread, so that nothing here is shared between threads: the order of two writes is all that
 * counts.
 *
 * The timer goes off once and stays set when work ends: setting it costs more than the work of a
 * small scan. So it may go off too early for the work under way, and the handler sets it for what
 * is left; or between two works, and the next one sets it. It is never set for later than the work
 * under way needs. */

#include "base/watchdog.h"

#include "base/clock.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

enum { AGAIN = 10 * NS_PER_MS };

struct watchdog {
    struct watchdog_hooks hooks;
    int64_t begun, deadline;
    volatile sig_atomic_t working, stuck_told;
    volatile sig_atomic_t set; /* the timer will go off, … */
    volatile int64_t within;   /* … in so much processor time at most */
    bool was_blocked;          /* the signal, before we came */
    timer_t timer;
};

static int signal_number(void)
{
    return SIGRTMIN + 5;
}

/* `after` of processor time, above 0: 0 would stop it. */
static void set_timer(struct watchdog *watchdog, int64_t after)
{
    const struct itimerspec times = {.it_value = clock_timespec(after)};
    watchdog->set = true;
    watchdog->within = after;
    timer_settime(watchdog->timer, 0, &times, NULL);
}

static void bark(struct watchdog *watchdog, int64_t over)
{
    if (watchdog->hooks.late)
        watchdog->hooks.late(watchdog->hooks.context);
    if (over < watchdog->deadline || watchdog->stuck_told)
        return;
    watchdog->stuck_told = true;
    if (watchdog->hooks.stuck)
        watchdog->hooks.stuck(watchdog->hooks.context);
}

static void look(struct watchdog *watchdog)
{
    if (!watchdog->working) {
        watchdog->set = false;
        return;
    }
    int64_t left = watchdog->begun + watchdog->deadline - clock_processor();
    set_timer(watchdog, left > 0 ? left : AGAIN);
    if (left <= 0)
        bark(watchdog, -left);
}

static void on_signal(int number, siginfo_t *info, void *unused)
{
    int before = errno;
    (void)number;
    (void)unused;
    if (info->si_code == SI_TIMER && info->si_value.sival_ptr)
        look(info->si_value.sival_ptr);
    errno = before;
}

/* Interrupted system calls go on by themselves: a script's print must not fail because time is up.
 */
static void install_handler(void)
{
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigfillset(&action.sa_mask);
    sigaction(signal_number(), &action, NULL);
}

static sigset_t own_signal(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal_number());
    return set;
}

struct watchdog *watchdog_open(struct error *error)
{
    static pthread_once_t installed = PTHREAD_ONCE_INIT; /* a process has one handler a signal */
    sigset_t set = own_signal(), before;
    struct watchdog *watchdog = calloc(1, sizeof *watchdog);
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID,
                             .sigev_signo = signal_number(),
                             .sigev_value.sival_ptr = watchdog,
                             .sigev_notify_thread_id = gettid()};
    pthread_once(&installed, install_handler);
    if (!watchdog || timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &watchdog->timer)) {
        error_set(error, "no timer to watch a thread with: %s", strerror(errno));
        free(watchdog);
        return NULL;
    }
    pthread_sigmask(SIG_UNBLOCK, &set, &before);
    watchdog->was_blocked = sigismember(&before, signal_number());
    return watchdog;
}

/* What the timer sent last must not arrive when the memory is gone: taken off by hand. */
void watchdog_close(struct watchdog *watchdog)
{
    if (!watchdog)
        return;
    static const struct timespec at_once;
    sigset_t set = own_signal();
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    timer_delete(watchdog->timer);
    while (sigtimedwait(&set, NULL, &at_once) > 0)
        continue;
    if (!watchdog->was_blocked)
        pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    free(watchdog);
}

void watchdog_begin(struct watchdog *watchdog, const struct watchdog_hooks *hooks, int64_t deadline)
{
    watchdog->hooks = *hooks;
    watchdog->deadline = deadline;
    watchdog->begun = clock_processor();
    watchdog->stuck_told = false;
    atomic_signal_fence(memory_order_seq_cst);
    watchdog->working = true;
    if (!watchdog->set || deadline < watchdog->within)
        set_timer(watchdog, deadline);
}

void watchdog_end(struct watchdog *watchdog)
{
    watchdog->working = false;
    atomic_signal_fence(memory_order_seq_cst);
}

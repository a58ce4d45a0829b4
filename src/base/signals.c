/* Signals as events of a loop, through a descriptor; none interrupts anything. Only at the very end
 * they get back the meaning that everybody's Ctrl-C has. */

#include "base/signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include "base/clock.h"

static void on_signal(struct loop_source *source, uint32_t events)
{
    struct signals *signals = (struct signals *)source;
    struct signalfd_siginfo info;
    (void)events;
    if (read(source->fd, &info, sizeof info) != sizeof info)
        return;
    if (info.ssi_signo == SIGHUP && signals->hang_up)
        signals->hang_up(signals->context);
    else
        loop_stop(signals->loop);
}

/* A terminal that closes ends the program in order, too: its outputs have to become safe. */
static sigset_t signals_to_catch(bool hang_up_means_more)
{
    sigset_t set;
    struct sigaction hangup;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    if (hang_up_means_more ||
        (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN))
        sigaddset(&set, SIGHUP);
    return set;
}

bool signals_catch(struct signals *signals, struct loop *loop, struct error *error)
{
    sigset_t set = signals_to_catch(signals->hang_up);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (signals->hang_up)
        signal(SIGHUP, SIG_DFL); /* one that is ignored would never be seen */
    signals->source =
        (struct loop_source){.fd = signalfd(-1, &set, SFD_CLOEXEC), .ready = on_signal};
    signals->loop = loop;
    if (signals->source.fd < 0)
        return error_set(error, "cannot wait for signals: %s", strerror(errno));
    signals->caught = true;
    return loop_add(loop, &signals->source, EPOLLIN, error);
}

/* When the last signal that only asks for the end may come; static, as a process's signals are. */
static atomic_llong patient_until;

/* Supervisors signal a process and then its group, which is one wish; a person who means it comes
 * again later. */
static void end_if_meant(int number)
{
    if (clock_monotonic() < atomic_load(&patient_until))
        return;
    signal(number, SIG_DFL);
    raise(number);
}

void signals_let_end(const struct signals *signals)
{
    sigset_t set;
    struct sigaction action = {.sa_handler = end_if_meant};
    if (!signals->caught)
        return;
    atomic_store(&patient_until, clock_monotonic() + SIGNALS_PATIENCE);
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

void signals_close(struct signals *signals)
{
    if (signals->caught)
        close(signals->source.fd);
    signals->caught = false;
}

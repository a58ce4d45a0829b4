/* Signals as events of a loop, through a descriptor; none interrupts anything. Only at the very end
 * they get back the meaning that everybody's Ctrl-C has. */

#include "base/signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void on_signal(struct loop_source *source, uint32_t events)
{
    struct signals *signals = (struct signals *)source;
    struct signalfd_siginfo info;
    (void)events;
    if (read(source->fd, &info, sizeof info) != sizeof info)
        return;
    signals->came = true;
    loop_stop(signals->loop);
}

/* A terminal that closes ends the program in order, too: its outputs have to become safe. */
static sigset_t ending_signals(void)
{
    sigset_t set;
    struct sigaction hangup;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN)
        sigaddset(&set, SIGHUP);
    return set;
}

bool signals_catch(struct signals *signals, struct loop *loop, struct error *error)
{
    sigset_t set = ending_signals();
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    *signals = (struct signals){
        .source = {.fd = signalfd(-1, &set, SFD_CLOEXEC), .ready = on_signal}, .loop = loop};
    if (signals->source.fd < 0)
        return error_set(error, "cannot wait for signals: %s", strerror(errno));
    signals->caught = true;
    return loop_add(loop, &signals->source, EPOLLIN, error);
}

static void take_one(int number)
{
    (void)number;
}

void signals_let_end(const struct signals *signals)
{
    sigset_t set;
    struct sigaction action = {.sa_handler = SIG_DFL}; /* a shell's background job has it ignored */
    if (signals->caught && !signals->came)
        action = (struct sigaction){.sa_handler = take_one, .sa_flags = (int)SA_RESETHAND};
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

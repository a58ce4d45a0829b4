/* stderr may be slow, non-blocking or closed. Each piece is written only once poll says that there
 * is room, and is no larger than what a pipe then takes without blocking. */

#include "base/log_output.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

enum { PIECE = 4096 };

/* There is one stderr, hence one lock for it. */
static pthread_mutex_t whole_lines = PTHREAD_MUTEX_INITIALIZER;

size_t log_output_some(const char *bytes, size_t length, int patience)
{
    for (;;) {
        struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
        int ready = poll(&out, 1, patience);
        if (ready == 0)
            return 0;
        size_t piece = length < PIECE ? length : PIECE;
        ssize_t written = ready > 0 ? write(STDERR_FILENO, bytes, piece) : -1;
        if (written > 0)
            return (size_t)written;
        if (written == 0 || (errno != EINTR && errno != EAGAIN))
            return length;
    }
}

static void write_all(const char *bytes, size_t length, int patience)
{
    while (length > 0) {
        size_t written = log_output_some(bytes, length, patience);
        if (written == 0)
            return;
        bytes += written;
        length -= written;
    }
}

/* A SIGPIPE of our own making is taken back before the thread gets its old mask again. */
void log_output_line(const char *text, size_t length, int patience)
{
    sigset_t pipe_only, before, pending;
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
    pthread_mutex_lock(&whole_lines);
    write_all(text, length, patience);
    write_all("\n", 1, patience);
    pthread_mutex_unlock(&whole_lines);
    const struct timespec at_once = {0};
    if (!sigismember(&pending, SIGPIPE))
        while (sigtimedwait(&pipe_only, NULL, &at_once) < 0 && errno == EINTR)
            continue;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

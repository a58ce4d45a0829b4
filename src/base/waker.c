/* An eventfd: a counter that the kernel keeps, readable while it is not 0. */

#include "base/waker.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void ready(struct loop_source *source, uint32_t events)
{
    struct waker *waker = (struct waker *)source;
    uint64_t count;
    (void)events;
    if (read(source->fd, &count, sizeof count) == sizeof count)
        waker->woken(waker->context);
}

bool waker_open(struct waker *waker, struct loop *loop, void (*woken)(void *context), void *context,
                struct error *error)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0)
        return error_set(error, "no file descriptor for waking a thread: %s", strerror(errno));
    *waker = (struct waker){{fd, ready}, loop, woken, context};
    if (loop_add(loop, &waker->source, EPOLLIN, error))
        return true;
    close(fd);
    waker->loop = NULL;
    return false;
}

void waker_wake(const struct waker *waker)
{
    uint64_t one = 1;
    ssize_t written = write(waker->source.fd, &one, sizeof one);
    (void)written; /* fails only when the counter is full, and then the loop is being woken */
}

void waker_close(struct waker *waker)
{
    if (!waker->loop)
        return;
    loop_remove(waker->loop, &waker->source);
    close(waker->source.fd);
    waker->loop = NULL;
}

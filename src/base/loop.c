/* Each turn waits once, reads the clock once, calls the collected sources and then the tick if it
 * is due. A collected event holds only the address of its source; removing a source therefore
 * also strikes it out of the events still to be called. */

#include "base/loop.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"

enum { BATCH = 64 };

struct loop {
    struct loop_source wake; /* the first member: its function finds the loop by a cast */
    int epoll;
    bool stopped;
    int64_t now;
    struct epoll_event batch[BATCH];
    int collected, next; /* batch[next..collected) is still to be called */
    void (*tick)(void *context);
    void *context;
    int64_t period, due; /* period 0: no tick */
};

/* The counter is read back, so that the loop can run again. */
static void take_stop(struct loop_source *source, uint32_t events)
{
    (void)events;
    struct loop *loop = (struct loop *)source;
    uint64_t count;
    if (read(source->fd, &count, sizeof count) == sizeof count)
        loop->stopped = true;
}

struct loop *loop_create(struct error *error)
{
    struct loop *loop = calloc(1, sizeof *loop);
    if (!loop) {
        error_set(error, "out of memory for an event loop");
        return NULL;
    }
    loop->now = clock_monotonic();
    loop->wake.ready = take_stop;
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->wake.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->epoll < 0 || loop->wake.fd < 0) {
        error_set(error, "an event loop could not be made: %s", strerror(errno));
        goto fail;
    }
    if (!loop_add(loop, &loop->wake, EPOLLIN, error))
        goto fail;
    return loop;
fail:
    loop_destroy(loop);
    return NULL;
}

void loop_destroy(struct loop *loop)
{
    if (!loop)
        return;
    if (loop->wake.fd >= 0)
        close(loop->wake.fd);
    if (loop->epoll >= 0)
        close(loop->epoll);
    free(loop);
}

bool loop_add(struct loop *loop, struct loop_source *source, uint32_t events, struct error *error)
{
    struct epoll_event event = {.events = events, .data.ptr = source};
    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, source->fd, &event) == 0)
        return true;
    return error_set(error, "descriptor %d cannot be watched: %s", source->fd, strerror(errno));
}

void loop_change(struct loop *loop, struct loop_source *source, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = source};
    if (epoll_ctl(loop->epoll, EPOLL_CTL_MOD, source->fd, &event) != 0)
        log_line("descriptor %d cannot be watched for other events: %s (a fault in msm)",
                 source->fd, strerror(errno));
}

void loop_remove(struct loop *loop, struct loop_source *source)
{
    /* Fails only for a descriptor that was closed before, and then it is gone already. */
    epoll_ctl(loop->epoll, EPOLL_CTL_DEL, source->fd, NULL);
    for (int i = loop->next; i < loop->collected; i++)
        if (loop->batch[i].data.ptr == source)
            loop->batch[i].data.ptr = NULL;
}

void loop_tick(struct loop *loop, int milliseconds, void (*tick)(void *context), void *context)
{
    loop->tick = tick;
    loop->context = context;
    loop->period = milliseconds > 0 ? (int64_t)milliseconds * NS_PER_MS : 0;
    loop->due = clock_monotonic() + loop->period;
}

int64_t loop_now(const struct loop *loop)
{
    return loop->now;
}

/* Until the tick, rounded up: a millisecond too early would mean a turn for nothing. */
static int wait_limit(const struct loop *loop)
{
    if (!loop->period)
        return -1;
    int64_t left = loop->due - loop->now; /* a little old: the tick is no clockwork */
    if (left <= 0)
        return 0;
    int64_t milliseconds = (left + NS_PER_MS - 1) / NS_PER_MS;
    return milliseconds < INT_MAX ? (int)milliseconds : INT_MAX;
}

static void collect(struct loop *loop)
{
    int count = epoll_wait(loop->epoll, loop->batch, BATCH, wait_limit(loop));
    if (count < 0 && errno != EINTR) {
        log_line("the event loop ends, waiting failed: %s", strerror(errno));
        loop->stopped = true;
    }
    loop->next = 0;
    loop->collected = count > 0 ? count : 0;
    loop->now = clock_monotonic();
}

static void call_sources(struct loop *loop)
{
    while (loop->next < loop->collected) {
        struct epoll_event *event = &loop->batch[loop->next++];
        struct loop_source *source = event->data.ptr;
        if (source)
            source->ready(source, event->events);
    }
}

/* Due times missed are skipped: a tick is for looking after things, not for counting. */
static void call_tick(struct loop *loop)
{
    if (!loop->period || loop->now < loop->due)
        return;
    int64_t late = loop->now - loop->due;
    loop->due += (late / loop->period + 1) * loop->period;
    loop->tick(loop->context);
}

void loop_run(struct loop *loop)
{
    loop->stopped = false;
    while (!loop->stopped) {
        collect(loop);
        call_sources(loop);
        call_tick(loop);
    }
}

/* Only a write: fit for a signal handler, too. */
void loop_stop(struct loop *loop)
{
    uint64_t one = 1;
    /* It can fail only when the counter is full, and then the loop is being woken anyway. */
    ssize_t written = write(loop->wake.fd, &one, sizeof one);
    (void)written;
}

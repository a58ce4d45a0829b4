/* Each turn waits once, reads the clock once, calls the collected sources, then the timers that are
 * due and the tick if it is. A collected event holds only the address of its source; removing a
 * source therefore also strikes it out of the events still to be called. The timers share one
 * timerfd, which is told the earliest moment before a wait, and only when that has changed: what
 * was set and moved in between costs no system call. */

#include "base/loop.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/loop_timers.h"

enum { BATCH = 64 };

#define NEVER INT64_MAX
#define WENT_OFF INT64_MIN

struct loop {
    struct loop_source wake; /* the first member: its function finds the loop by a cast */
    int epoll;
    bool stopped;
    int64_t now;
    struct epoll_event batch[BATCH];
    int collected, next; /* batch[next..collected) is still to be called */
    void (*tick)(void *context);
    void *context;
    int64_t period, due;      /* period 0: no tick */
    struct loop_source clock; /* the timerfd */
    int64_t armed;            /* when it goes off; NEVER while it does not */
    struct loop_timers timers;
    bool firing;
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

/* Not read: arming it anew for the next timer quiets it. */
static void take_time(struct loop_source *source, uint32_t events)
{
    (void)events;
    struct loop *loop = (struct loop *)((char *)source - offsetof(struct loop, clock));
    loop->armed = WENT_OFF;
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
    loop->armed = NEVER;
    loop->clock.ready = take_time;
    loop->clock.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (loop->epoll < 0 || loop->wake.fd < 0 || loop->clock.fd < 0) {
        error_set(error, "an event loop could not be made: %s", strerror(errno));
        goto fail;
    }
    if (!loop_add(loop, &loop->wake, EPOLLIN, error) ||
        !loop_add(loop, &loop->clock, EPOLLIN, error))
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
    loop_timers_finish(&loop->timers);
    if (loop->clock.fd >= 0)
        close(loop->clock.fd);
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

/* One that is set by a timer's own function waits for the next turn: otherwise one that is always
 * set to a moment in the past would keep everybody else out. */
void loop_set_timer(struct loop *loop, struct loop_timer *timer, int64_t when)
{
    if (loop->firing && when <= loop->now)
        when = loop->now + 1;
    loop_timers_set(&loop->timers, timer, when);
}

void loop_unset_timer(struct loop *loop, struct loop_timer *timer)
{
    loop_timers_unset(&loop->timers, timer);
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

/* Set for an earlier moment it stays: waking once for nothing costs less than a system call each
 * time that a deadline moves on, as it does with each answer. A moment before the clock began would
 * disarm: all zero means that to the system. */
static void arm(struct loop *loop)
{
    const struct loop_timer *first = loop_timers_first(&loop->timers);
    int64_t when = first ? first->when : NEVER;
    if (loop->armed <= when && loop->armed != WENT_OFF)
        return;
    struct itimerspec at = {0};
    int64_t moment = when > 1 ? when : 1;
    if (when != NEVER)
        at.it_value = clock_timespec(moment);
    timerfd_settime(loop->clock.fd, TFD_TIMER_ABSTIME, &at, NULL);
    loop->armed = when;
}

static void collect(struct loop *loop)
{
    arm(loop);
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

static void call_timers(struct loop *loop)
{
    struct loop_timer *first;
    loop->firing = true;
    while ((first = loop_timers_first(&loop->timers)) && first->when <= loop->now) {
        loop_timers_unset(&loop->timers, first);
        first->fire(first);
    }
    loop->firing = false;
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
        call_timers(loop);
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

#pragma once
/* One thread's event loop over epoll: descriptors with a function each, timers, one tick, one
 * wake-up. A source is a struct inside its owner's, so that an event costs one call and no look-up.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

struct loop;

struct loop_source {
    int fd;
    void (*ready)(struct loop_source *source, uint32_t events); /* EPOLLIN, EPOLLOUT, EPOLLHUP… */
};

struct loop *loop_create(struct error *error); /* NULL on failure */
void loop_destroy(struct loop *loop);          /* NULL is accepted; sources stay their owners' */

/* Registers, changes and removes a source (level-triggered). Loop thread, or before loop_run. */
bool loop_add(struct loop *loop, struct loop_source *source, uint32_t events, struct error *error);
void loop_change(struct loop *loop, struct loop_source *source, uint32_t events);

/* After loop_remove the source's function is not called again, not even for events that were
 * already collected; its memory may be freed at once. The descriptor is not closed. */
void loop_remove(struct loop *loop, struct loop_source *source);

/* Calls tick about every `milliseconds` while the loop runs; 0 ends it (and lets the loop sleep
 * without limit). Loop thread, or before loop_run. */
void loop_tick(struct loop *loop, int milliseconds, void (*tick)(void *context), void *context);

/* A moment at which `fire` is called, once; any number of them. Lies in its owner. */
struct loop_timer {
    int64_t when; /* monotonic ns */
    void (*fire)(struct loop_timer *timer);
    size_t place; /* the loop's: 0 when it is not set */
};

/* Sets it, or moves one that is set; not before `when`, and as soon after as the system wakes us
 * (timerfd: no rounding to milliseconds). Loop thread, or before loop_run. */
void loop_set_timer(struct loop *loop, struct loop_timer *timer, int64_t when);
void loop_unset_timer(struct loop *loop, struct loop_timer *timer);

/* Monotonic nanoseconds, read once after each wait: cheap enough for every event. Loop thread. */
int64_t loop_now(const struct loop *loop);

/* Waits and calls until loop_stop. loop_stop may be called from any thread; once is enough even
 * before loop_run. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

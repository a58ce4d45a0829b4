#pragma once
/* A call into a loop's thread from any other one: calls that are made before it comes are one. */

#include <stdbool.h>
#include "base/loop.h"

struct waker {
    struct loop_source source; /* first, so that an event's source is its waker */
    struct loop *loop;         /* NULL: not open */
    void (*woken)(void *context);
    void *context;
};

/* Zeroed memory is a closed waker. Opened and closed by the loop's thread, or while it does not
 * run; nobody may wake a closed one. */
bool waker_open(struct waker *waker, struct loop *loop, void (*woken)(void *context), void *context,
                struct error *error);
void waker_wake(const struct waker *waker); /* any thread; does not block */
void waker_close(struct waker *waker);      /* nothing for a closed one */

#pragma once
/* Has a loop's thread stand still between two events, so that another thread may change what is
 * the loop's. Short: nothing is served meanwhile. */

#include <pthread.h>
#include <stdbool.h>
#include "base/error.h"
#include "base/loop.h"
#include "base/waker.h"

struct hold {
    struct waker waker; /* closed: not open */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool wanted, standing, passed;
};

/* Zeroed memory is one that is not open. Opened and closed by the loop's thread, or while it does
 * not run. */
bool hold_open(struct hold *hold, struct loop *loop, struct error *error);
void hold_close(struct hold *hold); /* nothing for one that is not open */

/* From another thread, one at a time. hold_take returns when the loop's thread stands, hold_give
 * lets it go on. hold_pass says that the loop does not run (any more): holds are had at once; with
 * false, that it begins to run, which waits until nobody holds it. Everything that the
 * loop's thread did before is seen by who holds it, and the other way round. */
void hold_take(struct hold *hold);
void hold_give(struct hold *hold);
void hold_pass(struct hold *hold, bool passed);

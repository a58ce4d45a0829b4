#pragma once
/* Loads a program on a thread of its own, so that a body which takes its time, or does not come
 * back, holds up nobody: once to try it on a copy of the running memory, once for good. */

#include <stdbool.h>
#include "base/error.h"
#include "base/loop.h"
#include "run/generation.h"
#include "run/trial.h"

struct loader;

/* All that it points to outlives the load, and stays for ever where the loader is abandoned. */
struct load_order {
    struct program_options options; /* no watchdog yet */
    struct trial_order trial;       /* on the running program; `from` NULL: the first one, which
                                       is not tried */
    int64_t patience;               /* ns in which it comes back; one that is known to be inside a
                                       call that cannot be interrupted gets less; 0: a minute */
    struct keeps *keeps;            /* the live ones */
    struct keeps *copy;             /* of them: what the body finds, and what the trial spoils */
    struct audit *audit;
    void (*before_body)(void *context, struct image *image); /* or NULL; never after `done` */
    void *context;
};

/* `done` is called on the loop's thread, once, with a generation or with an error. The order is
 * copied. NULL with an error. */
struct loader *loader_start(struct loop *loop, const struct load_order *order,
                            void (*done)(void *context, struct generation *generation,
                                         const struct error *error),
                            void *context, struct error *error);

/* After done, or instead of it: waits for the thread. One that does not come back is abandoned: its
 * memory stays, and when it comes back it begins nothing more. Returns whether it was. NULL is
 * accepted. */
bool loader_end(struct loader *loader);

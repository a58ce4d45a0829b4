#pragma once
/* A scan that is watched, and what becomes of one that was abandoned. */

#include "base/watchdog.h"
#include "scan_bed.h"

/* The fixture's scan begins anew with these hooks and this watchdog. */
static inline void begin_watched_by(struct fixture *f, struct watchdog *dog,
                                    void (*late)(void *context), void (*stuck)(void *context))
{
    struct error error;
    scan_destroy(f->scan);
    struct scan_hooks hooks = bed_hooks(f);
    hooks.late = late;
    hooks.stuck = stuck;
    f->scan = scan_create(f->image, &hooks, (struct instant){START, f->utc}, &error);
    assert_non_null(f->scan);
    scan_watch(f->scan, dog);
}

/* An abandoned scan stays for ever, and the leak checker should know it. */
static struct scan *kept[32];
static size_t kept_count;

static inline int teardown_kept(void **state)
{
    struct fixture *f = *state;
    if (scan_is_abandoned(f->scan)) {
        kept[kept_count++] = f->scan;
        f->scan = NULL;
    }
    return teardown(state);
}

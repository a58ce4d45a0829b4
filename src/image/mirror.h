#pragma once
/* The image as a client link sees it. The link keeps its own copy of its memory's cells, so that
 * merging needs no lock: mirror_collect brings what changed here, mirror_tell gives what the device
 * has, and what changed in between is not overwritten but collected first.
 *
 * What is exchanged as one is a group: a point, or points that overlap (plan.h). `cells` is always
 * the link's copy: cell c of the plan at cells[c - first], first = plan_client_cells(...). The
 * functions are called by the link's thread; they take the mutex, shortly. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "image/image.h"

/* What became of the last value written here (plc:state). */
enum delivery {
    DELIVERY_NONE,
    DELIVERY_PENDING,
    DELIVERY_CONFIRMED,
    DELIVERY_REFUSED, /* reason: the device's exception */
    DELIVERY_EXPIRED
};

struct mirror_change {
    uint32_t group;
    int64_t time; /* of the change, monotonic ns */
};

/* Copies all cells of the client's memory, once, before the others. */
void mirror_copy(struct image *image, uint32_t client, uint16_t *cells);

/* Groups that were changed here (script, master, set, force, safe) since they were last collected,
 * in the order of their last change, and their present words into `cells`. At most `room`; the
 * rest stays for the next call. */
size_t mirror_collect(struct image *image, uint32_t client, struct mirror_change *changes,
                      size_t room, uint16_t *cells);

/* One thing to say about a group. */
struct mirror_news {
    uint32_t group;
    bool take;        /* the words in `cells` are the device's: put them into the image */
    bool delivered;   /* `delivery` and `reason` are to be shown */
    uint8_t quality;  /* enum quality: of all its points … */
    uint8_t delivery; /* enum delivery */
    uint8_t reason;   /* exception code, or 0 */
    bool overtaken; /* out: it was changed here meanwhile; `take` was not done: collect, merge again
                     */
};

/* A taken value counts as a remote write where it differs. After a take `cells` hold what is now
 * visible (a force stays on top). With quality GOOD, points whose value is outside their limits get
 * RANGE. Returns how many were overtaken. */
size_t mirror_tell(struct image *image, uint32_t client, struct mirror_news *news, size_t count,
                   uint16_t *cells, int64_t now);

/* These groups were just read, or a write of them confirmed, whether or not they changed: their age
 * begins at `now`. No lock. */
void mirror_arrived(struct image *image, const uint32_t *groups, size_t count, int64_t now);

/* Points whose last value was not delivered yet (DELIVERY_PENDING), with `online_only` only those
 * whose device answers: how many there are, and the first `room` of them, in the plan's order. Any
 * thread; for the stop, which waits for them and then names them. */
size_t mirror_pending(const struct image *image, bool online_only, uint32_t *points, size_t room);

/* Leaves of `points` those whose last value has not reached its device: it waits, or was refused or
 * given up. Returns how many. Any thread. */
size_t mirror_undelivered(const struct image *image, uint32_t *points, size_t count);

/* Whether any of these points waits to be delivered to a device that answers. Any thread. */
bool mirror_any_pending(const struct image *image, const uint32_t *points, size_t count);

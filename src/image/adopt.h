#pragma once
/* An image takes over what another one holds, by a match of their plans: when a program takes
 * another's place, or looks on a copy what it would do. */

#include "image/image.h"
#include "image/plan_match.h"

/* Values (words in the new order), marks, forces and what they suppress, conflicts, the sequence,
 * what is known of links, and changes that clients have not collected yet. What `match` does not
 * name stays as it is in `to`: its default, and what its body assigned. A value that the new limits
 * do not allow is not taken over: `refused` is told the point of `to` (without any lock; NULL for
 * nobody). Not in fault after it. The keeps are not touched (image_keeps).
 *
 * Nobody else has `to` yet. `from` may be in use: it is locked for as long as copying it takes.
 * False when memory is short; nothing is changed then. */
bool image_adopt(struct image *to, struct image *from, const struct plan_match *match, int64_t now,
                 void (*refused)(void *context, uint32_t point), void *context,
                 struct error *error);

#pragma once
/* An image takes over what another one holds, by a match of their plans: when a program takes
 * another's place, or looks on a copy what it would do. What takes memory is done before, so that
 * the taking over itself neither fails nor allocates. */

#include "image/image.h"
#include "image/plan_match.h"

struct adoption;

/* Makes it ready; all three outlive it. NULL with an error when memory is short. */
struct adoption *adopt_prepare(struct image *to, struct image *from, const struct plan_match *match,
                               struct error *error);
void adopt_discard(struct adoption *adoption); /* also after adopt_commit; NULL is accepted */

/* Once: values (words in the new order), marks, forces and what they suppress, conflicts, the
 * sequence, what is known of links, and changes that clients have not collected yet. What `match`
 * does not name stays as it is in `to`: its default, and what its body assigned. A value that the
 * new limits do not allow is not taken over (adopt_refused). Not in fault after it. The keeps are
 * not touched (image_keeps).
 *
 * Nobody else has `to` yet. `from` may be in use: it is locked for as long as copying it takes. */
void adopt_commit(struct adoption *adoption, int64_t now);

/* After it: the points of `to` whose value was not taken over, and the words that they would have;
 * NULL for what was a raw word before. */
void adopt_refused(const struct adoption *adoption,
                   void (*refused)(void *context, uint32_t point, const uint16_t *words),
                   void *context);

/* All of it; `refused` may be NULL. False when memory is short; nothing is changed then. */
bool image_adopt(struct image *to, struct image *from, const struct plan_match *match, int64_t now,
                 void (*refused)(void *context, uint32_t point, const uint16_t *words),
                 void *context, struct error *error);

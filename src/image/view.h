#pragma once
/* A private copy of the image for one consumer: latch copies in what changed, under the lock;
 * after that it is read, and by the scan also written, without one. publish gives back only what
 * was assigned. One thread at a time; only latch and publish meet others, each for one short
 * lock. After view_create nothing here allocates. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "image/image.h"
#include "image/link.h"

/* The consumer sees the whole image as it is now. At most 8 views on one image at a time. */
struct view *view_create(struct image *image, struct error *error);
void view_destroy(struct view *view); /* NULL is accepted */

/* Copies in pages that changed since the last latch. Publish or revert first: what was assigned
 * and not published may be overwritten. Returns the image's sequence: remote writes up to it are
 * in. */
uint64_t view_latch(struct view *view);

/* The same, and the keeps as they were last committed into `copy` (of the image's keeps; nothing
 * where it has none), so that both are of one scan. */
uint64_t view_latch_kept(struct view *view, struct keeps *copy);

/* The image lets go of the view, whose memory stays: a thread that cannot be stopped may still
 * write into it. Keeps are again what was last published. Nothing but this may be done with it
 * then. */
void view_abandon(struct view *view);

/* Takes over value and quality of what `from` names, for all followers: after a latch. Their values
 * are published with what was assigned, their quality too. Where a value does not fit its follower
 * the last one stays, with quality RANGE. */
void view_follow(struct view *view);

/* A link as it was latched, by number (link.h); but `answered` is as of now, so that it may lie
 * after the latch. */
const struct link_status *view_link(const struct view *view, size_t link);

/* Cells as latched and since assigned; index by variable->cell. Stable for the view's life. */
uint16_t *view_cells(struct view *view);
const struct mark *view_marks(const struct view *view); /* by point */

/* Whether it was assigned and not yet published. */
bool view_is_assigned(const struct view *view, uint32_t point);

/* Whether it was, and differs from what was latched. */
bool view_is_changed(const struct view *view, uint32_t point);

/* When the point's value last arrived or was published, monotonic ns; a word's is also that of its
 * bits, and the other way round. */
int64_t view_time(const struct view *view, uint32_t point);

/* The image's sequence, as it was latched. */
uint64_t view_sequence(const struct view *view);

/* Says that the point's cells were just assigned. Publication follows the order of each point's
 * last assignment. */
void view_assign(struct view *view, uint32_t point);

/* Gives assigned points to the image, each whole under its mask: only where the raw value differs
 * from the latched one; where a remote wrote the point since the latch, the winner rule decides
 * and a loss is counted. Clears the pulses that were latched as 1, and commits the keeps. Returns
 * how many points were changed in the image. `now` is monotonic ns. */
size_t view_publish(struct view *view, int64_t now);

/* Forgets assignments: the cells are as latched again, and the keeps as committed. */
void view_revert(struct view *view);

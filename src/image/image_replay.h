#pragma once
/* The world as a recording tells it, in the place of masters, links and forces. The image is the
 * caller's alone. */

#include <stddef.h>
#include <stdint.h>
#include "image/image.h"
#include "image/link.h"

/* The bits of `mask` of a cell, whoever may write them. */
void image_replay_cell(struct image *image, uint32_t cell, uint16_t word, uint16_t mask);

/* All of the mark but its time, which is `now`. */
void image_replay_mark(struct image *image, uint32_t point, const struct mark *mark, int64_t now);

/* All of the status but `answered`. */
void image_replay_link(struct image *image, size_t link, const struct link_status *status);

/* The number of the last remote write. */
void image_replay_sequence(struct image *image, uint64_t sequence);

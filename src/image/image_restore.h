#pragma once
/* How values that survive a restart come into an image and out of it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "image/image.h"

/* Gives a point a value from before the restart, in place under its mask: no write, no news for
 * masters, tasks or clients. What nobody feeds is good from there on; what mirrors or follows
 * something else stays what it is until that has answered. Before the body's assignments. */
void image_restore(struct image *image, uint32_t point, const uint16_t *words, int64_t now);

/* Copies points, one behind the other, each in place under its mask and without what is forced upon
 * it; and the keeps as they were last committed into `copy` where their version is no longer
 * *version (NULL: no keeps). All of one moment. True when keeps were copied. Any thread. */
bool image_retain(struct image *image, const uint32_t *points, size_t count, uint16_t *words,
                  struct keeps *copy, uint64_t *version);

/* What a forced point shows, in place under its mask. False where it is not forced. Any thread. */
bool image_forced_words(struct image *image, uint32_t point, uint16_t *words);

#pragma once
/* The points of an image that are under force, as a list of one's own. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "image/image.h"

struct forced {
    uint32_t *points; /* malloc */
    size_t count;
};

bool forced_read(struct forced *forced, struct image *image); /* false when memory is short */
void forced_finish(struct forced *forced);

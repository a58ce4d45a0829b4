#pragma once
/* Why a value may not be set, for the person who tried. */

#include "image/image.h"

enum { SET_REFUSAL = 1024 };

/* `exception` is what image_set gave. Returns text. */
const char *set_refusal(struct image *image, uint32_t point, enum exception exception,
                        char text[SET_REFUSAL]);

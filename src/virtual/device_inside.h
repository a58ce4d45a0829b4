#pragma once
/* What device.c, a device's memory, and device_answer.c, what it does with requests, share. */

#include "virtual/device.h"

/* Of one point. */
struct habit {
    uint8_t refuses; /* enum exception */
    double step;
};

struct device {
    struct plan *plan;
    struct image *image;
    struct view *view;
    struct device_manners manners;
    struct habit *habits; /* by point */
    bool has_habits;      /* any of them was ever set */
};

/* The point gets these words; after a latch. */
void device_put_words(struct device *device, uint32_t point, const uint16_t *words);

#pragma once
/* The image from the inside, for the files of this room only. Everything here is called with the
 * mutex held. */

#include <pthread.h>
#include <stdatomic.h>
#include "image/dirty.h"
#include "image/image.h"

enum {
    IMAGE_CONSUMERS = 8,
    CELLS_IN_PAGE = 64,
    MARKS_IN_PAGE = 16 /* pages of marks are numbered after the pages of cells */
};

struct image {
    pthread_mutex_t mutex;
    atomic_uint_fast64_t version; /* odd while somebody has the mutex and may change cells */
    struct plan *plan;
    uint16_t *cells;      /* as everyone sees them: force applied */
    uint16_t *force_mask; /* bits that are held; their values are in cells … */
    uint16_t *beneath;    /* … and here what was suppressed */
    struct mark *marks;   /* by point */
    size_t cell_pages, mark_pages;
    size_t forced;                  /* points under force */
    uint64_t sequence;              /* counts remote writes */
    atomic_uint_fast64_t conflicts; /* this and fault: set under the mutex, read without */
    atomic_bool fault;
    struct dirty *consumers[IMAGE_CONSUMERS];
};

void image_lock(struct image *image);
void image_unlock(struct image *image);

/* The same for who changes no cell: readers beside it need not look again. */
void image_lock_still(struct image *image);
void image_unlock_still(struct image *image);

/* Reads cells without the mutex, whole or not at all: false when changes kept coming. */
bool image_read_beside(const struct image *image, uint32_t from, uint16_t count, uint16_t *words);

/* Writes the bits of `mask` into a cell, around what is forced. */
void image_write_cell(struct image *image, uint32_t cell, uint16_t value, uint16_t mask);

/* Writes a point's words, in place under its mask. */
void image_write_point(struct image *image, const struct point *point, const uint16_t *words);

void image_dirty_cell(struct image *image, uint32_t cell);
void image_dirty_mark(struct image *image, uint32_t point);

/* Says that a point's value arrived or was published at `now`. What shares bits with it is left to
 * who asks (view_time): walking over it here would hold the lock for as long as it takes. */
void image_mark_time(struct image *image, uint32_t point, int64_t now);

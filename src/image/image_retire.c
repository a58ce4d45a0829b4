/* What goes with its program and has to be safe before: an overlay of its own, beneath everyone's
 * force, so that nothing that a person does to forces switches it on again, and what he has forced
 * stays his. Made only for as long as it lasts. */

#include "image/inside.h"

#include <stdlib.h>
#include <string.h>
#include "base/memory.h"

static struct retired *make(const struct plan *plan, const uint32_t *points, size_t count)
{
    struct retired *retired = memory_zeroed(1, sizeof *retired);
    retired->points = memory_zeroed(count, sizeof *points);
    retired->mask = memory_zeroed(plan->cell_count, sizeof *retired->mask);
    retired->beneath = memory_zeroed(plan->cell_count, sizeof *retired->beneath);
    retired->count = count;
    memcpy(retired->points, points, count * sizeof *points);
    return retired;
}

static void release(struct retired *retired)
{
    if (!retired)
        return;
    free(retired->points);
    free(retired->mask);
    free(retired->beneath);
    free(retired);
}

/* Remembers what was written, and lets the safe value through where a neighbour holds already. */
static void uncover(struct image *image, const struct point *point)
{
    struct retired *retired = image->retired;
    for (uint32_t cell = point->cell; cell < point->cell + point->words; cell++) {
        uint16_t written = image_uncover(image, cell, image->cells[cell]);
        uint16_t others = retired->mask[cell] & (uint16_t)~point->mask;
        retired->beneath[cell] =
            (uint16_t)((retired->beneath[cell] & ~point->mask) | (written & point->mask));
        retired->mask[cell] = others;
    }
}

static void retire(struct image *image, uint32_t number, int64_t now)
{
    const struct point *point = &image->plan->points[number];
    uncover(image, point);
    if (image_write_stated(image, point, image->plan->variables[point->variable]->safe_words))
        outbox_list(image, number, now);
    for (uint32_t cell = point->cell; cell < point->cell + point->words; cell++)
        image->retired->mask[cell] |= point->mask;
    image_mark_time(image, number, now);
}

void image_retire(struct image *image, const uint32_t *points, size_t count, int64_t now)
{
    struct retired *retired = make(image->plan, points, count);
    image_lock(image);
    image->retired = retired;
    image->covered += count;
    for (size_t i = 0; i < count; i++)
        retire(image, points[i], now);
    image_unlock(image);
}

static void unretire(struct image *image, uint32_t number, int64_t now)
{
    const struct point *point = &image->plan->points[number];
    struct retired *retired = image->retired;
    bool changed = false;
    for (uint32_t cell = point->cell; cell < point->cell + point->words; cell++) {
        uint16_t freed = retired->mask[cell] & point->mask;
        retired->mask[cell] &= (uint16_t)~freed;
        changed |= image_write_cell(image, cell, retired->beneath[cell], freed);
    }
    if (changed)
        outbox_list(image, number, now);
    image_mark_time(image, number, now);
}

void image_unretire(struct image *image, int64_t now)
{
    image_lock(image);
    struct retired *retired = image->retired;
    for (size_t i = 0; retired && i < retired->count; i++)
        unretire(image, retired->points[i], now);
    image->covered -= retired ? retired->count : 0;
    image->retired = NULL;
    image_unlock(image);
    release(retired);
}

bool image_is_retired(const struct image *image, const struct point *point)
{
    if (!image->retired)
        return false;
    for (uint32_t cell = point->cell; cell < point->cell + point->words; cell++) {
        if (point->mask & (uint16_t)~image->retired->mask[cell])
            return false;
    }
    return true;
}

void image_finish_retired(struct image *image)
{
    release(image->retired);
}

/* What stands above everyone's writes: force, an overlay on single points, and the safe values that
 * a fault or a stop gives. Both are changes made here, of which the clients have to know. */

#include "image/inside.h"

void image_force(struct image *image, uint32_t number, const uint16_t *words, int64_t now)
{
    const struct point *point = &image->plan->points[number];
    bool changed = false;
    image_lock(image);
    for (uint16_t k = 0; k < point->words; k++) {
        uint32_t cell = point->cell + k;
        uint16_t held = image->force_mask[cell], newly = point->mask & (uint16_t)~held;
        image->beneath[cell] =
            (uint16_t)((image->beneath[cell] & ~newly) | (image->cells[cell] & newly));
        image->force_mask[cell] = held & (uint16_t)~point->mask; /* let the value through … */
        changed |= image_write_cell(image, cell, words[k], point->mask);
        image->force_mask[cell] = held | point->mask; /* … and hold it */
    }
    image->forced += !image->marks[number].forced;
    image->marks[number].forced = true;
    image_mark_time(image, number, now);
    if (changed)
        outbox_list(image, number, now);
    image_unlock(image);
}

/* Bits of a cell that other points still hold when `number` lets go. */
static uint16_t held_by_others(const struct image *image, uint32_t cell, uint32_t number)
{
    const struct plan *plan = image->plan;
    uint16_t held = 0;
    for (size_t i = plan_first_point(plan, cell); i < plan->point_count; i++) {
        uint32_t other = plan->by_cell[i];
        const struct point *point = &plan->points[other];
        if (point->cell > cell)
            break;
        if (other != number && image->marks[other].forced && point->cell + point->words > cell)
            held |= point->mask;
    }
    return held;
}

void image_unforce(struct image *image, uint32_t number, bool restore, int64_t now)
{
    const struct point *point = &image->plan->points[number];
    bool changed = false;
    image_lock(image);
    if (!image->marks[number].forced)
        goto out;
    for (uint16_t k = 0; k < point->words; k++) {
        uint32_t cell = point->cell + k;
        uint16_t freed = point->mask & (uint16_t)~held_by_others(image, cell, number);
        image->force_mask[cell] &= (uint16_t)~freed;
        if (restore)
            changed |= image_write_cell(image, cell, image->beneath[cell], freed);
    }
    image->marks[number].forced = false;
    image->forced--;
    image_mark_time(image, number, now);
    if (changed)
        outbox_list(image, number, now);
out:
    image_unlock(image);
}

void image_make_safe(struct image *image, bool fault, int64_t now)
{
    const struct plan *plan = image->plan;
    image_lock(image);
    if (fault)
        atomic_store(&image->fault, true);
    for (size_t i = 0; i < plan->safe_count; i++) {
        uint32_t number = plan->safes[i];
        const struct point *point = &plan->points[number];
        const uint16_t *safe = plan->variables[point->variable]->safe_words;
        if (image_write_stated(image, point, safe))
            outbox_list(image, number, now);
        image_mark_time(image, number, now);
    }
    image_unlock(image);
}

void image_clear_fault(struct image *image)
{
    image_lock_still(image);
    atomic_store(&image->fault, false);
    image_unlock_still(image);
}

bool image_in_fault(const struct image *image)
{
    return atomic_load(&image->fault);
}

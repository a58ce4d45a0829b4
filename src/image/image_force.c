/* What stands above everyone's writes: force, an overlay on single points, and the safe values that
 * a fault or a stop gives. Both are changes made here, of which the clients have to know. */

#include "image/inside.h"

#include <string.h>
#include "image/audit.h"

struct noted {
    bool wanted;
    uint16_t before[VARIABLE_MAX_WORDS];
};

static struct noted begin_note(const struct image *image, const struct point *point,
                               const struct origin *origin)
{
    struct noted noted = {.wanted = origin && audit_wants(image->audit)};
    if (noted.wanted)
        memcpy(noted.before, image->cells + point->cell, point->words * sizeof *noted.before);
    return noted;
}

static void end_note(const struct image *image, const struct noted *noted, enum audit_kind kind,
                     const struct origin *origin, uint32_t number)
{
    if (noted->wanted)
        audit_point(image->audit, kind, origin, image->plan, number, noted->before,
                    image->cells + image->plan->points[number].cell);
}

bool image_hold(struct image *image, uint32_t number, const uint16_t *words)
{
    const struct point *point = &image->plan->points[number];
    bool changed = false;
    for (uint16_t k = 0; k < point->words; k++) {
        uint32_t cell = point->cell + k;
        uint16_t newly = point->mask & (uint16_t)~image->force_mask[cell];
        image->beneath[cell] =
            (uint16_t)((image->beneath[cell] & ~newly) | (image->cells[cell] & newly));
        image->force_mask[cell] |= point->mask;
        changed |= image_show_cell(image, cell, words[k], point->mask);
    }
    image->forced += !image->marks[number].forced;
    image->covered += !image->marks[number].forced;
    image->marks[number].forced = true;
    image_dirty_mark(image, number);
    return changed;
}

void image_force(struct image *image, uint32_t number, const uint16_t *words,
                 const struct origin *origin, int64_t now)
{
    image_lock(image);
    struct noted noted = begin_note(image, &image->plan->points[number], origin);
    bool changed = image_hold(image, number, words);
    image_mark_time(image, number, now);
    if (changed)
        outbox_list(image, number, now);
    end_note(image, &noted, AUDIT_FORCE, origin, number);
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

bool image_let_go(struct image *image, uint32_t number, bool restore)
{
    const struct point *point = &image->plan->points[number];
    bool changed = false;
    if (!image->marks[number].forced)
        return false;
    for (uint16_t k = 0; k < point->words; k++) {
        uint32_t cell = point->cell + k;
        uint16_t freed = point->mask & (uint16_t)~held_by_others(image, cell, number);
        image->force_mask[cell] &= (uint16_t)~freed;
        if (!restore) { /* what was forced is as good as written … */
            image_write_cell(image, cell, image->cells[cell], freed);
            freed &= image_retired_bits(image, cell); /* … and goes beneath what is retired */
        }
        changed |= image_show_cell(image, cell, image->beneath[cell], freed);
    }
    image->marks[number].forced = false;
    image->forced--;
    image->covered--;
    image_dirty_mark(image, number);
    return changed;
}

void image_unforce(struct image *image, uint32_t number, bool restore, const struct origin *origin,
                   int64_t now)
{
    image_lock(image);
    if (!image->marks[number].forced)
        goto out;
    struct noted noted = begin_note(image, &image->plan->points[number], origin);
    bool changed = image_let_go(image, number, restore);
    image_mark_time(image, number, now);
    if (changed)
        outbox_list(image, number, now);
    end_note(image, &noted, AUDIT_UNFORCE, origin, number);
out:
    image_unlock(image);
}

size_t image_forced(struct image *image, uint32_t *points, size_t room)
{
    image_lock_still(image);
    size_t count = image->forced, found = 0;
    for (uint32_t number = 0; room > 0 && found < count; number++) {
        if (!image->marks[number].forced)
            continue;
        if (found == room)
            break;
        points[found++] = number;
    }
    image_unlock_still(image);
    return count;
}

bool image_suppressed(struct image *image, uint32_t number, uint16_t *words)
{
    const struct point *point = &image->plan->points[number];
    image_lock_still(image);
    bool forced = image->marks[number].forced;
    for (uint16_t k = 0; forced && k < point->words; k++)
        words[k] = image->beneath[point->cell + k] & point->mask;
    image_unlock_still(image);
    return forced;
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

/* What a view gives back to the image: only what was assigned, and of that only what differs from
 * what was latched, so that assigning the same value, or one value and back again, is no write. */

#include "image/keeps.h"
#include "image/view_inside.h"

/* What an assignment has to differ from. Where the program is the master of a value that is forced
 * or retired, that is what it said last, not what it sees: or its next word, if equal to that,
 * would be lost when it ends. */
static uint16_t said_before(const struct view *view, const struct point *point, uint32_t cell)
{
    uint16_t latched = view->latched[cell];
    return point->program_wins ? image_uncover(view->image, cell, latched) : latched;
}

static bool is_changed(const struct view *view, const struct point *point)
{
    for (uint16_t k = 0; k < point->words; k++) {
        uint32_t cell = point->cell + k;
        if ((view->work[cell] ^ said_before(view, point, cell)) & point->mask)
            return true;
    }
    return false;
}

/* A whole word that a master writes marks all its bits and bytes as written; for a part of a word
 * it is a rival write only if it changed that part, or every write of a neighbour would win. */
static bool remote_wrote(const struct view *view, uint32_t number, const struct point *point)
{
    const struct image *image = view->image;
    if (image->marks[number].written <= view->sequence)
        return false;
    uint16_t changed = image->cells[point->cell] ^ view->latched[point->cell];
    return point->whole || (changed & point->mask);
}

/* The next latch takes the image's words again, whatever became of what was assigned. */
static void look_again(struct view *view, const struct point *point)
{
    for (uint16_t k = 0; k < point->words; k++)
        dirty_set(&view->dirty, (point->cell + k) / CELLS_IN_PAGE);
}

static bool publish_point(struct view *view, uint32_t number, int64_t now)
{
    struct image *image = view->image;
    const struct point *point = &image->plan->points[number];
    bool changed = is_changed(view, point);
    if (changed || image->covered) /* what was said before need not be what is seen */
        look_again(view, point);
    if (!changed)
        return false;
    if (remote_wrote(view, number, point) && !point->program_wins) {
        atomic_fetch_add_explicit(&image->conflicts, 1, memory_order_relaxed);
        return false;
    }
    if (image_write_point(image, point, view->work + point->cell))
        outbox_list(image, number, now);
    image_mark_time(image, number, now);
    return true;
}

/* A pulse that this scan saw is over, unless a master has sent the next one meanwhile. What is
 * mirrored is not among them: its link ends it when the device has it. */
static void clear_pulses(struct view *view)
{
    struct image *image = view->image;
    const struct plan *plan = image->plan;
    for (size_t i = 0; i < plan->pulse_count; i++) {
        uint32_t number = plan->pulses[i];
        const struct point *point = &plan->points[number];
        if ((view->latched[point->cell] & point->mask) &&
            image->marks[number].written <= view->sequence)
            image_write_cell(image, point->cell, 0, point->mask);
    }
}

size_t view_publish(struct view *view, int64_t now)
{
    size_t changed = 0;
    image_lock(view->image);
    for (uint32_t at = view->assigned.first; at != CHAIN_END; at = view->links[at - 1].next)
        changed += publish_point(view, at - 1, now);
    view_publish_followers(view);
    clear_pulses(view);
    if (view->image->keeps)
        keeps_commit(view->image->keeps);
    image_unlock(view->image);
    chain_clear(&view->assigned, view->links);
    view->followed = false;
    return changed;
}

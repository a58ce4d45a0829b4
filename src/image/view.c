/* Two copies of the cells: as latched, and as the program has them since. Publishing compares the
 * two, so that assigning the same value, or one value and back again, is no write. Assigned points
 * stand in a list linked through an array, in the order of their last assignment. */

#include "image/view.h"

#include "image/inside.h"

#include <stdlib.h>
#include <string.h>

/* Links are point + 1, so that zeroed memory is an empty list. */
enum { LIST_END = 0 };

struct link {
    uint32_t next, previous;
    bool listed;
};

struct view {
    struct image *image;
    struct dirty dirty;
    uint16_t *work, *latched;
    struct mark *marks;
    struct link *links; /* by point */
    uint32_t first, last;
    uint64_t sequence; /* of the image when latched */
};

static bool allocate(struct view *view)
{
    const struct image *image = view->image;
    size_t cells = image->cell_pages * CELLS_IN_PAGE;
    view->work = calloc(cells, sizeof *view->work);
    view->latched = calloc(cells, sizeof *view->latched);
    view->marks = calloc(image->mark_pages * MARKS_IN_PAGE, sizeof *view->marks);
    view->links = calloc(image->plan->point_count + 1, sizeof *view->links);
    return dirty_init(&view->dirty, image->cell_pages + image->mark_pages) && view->work &&
           view->latched && view->marks && view->links;
}

static bool join(struct view *view)
{
    struct image *image = view->image;
    bool joined = false;
    image_lock_still(image);
    for (int i = 0; i < IMAGE_CONSUMERS && !joined; i++) {
        if (image->consumers[i])
            continue;
        image->consumers[i] = &view->dirty;
        joined = true;
    }
    image_unlock_still(image);
    return joined;
}

static void leave(struct view *view)
{
    struct image *image = view->image;
    image_lock_still(image);
    for (int i = 0; i < IMAGE_CONSUMERS; i++) {
        if (image->consumers[i] == &view->dirty)
            image->consumers[i] = NULL;
    }
    image_unlock_still(image);
}

struct view *view_create(struct image *image, struct error *error)
{
    struct view *view = calloc(1, sizeof *view);
    if (!view) {
        error_set(error, "out of memory for a view");
        return NULL;
    }
    view->image = image;
    if (!allocate(view)) {
        error_set(error, "out of memory for a view of %zu words", image->plan->cell_count);
        view_destroy(view);
        return NULL;
    }
    if (!join(view)) {
        error_set(error, "more than %d views of one image", IMAGE_CONSUMERS);
        view_destroy(view);
        return NULL;
    }
    for (size_t page = 0; page < view->dirty.pages; page++)
        dirty_set(&view->dirty, page);
    view_latch(view);
    return view;
}

void view_destroy(struct view *view)
{
    if (!view)
        return;
    leave(view);
    dirty_finish(&view->dirty);
    free(view->work);
    free(view->latched);
    free(view->marks);
    free(view->links);
    free(view);
}

static void copy_page(struct view *view, size_t page)
{
    const struct image *image = view->image;
    if (page < image->cell_pages) {
        size_t from = page * CELLS_IN_PAGE, size = CELLS_IN_PAGE * sizeof *image->cells;
        memcpy(view->latched + from, image->cells + from, size);
        memcpy(view->work + from, image->cells + from, size);
    } else {
        size_t from = (page - image->cell_pages) * MARKS_IN_PAGE;
        memcpy(view->marks + from, image->marks + from, MARKS_IN_PAGE * sizeof *image->marks);
    }
}

uint64_t view_latch(struct view *view)
{
    size_t page;
    image_lock_still(view->image);
    while ((page = dirty_take(&view->dirty)) != SIZE_MAX)
        copy_page(view, page);
    view->sequence = view->image->sequence;
    image_unlock_still(view->image);
    return view->sequence;
}

uint16_t *view_cells(struct view *view)
{
    return view->work;
}

const struct mark *view_marks(const struct view *view)
{
    return view->marks;
}

int64_t view_time(const struct view *view, uint32_t number)
{
    const struct plan *plan = view->image->plan;
    const struct point *point = &plan->points[number];
    int64_t newest = view->marks[number].time;
    if (!point->overlapped)
        return newest;
    for (size_t i = plan_first_point(plan, point->cell); i < plan->point_count; i++) {
        uint32_t other = plan->by_cell[i];
        if (plan->points[other].cell >= point->cell + point->words)
            break;
        if (plan_points_share(point, &plan->points[other]) && view->marks[other].time > newest)
            newest = view->marks[other].time;
    }
    return newest;
}

static void unlink_point(struct view *view, struct link *link)
{
    *(link->previous ? &view->links[link->previous - 1].next : &view->first) = link->next;
    *(link->next ? &view->links[link->next - 1].previous : &view->last) = link->previous;
}

void view_assign(struct view *view, uint32_t point)
{
    struct link *link = &view->links[point];
    if (view->last == point + 1)
        return;
    if (link->listed)
        unlink_point(view, link);
    *link = (struct link){.next = LIST_END, .previous = view->last, .listed = true};
    *(view->last ? &view->links[view->last - 1].next : &view->first) = point + 1;
    view->last = point + 1;
}

/* What an assignment has to differ from. Where the program is the master of a forced value, that is
 * what it said last, not the force that it sees: or its next word, if equal to the force, would be
 * lost when the force ends. */
static uint16_t said_before(const struct view *view, const struct point *point, uint32_t cell)
{
    const struct image *image = view->image;
    bool beneath = image->forced && point->program_wins;
    uint16_t held = beneath ? image->force_mask[cell] : 0;
    return (uint16_t)((view->latched[cell] & ~held) | (image->beneath[cell] & held));
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

static bool publish_point(struct view *view, uint32_t number, int64_t now)
{
    struct image *image = view->image;
    const struct point *point = &image->plan->points[number];
    if (!is_changed(view, point))
        return false;
    /* Whatever becomes of it, the image's word is looked at again by the next latch. */
    for (uint16_t k = 0; k < point->words; k++)
        dirty_set(&view->dirty, (point->cell + k) / CELLS_IN_PAGE);
    if (remote_wrote(view, number, point) && !point->program_wins) {
        atomic_fetch_add_explicit(&image->conflicts, 1, memory_order_relaxed);
        return false;
    }
    image_write_point(image, point, view->work + point->cell);
    image_mark_time(image, number, now);
    return true;
}

/* A pulse that this scan saw is over, unless a master has sent the next one meanwhile. */
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

static void empty_list(struct view *view)
{
    for (uint32_t link = view->first; link != LIST_END;) {
        struct link *now = &view->links[link - 1];
        link = now->next;
        *now = (struct link){0};
    }
    view->first = view->last = LIST_END;
}

size_t view_publish(struct view *view, int64_t now)
{
    size_t changed = 0;
    image_lock(view->image);
    for (uint32_t link = view->first; link != LIST_END; link = view->links[link - 1].next)
        changed += publish_point(view, link - 1, now);
    clear_pulses(view);
    image_unlock(view->image);
    empty_list(view);
    return changed;
}

void view_revert(struct view *view)
{
    const struct plan *plan = view->image->plan;
    for (uint32_t link = view->first; link != LIST_END; link = view->links[link - 1].next) {
        const struct point *point = &plan->points[link - 1];
        memcpy(view->work + point->cell, view->latched + point->cell,
               point->words * sizeof *view->work);
    }
    empty_list(view);
}

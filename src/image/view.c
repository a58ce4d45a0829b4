/* Two copies of the cells: as latched, and as the program has them since. Beside them the marks and
 * the links' rows as latched. Assigned points stand in a chain, in the order of their last
 * assignment; what becomes of them stands in view_publish.c. */

#include "image/view_inside.h"

#include <stdlib.h>
#include <string.h>
#include "image/keeps.h"

static bool allocate(struct view *view)
{
    const struct image *image = view->image;
    size_t cells = image->cell_pages * CELLS_IN_PAGE;
    view->work = calloc(cells, sizeof *view->work);
    view->latched = calloc(cells, sizeof *view->latched);
    view->marks = calloc(image->mark_pages * MARKS_IN_PAGE, sizeof *view->marks);
    view->links = calloc(image->plan->point_count + 1, sizeof *view->links);
    view->status = calloc(image->link_pages * LINKS_IN_PAGE, sizeof *view->status);
    view->tells = calloc(image->plan->point_count + 1, sizeof *view->tells);
    size_t pages = image->cell_pages + image->mark_pages + image->link_pages;
    view->stamps = calloc(pages, sizeof *view->stamps);
    return dirty_init(&view->dirty, pages) && view->work && view->latched && view->marks &&
           view->links && view->status && view->tells && view->stamps;
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
    /* All is new to it; said before others may say what is. */
    for (size_t page = 0; page < view->dirty.pages; page++)
        dirty_set(&view->dirty, page);
    if (!join(view)) {
        error_set(error, "more than %d views of one image", IMAGE_CONSUMERS);
        view_destroy(view);
        return NULL;
    }
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
    free(view->status);
    free(view->tells);
    free(view->stamps);
    free(view);
}

void view_abandon(struct view *view)
{
    if (view->image->keeps)
        keeps_revert(view->image->keeps);
    leave(view);
}

static void copy_page(struct view *view, size_t page)
{
    const struct image *image = view->image;
    size_t marks = image->cell_pages, links = marks + image->mark_pages;
    view->stamps[page] = view->latches;
    if (page < marks) {
        size_t from = page * CELLS_IN_PAGE, size = CELLS_IN_PAGE * sizeof *image->cells;
        memcpy(view->latched + from, image->cells + from, size);
        memcpy(view->work + from, image->cells + from, size);
    } else if (page < links) {
        size_t from = (page - marks) * MARKS_IN_PAGE;
        memcpy(view->marks + from, image->marks + from, MARKS_IN_PAGE * sizeof *image->marks);
    } else {
        size_t from = (page - links) * LINKS_IN_PAGE, size = LINKS_IN_PAGE * sizeof *view->status;
        memcpy(view->status + from, image->link_status + from, size);
    }
}

uint64_t view_latch_kept(struct view *view, struct keeps *copy)
{
    size_t page;
    if (copy && view->image->keeps && keeps_version(view->image->keeps))
        keeps_populate(copy, view->image->keeps);
    view->latches++;
    image_lock_still(view->image);
    while ((page = dirty_take(&view->dirty)) != SIZE_MAX)
        copy_page(view, page);
    view->sequence = view->image->sequence;
    if (copy && view->image->keeps)
        keeps_read(view->image->keeps, copy);
    image_unlock_still(view->image);
    return view->sequence;
}

uint64_t view_latch(struct view *view)
{
    return view_latch_kept(view, NULL);
}

uint64_t view_sequence(const struct view *view)
{
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

const struct link_status *view_link(const struct view *view, size_t link)
{
    view->status[link].answered = link_answered(view->image, link);
    return &view->status[link];
}

/* What is mirrored is as old as its last reading, changed or not; what shares its bits is read with
 * it. */
int64_t view_time(const struct view *view, uint32_t number)
{
    const struct plan *plan = view->image->plan;
    const struct point *point = &plan->points[number];
    if (image_is_mirrored(point))
        return atomic_load_explicit(&view->image->arrived[point->group], memory_order_relaxed);
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

void view_assign(struct view *view, uint32_t point)
{
    chain_append(&view->assigned, view->links, point);
}

bool view_is_assigned(const struct view *view, uint32_t point)
{
    return view->links[point].listed;
}

void view_revert(struct view *view)
{
    const struct plan *plan = view->image->plan;
    for (uint32_t at = view->assigned.first; at != CHAIN_END; at = view->links[at - 1].next) {
        const struct point *point = &plan->points[at - 1];
        memcpy(view->work + point->cell, view->latched + point->cell,
               point->words * sizeof *view->work);
    }
    chain_clear(&view->assigned, view->links);
    view->followed = false;
    view->followed_at = 0; /* what was taken over is gone with the rest */
    if (view->image->keeps)
        keeps_revert(view->image->keeps);
}

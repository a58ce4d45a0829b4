/* An image is made from a plan and goes with its last user. What happens in between stands
 * elsewhere: how cells are written in image_cells.c, what masters may do in image_request.c. */

#include "image/inside.h"
#include "image/keeps.h"

#include <stdlib.h>
#include "base/mutex.h"

static void set_initial_values(struct image *image, int64_t now)
{
    const struct plan *plan = image->plan;
    for (uint32_t u = 0; u < plan->point_count; u++) {
        const struct point *point = &plan->points[u];
        const struct variable *v = point->variable < 0 ? NULL : plan->variables[point->variable];
        image->marks[u].time = now;
        if ((v && v->direction == DIRECTION_IN) || image->gates[u])
            image_set_quality(image, u, QUALITY_NEVER); /* a default is no news from the world */
        if (v && v->has_default) /* a bit without one leaves its word's default alone */
            image_write_stated(image, point, v->initial_words);
    }
}

static bool allocate_cells(struct image *image)
{
    image->cell_pages = image->plan->cell_count / CELLS_IN_PAGE + 1;
    image->mark_pages = image->plan->point_count / MARKS_IN_PAGE + 1;
    /* Whole pages, so that a page can be copied without asking where the last one ends. */
    size_t cells = image->cell_pages * CELLS_IN_PAGE;
    image->cells = calloc(cells, sizeof *image->cells);
    image->force_mask = calloc(cells, sizeof *image->force_mask);
    image->beneath = calloc(cells, sizeof *image->beneath);
    image->marks = calloc(image->mark_pages * MARKS_IN_PAGE, sizeof *image->marks);
    image->mailbox = mailbox_create(image->plan->client_count);
    return image->cells && image->force_mask && image->beneath && image->marks && image->mailbox;
}

struct image *image_create(struct plan *plan, int64_t now, struct error *error)
{
    struct image *image = calloc(1, sizeof *image);
    if (!image)
        goto no_memory;
    mutex_init(&image->mutex);
    image->plan = plan_ref(plan);
    if (!allocate_cells(image) || !image_init_quality(image) || !outbox_init(image) ||
        !link_init(image))
        goto no_memory;
    set_initial_values(image, now);
    return image;

no_memory:
    image_destroy(image);
    error_set(error, "out of memory for %zu words of Modbus memory", plan->cell_count);
    return NULL;
}

void image_destroy(struct image *image)
{
    if (!image)
        return;
    link_finish(image);
    outbox_finish(image);
    image_finish_quality(image);
    image_finish_retired(image);
    mailbox_destroy(image->mailbox);
    pthread_mutex_destroy(&image->mutex);
    plan_unref(image->plan);
    free(image->cells);
    free(image->force_mask);
    free(image->beneath);
    free(image->marks);
    free(image);
}

struct plan *image_plan(const struct image *image)
{
    return image->plan;
}

void image_share(struct image *image, struct keeps *keeps, struct audit *audit)
{
    image->keeps = keeps;
    image->audit = audit;
}

struct keeps *image_keeps(const struct image *image)
{
    return image->keeps;
}

void image_commit_keeps(struct image *image)
{
    image_lock_still(image);
    keeps_commit(image->keeps);
    image_unlock_still(image);
}

void image_read_keeps(struct image *image, struct keeps *copy)
{
    keeps_populate(copy, image->keeps);
    image_lock_still(image);
    keeps_read(image->keeps, copy);
    image_unlock_still(image);
}

struct audit *image_audit(const struct image *image)
{
    return image->audit;
}

uint64_t image_conflicts(const struct image *image)
{
    return atomic_load_explicit(&image->conflicts, memory_order_relaxed);
}

/* Owning the cells: creation, the lock and reading beside it, and the one way a cell is written
 * (around what is forced, telling every consumer). What masters may do stands in image_request.c.
 */

#include "image/inside.h"

#include <stdlib.h>
#include <string.h>

/* Only who holds the mutex writes it, so this needs no atomic addition. */
static void step_version(struct image *image, memory_order order)
{
    uint64_t version = atomic_load_explicit(&image->version, memory_order_relaxed);
    atomic_store_explicit(&image->version, version + 1, order);
}

/* Neighbours mostly lie in one page, so it is marked once while the mutex is held. */
static void lock(struct image *image)
{
    pthread_mutex_lock(&image->mutex);
    image->dirtied[0] = image->dirtied[1] = SIZE_MAX;
}

void image_lock(struct image *image)
{
    lock(image);
    step_version(image, memory_order_relaxed);
}

void image_unlock(struct image *image)
{
    step_version(image, memory_order_release);
    pthread_mutex_unlock(&image->mutex);
    link_wake_called(image);
}

void image_lock_still(struct image *image)
{
    lock(image);
}

void image_unlock_still(struct image *image)
{
    pthread_mutex_unlock(&image->mutex);
}

/* Who only reads, a master's poll above all, takes no lock, so that a scan which becomes due in the
 * middle of it has nobody to wait for. Cells are stored with release and loaded with acquire: who
 * saw a new value sees the new version too, and starts again. */
bool image_look(const struct image *image, uint64_t *version)
{
    *version = atomic_load_explicit(&image->version, memory_order_acquire);
    return !(*version & 1);
}

bool image_is_same(const struct image *image, uint64_t version)
{
    return atomic_load_explicit(&image->version, memory_order_relaxed) == version;
}

bool image_read_beside(const struct image *image, uint32_t from, uint16_t count, uint16_t *words)
{
    for (int i = 0; i < IMAGE_TRIES; i++) {
        uint64_t version;
        if (!image_look(image, &version))
            continue;
        for (uint16_t k = 0; k < count; k++)
            words[k] = __atomic_load_n(&image->cells[from + k], __ATOMIC_ACQUIRE);
        if (image_is_same(image, version))
            return true;
    }
    return false;
}

static void dirty_page(struct image *image, size_t page, size_t *last)
{
    if (page == *last)
        return;
    *last = page;
    for (int i = 0; i < IMAGE_CONSUMERS; i++) {
        if (image->consumers[i])
            dirty_set(image->consumers[i], page);
    }
}

void image_dirty_cell(struct image *image, uint32_t cell)
{
    dirty_page(image, cell / CELLS_IN_PAGE, &image->dirtied[0]);
}

void image_dirty_mark(struct image *image, uint32_t point)
{
    dirty_page(image, image->cell_pages + point / MARKS_IN_PAGE, &image->dirtied[1]);
}

void image_mark_time(struct image *image, uint32_t number, int64_t now)
{
    image->marks[number].time = now;
    image_dirty_mark(image, number);
}

void image_mark_written(struct image *image, uint32_t number, int64_t now)
{
    image->marks[number].written = image->sequence;
    image_mark_time(image, number, now);
}

bool image_is_mirrored(const struct point *point)
{
    return point->group != GROUP_NONE;
}

bool image_is_fed(const struct plan *plan, const struct point *point)
{
    return image_is_mirrored(point) && point->variable >= 0 &&
           plan->variables[point->variable]->direction == DIRECTION_IN;
}

bool image_write_cell(struct image *image, uint32_t cell, uint16_t value, uint16_t mask)
{
    uint16_t held = image->forced ? image->force_mask[cell] & mask : 0;
    if (held) {
        image->beneath[cell] = (uint16_t)((image->beneath[cell] & ~held) | (value & held));
        mask &= (uint16_t)~held;
    }
    uint16_t fresh = (uint16_t)((image->cells[cell] & ~mask) | (value & mask));
    if (fresh == image->cells[cell])
        return false;
    __atomic_store_n(&image->cells[cell], fresh, __ATOMIC_RELEASE);
    image_dirty_cell(image, cell);
    return true;
}

bool image_write_point(struct image *image, const struct point *point, const uint16_t *words)
{
    bool changed = false;
    for (uint16_t k = 0; k < point->words; k++)
        changed |= image_write_cell(image, point->cell + k, words[k], point->mask);
    return changed;
}

bool image_write_stated(struct image *image, const struct point *point, const uint16_t *words)
{
    const struct variable *v = image->plan->variables[point->variable];
    uint16_t first = variable_move(words[0], v->mask, point->mask);
    return image_write_point(image, point, point->words == 1 ? &first : words);
}

static void init_mutex(pthread_mutex_t *mutex)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
    pthread_mutex_init(mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

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
    image->mailbox = mailbox_create();
    return image->cells && image->force_mask && image->beneath && image->marks && image->mailbox;
}

struct image *image_create(struct plan *plan, int64_t now, struct error *error)
{
    struct image *image = calloc(1, sizeof *image);
    if (!image)
        goto no_memory;
    init_mutex(&image->mutex);
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

uint64_t image_conflicts(const struct image *image)
{
    return atomic_load_explicit(&image->conflicts, memory_order_relaxed);
}

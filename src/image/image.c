/* Owning the cells: creation, the one way a cell is written (around what is forced, telling every
 * consumer), force, and safe values. What masters may do stands in image_request.c. */

#include "image/inside.h"

#include <stdlib.h>
#include <string.h>

/* Only who holds the mutex writes it, so this needs no atomic addition. */
static void step_version(struct image *image, memory_order order)
{
    uint64_t version = atomic_load_explicit(&image->version, memory_order_relaxed);
    atomic_store_explicit(&image->version, version + 1, order);
}

void image_lock(struct image *image)
{
    pthread_mutex_lock(&image->mutex);
    step_version(image, memory_order_relaxed);
}

void image_unlock(struct image *image)
{
    step_version(image, memory_order_release);
    pthread_mutex_unlock(&image->mutex);
}

void image_lock_still(struct image *image)
{
    pthread_mutex_lock(&image->mutex);
}

void image_unlock_still(struct image *image)
{
    pthread_mutex_unlock(&image->mutex);
}

enum { READ_TRIES = 32 };

/* Who only reads, a master's poll above all, takes no lock, so that a scan which becomes due in the
 * middle of it has nobody to wait for. Cells are stored with release and loaded with acquire: who
 * saw a new value sees the new version too, and starts again. */
bool image_read_beside(const struct image *image, uint32_t from, uint16_t count, uint16_t *words)
{
    for (int i = 0; i < READ_TRIES; i++) {
        uint64_t before = atomic_load_explicit(&image->version, memory_order_acquire);
        if (before & 1)
            continue;
        for (uint16_t k = 0; k < count; k++)
            words[k] = __atomic_load_n(&image->cells[from + k], __ATOMIC_ACQUIRE);
        if (atomic_load_explicit(&image->version, memory_order_relaxed) == before)
            return true;
    }
    return false;
}

static void dirty_page(struct image *image, size_t page)
{
    for (int i = 0; i < IMAGE_CONSUMERS; i++) {
        if (image->consumers[i])
            dirty_set(image->consumers[i], page);
    }
}

void image_dirty_cell(struct image *image, uint32_t cell)
{
    dirty_page(image, cell / CELLS_IN_PAGE);
}

void image_dirty_mark(struct image *image, uint32_t point)
{
    dirty_page(image, image->cell_pages + point / MARKS_IN_PAGE);
}

void image_mark_time(struct image *image, uint32_t number, int64_t now)
{
    image->marks[number].time = now;
    image_dirty_mark(image, number);
}

void image_write_cell(struct image *image, uint32_t cell, uint16_t value, uint16_t mask)
{
    uint16_t held = image->forced ? image->force_mask[cell] & mask : 0;
    if (held) {
        image->beneath[cell] = (uint16_t)((image->beneath[cell] & ~held) | (value & held));
        mask &= (uint16_t)~held;
    }
    uint16_t fresh = (uint16_t)((image->cells[cell] & ~mask) | (value & mask));
    if (fresh == image->cells[cell])
        return;
    __atomic_store_n(&image->cells[cell], fresh, __ATOMIC_RELEASE);
    image_dirty_cell(image, cell);
}

void image_write_point(struct image *image, const struct point *point, const uint16_t *words)
{
    for (uint16_t k = 0; k < point->words; k++)
        image_write_cell(image, point->cell + k, words[k], point->mask);
}

static void init_mutex(pthread_mutex_t *mutex)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
    pthread_mutex_init(mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

/* Gives an element its variable's default or safe words, which lie in place for the first one. */
static void write_stated(struct image *image, const struct point *point, const uint16_t *words)
{
    const struct variable *v = image->plan->variables[point->variable];
    uint16_t first = variable_move(words[0], v->mask, point->mask);
    if (point->words == 1)
        words = &first;
    image_write_point(image, point, words);
}

static void set_initial_values(struct image *image, int64_t now)
{
    const struct plan *plan = image->plan;
    for (uint32_t u = 0; u < plan->point_count; u++) {
        const struct point *point = &plan->points[u];
        const struct variable *v = point->variable < 0 ? NULL : plan->variables[point->variable];
        image->marks[u].time = now;
        if (v && v->direction == DIRECTION_IN) /* a default is no news from the world */
            image->marks[u].quality = QUALITY_NEVER;
        if (v && v->has_default) /* a bit without one leaves its word's default alone */
            write_stated(image, point, v->initial_words);
    }
}

struct image *image_create(struct plan *plan, int64_t now, struct error *error)
{
    struct image *image = calloc(1, sizeof *image);
    if (!image)
        goto no_memory;
    init_mutex(&image->mutex);
    image->plan = plan_ref(plan);
    image->cell_pages = plan->cell_count / CELLS_IN_PAGE + 1;
    image->mark_pages = plan->point_count / MARKS_IN_PAGE + 1;
    /* Whole pages, so that a page can be copied without asking where the last one ends. */
    size_t cells = image->cell_pages * CELLS_IN_PAGE;
    image->cells = calloc(cells, sizeof *image->cells);
    image->force_mask = calloc(cells, sizeof *image->force_mask);
    image->beneath = calloc(cells, sizeof *image->beneath);
    image->marks = calloc(image->mark_pages * MARKS_IN_PAGE, sizeof *image->marks);
    if (!image->cells || !image->force_mask || !image->beneath || !image->marks)
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

void image_force(struct image *image, uint32_t number, const uint16_t *words, int64_t now)
{
    const struct point *point = &image->plan->points[number];
    image_lock(image);
    for (uint16_t k = 0; k < point->words; k++) {
        uint32_t cell = point->cell + k;
        uint16_t held = image->force_mask[cell], newly = point->mask & (uint16_t)~held;
        image->beneath[cell] =
            (uint16_t)((image->beneath[cell] & ~newly) | (image->cells[cell] & newly));
        image->force_mask[cell] = held & (uint16_t)~point->mask; /* let the value through … */
        image_write_cell(image, cell, words[k], point->mask);
        image->force_mask[cell] = held | point->mask; /* … and hold it */
    }
    image->forced += !image->marks[number].forced;
    image->marks[number].forced = true;
    image_mark_time(image, number, now);
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
    image_lock(image);
    if (!image->marks[number].forced)
        goto out;
    for (uint16_t k = 0; k < point->words; k++) {
        uint32_t cell = point->cell + k;
        uint16_t freed = point->mask & (uint16_t)~held_by_others(image, cell, number);
        image->force_mask[cell] &= (uint16_t)~freed;
        if (restore)
            image_write_cell(image, cell, image->beneath[cell], freed);
    }
    image->marks[number].forced = false;
    image->forced--;
    image_mark_time(image, number, now);
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
        write_stated(image, point, plan->variables[point->variable]->safe_words);
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

uint64_t image_conflicts(const struct image *image)
{
    return atomic_load_explicit(&image->conflicts, memory_order_relaxed);
}

/* The lock, reading beside it, and the one way a cell is written: around what is forced, telling
 * every consumer. */

#include "image/inside.h"

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

void image_dirty_link(struct image *image, size_t link)
{
    size_t none = SIZE_MAX;
    dirty_page(image, image->cell_pages + image->mark_pages + link / LINKS_IN_PAGE, &none);
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

static uint16_t merge(uint16_t word, uint16_t value, uint16_t mask)
{
    return (uint16_t)((word & ~mask) | (value & mask));
}

bool image_show_cell(struct image *image, uint32_t cell, uint16_t value, uint16_t mask)
{
    uint16_t fresh = merge(image->cells[cell], value, mask);
    if (fresh == image->cells[cell])
        return false;
    __atomic_store_n(&image->cells[cell], fresh, __ATOMIC_RELEASE);
    image_dirty_cell(image, cell);
    return true;
}

/* What is retired lies beneath any force, so it is the first that a write meets. Returns the bits
 * that nothing covers. */
static uint16_t write_beneath(struct image *image, uint32_t cell, uint16_t value, uint16_t mask)
{
    struct retired *retired = image->retired;
    if (retired) {
        uint16_t held = retired->mask[cell] & mask;
        retired->beneath[cell] = merge(retired->beneath[cell], value, held);
        mask &= (uint16_t)~held;
    }
    uint16_t held = image->force_mask[cell] & mask;
    image->beneath[cell] = merge(image->beneath[cell], value, held);
    return mask & (uint16_t)~held;
}

bool image_write_cell(struct image *image, uint32_t cell, uint16_t value, uint16_t mask)
{
    if (image->covered)
        mask = write_beneath(image, cell, value, mask);
    return image_show_cell(image, cell, value, mask);
}

uint16_t image_uncover(const struct image *image, uint32_t cell, uint16_t word)
{
    const struct retired *retired = image->retired;
    if (!image->covered)
        return word;
    word = merge(word, image->beneath[cell], image->force_mask[cell]);
    return retired ? merge(word, retired->beneath[cell], retired->mask[cell]) : word;
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

/* One mapped region that grows by a chunk of 65536 cells for each table of each memory in use.
 * Untouched pages of a mapping cost nothing, so no layout is needed to be sparse. A second region
 * of the same shape keeps which bits the body assigned. CHUNKS_MAX keeps cells countable in 32
 * bits. */

#include "image/draft.h"
#include "image/inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { CHUNK = 65536, NO_CHUNK = -1, CHUNKS_MAX = 32768 };

struct draft {
    uint16_t *cells, *assigned;
    size_t chunks;
    int32_t (*chunk_of)[TABLE_COUNT]; /* by memory */
    size_t memories;
};

struct draft *draft_create(struct error *error)
{
    struct draft *draft = calloc(1, sizeof *draft);
    if (!draft)
        error_set(error, "out of memory");
    return draft;
}

static void unmap(uint16_t *region, size_t chunks)
{
    if (region)
        munmap(region, chunks * CHUNK * sizeof *region);
}

void draft_destroy(struct draft *draft)
{
    if (!draft)
        return;
    unmap(draft->cells, draft->chunks);
    unmap(draft->assigned, draft->chunks);
    free(draft->chunk_of);
    free(draft);
}

/* The mapping with one more chunk, or NULL and the old one still there. */
static uint16_t *grown(uint16_t *region, size_t chunks)
{
    size_t size = CHUNK * sizeof *region;
    void *larger = region ? mremap(region, chunks * size, (chunks + 1) * size, MREMAP_MAYMOVE)
                          : mmap(NULL, size, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return larger == MAP_FAILED ? NULL : larger;
}

static bool add_chunk(struct draft *draft)
{
    if (draft->chunks == CHUNKS_MAX) {
        errno = ENOMEM;
        return false;
    }
    uint16_t *cells = grown(draft->cells, draft->chunks);
    if (!cells)
        return false;
    draft->cells = cells;
    uint16_t *assigned = grown(draft->assigned, draft->chunks);
    if (!assigned) {
        size_t size = CHUNK * sizeof *cells;
        munmap(cells + draft->chunks * CHUNK, size);
        if (!draft->chunks)
            draft->cells = NULL;
        return false;
    }
    draft->assigned = assigned;
    draft->chunks++;
    return true;
}

static bool know_memory(struct draft *draft, uint32_t memory)
{
    if (memory < draft->memories)
        return true;
    void *rows = realloc(draft->chunk_of, (memory + 1) * sizeof *draft->chunk_of);
    if (!rows)
        return false;
    draft->chunk_of = rows;
    for (; draft->memories <= memory; draft->memories++) {
        for (int t = 0; t < TABLE_COUNT; t++)
            draft->chunk_of[draft->memories][t] = NO_CHUNK;
    }
    return true;
}

int64_t draft_cell(struct draft *draft, uint32_t memory, enum table table, uint16_t address,
                   struct error *error)
{
    if (!know_memory(draft, memory))
        goto no_memory;
    int32_t *chunk = &draft->chunk_of[memory][table];
    if (*chunk == NO_CHUNK) {
        if (!add_chunk(draft))
            goto no_memory;
        *chunk = (int32_t)draft->chunks - 1;
    }
    return (int64_t)*chunk * CHUNK + address;

no_memory:
    error_set(error, "out of memory while declaring: %s", strerror(errno));
    return -1;
}

uint16_t *draft_cells(struct draft *draft)
{
    return draft->cells;
}

void draft_assign(struct draft *draft, uint32_t cell, uint16_t words, uint16_t mask)
{
    for (uint16_t k = 0; k < words; k++)
        draft->assigned[cell + k] |= mask;
}

uint16_t draft_assigned(const struct draft *draft, uint32_t cell)
{
    return draft->assigned[cell];
}

/* Hands the assigned points of one table to the image, taking them off `next`, a position in
 * by_cell: tables lie in the order of their cells, so one walk over the points serves all. */
static void apply_table(const struct draft *draft, struct image *image, uint32_t memory,
                        enum table table, size_t *next, int64_t now)
{
    const struct plan *plan = image->plan;
    const struct extent *extent = &plan->memories[memory].table[table];
    int32_t chunk = memory < draft->memories ? draft->chunk_of[memory][table] : NO_CHUNK;
    for (; *next < plan->point_count; ++*next) {
        uint32_t number = plan->by_cell[*next];
        const struct point *point = &plan->points[number];
        if (point->cell - extent->cell > (uint32_t)(extent->high - extent->low))
            break;
        if (chunk == NO_CHUNK) /* nothing in the table was ever touched */
            continue;
        size_t cell = (size_t)chunk * CHUNK + extent->low + point->cell - extent->cell;
        if (!(draft->assigned[cell] & point->mask))
            continue;
        image_write_point(image, point, draft->cells + cell);
        image_mark_time(image, number, now);
        outbox_list(image, number, now);
    }
}

void draft_apply(const struct draft *draft, struct image *image, int64_t now)
{
    const struct plan *plan = image->plan;
    size_t next = 0;
    image_lock(image);
    for (uint32_t m = 0; m < plan->memory_count; m++) {
        for (int t = 0; t < TABLE_COUNT; t++) {
            if (plan->memories[m].table[t].mapped)
                apply_table(draft, image, m, (enum table)t, &next, now);
        }
    }
    image_unlock(image);
}

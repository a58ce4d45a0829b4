/* Two levels of bits reach 4,096 pages with each word of the summary; taking the lowest page off
 * is two count-trailing-zeros. */

#include "image/dirty.h"

#include <stdlib.h>

bool dirty_init(struct dirty *dirty, size_t pages)
{
    dirty->pages = pages;
    dirty->bits = calloc(pages / 64 + 1, sizeof *dirty->bits);
    dirty->summary = calloc(pages / 4096 + 1, sizeof *dirty->summary);
    return dirty->bits && dirty->summary;
}

void dirty_finish(struct dirty *dirty)
{
    free(dirty->bits);
    free(dirty->summary);
}

size_t dirty_take(struct dirty *dirty)
{
    for (size_t s = 0; s <= dirty->pages / 4096; s++) {
        if (!dirty->summary[s])
            continue;
        size_t word = s * 64 + (size_t)__builtin_ctzll(dirty->summary[s]);
        size_t page = word * 64 + (size_t)__builtin_ctzll(dirty->bits[word]);
        dirty->bits[word] &= dirty->bits[word] - 1;
        if (!dirty->bits[word])
            dirty->summary[s] &= dirty->summary[s] - 1;
        return page;
    }
    return SIZE_MAX;
}

#pragma once
/* Which pages changed since a consumer last looked: a bitmap under a summary, so that "nothing
 * changed" costs a few words to see however large the memory is. The image's mutex guards it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dirty {
    uint64_t *bits;    /* one for each page */
    uint64_t *summary; /* one for each word of bits */
    size_t pages;
};

bool dirty_init(struct dirty *dirty, size_t pages); /* all clean; false when memory is short */
void dirty_finish(struct dirty *dirty);

static inline void dirty_set(struct dirty *dirty, size_t page)
{
    dirty->bits[page / 64] |= UINT64_C(1) << page % 64;
    dirty->summary[page / 4096] |= UINT64_C(1) << page / 64 % 64;
}

/* Takes off the lowest dirty page and returns it, or SIZE_MAX when all are clean. */
size_t dirty_take(struct dirty *dirty);

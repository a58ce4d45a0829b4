/* First the copy of what the old image holds, under its lock; then, under the new one's, what the
 * match names. All memory is had before either, so that it succeeds whole or changes nothing. */

#include "image/adopt_inside.h"

#include <stdlib.h>

static bool allocate(struct adoption *x)
{
    size_t groups = x->match->from->group_count;
    x->own = calloc(x->match->to->cell_count + 1, sizeof *x->own);
    x->refused = calloc(x->match->to->point_count + 1, sizeof *x->refused);
    x->heirs = malloc((groups + 1) * sizeof *x->heirs);
    for (size_t g = 0; x->heirs && g < groups; g++)
        x->heirs[g] = MATCH_NONE;
    return snapshot_init(&x->from, x->match->from) && x->own && x->refused && x->heirs;
}

static void release(struct adoption *x)
{
    snapshot_finish(&x->from);
    free(x->own);
    free(x->refused);
    free(x->heirs);
}

/* More than the values has changed, and views of the new image may be there already. */
static void dirty_all(struct image *image)
{
    size_t pages = image->cell_pages + image->mark_pages + image->link_pages;
    for (int i = 0; i < IMAGE_CONSUMERS; i++) {
        for (size_t page = 0; image->consumers[i] && page < pages; page++)
            dirty_set(image->consumers[i], page);
    }
}

static void adopt(struct adoption *x)
{
    struct image *to = x->to;
    image_lock(to);
    if (to->sequence < x->from.sequence)
        to->sequence = x->from.sequence;
    atomic_store_explicit(&to->conflicts, x->from.conflicts, memory_order_relaxed);
    atomic_store(&to->fault, false);
    adopt_values(x);
    adopt_marks(x);
    adopt_links(x);
    dirty_all(to);
    image_unlock(to);
}

bool image_adopt(struct image *to, struct image *from, const struct plan_match *match, int64_t now,
                 void (*refused)(void *context, uint32_t point), void *context, struct error *error)
{
    struct adoption x = {.to = to, .match = match, .now = now};
    bool ok = allocate(&x);
    if (ok) {
        snapshot_take(&x.from, from);
        adopt(&x);
    } else {
        error_set(error, "out of memory for taking over %zu values", match->from->point_count);
    }
    for (uint32_t i = 0; ok && refused && i < match->to->point_count; i++) {
        if (x.refused[i])
            refused(context, i);
    }
    release(&x);
    return ok;
}

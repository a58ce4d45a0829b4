/* First the copy of what the old image holds, under its lock; then, under the new one's, what the
 * match names. All memory is had before either. */

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
    adopt_values(x);
    adopt_marks(x);
    adopt_links(x);
    dirty_all(to);
    image_unlock(to);
}

struct adoption *adopt_prepare(struct image *to, struct image *from, const struct plan_match *match,
                               struct error *error)
{
    struct adoption *x = calloc(1, sizeof *x);
    if (x) {
        x->to = to;
        x->source = from;
        x->match = match;
    }
    if (x && allocate(x))
        return x;
    adopt_discard(x);
    error_set(error, "out of memory for taking over %zu values", match->from->point_count);
    return NULL;
}

void adopt_commit(struct adoption *x, int64_t now)
{
    x->now = now;
    snapshot_take(&x->from, x->source);
    adopt(x);
    image_clear_fault(x->to);
}

static const uint16_t *refused_words(const struct adoption *x, uint32_t point, uint16_t *words)
{
    if (x->match->points[point] == MATCH_NONE)
        return NULL;
    snapshot_written(&x->from, x->match->points[point], words);
    plan_match_convert(x->match, point, words);
    return words;
}

void adopt_refused(const struct adoption *x,
                   void (*refused)(void *context, uint32_t point, const uint16_t *words),
                   void *context)
{
    uint16_t words[VARIABLE_MAX_WORDS];
    for (uint32_t i = 0; i < x->match->to->point_count; i++) {
        if (x->refused[i])
            refused(context, i, refused_words(x, i, words));
    }
}

void adopt_discard(struct adoption *x)
{
    if (!x)
        return;
    snapshot_finish(&x->from);
    free(x->own);
    free(x->refused);
    free(x->heirs);
    free(x);
}

bool image_adopt(struct image *to, struct image *from, const struct plan_match *match, int64_t now,
                 void (*refused)(void *context, uint32_t point, const uint16_t *words),
                 void *context, struct error *error)
{
    struct adoption *x = adopt_prepare(to, from, match, error);
    if (!x)
        return false;
    adopt_commit(x, now);
    if (refused)
        adopt_refused(x, refused, context);
    adopt_discard(x);
    return true;
}

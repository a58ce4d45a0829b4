/* Everything of an image that another one may want, copied at once: all room is there before, so
 * that the lock is held for the copying and nothing else. */

#include "image/adopt_inside.h"

#include <stdlib.h>
#include <string.h>

bool snapshot_init(struct snapshot *s, const struct plan *plan)
{
    size_t cells = plan->cell_count + 1, groups = plan->group_count + 1;
    size_t links = link_count(plan) + 1;
    s->plan = plan;
    s->cells = calloc(cells, sizeof *s->cells);
    s->force_mask = calloc(cells, sizeof *s->force_mask);
    s->beneath = calloc(cells, sizeof *s->beneath);
    s->marks = calloc(plan->point_count + 1, sizeof *s->marks);
    s->arrived = calloc(groups, sizeof *s->arrived);
    s->queued = calloc(groups, sizeof *s->queued);
    s->times = calloc(groups, sizeof *s->times);
    s->links = calloc(links, sizeof *s->links);
    s->errors = calloc(links, sizeof *s->errors);
    s->wanted = calloc(links, sizeof *s->wanted);
    return s->cells && s->force_mask && s->beneath && s->marks && s->arrived && s->queued &&
           s->times && s->links && s->errors && s->wanted;
}

void snapshot_finish(struct snapshot *s)
{
    free(s->cells);
    free(s->force_mask);
    free(s->beneath);
    free(s->marks);
    free(s->arrived);
    free(s->queued);
    free(s->times);
    free(s->links);
    free(s->errors);
    free(s->wanted);
}

static void take_links(struct snapshot *s, const struct image *image)
{
    for (size_t i = 0; i < link_count(s->plan); i++) {
        s->links[i] = image->link_status[i];
        s->links[i].answered = link_answered(image, i);
        s->wanted[i] = link_wanted(image, i);
        memcpy(s->errors[i], image->links[i].error, LINK_ERROR_MAX);
    }
}

static void take_groups(struct snapshot *s, const struct image *image)
{
    const struct outbox *outbox = &image->outbox;
    for (size_t g = 0; g < s->plan->group_count; g++)
        s->arrived[g] = atomic_load_explicit(&image->arrived[g], memory_order_relaxed);
    for (size_t c = 0; c < s->plan->client_count; c++) {
        for (uint32_t at = outbox->queues[c].first; at != CHAIN_END;
             at = outbox->links[at - 1].next) {
            s->times[s->queued_count] = outbox->times[at - 1];
            s->queued[s->queued_count++] = at - 1;
        }
    }
}

void snapshot_take(struct snapshot *s, struct image *image)
{
    size_t size = s->plan->cell_count * sizeof *s->cells;
    image_lock_still(image);
    memcpy(s->cells, image->cells, size);
    memcpy(s->force_mask, image->force_mask, size);
    memcpy(s->beneath, image->beneath, size);
    memcpy(s->marks, image->marks, s->plan->point_count * sizeof *s->marks);
    take_groups(s, image);
    take_links(s, image);
    s->sequence = image->sequence;
    s->conflicts = image_conflicts(image);
    image_unlock_still(image);
}

void snapshot_written(const struct snapshot *s, uint32_t number, uint16_t *words)
{
    const struct point *point = &s->plan->points[number];
    for (uint32_t k = 0; k < point->words; k++) {
        uint32_t cell = point->cell + k;
        uint16_t held = s->force_mask[cell];
        words[k] = (uint16_t)((s->cells[cell] & ~held) | (s->beneath[cell] & held));
    }
}

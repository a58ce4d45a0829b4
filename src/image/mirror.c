/* The exchange of one client with the image. What changed here goes out of the outbox into the
 * link's copy; what the device has comes into the image, unless the group was changed here in
 * between: then the link has to look at that first. In both directions only a group's own bits
 * move: its neighbours in the same words are not collected, or not told, yet. */

#include "image/mirror.h"

#include "image/inside.h"

#include <string.h>

enum { TELL_AT_ONCE = 2048 }; /* groups under one lock: more than one answer can bring */

/* One client at work on its copy. */
struct mirror {
    struct image *image;
    uint16_t *cells;
    uint32_t first;
    int64_t now;
};

static struct mirror begin(struct image *image, uint32_t client, uint16_t *cells, int64_t now)
{
    return (struct mirror){image, cells, plan_client_cells(image->plan, client).first, now};
}

void mirror_copy(struct image *image, uint32_t client, uint16_t *cells)
{
    struct run run = plan_client_cells(image->plan, client);
    image_lock_still(image);
    memcpy(cells, image->cells + run.first, run.count * sizeof *cells);
    image_unlock_still(image);
}

/* The group's words as everyone sees them, to the link. Returns whether they were different. */
static bool show(const struct mirror *x, const struct group *group)
{
    uint16_t changed = 0;
    for (uint32_t cell = group->cell; cell < group->cell + group->words; cell++) {
        uint16_t *mine = &x->cells[cell - x->first];
        uint16_t other = (*mine ^ x->image->cells[cell]) & group->mask;
        *mine ^= other;
        changed |= other;
    }
    return changed;
}

size_t mirror_collect(struct image *image, uint32_t client, struct mirror_change *changes,
                      size_t room, uint16_t *cells)
{
    struct mirror x = begin(image, client, cells, 0);
    struct outbox *outbox = &image->outbox;
    struct chain *queue = &outbox->queues[client];
    size_t count = 0;
    if (!atomic_load_explicit(&outbox->filled[client], memory_order_acquire))
        return 0;
    image_lock_still(image);
    for (; count < room && queue->first != CHAIN_END; count++) {
        uint32_t group = queue->first - 1;
        chain_remove(queue, outbox->links, group);
        changes[count] = (struct mirror_change){group, outbox->times[group]};
        show(&x, &image->plan->groups[group]);
    }
    if (queue->first == CHAIN_END)
        atomic_store_explicit(&outbox->filled[client], false, memory_order_relaxed);
    image_unlock_still(image);
    return count;
}

/* Whether the device's value is another one than was last written, whatever covers that. */
static bool differs(const struct mirror *x, const struct point *point)
{
    const struct image *image = x->image;
    for (uint32_t cell = point->cell; cell < point->cell + point->words; cell++) {
        uint16_t old = image_uncover(image, cell, image->cells[cell]);
        if ((x->cells[cell - x->first] ^ old) & point->mask)
            return true;
    }
    return false;
}

/* A pulse is news only when it comes as 1. */
static bool is_news(const struct mirror *x, const struct point *point)
{
    if (point->variable < 0 || !x->image->plan->variables[point->variable]->pulse)
        return true;
    return x->cells[point->cell - x->first] & point->mask;
}

static void mark_taken(const struct mirror *x, const struct group *group)
{
    struct image *image = x->image;
    const uint32_t *points = image->plan->group_points + group->first;
    uint64_t fresh = image->sequence + 1;
    for (uint32_t k = 0; k < group->count; k++) {
        const struct point *point = &image->plan->points[points[k]];
        if (!differs(x, point))
            continue;
        if (is_news(x, point)) {
            image->sequence = fresh;
            image_mark_written(image, points[k], x->now);
        } else {
            image_mark_time(image, points[k], x->now);
        }
    }
}

static bool is_held(const struct image *image, uint32_t number)
{
    return image->marks[number].forced || image_is_retired(image, &image->plan->points[number]);
}

/* Where a point is held at something else than the device has, that has to be sent again. */
static void take(const struct mirror *x, const struct group *group)
{
    struct image *image = x->image;
    const uint32_t *points = image->plan->group_points + group->first;
    mark_taken(x, group);
    for (uint32_t cell = group->cell; cell < group->cell + group->words; cell++)
        image_write_cell(image, cell, x->cells[cell - x->first], group->mask);
    if (!show(x, group))
        return;
    for (uint32_t k = 0; k < group->count; k++) {
        if (is_held(image, points[k]))
            outbox_list(image, points[k], x->now);
    }
}

static enum quality judged(const struct image *image, uint32_t number, enum quality quality)
{
    const struct point *point = &image->plan->points[number];
    if (quality != QUALITY_GOOD || point->variable < 0)
        return quality;
    const struct variable *v = image->plan->variables[point->variable];
    bool fits = !v->limited || variable_accepts(v, image->cells + point->cell, point->mask);
    return fits ? QUALITY_GOOD : QUALITY_RANGE;
}

/* What was said of an older value says nothing about one that waits in the outbox. */
static void tell(const struct mirror *x, struct mirror_news *news)
{
    struct image *image = x->image;
    const struct group *group = &image->plan->groups[news->group];
    bool waits = image->outbox.links[news->group].listed;
    news->overtaken = news->take && waits;
    if (news->overtaken)
        return;
    for (uint32_t k = 0; k < group->count && news->delivered && !waits; k++)
        outbox_set_delivery(image, image->plan->group_points[group->first + k], news->delivery,
                            news->reason);
    if (news->take)
        take(x, group);
    for (uint32_t k = 0; k < group->count; k++) {
        uint32_t number = image->plan->group_points[group->first + k];
        image_set_quality(image, number, judged(image, number, news->quality));
    }
}

static bool any_take(const struct mirror_news *news, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (news[i].take)
            return true;
    }
    return false;
}

static void tell_some(const struct mirror *x, struct mirror_news *news, size_t count)
{
    bool still = !any_take(news, count);
    (still ? image_lock_still : image_lock)(x->image);
    for (size_t i = 0; i < count; i++)
        tell(x, &news[i]);
    (still ? image_unlock_still : image_unlock)(x->image);
}

size_t mirror_tell(struct image *image, uint32_t client, struct mirror_news *news, size_t count,
                   uint16_t *cells, int64_t now)
{
    struct mirror x = begin(image, client, cells, now);
    size_t overtaken = 0;
    for (size_t i = 0; i < count; i += TELL_AT_ONCE)
        tell_some(&x, news + i, count - i < TELL_AT_ONCE ? count - i : TELL_AT_ONCE);
    for (size_t i = 0; i < count; i++)
        overtaken += news[i].overtaken;
    return overtaken;
}

void mirror_arrived(struct image *image, const uint32_t *groups, size_t count, int64_t now)
{
    for (size_t i = 0; i < count; i++)
        atomic_store_explicit(&image->arrived[groups[i]], now, memory_order_relaxed);
}

/* No lock: whether one more or less is on its way meanwhile changes nothing. */
static bool is_pending(const struct image *image, uint32_t number, bool online_only)
{
    if (__atomic_load_n(&image->marks[number].delivery, __ATOMIC_RELAXED) != DELIVERY_PENDING)
        return false;
    uint32_t client = image->outbox.clients[image->plan->points[number].group];
    return !online_only || atomic_load_explicit(&image->links[client].online, memory_order_relaxed);
}

bool mirror_any_pending(const struct image *image, const uint32_t *points, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is_pending(image, points[i], true))
            return true;
    }
    return false;
}

size_t mirror_undelivered(const struct image *image, uint32_t *points, size_t count)
{
    size_t left = 0;
    for (size_t i = 0; i < count; i++) {
        uint8_t delivery = __atomic_load_n(&image->marks[points[i]].delivery, __ATOMIC_RELAXED);
        if (delivery != DELIVERY_NONE && delivery != DELIVERY_CONFIRMED)
            points[left++] = points[i];
    }
    return left;
}

size_t mirror_pending(const struct image *image, bool online_only, uint32_t *points, size_t room)
{
    size_t count = 0;
    for (uint32_t number = 0; number < image->plan->point_count; number++) {
        if (!is_pending(image, number, online_only))
            continue;
        if (count < room)
            points[count] = number;
        count++;
    }
    return count;
}

/* What is known of values beside the values, of links, and what waits to be sent. Groups are listed
 * without a call to their link: it takes the image over only after this, and looks first. */

#include "image/adopt_inside.h"

#include <string.h>
#include "image/mirror.h"

/* ---- quality ---- */

static bool follows(const struct plan *plan, const struct point *point)
{
    return point->variable >= 0 && plan->variables[point->variable]->from;
}

/* Whether a value comes from the world, by masters' hands. */
static bool is_in(const struct plan *plan, const struct point *point)
{
    return point->variable >= 0 && plan->variables[point->variable]->direction == DIRECTION_IN;
}

/* As the device's value is judged by the limits that now hold. */
static enum quality judged(const struct adoption *x, uint32_t number, enum quality quality)
{
    const struct point *point = &x->to->plan->points[number];
    if ((quality != QUALITY_GOOD && quality != QUALITY_RANGE) || point->variable < 0)
        return quality;
    const struct variable *v = x->to->plan->variables[point->variable];
    bool fits = !v->limited || variable_accepts(v, x->to->cells + point->cell, point->mask);
    return fits ? QUALITY_GOOD : QUALITY_RANGE;
}

/* Quality goes along where the same kind of source gives it. Where there was another one, or none,
 * it is as in a new image: what nobody feeds any more is not stale for ever. */
static enum quality quality_of(const struct adoption *x, uint32_t number)
{
    const struct plan *old = x->from.plan, *plan = x->to->plan;
    const struct mark *mark = &x->from.marks[x->match->points[number]];
    const struct point *to = &plan->points[number];
    const struct point *from = &old->points[x->match->points[number]];
    enum quality quality = mark->quality;
    if (image_is_mirrored(to))
        return judged(x, number, quality);
    if (follows(plan, to))
        return follows(old, from) && !image_is_mirrored(from) ? quality : QUALITY_NEVER;
    if (!is_in(plan, to))
        return QUALITY_GOOD;
    if (image_is_mirrored(from) || !is_in(old, from))
        return mark->written ? QUALITY_GOOD : QUALITY_NEVER;
    return quality;
}

/* ---- marks ---- */

static bool is_sent(const struct plan *plan, const struct point *point)
{
    return image_is_mirrored(point) && plan->groups[point->group].direction != DIRECTION_IN;
}

/* A group that has become another one was read when its points were. */
static void adopt_arrival(struct adoption *x, const struct point *to, const struct point *from)
{
    if (to->group != GROUP_NONE && from->group != GROUP_NONE)
        atomic_store_explicit(&x->to->arrived[to->group], x->from.arrived[from->group],
                              memory_order_relaxed);
}

static void adopt_mark(struct adoption *x, uint32_t number)
{
    const struct mark *from = &x->from.marks[x->match->points[number]];
    const struct point *point = &x->to->plan->points[number];
    struct mark *mark = &x->to->marks[number];
    bool sent = is_sent(x->to->plan, point);
    mark->time = from->time;
    mark->written = from->written;
    outbox_set_delivery(x->to, number, sent ? from->delivery : DELIVERY_NONE,
                        sent ? from->reason : 0);
    image_set_quality(x->to, number, quality_of(x, number));
    adopt_arrival(x, point, &x->from.plan->points[x->match->points[number]]);
}

/* In an image that was at work before, what nobody has read meanwhile is old. */
static void age_mark(struct adoption *x, uint32_t number)
{
    if (image_is_mirrored(&x->to->plan->points[number]) &&
        x->to->marks[number].quality != QUALITY_NEVER)
        image_set_quality(x->to, number, QUALITY_STALE);
}

/* ---- what waits to be sent ---- */

static void list_group(struct adoption *x, uint32_t group, int64_t time)
{
    struct outbox *outbox = &x->to->outbox;
    chain_append(&outbox->queues[outbox->clients[group]], outbox->links, group);
    outbox->times[group] = time;
}

/* What the body assigned to what was there before is no change. */
static void unlist_heirs(struct adoption *x)
{
    struct outbox *outbox = &x->to->outbox;
    for (uint32_t g = 0; g < x->to->plan->group_count; g++) {
        uint32_t before = x->match->groups[g];
        if (before == MATCH_NONE)
            continue;
        chain_remove(&outbox->queues[outbox->clients[g]], outbox->links, g);
        x->heirs[before] = g;
    }
}

/* A value on its way whose group has become another one begins its way again. */
static void list_homeless(struct adoption *x)
{
    const struct plan *plan = x->to->plan;
    for (uint32_t number = 0; number < plan->point_count; number++) {
        const struct point *point = &plan->points[number];
        if (x->match->points[number] != MATCH_NONE && is_sent(plan, point) &&
            x->match->groups[point->group] == MATCH_NONE &&
            x->to->marks[number].delivery == DELIVERY_PENDING)
            list_group(x, point->group, x->to->marks[number].time);
    }
}

static void adopt_outbox(struct adoption *x)
{
    struct outbox *outbox = &x->to->outbox;
    unlist_heirs(x);
    for (size_t i = 0; i < x->from.queued_count; i++) {
        uint32_t heir = x->heirs[x->from.queued[i]];
        if (heir != MATCH_NONE && x->to->plan->groups[heir].direction != DIRECTION_IN)
            list_group(x, heir, x->from.times[i]);
    }
    list_homeless(x);
    for (size_t c = 0; c < x->to->plan->client_count; c++)
        atomic_store_explicit(&outbox->filled[c], outbox->queues[c].first != CHAIN_END,
                              memory_order_release);
}

void adopt_marks(struct adoption *x)
{
    for (uint32_t number = 0; number < x->to->plan->point_count; number++) {
        if (x->match->points[number] == MATCH_NONE)
            age_mark(x, number);
        else if (!x->refused[number])
            adopt_mark(x, number);
    }
    adopt_outbox(x);
}

/* ---- links ---- */

static bool is_old(const struct image *image, const struct group *group)
{
    bool old = false;
    for (uint32_t k = 0; k < group->count; k++) {
        uint8_t quality = image->marks[image->plan->group_points[group->first + k]].quality;
        old |= quality == QUALITY_STALE || quality == QUALITY_NEVER;
    }
    return old;
}

/* Whether a client still has all that it polls: tasks that need it wait for what is new. */
static bool is_complete(const struct image *image, uint32_t client)
{
    const struct plan *plan = image->plan;
    struct run groups = plan_client_groups(plan, client);
    for (uint32_t g = groups.first; g < groups.first + groups.count; g++) {
        int32_t v = plan->groups[g].variable;
        if ((v < 0 || !plan->variables[v]->unpolled) && is_old(image, &plan->groups[g]))
            return false;
    }
    return true;
}

static void adopt_link(struct adoption *x, size_t to, size_t from)
{
    struct link_row *row = &x->to->links[to];
    const struct link_status *status = &x->from.links[from];
    x->to->link_status[to] = *status;
    if (to < x->to->plan->client_count)
        x->to->link_status[to].complete &= is_complete(x->to, (uint32_t)to);
    memcpy(row->error, x->from.errors[from], LINK_ERROR_MAX);
    atomic_store_explicit(&row->answered, status->answered, memory_order_relaxed);
    atomic_store_explicit(&row->online, status->online, memory_order_release);
    atomic_store_explicit(&row->wanted, x->from.wanted[from], memory_order_release);
}

/* One that is opened anew, also in an image that was at work before. */
static void renew_link(struct adoption *x, size_t to)
{
    x->to->link_status[to].online = x->to->link_status[to].complete = false;
    atomic_store_explicit(&x->to->links[to].online, false, memory_order_release);
}

void adopt_links(struct adoption *x)
{
    size_t clients = x->to->plan->client_count, old_clients = x->from.plan->client_count;
    for (size_t i = 0; i < link_count(x->to->plan); i++) {
        bool client = i < clients;
        uint32_t before = client ? x->match->clients[i] : x->match->servers[i - clients];
        if (before == MATCH_NONE)
            renew_link(x, i);
        else
            adopt_link(x, i, client ? before : old_clients + before);
    }
}

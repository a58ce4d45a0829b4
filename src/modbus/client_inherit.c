/* A client goes on where that of the program before stood: what is known of the device first, then
 * group by group what was agreed, then the queue in its old order, and behind it what was changed
 * and not collected yet. At last the words are compared with the image: where it has something else
 * than the client before had, the value was not taken over, and the group begins as if its device
 * had never been seen. */

#include "modbus/client_inside.h"

#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "image/plan_match.h"

struct heritage {
    struct client *client;
    const struct client *before;
    const struct plan_match *match;
    int64_t now;
    uint32_t *heirs; /* by group of `before`: ours + 1, or 0 */
};

/* ---- the device ---- */

static void take_abilities(struct client *client, const struct client *before)
{
    memcpy(client->no_write_one, before->no_write_one, sizeof client->no_write_one);
    memcpy(client->no_write_many, before->no_write_many, sizeof client->no_write_many);
    client->no_mask = before->no_mask;
    client->bad_echoes = before->bad_echoes;
    client->write_hold = before->write_hold;
    client->hold = before->hold;
    client->count = before->count;
    client->wrote_last = before->wrote_last;
    client->asked_last = before->asked_last;
}

static void take_presence(struct client *client, const struct client *before)
{
    client->carried = before->carried;
    client->connected = before->connected;
    client->online = before->online;
    client->silent = before->silent;
    client->mute = before->mute;
    client->returning = before->returning;
    client->useless = before->useless;
    client->sensible = before->sensible;
    client->timeouts = before->timeouts;
    client->attempt = before->attempt;
    client->wrongs = before->wrongs;
    client->silent_since = before->silent_since;
    client->probe_at = before->probe_at;
    client->first = before->first;
    client->offline_since = before->offline_since;
    client->unpolled_stale = before->online || before->unpolled_stale;
    client->status = before->status;
}

static void take_said(struct client *client, const struct client *before)
{
    client->lost = before->lost;
    client->lost_said = before->lost_said;
    client->lost_at = before->lost_at;
    client->lost_due = before->lost_due;
    client->lost_retry = before->lost_retry;
    memcpy(client->lost_why, before->lost_why, sizeof client->lost_why);
    client->line_at = before->line_at;
    client->lines_left_out = before->lines_left_out;
}

/* Another plan may have other things to read, or none, or what is never polled is polled now. */
static void take_reads(const struct heritage *h)
{
    struct client *client = h->client;
    bool none = reads_count(client->reads) == 0;
    reads_inherit(client->reads, h->before->reads, h->match->groups, h->now);
    client->read_all = h->before->read_all;
    client->ready = h->before->ready && (client->online || none);
    if (none)
        client_state_ready(client);
}

/* All that time brings is looked for once. */
static void look_at_all(struct client *client)
{
    client->poll_at = client->write_at = client->ripe = INT64_MIN;
    client->stale_at = client->expire_at = client->unpolled_at = client->useless_at = INT64_MIN;
    client->recount = true;
}

/* ---- a group ---- */

static void copy(const struct merge_group *g, uint16_t *to, const uint16_t *from)
{
    uint16_t mask = g->group->mask;
    for (size_t i = 0; i < g->group->words; i++)
        to[i] = (uint16_t)((to[i] & ~mask) | (from[i] & mask));
}

static bool same(const struct merge_group *g, const uint16_t *a, const uint16_t *b)
{
    for (size_t i = 0; i < g->group->words; i++)
        if (((a[i] ^ b[i]) & g->group->mask) != 0)
            return false;
    return true;
}

static const uint16_t *image_words(const struct client *client, uint32_t group)
{
    return client->remote + client_group_cell(client, group);
}

/* As at the first start; `local` and `agreed` are what the image has. */
static void begin_anew(struct client *client, uint32_t group)
{
    struct item *item = &client->items[group];
    struct merge_group g = client_group(client, group);
    copy(&g, g.local, image_words(client, group));
    copy(&g, g.agreed, g.local);
    item->merge = (struct merge){.sent = INT64_MIN};
    item->quality = QUALITY_NEVER;
    client_queue_remove(client, group);
}

/* What only the device writes from now on is not kept from it by what was written here. */
static bool is_overruled(const struct merge_group *g, const struct group *before)
{
    const struct merge *s = g->state;
    bool waits = s->sending || s->doubt || s->delivery == DELIVERY_PENDING;
    return g->group->direction == DIRECTION_IN && before->direction != DIRECTION_IN &&
           (waits || !same(g, g->local, g->agreed));
}

/* A write that was under way has failed, like one that has timed out. */
static void take_group(const struct heritage *h, uint32_t group, uint32_t old)
{
    struct client *client = h->client;
    const struct client *before = h->before;
    struct item *item = &client->items[group];
    const struct item *was = &before->items[old];
    struct merge_group g = client_group(client, group);
    uint32_t cell = client_group_cell(before, old);
    client_queue_remove(client, group);
    copy(&g, g.local, before->local + cell);
    copy(&g, g.agreed, before->agreed + cell);
    item->merge = was->merge;
    item->quality = was->quality;
    item->delivery = was->delivery;
    item->named = was->named;
    item->refusal_at = was->refusal_at;
    if (is_overruled(&g, &before->plan->groups[before->groups.first + old]))
        begin_anew(client, group);
    else if (item->merge.sending)
        merge_failed(&g);
}

/* ---- a group that is another one than before ---- */

/* What waited in another group is among what image_adopt lists. The body's assignment counts where
 * something is new; its time begins now, and not when the program was loaded. */
static void start_group(const struct heritage *h, uint32_t group)
{
    const struct client *client = h->client;
    struct item *item = &client->items[group];
    const struct group *row = &client->plan->groups[client->groups.first + group];
    bool fresh = false;
    for (uint32_t i = 0; i < row->count; i++)
        fresh |= h->match->points[client->plan->group_points[row->first + i]] == MATCH_NONE;
    if (!fresh)
        begin_anew(h->client, group);
    else if (item->merge.assigned)
        item->merge.since = h->now;
}

static void take_groups(const struct heritage *h)
{
    struct client *client = h->client;
    const struct client *before = h->before;
    for (uint32_t i = 0; i < client->groups.count; i++) {
        uint32_t old = h->match->groups[client->groups.first + i];
        if (old != MATCH_NONE && old - before->groups.first < before->groups.count) {
            h->heirs[old - before->groups.first] = i + 1;
            take_group(h, i, old - before->groups.first);
        } else {
            start_group(h, i);
        }
    }
}

/* ---- what waits ---- */

static void return_heir(const struct heritage *h, uint32_t old)
{
    if (h->heirs[old])
        client_queue_return(h->client, h->heirs[old] - 1);
}

/* Before what the body assigned, and what was under way before everything. */
static void take_queue(const struct heritage *h)
{
    const struct client *before = h->before;
    const struct writing *w = &before->writing;
    uint32_t link = before->now.last;
    for (; link; link = before->waiting[link - 1].previous)
        return_heir(h, link - 1);
    for (uint32_t i = w->active ? w->group_count : 0; i-- > 0;)
        return_heir(h, w->groups[i]);
    for (link = before->later.first; link; link = before->waiting[link - 1].next)
        if (h->heirs[link - 1])
            client_queue_append(h->client, h->heirs[link - 1] - 1, QUEUED_LATER);
}

/* ---- what the image has ---- */

static bool is_forced(const struct client *client, uint32_t group)
{
    const struct group *row = &client->plan->groups[client->groups.first + group];
    uint16_t words[VARIABLE_MAX_WORDS];
    for (uint32_t i = row->first; i < row->first + row->count; i++)
        if (image_suppressed(client->image, client->plan->group_points[i], words))
            return true;
    return false;
}

static void compare_group(const struct heritage *h, uint32_t group)
{
    struct client *client = h->client;
    struct merge_group g = client_group(client, group);
    if (same(&g, g.local, image_words(client, group)))
        return;
    if (!is_forced(client, group)) {
        begin_anew(client, group);
        client->read_all = true;
    } else if (g.group->direction != DIRECTION_IN) {
        copy(&g, g.local, image_words(client, group));
        merge_changed(&g, h->now, false);
    }
}

static void tell_all(const struct heritage *h)
{
    struct client *client = h->client;
    for (uint32_t i = 0; i < client->groups.count; i++) {
        const struct item *item = &client->items[i];
        if (item->quality == QUALITY_NEVER || item->merge.delivery != item->delivery)
            client_tell(client, i, false, h->now);
        else
            client_consider(client, i, h->now);
    }
    client_tell_all(client, h->now);
}

void client_inherit(struct client *client, const struct client *before,
                    const struct plan_match *match, int64_t now)
{
    struct heritage h = {client, before, match, now, NULL};
    h.heirs = memory_zeroed((size_t)before->groups.count + 1, sizeof *h.heirs);
    mirror_copy(client->image, client->number, client->remote);
    memcpy(client->local, client->remote, client->cells.count * sizeof *client->local);
    memcpy(client->agreed, client->remote, client->cells.count * sizeof *client->agreed);
    take_abilities(client, before);
    take_presence(client, before);
    take_said(client, before);
    take_reads(&h);
    take_groups(&h);
    take_queue(&h);
    client_collect(client, false);
    for (uint32_t i = 0; i < client->groups.count; i++)
        compare_group(&h, i);
    look_at_all(client);
    tell_all(&h);
    client->published.answered = -1; /* so that it differs */
    client_state_publish(client, false);
    free(h.heirs);
}

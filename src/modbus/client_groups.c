/* Groups between the image and merge: what changed here comes in with client_collect, what the
 * device brought or took goes out with client_tell. Whatever happens to a group ends in
 * client_consider, which alone decides whether it stands in a queue. */

#include "modbus/client_inside.h"

void client_consider(struct client *client, uint32_t group, int64_t now)
{
    struct item *item = &client->items[group];
    struct merge_group g = client_group(client, group);
    int64_t due = merge_due(&g, true, client_group_period(client, group), now);
    /* client_queue_is_due takes it out, or leaves one that is not known yet */
    if (due == INT64_MAX)
        return;
    client->quiet[group] = false;
    if (item->queued != QUEUED_NOW)
        client_queue_append(client, group, due <= now ? QUEUED_NOW : QUEUED_LATER);
    if (item->queued == QUEUED_LATER && due < client->ripe)
        client->ripe = due;
    if (item->queued == QUEUED_NOW || due <= now)
        client->write_at = INT64_MIN;
}

static void changed(struct client *client, const struct mirror_change *change, bool early)
{
    uint32_t group = change->group - client->groups.first;
    struct item *item = &client->items[group];
    struct merge_group g = client_group(client, group);
    merge_changed(&g, change->time, early);
    client->quiet[group] = false;
    item->delivery = DELIVERY_PENDING; /* so the image shows it already */
    client_queue_append(client, group, QUEUED_NOW);
    client->write_at = INT64_MIN;
    int64_t expires = merge_expires(&g, client->first);
    if (expires < client->expire_at)
        client->expire_at = expires;
}

void client_collect(struct client *client, bool early)
{
    size_t count;
    do {
        count = mirror_collect(client->image, client->number, client->changes, CLIENT_CHANGES,
                               client->local);
        for (size_t i = 0; i < count; i++)
            changed(client, &client->changes[i], early);
    } while (count == CLIENT_CHANGES);
}

void client_tell(struct client *client, uint32_t group, bool take, int64_t now)
{
    struct item *item = &client->items[group];
    if (client->news_count == CLIENT_NEWS)
        client_tell_all(client, now);
    client->news[client->news_count++] =
        (struct mirror_news){.group = client->groups.first + group,
                             .take = take,
                             .delivered = item->merge.delivery != item->delivery,
                             .quality = item->quality,
                             .delivery = item->merge.delivery,
                             .reason = item->merge.reason};
    item->delivery = item->merge.delivery;
}

/* A pulse that begins anew before its end was told is sent anew: the device has the old 1 still. */
static void begin_again(struct client *client, uint32_t group)
{
    struct merge_group g = client_group(client, group);
    if (g.variable && g.variable->pulse && g.local[0] & g.group->mask)
        g.state->doubt = true;
}

/* What was overtaken keeps its newer value from here, which is collected and stands against what
 * the device was just seen to have, as if it had been written a moment later. */
static void give_way(struct client *client, size_t count, int64_t now)
{
    size_t left = 0;
    client_collect(client, false);
    for (size_t i = 0; i < count; i++) {
        if (!client->news[i].overtaken)
            continue;
        begin_again(client, client->news[i].group - client->groups.first);
        client->news[left] = client->news[i];
        client->news[left].take = client->news[left].delivered = false;
        left++;
    }
    mirror_tell(client->image, client->number, client->news, left, client->local, now);
}

void client_tell_all(struct client *client, int64_t now)
{
    size_t count = client->news_count;
    client->news_count = 0;
    if (count == 0)
        return;
    size_t overtaken =
        mirror_tell(client->image, client->number, client->news, count, client->local, now);
    for (size_t i = 0; i < count; i++) {
        if (!client->news[i].overtaken)
            client_consider(client, client->news[i].group - client->groups.first, now);
    }
    if (overtaken > 0)
        give_way(client, count, now);
}

/* What time alone does: values grow stale, changes that could not be delivered are given up, and a
 * loss that lasts is told. */

#include "modbus/client_inside.h"

static void make_stale(struct client *client, uint32_t group, int64_t now)
{
    struct item *item = &client->items[group];
    struct merge_group g = client_group(client, group);
    client->quiet[group] = false;
    if (item->quality != QUALITY_NEVER)
        item->quality = QUALITY_STALE;
    bool take = merge_lost(&g) == MERGED_TAKE;
    client_tell(client, group, take, now);
}

static void make_read_stale(struct client *client, struct read *read, int64_t now)
{
    read->stale = client->recount = true;
    for (uint32_t i = 0; i < read->group_count; i++)
        make_stale(client, read->groups[i] - client->groups.first, now);
}

static void make_good(struct client *client, uint32_t group, int64_t now)
{
    struct merge_group g = client_group(client, group);
    client->items[group].quality = QUALITY_GOOD;
    client_tell(client, group, merge_back(&g) == MERGED_TAKE, now);
}

static int64_t unpolled_back(struct client *client, int64_t now)
{
    for (uint32_t i = 0; client->unpolled_stale && i < client->groups.count; i++)
        if (!client->items[i].polled && client->items[i].quality == QUALITY_STALE)
            make_good(client, i, now);
    client->unpolled_stale = false;
    return CLIENT_NEVER;
}

/* What is never polled is as good as its link. */
static int64_t pass_unpolled(struct client *client, int64_t now)
{
    int64_t at = client->offline_since + client_state_stale_after(client, client->spec->period);
    if (client->online)
        return unpolled_back(client, now);
    if (client->unpolled_stale)
        return CLIENT_NEVER;
    if (now < at)
        return at;
    client->unpolled_stale = true;
    for (uint32_t i = 0; i < client->groups.count; i++)
        if (!client->items[i].polled && client->items[i].quality != QUALITY_NEVER)
            make_stale(client, i, now);
    return CLIENT_NEVER;
}

static void pass_stale(struct client *client, int64_t now)
{
    if (now < client->stale_at)
        return;
    client->stale_at = CLIENT_NEVER;
    for (size_t i = 0; i < reads_count(client->reads); i++) {
        struct read *read = reads_at(client->reads, i);
        if (read->stale || read->answered == 0)
            continue;
        int64_t at = read->answered + client_state_stale_after(client, read->period);
        if (now >= at)
            make_read_stale(client, read, now);
        else if (at < client->stale_at)
            client->stale_at = at;
    }
}

static void expire(struct client *client, uint32_t group, int64_t now)
{
    struct merge_group g = client_group(client, group);
    int64_t at = merge_expires(&g, client->first);
    if (at > now) {
        if (at < client->expire_at)
            client->expire_at = at;
        return;
    }
    client_says_expired(client, group, now);
    if (!merge_expired(&g))
        return;
    if (client->items[group].quality == QUALITY_STALE)
        merge_lost(&g); /* now nothing waits */
    client->quiet[group] = false;
    client_queue_remove(client, group);
    client_tell(client, group, g.state->known, now);
}

/* To tell may change the queue: then it is walked from its beginning, without those that were given
 * up already. */
static void expire_queue(struct client *client, const struct chain *queue, int64_t now)
{
    uint32_t link = queue->first;
    while (link) {
        uint32_t next = client->waiting[link - 1].next;
        expire(client, link - 1, now);
        if (client->news_count == CLIENT_NEWS) {
            client_tell_all(client, now);
            next = queue->first;
        }
        link = next;
    }
}

/* Those whose register is only looked at stand in no queue. */
static void expire_writing(struct client *client, int64_t now)
{
    const struct writing *w = &client->writing;
    for (uint32_t i = 0; w->active && !w->sent && i < w->group_count; i++)
        if (client->items[w->groups[i]].queued == QUEUED_NOT)
            expire(client, w->groups[i], now);
}

static void pass_expired(struct client *client, int64_t now)
{
    if (now < client->expire_at)
        return;
    client->expire_at = CLIENT_NEVER;
    client_tell_all(client, now);
    expire_queue(client, &client->now, now);
    expire_queue(client, &client->later, now);
    expire_writing(client, now);
}

/* A loss is not left out for a line about a value: it waits its second. */
static void pass_lost(struct client *client, int64_t now)
{
    if (now < client->lost_due)
        return;
    client->lost_due = now < client->line_at ? client->line_at : CLIENT_NEVER;
    if (client->lost_due != CLIENT_NEVER)
        return;
    client->lost_said = true;
    client_says_lost(client, now);
}

void client_time_pass(struct client *client, int64_t now)
{
    client->unpolled_at = pass_unpolled(client, now);
    pass_stale(client, now);
    pass_expired(client, now);
    client_tell_all(client, now);
    client_state_judge(client, now);
    pass_lost(client, now);
}

int64_t client_time_due(const struct client *client)
{
    int64_t due = client->stale_at;
    if (client->expire_at < due)
        due = client->expire_at;
    if (client->lost_due < due)
        due = client->lost_due;
    if (client->connected && !client->silent && !client->useless && client->useless_at < due)
        due = client->useless_at;
    return client->unpolled_at < due ? client->unpolled_at : due;
}

/* Which of the waiting groups go into the next request: the first that is due, and those behind it
 * as long as each continues the block. The order of assignment is kept, so that a device which
 * acts upon the second value has the first one by then. */

#include "modbus/client_inside.h"

static bool no_many(const struct client *client, enum table table)
{
    return client->no_write_many[table_is_bits(table)];
}

/* A device that takes one register at a time could be read by others between the two halves of a
 * value: that is refused, and said. */
static bool is_torn(struct client *client, uint32_t group)
{
    struct merge_group g = client_group(client, group);
    return g.group->words > 1 && no_many(client, (enum table)client->items[group].table);
}

static void refuse_torn(struct client *client, uint32_t group, int64_t now)
{
    struct merge_group g = client_group(client, group);
    client_queue_remove(client, group);
    merge_refused(&g, EXCEPTION_FUNCTION);
    client->quiet[group] = false;
    client_says_torn(client, group, now);
    client_tell(client, group, false, now);
}

/* The first group that is due, as a link; 0 for none. */
static uint32_t first_due(struct client *client, int64_t now)
{
    uint32_t next;
    for (uint32_t link = client->now.first; link; link = next) {
        next = client->waiting[link - 1].next;
        if (!client_queue_is_due(client, link - 1, now))
            continue;
        if (!is_torn(client, link - 1))
            return link;
        refuse_torn(client, link - 1, now);
    }
    return 0;
}

static void begin(struct client *client, uint32_t group)
{
    const struct item *item = &client->items[group];
    struct writing *w = &client->writing;
    struct merge_group g = client_group(client, group);
    w->partial = client_group_partial(client, group);
    w->sent = w->looked = false;
    w->table = (enum table)item->table;
    w->address = item->address;
    w->cell = client_group_cell(client, group);
    w->count = g.group->words;
    w->mask = g.group->mask;
    w->groups[0] = group;
    w->group_count = 1;
}

static unsigned most(const struct client *client, enum table table)
{
    unsigned words = client->spec->max_write;
    if (!table_is_bits(table))
        return words;
    return words * 16 < CLIENT_BITS ? words * 16 : CLIENT_BITS;
}

/* Takes a group into the block if it continues it. */
static bool join(struct client *client, uint32_t group)
{
    const struct item *item = &client->items[group];
    struct writing *w = &client->writing;
    struct merge_group g = client_group(client, group);
    uint16_t words = g.group->words;
    if (item->table != w->table || client_group_partial(client, group) != w->partial ||
        item->merge.alone)
        return false;
    if (w->partial) {
        if (item->address != w->address)
            return false;
        w->mask |= g.group->mask;
    } else {
        bool before = item->address + words == w->address;
        if ((!before && item->address != w->address + w->count) || no_many(client, w->table) ||
            (unsigned)w->count + words > most(client, w->table))
            return false;
        w->count = (uint16_t)(w->count + words);
        if (before) {
            w->address = item->address;
            w->cell -= words;
        }
    }
    w->groups[w->group_count++] = group;
    return true;
}

static void gather(struct client *client, uint32_t link, int64_t now)
{
    uint32_t next = client->waiting[link - 1].next;
    begin(client, link - 1);
    client_queue_remove(client, link - 1);
    if (client->items[link - 1].merge.alone)
        return;
    while ((link = next) != 0) {
        next = client->waiting[link - 1].next;
        if (!client_queue_is_due(client, link - 1, now))
            continue;
        if (!join(client, link - 1))
            break;
        client_queue_remove(client, link - 1);
    }
}

int64_t client_writes_when(const struct client *client)
{
    if (client->writing.active)
        return client->writing.looked ? INT64_MIN : CLIENT_NEVER;
    if (!client->ready)
        return CLIENT_NEVER;
    int64_t when = client->now.first ? client->write_at : CLIENT_NEVER;
    if (client->later.first && client->ripe < when)
        when = client->ripe;
    return when > client->write_hold ? when : client->write_hold;
}

struct exchange *client_writes_next(struct client *client, int64_t now)
{
    if (now < client_writes_when(client))
        return NULL;
    if (client->writing.active && client_sending_holds(client, now))
        return client_sending_start(client, now);
    client_sending_forget(client);
    client_queue_ripen(client, now);
    client->write_at = CLIENT_NEVER; /* whatever is listed from here on sets it again */
    uint32_t link = first_due(client, now);
    client_tell_all(client, now);
    if (!link)
        return NULL;
    client->write_at = INT64_MIN;
    gather(client, link, now);
    return client_sending_start(client, now);
}

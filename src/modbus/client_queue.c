/* Two chains of groups: `now` holds what waits to be written in the order of its last change,
 * `later` what is not to be written before a certain moment. `ripe` is the earliest of these
 * moments, so that `later` is walked only when it has come. */

#include "modbus/client_inside.h"

static struct chain *queue_of(struct client *client, enum queued which)
{
    return which == QUEUED_NOW ? &client->now : &client->later;
}

void client_queue_remove(struct client *client, uint32_t group)
{
    struct item *item = &client->items[group];
    chain_remove(queue_of(client, (enum queued)item->queued), client->waiting, group);
    item->queued = QUEUED_NOT;
}

void client_queue_append(struct client *client, uint32_t group, enum queued which)
{
    client_queue_remove(client, group);
    chain_append(queue_of(client, which), client->waiting, group);
    client->items[group].queued = (uint8_t)which;
}

void client_queue_return(struct client *client, uint32_t group)
{
    struct item *item = &client->items[group];
    client->write_at = INT64_MIN;
    if (item->queued == QUEUED_NOW) /* changed meanwhile: its turn is that of the change */
        return;
    client_queue_remove(client, group);
    chain_prepend(&client->now, client->waiting, group);
    item->queued = QUEUED_NOW;
}

static int64_t wanted_at(struct client *client, uint32_t group, int64_t now)
{
    struct merge_group g = client_group(client, group);
    return merge_due(&g, client->ready, client_group_period(client, group), now);
}

/* A change of a group that the device was not yet seen with keeps its place. */
static bool may_become_due(struct client *client, uint32_t group)
{
    struct merge_group g = client_group(client, group);
    return !g.state->known && !g.state->refused && g.group->direction != DIRECTION_IN;
}

bool client_queue_is_due(struct client *client, uint32_t group, int64_t now)
{
    int64_t due = wanted_at(client, group, now);
    if (due <= now)
        return true;
    if (due != INT64_MAX) {
        client_queue_append(client, group, QUEUED_LATER);
        if (due < client->ripe)
            client->ripe = due;
    } else if (!may_become_due(client, group)) {
        client_queue_remove(client, group);
    }
    return false;
}

void client_queue_ripen(struct client *client, int64_t now)
{
    if (now < client->ripe)
        return;
    client->ripe = CLIENT_NEVER;
    uint32_t next;
    for (uint32_t link = client->later.first; link; link = next) {
        int64_t due = wanted_at(client, link - 1, now);
        next = client->waiting[link - 1].next;
        if (due == INT64_MAX)
            client_queue_remove(client, link - 1);
        else if (due <= now)
            client_queue_append(client, link - 1, QUEUED_NOW);
        else if (due < client->ripe)
            client->ripe = due;
    }
}

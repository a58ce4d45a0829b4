/* Two lists linked through the items: `now` holds what waits to be written in the order of its last
 * change, `later` what is not to be written before a certain moment. `ripe` is the earliest of
 * these moments, so that `later` is walked only when it has come. */

#include "modbus/client_inside.h"

static struct queue *queue_of(struct client *client, uint8_t which)
{
    return which == QUEUED_NOW ? &client->now : &client->later;
}

void client_queue_remove(struct client *client, uint32_t group)
{
    struct item *items = client->items, *item = &items[group];
    if (item->queued == QUEUED_NOT)
        return;
    struct queue *queue = queue_of(client, item->queued);
    *(item->previous ? &items[item->previous - 1].next : &queue->first) = item->next;
    *(item->next ? &items[item->next - 1].previous : &queue->last) = item->previous;
    item->next = item->previous = 0;
    item->queued = QUEUED_NOT;
}

void client_queue_append(struct client *client, uint32_t group, enum queued which)
{
    struct item *items = client->items, *item = &items[group];
    client_queue_remove(client, group);
    struct queue *queue = queue_of(client, (uint8_t)which);
    item->previous = queue->last;
    *(queue->last ? &items[queue->last - 1].next : &queue->first) = group + 1;
    queue->last = group + 1;
    item->queued = (uint8_t)which;
}

void client_queue_return(struct client *client, uint32_t group)
{
    struct item *items = client->items, *item = &items[group];
    struct queue *queue = &client->now;
    client->write_at = INT64_MIN;
    if (item->queued == QUEUED_NOW) /* changed meanwhile: its turn is that of the change */
        return;
    client_queue_remove(client, group);
    item->next = queue->first;
    *(queue->first ? &items[queue->first - 1].previous : &queue->last) = group + 1;
    queue->first = group + 1;
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
        next = client->items[link - 1].next;
        if (due == INT64_MAX)
            client_queue_remove(client, link - 1);
        else if (due <= now)
            client_queue_append(client, link - 1, QUEUED_NOW);
        else if (due < client->ripe)
            client->ripe = due;
    }
}

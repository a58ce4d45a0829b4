/* Where time comes in and requests go out. Each call first brings in what the script wishes, what
 * changed in the image and what time alone has done; then the next request is the first of: a
 * script's own, a write, a poll. */

#include "modbus/client_inside.h"

#include <stdlib.h>
#include <string.h>

/* ---- made and freed ---- */

static bool allocate(struct client *client)
{
    size_t cells = (size_t)client->cells.count + 1, groups = (size_t)client->groups.count + 1;
    client->local = calloc(cells, sizeof *client->local);
    client->agreed = calloc(cells, sizeof *client->agreed);
    client->remote = calloc(cells, sizeof *client->remote);
    client->items = calloc(groups, sizeof *client->items);
    client->quiet = calloc(groups, sizeof *client->quiet);
    client->waiting = calloc(groups, sizeof *client->waiting);
    client->writing.groups = calloc(CLIENT_BITS, sizeof *client->writing.groups);
    client->writing.words = calloc(CLIENT_BITS, sizeof *client->writing.words);
    client->reads = reads_create(client->plan, client->number);
    return client->local && client->agreed && client->remote && client->items && client->quiet &&
           client->waiting && client->writing.groups && client->writing.words && client->reads;
}

static void place_items(struct client *client)
{
    const struct plan *plan = client->plan;
    for (uint32_t i = 0; i < client->groups.count; i++) {
        struct item *item = &client->items[i];
        uint32_t cell = plan->groups[client->groups.first + i].cell;
        item->table = (uint8_t)plan_cell_table(plan, client->spec->memory, cell, &item->address);
        item->quality = QUALITY_NEVER;
        item->merge.sent = INT64_MIN;
    }
    for (size_t i = 0; i < reads_count(client->reads); i++) {
        const struct read *read = reads_at(client->reads, i);
        for (uint32_t k = 0; k < read->group_count; k++)
            client->items[read->groups[k] - client->groups.first].polled = true;
    }
}

/* What was assigned before now is the body's. */
static void take_over(struct client *client, int64_t now)
{
    mirror_copy(client->image, client->number, client->local);
    memcpy(client->agreed, client->local, client->cells.count * sizeof *client->local);
    client_collect(client, true);
    for (uint32_t i = 0; i < client->groups.count; i++)
        client_consider(client, i, now);
}

struct client *client_create(struct image *image, uint32_t number, int64_t now, struct error *error)
{
    struct client *client = calloc(1, sizeof *client);
    if (!client)
        goto no_memory;
    client->image = image;
    client->plan = image_plan(image);
    client->spec = &client->plan->clients[number];
    client->number = number;
    client->cells = plan_client_cells(client->plan, number);
    client->groups = plan_client_groups(client->plan, number);
    if (!allocate(client))
        goto no_memory;
    client->random = (uint32_t)((uint64_t)now ^ (uint64_t)now >> 32) * 2654435761u + number + 1;
    client->ripe = client->stale_at = client->expire_at = client->lost_due = CLIENT_NEVER;
    client->offline_since = client->lost_at = now;
    client->recount = true;
    place_items(client);
    take_over(client, now);
    client_state_publish(client, false);
    return client;

no_memory:
    client_destroy(client);
    error_set(error, "out of memory for a client");
    return NULL;
}

void client_destroy(struct client *client)
{
    if (!client)
        return;
    reads_destroy(client->reads);
    free(client->local);
    free(client->agreed);
    free(client->remote);
    free(client->items);
    free(client->quiet);
    free(client->waiting);
    free(client->writing.groups);
    free(client->writing.words);
    free(client);
}

const struct client_spec *client_spec(const struct client *client)
{
    return client->spec;
}

struct image *client_image(const struct client *client)
{
    return client->image;
}

/* ---- what to send ---- */

static bool may_send(const struct client *client, int64_t now)
{
    return client->connected && client_wanted(client) && now >= client->hold &&
           client->under_way < client->spec->depth &&
           !(client->silent && (client->under_way > 0 || now < client->probe_at));
}

static struct exchange *next_of_both(struct client *client, int64_t now)
{
    struct exchange *exchange = NULL;
    if (!client->wrote_last || !client_polls_due(client, now))
        exchange = client_writes_next(client, now);
    return exchange ? exchange : client_polls_next(client, now);
}

/* One request that shows whether the unit is back. */
static struct exchange *next_probe(struct client *client, int64_t now)
{
    struct exchange *exchange = client_polls_probe(client, now);
    return exchange ? exchange : client_writes_next(client, now);
}

struct exchange *client_next(struct client *client, int64_t now)
{
    client_state_follow(client, now);
    client_collect(client, false);
    client_time_pass(client, now);
    bool free = may_send(client, now), theirs = !client->asked_last || client->silent || !free;
    struct exchange *exchange = theirs ? client_asks_next(client, free, now) : NULL;
    if (!exchange && free)
        exchange = client->silent ? next_probe(client, now) : next_of_both(client, now);
    if (!exchange && !theirs)
        exchange = client_asks_next(client, free, now);
    client->held = !exchange && now < client->hold;
    client_state_publish(client, false);
    return exchange;
}

int64_t client_due(const struct client *client)
{
    int64_t due = client_time_due(client), send = CLIENT_NEVER;
    if (!client->connected || !client_wanted(client) || client->under_way >= client->spec->depth ||
        (client->silent && client->under_way > 0))
        return due;
    int64_t write = client_writes_when(client), poll = client_polls_when(client);
    if (client->held) /* a script's request may wait for it, too */
        send = client->hold;
    if (write < send)
        send = write;
    if (poll < send)
        send = poll;
    if (client->silent && send < client->probe_at)
        send = client->probe_at;
    if (client->silent && reads_count(client->reads) > 0)
        send = client->probe_at;
    if (send < client->hold)
        send = client->hold;
    return send < due ? send : due;
}

void client_pass(struct client *client, int64_t now)
{
    if (now < client_time_due(client))
        return;
    client_time_pass(client, now);
    client_state_publish(client, false);
}

int64_t client_pass_due(const struct client *client)
{
    return client_time_due(client);
}

bool client_silent(const struct client *client)
{
    return client->mute;
}

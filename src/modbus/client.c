/* Where time and answers come in and requests go out. Each call first brings in what changed in the
 * image and what time alone has done; then the next request is the first of: a script's own, a
 * write, a poll. What came back goes to whoever asked for it, after the state of the link has taken
 * its part: an answer of any kind is a sign of life. */

#include "modbus/client_inside.h"

#include "image/exception.h"

#include <stdio.h>
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
    client->writing.groups = calloc(CLIENT_BITS, sizeof *client->writing.groups);
    client->writing.words = calloc(CLIENT_BITS, sizeof *client->writing.words);
    client->reads = reads_create(client->plan, client->number);
    return client->local && client->agreed && client->remote && client->items && client->quiet &&
           client->writing.groups && client->writing.words && client->reads;
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
    client_collect(client, false);
    client_time_pass(client, now);
    bool free = may_send(client, now);
    struct exchange *exchange = client_asks_next(client, free, now);
    if (!exchange && free)
        exchange = client->silent ? next_probe(client, now) : next_of_both(client, now);
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

/* ---- what came back ---- */

static void took(struct client *client, const struct flight *flight, const uint8_t *pdu,
                 size_t length, int64_t now)
{
    switch (flight->carries) {
    case CARRIES_POLL:
        client_polls_answered(client, flight, pdu, now);
        break;
    case CARRIES_WRITE:
        client_sending_answered(client, now);
        break;
    case CARRIES_LOOK:
        client_sending_looked(client, flight, pdu);
        break;
    case CARRIES_QUESTION:
        client_asks_answered(client, flight, pdu, length);
        break;
    case CARRIES_NOTHING:
        break;
    }
}

static void refused(struct client *client, const struct flight *flight, const uint8_t *pdu,
                    size_t length, uint8_t exception, int64_t now)
{
    switch (flight->carries) {
    case CARRIES_POLL:
        client_polls_refused(client, flight, exception, now);
        break;
    case CARRIES_WRITE:
    case CARRIES_LOOK:
        client_sending_refused(client, flight, exception, now);
        break;
    case CARRIES_QUESTION:
        client_asks_answered(client, flight, pdu, length);
        break;
    case CARRIES_NOTHING:
        break;
    }
}

static void came_to_nothing(struct client *client, const struct flight *flight, const char *why)
{
    switch (flight->carries) {
    case CARRIES_POLL:
        client_polls_failed(client, flight);
        break;
    case CARRIES_WRITE:
    case CARRIES_LOOK:
        client_sending_failed(client);
        break;
    case CARRIES_QUESTION:
        client_asks_failed(client, flight, why);
        break;
    case CARRIES_NOTHING:
        break;
    }
}

static enum verdict judge(const struct exchange *exchange, const uint8_t *pdu, size_t length,
                          uint8_t *exception, struct error *error)
{
    if (length > 0)
        return query_judge(exchange->pdu, exchange->length, pdu, length, exception, error);
    if (exchange->broadcast)
        return VERDICT_GOOD;
    error_set(error, "an answer without content");
    return VERDICT_WRONG;
}

/* A gateway's word that its unit does not answer is a sign of life of the gateway only. */
static void note_exception(struct client *client, const struct flight *flight, uint8_t exception,
                           int64_t now)
{
    char text[LINK_ERROR_MAX];
    snprintf(text, sizeof text, "function code %u: %s (exception %02X)", flight->exchange.pdu[0],
             exception_text(exception), exception);
    client_state_error(client, text);
    if (exception == EXCEPTION_GATEWAY_PATH || exception == EXCEPTION_GATEWAY_TARGET)
        client_state_unheard(client, flight, exception_text(exception), now);
    else
        client_state_heard(client, false, now);
}

void client_answered(struct client *client, struct exchange *exchange, const uint8_t *pdu,
                     size_t length, int64_t now)
{
    struct flight *flight = (struct flight *)exchange;
    struct error error;
    uint8_t exception = 0;
    enum verdict verdict = judge(exchange, pdu, length, &exception, &error);
    if (verdict == VERDICT_WRONG) {
        client_failed(client, exchange, FAILURE_WRONG, error.text, now);
        return;
    }
    client->mute = false;
    client_state_hold(client, now + client->spec->delay);
    if (verdict == VERDICT_GOOD) {
        client_state_heard(client, true, now);
        took(client, flight, pdu, length, now);
    } else {
        note_exception(client, flight, exception, now);
        refused(client, flight, pdu, length, exception, now);
    }
    bool returned = client->returning && verdict == VERDICT_GOOD &&
                    (flight->carries == CARRIES_POLL || reads_count(client->reads) == 0);
    client->returning &= !returned;
    client_release(client, flight);
    client_state_publish(client, returned);
}

void client_failed(struct client *client, struct exchange *exchange, enum failure failure,
                   const char *why, int64_t now)
{
    struct flight *flight = (struct flight *)exchange;
    client_state_error(client, why);
    came_to_nothing(client, flight, why);
    if (failure == FAILURE_TIMEOUT) {
        client->mute = true;
        client_state_unheard(client, flight, NULL, now);
    } else if (failure == FAILURE_WRONG) {
        client_state_hold(client, now + client->spec->delay);
        if (++client->wrongs >= 2)
            client_state_hold(client, now + client->spec->period);
    }
    client_release(client, flight);
    client_state_publish(client, false);
}

bool client_silent(const struct client *client)
{
    return client->mute;
}

/* The request for a block of groups, by what the device is known to be able to do, and what became
 * of it. A function code that was refused with exception 01 is not tried again until a loss: there
 * is another way for each, except for a value of several registers, which is not taken apart. */

#include "modbus/client_inside.h"

#include <string.h>
#include "base/clock.h"

/* Bits are written under a mask; where the device knows none, the freshest word is read first and
 * goes back with the other bits as they were. */
static size_t mask_request(struct client *client, uint8_t *pdu, enum carries *carries)
{
    struct writing *w = &client->writing;
    uint16_t bits = w->words[0] & w->mask, others = (uint16_t)~w->mask;
    if (!client->no_mask)
        return query_mask(pdu, w->address, others, bits);
    if (!w->looked) {
        *carries = CARRIES_LOOK;
        return query_read(pdu, w->table, w->address, 1);
    }
    uint16_t word = (uint16_t)((w->word & others) | bits);
    if (!client->no_write_one[0])
        return query_write_one(pdu, w->table, w->address, word);
    return query_write(pdu, w->table, w->address, &word, 1);
}

static size_t request(struct client *client, uint8_t *pdu, enum carries *carries)
{
    struct writing *w = &client->writing;
    if (w->partial)
        return mask_request(client, pdu, carries);
    if (w->count == 1 && !client->no_write_one[table_is_bits(w->table)])
        return query_write_one(pdu, w->table, w->address, w->words[0]);
    return query_write(pdu, w->table, w->address, w->words, w->count);
}

static void note_sent(struct client *client, int64_t now)
{
    struct writing *w = &client->writing;
    w->sent = true;
    for (uint32_t i = 0; i < w->group_count; i++) {
        struct merge_group g = client_group(client, w->groups[i]);
        merge_sent(&g, now);
        client->quiet[w->groups[i]] = false;
    }
}

struct exchange *client_sending_start(struct client *client, int64_t now)
{
    struct writing *w = &client->writing;
    enum carries carries = CARRIES_WRITE;
    struct flight *flight = client_flight(client, carries);
    memcpy(w->words, client->local + w->cell, w->count * sizeof *w->words);
    size_t length = request(client, flight->exchange.pdu, &carries);
    flight->carries = carries;
    w->active = true;
    w->looked = false;
    if (carries == CARRIES_WRITE)
        note_sent(client, now);
    return client_send(client, flight, length, now);
}

/* What was looked at says nothing about the register after a loss. */
void client_sending_forget(struct client *client)
{
    if (client->writing.active && client->writing.looked)
        client_sending_failed(client);
}

/* Between the look and the write a value may have expired, or been taken from the device. */
bool client_sending_holds(struct client *client, int64_t now)
{
    const struct writing *w = &client->writing;
    for (uint32_t i = 0; i < w->group_count; i++) {
        struct merge_group g = client_group(client, w->groups[i]);
        if (merge_due(&g, client->ready, client_group_period(client, w->groups[i]), now) > now)
            return false;
    }
    return true;
}

void client_sending_looked(struct client *client, const struct flight *flight, const uint8_t *pdu)
{
    query_words(flight->exchange.pdu, pdu, &client->writing.word);
    client->writing.looked = true;
}

static void confirmed(struct client *client, uint32_t group, int64_t now)
{
    struct item *item = &client->items[group];
    struct merge_group g = client_group(client, group);
    const struct writing *w = &client->writing;
    const uint16_t *words = w->words + (client_group_cell(client, group) - w->cell);
    bool take = merge_answered(&g, words, client->count) == MERGED_TAKE;
    uint8_t before = item->quality;
    if (!item->polled)
        item->quality = QUALITY_GOOD;
    uint32_t number = client->groups.first + group;
    mirror_arrived(client->image, &number, 1, now);
    if (take || item->quality != before || item->merge.delivery != item->delivery)
        client_tell(client, group, take, now);
    else
        client_consider(client, group, now);
}

void client_sending_answered(struct client *client, int64_t now)
{
    struct writing *w = &client->writing;
    w->active = false;
    client->bad_echoes = 0;
    client->count++;
    client_collect(client, false);
    for (uint32_t i = 0; i < w->group_count; i++)
        confirmed(client, w->groups[i], now);
    client_tell_all(client, now);
}

/* Not answered, or to be tried in another way: they keep their turn. */
void client_sending_failed(struct client *client)
{
    struct writing *w = &client->writing;
    w->active = w->looked = false;
    client->expire_at = INT64_MIN; /* what was under way could not expire */
    for (uint32_t i = w->group_count; i-- > 0;) {
        struct merge_group g = client_group(client, w->groups[i]);
        if (w->sent)
            merge_failed(&g);
        client_queue_return(client, w->groups[i]);
    }
}

/* An answer that cannot be one: once is an accident. Good polls in between must not make it look
 * like the first time each time. */
void client_sending_garbled(struct client *client, int64_t now)
{
    unsigned before = client->bad_echoes++;
    if (before > 0)
        client->write_hold = now + client_next_backoff(client, before - 1);
}

/* Exception 01. False when there is no other way. */
static bool learn(struct client *client, uint8_t function)
{
    bool bits = table_is_bits(client->writing.table);
    switch (function) {
    case 22:
        client->no_mask = true;
        return true;
    case 5:
    case 6:
        client->no_write_one[bits] = true;
        return !client->no_write_many[bits];
    case 15:
    case 16:
        client->no_write_many[bits] = true;
        return !client->no_write_one[bits];
    default:
        return false;
    }
}

/* Which one it was is seen when each goes by itself. */
static void separate(struct client *client)
{
    struct writing *w = &client->writing;
    for (uint32_t i = 0; i < w->group_count; i++)
        client->items[w->groups[i]].merge.alone = true;
}

static void refused(struct client *client, uint32_t group, uint8_t exception, int64_t now)
{
    struct merge_group g = client_group(client, group);
    client_says_refused(client, group, exception, now);
    bool take = merge_refused(&g, exception) == MERGED_TAKE;
    client->quiet[group] = false;
    client_tell(client, group, take, now);
}

static void refuse_all(struct client *client, uint8_t exception, int64_t now)
{
    struct writing *w = &client->writing;
    w->active = w->looked = false;
    for (uint32_t i = 0; i < w->group_count; i++)
        refused(client, w->groups[i], exception, now);
    client_tell_all(client, now);
}

/* Busy devices, and gateways that do not reach theirs, say nothing about the values. */
static bool is_passing(uint8_t exception)
{
    return exception == 5 || exception == 6 || exception == EXCEPTION_GATEWAY_PATH ||
           exception == EXCEPTION_GATEWAY_TARGET;
}

static int64_t pause_of(const struct client *client)
{
    int64_t least = 100 * (int64_t)NS_PER_MS, most = NS_PER_S;
    int64_t period = client->spec->period;
    return period < least ? least : period > most ? most : period;
}

void client_sending_refused(struct client *client, const struct flight *flight, uint8_t exception,
                            int64_t now)
{
    struct writing *w = &client->writing;
    client->bad_echoes = 0;
    if (is_passing(exception)) {
        client_sending_failed(client);
        client->write_hold = now + pause_of(client);
    } else if (exception == EXCEPTION_FUNCTION && learn(client, flight->exchange.pdu[0])) {
        client_sending_failed(client);
    } else if (w->group_count > 1) {
        separate(client);
        client_sending_failed(client);
    } else {
        refuse_all(client, exception, now);
    }
}

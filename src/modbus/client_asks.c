/* A script's own requests, one after the other, before everything else. Each that was taken from
 * the mailbox gets its answer as it came, or the reason why there is none. */

#include "modbus/client_inside.h"

#include <string.h>

static const char *why_not(const struct client *client)
{
    if (!client_wanted(client))
        return "the link is stopped";
    if (client->spec->line && client->spec->unit == 0)
        return "a broadcast is never answered";
    if (!client->connected || client->silent)
        return "the device is offline";
    return NULL;
}

static struct exchange *ask(struct client *client, int ticket, const uint8_t *pdu, size_t length,
                            int64_t now)
{
    struct flight *flight = client_flight(client, CARRIES_QUESTION);
    memcpy(flight->exchange.pdu, pdu, length);
    flight->ticket = ticket;
    return client_send(client, flight, length, now);
}

/* `free`: something can be sent now. While the unit is silent, a question may be what probes. */
struct exchange *client_asks_next(struct client *client, bool free, int64_t now)
{
    uint8_t pdu[MAILBOX_PDU];
    size_t length;
    int ticket;
    const char *why = why_not(client);
    if (!why && !free)
        return NULL;
    while ((ticket = mailbox_take(client->image, client->number, pdu, &length)) >= 0) {
        bool broadcast = client->spec->line && client->spec->unit == 0;
        if (free && !broadcast)
            return ask(client, ticket, pdu, length, now);
        mailbox_fail(client->image, ticket, why);
    }
    return NULL;
}

void client_asks_answered(struct client *client, const struct flight *flight, const uint8_t *pdu,
                          size_t length)
{
    mailbox_answer(client->image, flight->ticket, pdu, length);
}

void client_asks_failed(struct client *client, const struct flight *flight, const char *why)
{
    mailbox_fail(client->image, flight->ticket, why);
}

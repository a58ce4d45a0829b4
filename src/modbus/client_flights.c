/* The requests under way: at most `depth` of them, each in a place of its own. */

#include "modbus/client_inside.h"

struct flight *client_flight(struct client *client, enum carries carries)
{
    struct flight *flight = client->flights;
    while (flight->carries != CARRIES_NOTHING)
        flight++;
    flight->carries = carries;
    flight->asked = client->count;
    return flight;
}

struct exchange *client_send(struct client *client, struct flight *flight, size_t length,
                             int64_t now)
{
    struct exchange *exchange = &flight->exchange;
    exchange->client = client;
    exchange->unit = client->spec->unit;
    exchange->broadcast = client->spec->line && client->spec->unit == 0;
    exchange->length = length;
    exchange->sent = now;
    exchange->deadline = now + client->spec->timeout;
    client->under_way++;
    client->wrote_last = flight->carries == CARRIES_WRITE;
    client->asked_last = flight->carries == CARRIES_QUESTION;
    return exchange;
}

void client_release(struct client *client, struct flight *flight)
{
    flight->carries = CARRIES_NOTHING;
    client->under_way--;
}

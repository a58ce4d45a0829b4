/* Other clients in the places of those that are there, while the connection goes on. What is under
 * way keeps its id and its deadline, but nobody waits for it: what the old client had asked may be
 * another one's address by now. It is kept at all because the device is busy with it, and because
 * its id must not be given again. */

#include "modbus/caller_inside.h"

#include <stdlib.h>
#include "base/memory.h"
#include "image/plan_match.h"

struct caller_change {
    struct caller *caller;
    struct seat *seats;
    size_t seat_count;
    size_t depth; /* of all of them together */
    struct flight *flights;
};

struct caller_change *caller_prepare(struct caller *caller)
{
    struct caller_change *change = memory_zeroed(1, sizeof *change);
    change->caller = caller;
    return change;
}

size_t caller_change_add(struct caller_change *change, struct client *client)
{
    change->seats = memory_grow(change->seats, change->seat_count, sizeof *change->seats);
    change->seats[change->seat_count] =
        (struct seat){.client = client, .ask = true, .rest = INT64_MIN, .before = NO_SEAT};
    change->depth += client_spec(client)->depth;
    return change->seat_count++;
}

/* Room for what may be under way at the commit, too. */
void caller_change_seal(struct caller_change *change)
{
    size_t most = change->depth + change->caller->flight_most;
    change->flights = memory_zeroed(most, sizeof *change->flights);
}

void caller_discard(struct caller_change *change)
{
    if (!change)
        return;
    free(change->seats);
    free(change->flights);
    free(change);
}

static size_t number(const struct client *client)
{
    return (size_t)(client_spec(client) - image_plan(client_image(client))->clients);
}

static size_t seat_before(const struct caller *caller, const struct client *client,
                          const struct plan_match *match)
{
    uint32_t before = match ? match->clients[number(client)] : MATCH_NONE;
    if (before == MATCH_NONE)
        return NO_SEAT;
    for (size_t i = 0; i < caller->seat_count; i++)
        if (number(caller->seats[i].client) == before)
            return i;
    return NO_SEAT;
}

static void take_over(const struct caller *caller, struct seat *seat,
                      const struct plan_match *match, int64_t now)
{
    seat->before = seat_before(caller, seat->client, match);
    if (seat->before != NO_SEAT) {
        const struct seat *before = &caller->seats[seat->before];
        client_inherit(seat->client, before->client, match, now);
        seat->rest = before->rest;
    } else if (caller->connected) {
        client_connected(seat->client, now);
    }
}

/* The client that goes on with the device; without one, whoever speaks to the same unit now. */
static size_t guardian(const struct caller_change *change, const struct flight *flight)
{
    for (size_t i = 0; flight->seat != NO_SEAT && i < change->seat_count; i++)
        if (change->seats[i].before == flight->seat)
            return i;
    for (size_t i = 0; i < change->seat_count; i++)
        if (client_spec(change->seats[i].client)->unit == flight->unit)
            return i;
    return NO_SEAT;
}

static struct flight orphan(struct caller_change *change, const struct flight *flight)
{
    struct flight orphan = *flight;
    orphan.exchange = NULL;
    orphan.seat = guardian(change, flight);
    if (orphan.seat != NO_SEAT) {
        change->seats[orphan.seat].flights++;
        change->seats[orphan.seat].orphans++;
    }
    return orphan;
}

void caller_commit(struct caller_change *change, const struct plan_match *match, int64_t now)
{
    struct caller *caller = change->caller;
    for (size_t i = 0; i < change->seat_count; i++)
        take_over(caller, &change->seats[i], match, now);
    for (size_t i = 0; i < caller->flight_count; i++)
        change->flights[i] = orphan(change, &caller->flights[i]);
    free(caller->seats);
    free(caller->flights);
    caller->seats = change->seats;
    caller->seat_count = change->seat_count;
    caller->turn = 0;
    caller->flights = change->flights;
    caller->flight_most = change->depth + caller->flight_count;
    free(change);
}

void caller_timeouts(const struct caller *caller, int64_t *least, int64_t *most)
{
    *least = INT64_MAX;
    *most = 0;
    for (size_t i = 0; i < caller->seat_count; i++) {
        int64_t timeout = client_spec(caller->seats[i].client)->timeout;
        *least = timeout < *least ? timeout : *least;
        *most = timeout > *most ? timeout : *most;
    }
}

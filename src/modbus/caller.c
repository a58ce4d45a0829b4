/* Exchanges under way stand in the order in which they were sent, and answers mostly come in that
 * order: the search for an id is short. A client is asked for more only when it may have some (it
 * was woken, something of its own came to an end, or its moment has come), so that a gateway with
 * many units costs what is going on, not what is declared. */

#include "modbus/caller_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/duration.h"
#include "image/link.h"

/* Requests in a row without an answer, after which the connection itself is in doubt. */
enum { SILENT_MOST = 3 };

struct caller *caller_create(struct error *error)
{
    struct caller *caller = calloc(1, sizeof *caller);
    if (!caller)
        error_set(error, "not enough memory for a connection to a device");
    return caller;
}

void caller_destroy(struct caller *caller)
{
    if (!caller)
        return;
    free(caller->seats);
    free(caller->flights);
    free(caller);
}

void caller_wake(struct caller *caller, size_t client)
{
    caller->seats[client].ask = true;
}

static void clear(struct caller *caller)
{
    caller->flight_count = 0;
    for (size_t i = 0; i < caller->seat_count; i++)
        caller->seats[i].flights = caller->seats[i].orphans = 0;
    caller->in_length = caller->out_start = caller->out_length = 0;
    caller->transaction = 0;
    caller->silent = 0;
    caller->broken = false;
}

void caller_connected(struct caller *caller, int64_t now)
{
    clear(caller);
    caller->connected = true;
    caller->heard = false;
    caller->received = now;
    for (size_t i = 0; i < caller->seat_count; i++) {
        client_connected(caller->seats[i].client, now);
        caller->seats[i].ask = true;
    }
}

/* A loss that hit no request, or a connection that could not be made, is an error of the link, too:
 * last_error says it. */
static void count_loss(struct seat *seat, const char *why)
{
    struct image *image = client_image(seat->client);
    size_t link = (size_t)(client_spec(seat->client) - image_plan(image)->clients);
    if (!seat->lost && client_wanted(seat->client))
        link_error(image, link, why);
    seat->lost = false;
}

void caller_lost(struct caller *caller, const char *why, int64_t retry, int64_t now)
{
    for (size_t i = 0; i < caller->flight_count; i++) {
        struct exchange *exchange = caller->flights[i].exchange;
        if (!exchange)
            continue;
        client_failed(exchange->client, exchange, FAILURE_LOST, why, now);
        caller->seats[caller->flights[i].seat].lost = true;
    }
    clear(caller);
    caller->connected = false;
    for (size_t i = 0; i < caller->seat_count; i++) {
        count_loss(&caller->seats[i], why);
        client_disconnected(caller->seats[i].client, why, retry, now);
        caller->seats[i].ask = true;
    }
}

bool caller_heard(const struct caller *caller)
{
    return caller->heard;
}

bool caller_wanted(const struct caller *caller)
{
    for (size_t i = 0; i < caller->seat_count; i++)
        if (client_wanted(caller->seats[i].client))
            return true;
    return false;
}

static void leave_seat(struct seat *seat, const struct flight *flight, int64_t now)
{
    seat->flights--;
    seat->ask = true;
    if (flight->exchange)
        return;
    seat->orphans--;
    seat->rest = now + client_spec(seat->client)->delay;
}

struct flight caller_take_flight(struct caller *caller, size_t at, int64_t now)
{
    struct flight flight = caller->flights[at];
    caller->flight_count--;
    memmove(caller->flights + at, caller->flights + at + 1,
            (caller->flight_count - at) * sizeof *caller->flights);
    if (flight.seat != NO_SEAT)
        leave_seat(&caller->seats[flight.seat], &flight, now);
    return flight;
}

bool caller_find_flight(const struct caller *caller, uint16_t transaction, size_t *at)
{
    for (size_t i = 0; i < caller->flight_count; i++)
        if (caller->flights[i].transaction == transaction) {
            *at = i;
            return true;
        }
    return false;
}

/* Counts only requests since which nothing at all came: otherwise the peer is there, if not the
 * unit behind it. */
static void note_silence(struct caller *caller, const struct flight *flight)
{
    if (flight->sent < caller->received)
        return;
    if (caller->silent++ == 0)
        caller->silent_since = flight->sent;
}

static void timed_out(struct caller *caller, size_t at, int64_t now)
{
    char text[32], why[64];
    struct flight flight = caller_take_flight(caller, at, now);
    note_silence(caller, &flight);
    if (!flight.exchange)
        return;
    duration_format(flight.deadline - flight.sent, text, sizeof text);
    snprintf(why, sizeof why, "no answer within %s", text);
    client_failed(flight.exchange->client, flight.exchange, FAILURE_TIMEOUT, why, now);
}

static void time_out(struct caller *caller, int64_t now)
{
    for (size_t i = 0; i < caller->flight_count;) {
        if (caller->flights[i].deadline <= now)
            timed_out(caller, i, now);
        else
            i++;
    }
}

static bool has_room(const struct caller *caller)
{
    return caller->connected && caller->flight_count < caller->flight_most &&
           CALLER_OUT - (caller->out_length - caller->out_start) >= MBAP_MAX;
}

/* Moves what is unsent to the front when only that makes room; rare, after a partial send. */
static void close_up(struct caller *caller)
{
    if (CALLER_OUT - caller->out_length >= MBAP_MAX)
        return;
    caller->out_length -= caller->out_start;
    memmove(caller->out, caller->out + caller->out_start, caller->out_length);
    caller->out_start = 0;
}

static uint16_t next_transaction(struct caller *caller)
{
    size_t at;
    do
        caller->transaction++;
    while (caller_find_flight(caller, caller->transaction, &at));
    return caller->transaction;
}

static void launch(struct caller *caller, size_t seat, struct exchange *exchange, int64_t now)
{
    close_up(caller);
    uint8_t *frame = caller->out + caller->out_length;
    uint16_t transaction = next_transaction(caller);
    exchange->transaction = transaction;
    exchange->sent = now;
    exchange->deadline = now + client_spec(exchange->client)->timeout;
    memcpy(frame + MBAP_HEADER, exchange->pdu, exchange->length);
    caller->out_length += mbap_write(frame, transaction, exchange->unit, exchange->length);
    caller->flights[caller->flight_count++] =
        (struct flight){exchange, seat, transaction, exchange->unit, now, exchange->deadline};
    caller->seats[seat].flights++;
}

/* Its device is still busy with what the client before it had asked. The client knows nothing of
 * these, so it is not asked; only its values grow old. */
static bool is_held(const struct seat *seat, int64_t now)
{
    return now < seat->rest ||
           (seat->orphans > 0 && seat->flights >= client_spec(seat->client)->depth);
}

/* One exchange from the client whose turn it is; false when it has none. */
static bool serve(struct caller *caller, int64_t now)
{
    struct seat *seat = &caller->seats[caller->turn];
    if (caller->connected && is_held(seat, now)) {
        client_pass(seat->client, now);
        return false;
    }
    if (!seat->ask && client_due(seat->client) > now)
        return false;
    struct exchange *exchange = client_next(seat->client, now);
    seat->ask = exchange != NULL;
    if (exchange && caller->connected)
        launch(caller, caller->turn, exchange, now);
    else if (exchange)
        client_failed(seat->client, exchange, FAILURE_LOST, "not connected", now);
    return exchange && caller->connected;
}

/* Round and round, until a whole round has brought nothing. Whoever found no room is first the next
 * time. Without a connection each is still asked once: its values grow old meanwhile. */
static void take(struct caller *caller, int64_t now)
{
    size_t idle = 0;
    while (idle < caller->seat_count && (has_room(caller) || !caller->connected)) {
        idle = serve(caller, now) ? 0 : idle + 1;
        caller->turn = (caller->turn + 1) % caller->seat_count;
    }
}

static const char *silence(struct caller *caller, int64_t now)
{
    char text[32];
    int64_t span = now - caller->silent_since;
    span -= span % (span < NS_PER_S ? NS_PER_MS : NS_PER_S / 10);
    duration_format(span, text, sizeof text);
    snprintf(caller->why, sizeof caller->why, "no answer for %s", text);
    return caller->why;
}

const char *caller_run(struct caller *caller, int64_t now)
{
    if (caller->broken)
        return "it sent an answer with an impossible length";
    time_out(caller, now);
    if (caller->silent >= SILENT_MOST)
        return silence(caller, now);
    take(caller, now);
    return NULL;
}

bool caller_waits(const struct caller *caller)
{
    return caller->flight_count > 0;
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* What an orphan holds up goes on after the orphan's own deadline, or its answer. */
static int64_t seat_due(const struct caller *caller, const struct seat *seat)
{
    int64_t due = seat->ask ? INT64_MIN : client_due(seat->client);
    if (!caller->connected)
        return due;
    if (is_held(seat, INT64_MAX))
        return client_pass_due(seat->client);
    return due < seat->rest ? sooner(seat->rest, client_pass_due(seat->client)) : due;
}

/* While there is no room no client is asked, and so none is due either. */
int64_t caller_due(const struct caller *caller)
{
    int64_t due = INT64_MAX;
    for (size_t i = 0; i < caller->flight_count; i++)
        due = sooner(due, caller->flights[i].deadline);
    if (caller->connected && !has_room(caller))
        return due;
    for (size_t i = 0; i < caller->seat_count; i++)
        due = sooner(due, seat_due(caller, &caller->seats[i]));
    return due;
}

size_t caller_pending(const struct caller *caller, const uint8_t **where)
{
    *where = caller->out + caller->out_start;
    return caller->out_length - caller->out_start;
}

void caller_sent(struct caller *caller, size_t length)
{
    caller->out_start += length;
    if (caller->out_start == caller->out_length)
        caller->out_start = caller->out_length = 0;
}

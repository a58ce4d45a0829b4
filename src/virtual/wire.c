/* Each client has a seat with what it has under way. A seat is run when its client was woken, when
 * an answer is due, or when the client's own moment has come. */

#include "virtual/wire.h"

#include "base/memory.h"
#include "image/link.h"
#include "image/plan_match.h"
#include "modbus/client.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const char GONE[] = "the simulated device is offline";

struct flight {
    struct exchange *exchange;
    int64_t at; /* when it ends */
    enum { ANSWER, SILENCE } end;
    size_t length;
    uint8_t answer[PDU_MAX];
};

struct seat {
    const struct wire *wire;
    struct client *client;
    struct device *device;
    struct image *image;
    size_t link;
    bool connected;
    atomic_bool woken;
    unsigned attempt; /* to connect, since the connection was lost */
    int64_t retry;    /* when the next one is made */
    size_t flight_count;
    struct flight flights[DEPTH_MOST];
};

struct wire {
    struct image *image;
    size_t count;
    struct seat *seats;
    void (*ring)(void *context); /* or NULL */
    void *context;
};

/* From any thread. */
static void wake(void *context)
{
    struct seat *seat = context;
    if (!atomic_exchange(&seat->woken, true) && seat->wire->ring)
        seat->wire->ring(seat->wire->context);
}

static bool sit_down(struct seat *seat, struct image *image, uint32_t number, int64_t now,
                     struct error *error)
{
    seat->image = image;
    seat->link = number;
    seat->woken = true;
    seat->retry = now;
    seat->device = device_create(image_plan(image), number, now, error);
    seat->client = seat->device ? client_create(image, number, now, error) : NULL;
    if (seat->client)
        link_attach(image, number, wake, seat);
    return seat->client != NULL;
}

struct wire *wire_create(struct image *image, int64_t now, struct error *error)
{
    struct wire *wire = memory_zeroed(1, sizeof *wire);
    const struct plan *plan = image_plan(image);
    wire->image = image;
    wire->seats = memory_zeroed(plan->client_count + 1, sizeof *wire->seats);
    for (uint32_t i = 0; i < plan->client_count; i++) {
        wire->count++;
        wire->seats[i].wire = wire;
        if (sit_down(&wire->seats[i], image, i, now, error))
            continue;
        wire_destroy(wire);
        return NULL;
    }
    return wire;
}

void wire_destroy(struct wire *wire)
{
    if (!wire)
        return;
    for (size_t i = 0; i < wire->count; i++) {
        link_attach(wire->image, i, NULL, NULL);
        client_destroy(wire->seats[i].client);
        device_destroy(wire->seats[i].device);
    }
    free(wire->seats);
    free(wire);
}

void wire_attach(struct wire *wire, void (*ring)(void *context), void *context)
{
    wire->ring = ring;
    wire->context = context;
    ring(context);
}

void wire_keep_devices(struct wire *wire, struct wire *before, const struct plan_match *match,
                       int64_t now)
{
    for (size_t i = 0; i < wire->count; i++)
        if (match->clients[i] != MATCH_NONE)
            device_inherit(wire->seats[i].device, before->seats[match->clients[i]].device, now);
}

/* A write that was under way is in doubt, as over any other connection. */
static void take_seat(struct seat *seat, struct seat *before, const struct plan_match *match,
                      int64_t now)
{
    seat->connected = before->connected;
    seat->attempt = before->attempt;
    seat->retry = before->retry;
    client_inherit(seat->client, before->client, match, now);
    before->flight_count = 0;
}

void wire_inherit(struct wire *wire, struct wire *before, const struct plan_match *match,
                  int64_t now)
{
    wire_keep_devices(wire, before, match, now);
    for (size_t i = 0; i < wire->count; i++)
        if (match->clients[i] != MATCH_NONE)
            take_seat(&wire->seats[i], &before->seats[match->clients[i]], match, now);
}

struct device *wire_device(struct wire *wire, uint32_t client)
{
    return wire->seats[client].device;
}

/* ---- the connection ---- */

static void lose(struct seat *seat, int64_t now)
{
    for (size_t i = 0; i < seat->flight_count; i++)
        client_failed(seat->client, seat->flights[i].exchange, FAILURE_LOST, GONE, now);
    if (!seat->flight_count && client_wanted(seat->client))
        link_error(seat->image, seat->link, GONE);
    seat->flight_count = 0;
    seat->connected = false;
    seat->retry = now + client_backoff(seat->attempt++, 0);
    client_disconnected(seat->client, GONE, seat->retry, now);
}

static void connect_or_lose(struct seat *seat, int64_t now)
{
    bool offline = device_manners(seat->device)->offline;
    if (seat->connected ? !offline : now < seat->retry)
        return;
    if (offline) {
        lose(seat, now);
        return;
    }
    seat->connected = true;
    seat->attempt = 0;
    client_connected(seat->client, now);
}

/* ---- requests ---- */

/* An answer to something else: another function code. */
static void spoil(struct flight *flight)
{
    flight->answer[0] = (uint8_t)(flight->answer[0] == 3 ? 4 : 3);
}

static void send_off(struct seat *seat, struct exchange *exchange, int64_t now)
{
    const struct device_manners *manners = device_manners(seat->device);
    struct flight *flight = &seat->flights[seat->flight_count++];
    exchange->sent = now;
    exchange->deadline = now + client_spec(seat->client)->timeout;
    flight->exchange = exchange;
    flight->length =
        device_answer(seat->device, exchange->pdu, exchange->length, flight->answer, now);
    flight->at = now + manners->delay;
    flight->end = ANSWER;
    if (manners->wrong)
        spoil(flight);
    if (exchange->broadcast) {
        flight->length = 0;
        flight->at = now;
    } else if (manners->silent || flight->at > exchange->deadline) {
        flight->at = exchange->deadline;
        flight->end = SILENCE;
    }
}

static void land(struct seat *seat, size_t at, int64_t now)
{
    struct flight flight = seat->flights[at];
    seat->flight_count--;
    memmove(seat->flights + at, seat->flights + at + 1,
            (seat->flight_count - at) * sizeof *seat->flights);
    seat->woken = true;
    if (flight.end == SILENCE)
        client_failed(seat->client, flight.exchange, FAILURE_TIMEOUT, "no answer in time", now);
    else
        client_answered(seat->client, flight.exchange, flight.answer, flight.length, now);
}

static void land_due(struct seat *seat, int64_t now)
{
    for (size_t i = 0; i < seat->flight_count;) {
        if (seat->flights[i].at <= now)
            land(seat, i, now);
        else
            i++;
    }
}

/* Without a connection the client is asked all the same: its values grow old meanwhile. */
static void ask(struct seat *seat, int64_t now)
{
    struct exchange *exchange;
    seat->woken = false;
    while (seat->flight_count < DEPTH_MOST && (exchange = client_next(seat->client, now))) {
        if (seat->connected) {
            send_off(seat, exchange, now);
            continue;
        }
        client_failed(seat->client, exchange, FAILURE_LOST, "not connected", now);
        return;
    }
}

static void run_seat(struct seat *seat, int64_t now)
{
    connect_or_lose(seat, now);
    land_due(seat, now);
    if (seat->woken || client_due(seat->client) <= now)
        ask(seat, now);
}

void wire_run(struct wire *wire, int64_t now)
{
    for (size_t i = 0; i < wire->count; i++)
        run_seat(&wire->seats[i], now);
}

/* ---- time ---- */

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t seat_due(const struct seat *seat)
{
    int64_t due = seat->woken ? INT64_MIN : client_due(seat->client);
    if (!seat->connected || device_manners(seat->device)->offline)
        due = sooner(due, seat->connected ? INT64_MIN : seat->retry);
    for (size_t i = 0; i < seat->flight_count; i++)
        due = sooner(due, seat->flights[i].at);
    return due;
}

int64_t wire_due(const struct wire *wire)
{
    int64_t due = INT64_MAX;
    for (size_t i = 0; i < wire->count; i++)
        due = sooner(due, seat_due(&wire->seats[i]));
    return due;
}

/* The line is in one of five states. Waiting for an answer, it takes what came through rtu_answer;
 * in every other state what comes is thrown away, and the next request waits until the line is
 * quiet. The clients decide what is due; here is only whose turn it is. */

#include "modbus/line_client.h"
#include <stdlib.h>
#include "base/clock.h"
#include "modbus/rtu.h"
#include "modbus/serial.h"

/* A frame ends at 3.5 characters of silence, but USB adapters deliver in chunks up to 16 ms apart:
 * so much later is soon enough to give up on a frame. */
static const int64_t SILENCE = 30 * (int64_t)NS_PER_MS;
static const int64_t TURNAROUND = 100 * (int64_t)NS_PER_MS; /* Serial Line V1.02, 2.4.1 */
static const int64_t NOISE = NS_PER_S; /* somebody who never stops does not stop us for ever */

enum state {
    CLOSED,
    IDLE,
    WAITS,     /* for the answer */
    BROADCAST, /* nobody answers, all need time to carry it out */
    QUIET      /* after a timeout: a late answer may still come */
};

struct line_client {
    const struct line_spec *line;
    struct client **clients;
    size_t count, turn; /* whose turn it is */
    enum state state;
    struct exchange *exchange;   /* in WAITS and BROADCAST */
    int64_t timeout, delay;      /* of its client */
    struct exchange orphan;      /* of a program that is gone; its client is NULL */
    int64_t gap, silence, whole; /* 3.5 characters; end of a frame for sure; longest frame */
    int64_t until; /* WAITS: deadline; BROADCAST, QUIET: their end; IDLE: no sending before */
    int64_t heard; /* when the last byte came */
    int64_t noise; /* IDLE: when the bytes began that nobody asked for; 0: none */
    bool anything; /* WAITS: something came */
    bool ended;    /* WAITS: what came was looked at as ended by silence */
    bool looked;   /* IDLE: all clients were asked, and want nothing before client_due */
    struct rtu_input input;
};

struct line_client *line_client_create(const struct line_spec *line, struct error *error)
{
    struct line_client *made = calloc(1, sizeof *made);
    if (!made) {
        error_set(error, "not enough memory for the clients of %s", line->name);
        return NULL;
    }
    made->line = line;
    made->gap = rtu_gap(line->baud, serial_bits(line));
    made->silence = made->gap > SILENCE ? made->gap : SILENCE;
    made->whole = serial_time(line, RTU_MAX);
    return made;
}

void line_client_destroy(struct line_client *line)
{
    if (!line)
        return;
    free(line->clients);
    free(line);
}

bool line_client_add(struct line_client *line, struct client *client, struct error *error)
{
    struct client **clients = realloc(line->clients, (line->count + 1) * sizeof *clients);
    if (!clients)
        return error_set(error, "not enough memory for the clients of %s", line->line->name);
    line->clients = clients;
    clients[line->count++] = client;
    return true;
}

/* Into a state in which nothing is under way. */
static void rest(struct line_client *line, enum state state, int64_t until)
{
    line->state = state;
    line->until = until;
    line->exchange = NULL;
    line->noise = 0;
    line->looked = false;
}

static void fail(struct exchange *exchange, enum failure failure, const char *why, int64_t now)
{
    if (exchange && exchange->client)
        client_failed(exchange->client, exchange, failure, why, now);
}

bool line_client_is_open(const struct line_client *line)
{
    return line->state != CLOSED;
}

void line_client_abandon(struct line_client *line, const char *why, int64_t now)
{
    struct exchange *exchange = line->exchange;
    rest(line, CLOSED, 0);
    fail(exchange, FAILURE_LOST, why, now);
}

void line_client_inherit(struct line_client *line, struct line_client *before, int64_t now)
{
    line->state = before->state;
    line->until = before->until;
    line->heard = before->heard;
    line->noise = before->noise;
    line->anything = before->anything;
    line->ended = before->ended;
    line->input = before->input;
    line->timeout = before->timeout;
    line->delay = before->delay;
    line->turn = before->turn % line->count;
    if (before->exchange) {
        line->orphan = *before->exchange;
        line->orphan.client = NULL;
        line->exchange = &line->orphan;
    }
    line_client_abandon(before, "another program has taken over", now);
}

void line_client_opened(struct line_client *line, int64_t now)
{
    rest(line, IDLE, now + line->gap);
    for (size_t i = 0; i < line->count; i++)
        client_connected(line->clients[i], now);
}

void line_client_lost(struct line_client *line, const char *why, int64_t retry, int64_t now)
{
    struct exchange *exchange = line->exchange;
    rest(line, CLOSED, 0);
    fail(exchange, FAILURE_LOST, why, now);
    for (size_t i = 0; i < line->count; i++)
        client_disconnected(line->clients[i], why, retry, now);
}

static void received_unasked(struct line_client *line, int64_t now)
{
    if (!line->noise)
        line->noise = now;
    if (now + line->gap <= line->noise + NOISE && now + line->gap > line->until)
        line->until = now + line->gap;
}

void line_client_received(struct line_client *line, const uint8_t *bytes, size_t length,
                          int64_t now)
{
    if (!length)
        return;
    line->heard = now;
    if (line->state == IDLE)
        received_unasked(line, now);
    if (line->state != WAITS)
        return;
    rtu_received(&line->input, bytes, length);
    line->anything = true;
    line->ended = false;
}

/* ---- waiting for an answer ---- */

/* The timeout is for the answer to begin; one that is coming in at the deadline may end. */
static int64_t last_moment(const struct line_client *line)
{
    if (!line->anything || line->heard + line->silence <= line->until)
        return line->until;
    int64_t most = line->until + line->whole;
    return line->heard + line->silence < most ? line->heard + line->silence : most;
}

static bool take_answer(struct line_client *line, int64_t now)
{
    struct exchange *exchange = line->exchange;
    struct rtu_frame frame;
    bool silent = now - line->heard >= line->silence;
    line->ended = silent;
    if (!rtu_answer(&line->input, silent, exchange->unit, exchange->pdu, exchange->length, &frame))
        return false;
    if (exchange->client) {
        rest(line, IDLE, line->heard + line->gap);
        client_answered(exchange->client, exchange, frame.pdu, frame.length, now);
    } else { /* the delay is not kept by its client */
        rest(line, IDLE, line->heard + (line->delay > line->gap ? line->delay : line->gap));
    }
    return true;
}

static void time_out(struct line_client *line, int64_t now)
{
    struct exchange *exchange = line->exchange;
    const char *why =
        line->anything ? "what came was no answer (a wrong CRC, or of another unit)" : "no answer";
    rest(line, QUIET, now + line->timeout);
    fail(exchange, FAILURE_TIMEOUT, why, now);
}

static void wait_for_answer(struct line_client *line, int64_t now)
{
    if (line->anything && take_answer(line, now))
        return;
    if (now >= last_moment(line))
        time_out(line, now);
}

static void end_broadcast(struct line_client *line, int64_t now)
{
    struct exchange *exchange = line->exchange;
    rest(line, IDLE, now);
    if (exchange->client)
        client_answered(exchange->client, exchange, NULL, 0, now);
}

/* ---- sending ---- */

static void start(struct line_client *line, struct exchange *exchange, int64_t now)
{
    /* unit, PDU and CRC */
    int64_t sent = now + serial_time(line->line, exchange->length + 3);
    line->exchange = exchange;
    line->state = exchange->broadcast ? BROADCAST : WAITS;
    line->timeout = client_spec(exchange->client)->timeout;
    line->delay = client_spec(exchange->client)->delay;
    line->until = sent + (exchange->broadcast ? TURNAROUND : line->timeout);
    line->input.length = 0;
    line->anything = line->ended = false;
    exchange->sent = now;
    exchange->deadline = line->until;
}

/* The next client in turn that has something to send; each is asked at most once. */
static struct exchange *ask(struct line_client *line, int64_t now)
{
    for (size_t i = 0; i < line->count; i++) {
        struct client *client = line->clients[line->turn];
        line->turn = (line->turn + 1) % line->count;
        struct exchange *exchange = client_next(client, now);
        if (exchange)
            return exchange;
    }
    line->looked = true;
    return NULL;
}

/* Without the port nothing is sent; clients still grow stale and give up what has waited. */
static void ask_closed(struct line_client *line, int64_t now)
{
    for (size_t i = 0; i < line->count; i++) {
        struct client *client = line->clients[i];
        struct exchange *exchange = client_next(client, now);
        if (exchange)
            client_failed(client, exchange, FAILURE_LOST, "the port is not open", now);
    }
    line->looked = true;
}

const struct exchange *line_client_run(struct line_client *line, int64_t now)
{
    line->looked = false;
    for (size_t i = 0; i < line->count; i++)
        client_pass(line->clients[i], now); /* by the clock, not when their turn comes */
    if (line->state == WAITS)
        wait_for_answer(line, now);
    else if (line->state == BROADCAST && now >= line->until)
        end_broadcast(line, now);
    else if (line->state == QUIET && now >= line->until)
        /* still chattering: 3.5 characters of silence first */
        rest(line, IDLE, line->heard + line->gap);
    else if (line->state == CLOSED)
        ask_closed(line, now);
    if (line->state != IDLE || now < line->until)
        return NULL;
    struct exchange *exchange = ask(line, now);
    if (exchange)
        start(line, exchange, now);
    return exchange;
}

/* ---- when to run again ---- */

static int64_t clients_due(const struct line_client *line)
{
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < line->count; i++) {
        int64_t due = client_due(line->clients[i]);
        least = due < least ? due : least;
    }
    return least;
}

static int64_t own_due(const struct line_client *line)
{
    int64_t due, end;
    switch (line->state) {
    case WAITS:
        end = last_moment(line);
        due = line->heard + line->silence;
        return line->anything && !line->ended && due < end ? due : end;
    case BROADCAST:
    case QUIET:
        return line->until;
    case IDLE:
    case CLOSED:
        if (!line->looked)
            return line->until;
        due = clients_due(line);
        return due > line->until ? due : line->until;
    }
    return INT64_MAX;
}

int64_t line_client_due(const struct line_client *line)
{
    int64_t least = own_due(line);
    for (size_t i = 0; i < line->count; i++) {
        int64_t due = client_pass_due(line->clients[i]);
        least = due < least ? due : least;
    }
    return least;
}

#pragma once
/* A serial line in virtual time, and clients on it that only record: they stand in for client.c, so
 * that a test says what is due and sees what became of it. For one test alone: the functions of
 * client.h are defined here. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "modbus/line_client.h"
#include "modbus/rtu.h"
#include "modbus/serial.h"

/* ---- clients that record: these stand in for client.c ---- */

struct client {
    struct client_spec spec;
    struct exchange exchange;
    int64_t due, period; /* when it wants to send, and how often */
    int64_t told;        /* due, as it was when it was last asked: only a wake brings news */
    int64_t backoff;     /* after a failure */
    int64_t pass_at;     /* when time alone brings it something */
    int passed;
    bool under_way, connected;
    int asked, answered, failed, lost;
    uint8_t answer[PDU_MAX];
    size_t length;
    enum failure failure;
    char why[128];
};

void client_connected(struct client *client, int64_t now)
{
    client->connected = now >= 0;
}

void client_disconnected(struct client *client, const char *why, int64_t retry, int64_t now)
{
    assert_false(client->under_way); /* failed before */
    assert_true(retry > now);
    client->connected = false;
    client->lost++;
    snprintf(client->why, sizeof client->why, "%s", why);
}

const struct client_spec *client_spec(const struct client *client)
{
    return &client->spec;
}

struct exchange *client_next(struct client *client, int64_t now)
{
    client->asked++;
    client->told = client->due;
    if (!client->connected || client->under_way || now < client->due)
        return NULL;
    client->under_way = true;
    client->told = client->due = client->period ? now + client->period : INT64_MAX;
    return &client->exchange;
}

int64_t client_due(const struct client *client)
{
    return client->connected ? client->told : INT64_MAX;
}

/* What time alone brings it: the test sets when. */
void client_pass(struct client *client, int64_t now)
{
    if (now < client->pass_at)
        return;
    client->passed++;
    client->pass_at = INT64_MAX;
}

int64_t client_pass_due(const struct client *client)
{
    return client->pass_at;
}

void client_answered(struct client *client, struct exchange *exchange, const uint8_t *pdu,
                     size_t length, int64_t now)
{
    (void)now;
    assert_ptr_equal(exchange, &client->exchange);
    assert_true(client->under_way);
    client->under_way = false;
    client->answered++;
    client->length = length;
    if (length)
        memcpy(client->answer, pdu, length);
}

void client_failed(struct client *client, struct exchange *exchange, enum failure failure,
                   const char *why, int64_t now)
{
    assert_ptr_equal(exchange, &client->exchange);
    assert_true(client->under_way);
    client->under_way = false;
    client->failed++;
    client->failure = failure;
    if (client->backoff)
        client->due = now + client->backoff;
    snprintf(client->why, sizeof client->why, "%s", why);
}

/* ---- the bed: a line at 9600 baud, 8E1, with units 1, 2 and 3 ---- */

enum { UNITS = 3, GAP = 4010417 }; /* 3.5 characters of 11 bits, in ns */

static const int64_t TIMEOUT = 500 * (int64_t)NS_PER_MS;
static const int64_t SILENCE = 30 * (int64_t)NS_PER_MS;
static const uint8_t READ[] = {3, 0, 0, 0, 1};

struct bed {
    struct line_spec spec;
    struct line_client *line;
    struct client clients[UNITS];
    int64_t now;
};

static inline int setup(void **state)
{
    struct bed *bed = test_calloc(1, sizeof *bed);
    struct error error;
    bed->spec = (struct line_spec){.name = "bed", .baud = 9600, .parity = 'E', .stop_bits = 1};
    bed->line = line_client_create(&bed->spec, &error);
    assert_non_null(bed->line);
    for (uint8_t i = 0; i < UNITS; i++) {
        struct client *client = &bed->clients[i];
        client->spec = (struct client_spec){.line = &bed->spec, .timeout = TIMEOUT};
        client->due = client->told = client->pass_at = INT64_MAX;
        client->exchange =
            (struct exchange){.client = client, .unit = (uint8_t)(i + 1), .length = sizeof READ};
        memcpy(client->exchange.pdu, READ, sizeof READ);
        assert_true(line_client_add(bed->line, client, &error));
    }
    bed->now = NS_PER_S;
    line_client_opened(bed->line, bed->now);
    *state = bed;
    return 0;
}

static inline int teardown(void **state)
{
    struct bed *bed = *state;
    line_client_destroy(bed->line);
    test_free(bed);
    return 0;
}

/* Runs the line whenever it wants to, until it sends something or `limit` has come. */
static inline const struct exchange *run_until(struct bed *bed, int64_t limit)
{
    for (int turns = 0; turns < 10000; turns++) {
        const struct exchange *exchange = line_client_run(bed->line, bed->now);
        if (exchange)
            return exchange;
        int64_t due = line_client_due(bed->line);
        if (due > limit) {
            bed->now = limit;
            return NULL;
        }
        assert_true(due > bed->now);
        bed->now = due;
    }
    fail_msg("the line spins");
    return NULL;
}

/* The next request, which is from this client. */
static inline void expect_request(struct bed *bed, int client)
{
    assert_ptr_equal(run_until(bed, bed->now + 3600 * (int64_t)NS_PER_S),
                     &bed->clients[client].exchange);
}

/* The client has something to send, and it is its turn. */
static inline void ask(struct bed *bed, int client)
{
    bed->clients[client].due = 0;
    expect_request(bed, client);
}

static inline void receive(struct bed *bed, const uint8_t *bytes, size_t length)
{
    line_client_received(bed->line, bytes, length, bed->now);
    assert_null(line_client_run(bed->line, bed->now));
}

enum { WORD_ANSWER = 4 }; /* the length of its PDU */

/* An answer of one word; the frame's length. */
static inline size_t frame_word(uint8_t frame[RTU_MAX], uint8_t unit, uint8_t word)
{
    const uint8_t pdu[WORD_ANSWER] = {3, 2, 0, word};
    return rtu_write(frame, unit, pdu, sizeof pdu);
}

static inline void answer_word(struct bed *bed, uint8_t unit, uint8_t word)
{
    uint8_t frame[RTU_MAX];
    receive(bed, frame, frame_word(frame, unit, word));
}

/* An answer that its client takes for his. */
static inline void answer_well(struct bed *bed, int client, uint8_t word)
{
    answer_word(bed, (uint8_t)(client + 1), word);
    assert_int_equal(bed->clients[client].answer[3], word);
}

static inline int64_t sent_after(const struct bed *bed, size_t pdu_length)
{
    return serial_time(&bed->spec, pdu_length + 3);
}

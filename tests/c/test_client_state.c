/* Proves what a client takes for silence (timeouts, and a gateway's word that its unit does not
 * answer), how it waits then, over TCP and on a serial line, what it does with answers that cannot
 * be any, and that a broadcast is written and never waited for. */

#include "client_bed.h"

static void declare(struct client_bed *cb)
{
    bed_declare(&cb->bed, WORD("A", 0, .path = "plc.A"));
    bed_declare(&cb->bed, WORD("OUT", 3, .path = "plc.OUT", .direction = DIRECTION_OUT));
}

static void use_line(struct client_bed *cb, uint8_t unit)
{
    struct error error;
    struct line_spec line = {.where = "t.lua:1",
                             .name = "/dev/ttyS0",
                             .device = "/dev/ttyS0",
                             .baud = 9600,
                             .parity = 'E',
                             .stop_bits = 1};
    int index = plan_line(cb->bed.plan, &line, &error);
    if (index < 0)
        fail_msg("%s", error.text);
    cb->spec.line = cb->bed.plan->lines[index];
    cb->spec.unit = unit;
    cb->spec.host = NULL;
    cb->spec.port = 0;
}

/* 0A and 0B come from a gateway whose unit is gone: the unit is silent, the gateway is not. */
static void gateway_says_silent(struct client_bed *cb, uint8_t exception)
{
    declare(cb);
    client_bed_online(cb);
    cb->device.refuse_low = 0;
    cb->device.refuse_high = DEVICE_WORDS;
    cb->device.refuse_with = exception;
    unsigned before = cb->device.carried_out;
    script_write(cb, "A", 7);
    client_bed_run(cb, 3000 * (int64_t)MS);
    assert_false(client_bed_status(cb).online);
    assert_false(client_silent(cb->client)); /* the way to it is heard */
    assert_int_equal(script_mark(cb, "A")->quality, QUALITY_STALE);
    assert_int_equal(script_mark(cb, "A")->delivery, DELIVERY_PENDING); /* not refused */
    client_bed_run(cb, 60000 * (int64_t)MS);
    assert_in_range(cb->device.carried_out - before, 4, 12); /* 0.5, 1, 2, 4 … 30 s */
    cb->device.refuse_low = -1;
    client_bed_run(cb, 31000 * (int64_t)MS);
    assert_true(client_bed_status(cb).online);
    assert_int_equal(script_mark(cb, "A")->quality, QUALITY_GOOD);
}

static void exception_0A_is_silence(void **state)
{
    gateway_says_silent(*state, EXCEPTION_GATEWAY_PATH);
}

static void exception_0B_is_silence(void **state)
{
    gateway_says_silent(*state, EXCEPTION_GATEWAY_TARGET);
}

/* Any other exception is an answer: the unit is there. When that is all it says until everything is
 * stale, it is of no use to anybody. */
static void other_exceptions_are_answers(void **state)
{
    struct client_bed *cb = *state;
    declare(cb);
    client_bed_online(cb);
    cb->device.refuse_low = 0;
    cb->device.refuse_high = DEVICE_WORDS;
    cb->device.refuse_with = 4;
    client_bed_run(cb, 1000 * (int64_t)MS);
    assert_true(client_bed_status(cb).online);
    client_bed_run(cb, 2000 * (int64_t)MS);
    assert_false(client_bed_status(cb).online);
    assert_true(client_bed_status(cb).errors > 20);
    assert_int_equal(script_mark(cb, "A")->quality, QUALITY_STALE);
    cb->device.refuse_low = -1;
    client_bed_run(cb, 200 * (int64_t)MS);
    assert_true(client_bed_status(cb).online);
    assert_int_equal(script_mark(cb, "A")->quality, QUALITY_GOOD);
}

/* … also from the beginning, and when each answer is wrong. */
static void who_never_answers_well_is_not_online(void **state)
{
    struct client_bed *cb = *state;
    struct exchange *exchange;
    declare(cb);
    client_bed_ready(cb);
    client_bed_connect(cb);
    unsigned asked = 0;
    for (int64_t end = cb->now + 10000 * (int64_t)MS; cb->now < end; cb->now += MS)
        for (; (exchange = client_next(cb->client, cb->now)) != NULL; asked++) {
            static const uint8_t wrong[] = {0x55, 1, 2}, broken[] = {0x83, 4};
            bool first = asked % 2;
            client_answered(cb->client, exchange, first ? wrong : broken, first ? 3 : 2, cb->now);
        }
    assert_in_range(asked, 50, 250);
    assert_false(client_bed_status(cb).online);
    client_bed_run(cb, 300 * MS);
    assert_true(client_bed_status(cb).online);
}

/* What the device does not have says nothing against it. */
static void who_has_nothing_is_online(void **state)
{
    struct client_bed *cb = *state;
    declare(cb);
    cb->device.refuse_low = 0;
    cb->device.refuse_high = DEVICE_WORDS;
    cb->device.refuse_with = 2;
    client_bed_online(cb);
    client_bed_run(cb, 60000 * (int64_t)MS);
    assert_true(client_bed_status(cb).online);
    assert_false(client_bed_status(cb).complete);
}

/* Good polls in between do not make each wrong echo the first. */
static void a_wrong_echo_is_not_repeated_without_end(void **state)
{
    struct client_bed *cb = *state;
    struct exchange *exchange;
    declare(cb);
    client_bed_online(cb);
    script_write(cb, "OUT", 7);
    unsigned writes = 0;
    for (int64_t end = cb->now + 20000 * (int64_t)MS; cb->now < end; cb->now += MS)
        while ((exchange = client_next(cb->client, cb->now)) != NULL) {
            static const uint8_t wrong[] = {6, 9, 9, 9, 9};
            uint8_t answer[PDU_MAX];
            struct pdu_target target = {.image = cb->device.image};
            size_t length = pdu_answer(&target, exchange->pdu, exchange->length, answer, cb->now);
            bool write = exchange->pdu[0] == 6;
            writes += write;
            client_answered(cb->client, exchange, write ? wrong : answer,
                            write ? sizeof wrong : length, cb->now);
        }
    assert_in_range(writes, 4, 9); /* at once, 0.5, 1, 2, 4, 8 s */
    assert_true(client_bed_status(cb).online);
}

static struct exchange *answer_wrong(struct client_bed *cb, struct exchange *exchange)
{
    static const uint8_t wrong[] = {0x55, 1, 2};
    client_answered(cb->client, exchange, wrong, sizeof wrong, cb->now);
    return client_next(cb->client, cb->now);
}

/* One wrong answer is an accident, and its request is repeated at once; two in a row are paused
 * for, so that a device that talks nonsense is not asked without end. */
static void two_wrong_answers_pause(void **state)
{
    struct client_bed *cb = *state;
    declare(cb);
    client_bed_ready(cb);
    client_bed_connect(cb);
    struct exchange *exchange = client_next(cb->client, cb->now);
    assert_non_null(exchange);
    exchange = answer_wrong(cb, exchange);
    assert_non_null(exchange);
    assert_null(answer_wrong(cb, exchange));
    assert_int_equal(client_due(cb->client), cb->now + cb->spec.period);
    assert_false(client_bed_status(cb).online);
    assert_int_equal(client_bed_status(cb).errors, 2);
    client_bed_run(cb, 110 * MS);
    assert_true(client_bed_status(cb).online);
}

/* A good answer between two wrong ones begins anew. */
static void wrong_answers_are_counted_in_a_row(void **state)
{
    struct client_bed *cb = *state;
    declare(cb);
    client_bed_ready(cb);
    client_bed_connect(cb);
    struct exchange *exchange = answer_wrong(cb, client_next(cb->client, cb->now));
    assert_non_null(exchange);
    wire_send(cb, exchange);
    client_bed_run(cb, 50 * MS);
    assert_true(client_bed_status(cb).online);
    cb->now += 60 * MS; /* the next poll */
    assert_non_null(answer_wrong(cb, client_next(cb->client, cb->now)));
}

/* On a line a timeout costs the others their time: the unit waits for its backoff before the
 * request is repeated, where over TCP it is repeated at once. */
static unsigned requests_after_a_timeout(struct client_bed *cb, int64_t wait)
{
    declare(cb);
    client_bed_online(cb);
    client_bed_run(cb, 30 * MS);
    cb->device.lose_requests = 1;
    while (cb->device.lose_requests > 0)
        client_bed_run(cb, MS);
    unsigned before = cb->device.carried_out;
    client_bed_run(cb, cb->spec.timeout + wait);
    return cb->device.carried_out - before;
}

static void a_timeout_on_tcp_is_repeated_at_once(void **state)
{
    assert_true(requests_after_a_timeout(*state, 50 * MS) > 0);
}

static void a_timeout_on_a_line_waits(void **state)
{
    struct client_bed *cb = *state;
    use_line(cb, 3);
    assert_int_equal(requests_after_a_timeout(cb, 390 * MS), 0);
    client_bed_run(cb, 150 * MS);
    assert_true(client_bed_status(cb).online);
    assert_int_equal(client_bed_status(cb).errors, 1);
}

/* A silent unit of a line takes at most one timeout per backoff from the others. */
static void a_silent_unit_of_a_line_is_probed_rarely(void **state)
{
    struct client_bed *cb = *state;
    use_line(cb, 3);
    declare(cb);
    client_bed_online(cb);
    cb->device.dead = true;
    client_bed_run(cb, 120000 * (int64_t)MS);
    assert_false(client_bed_status(cb).online);
    assert_in_range(client_bed_status(cb).errors, 5, 12);
}

/* Unit 0 of a line: nothing is read, each write is sent once and believed. */
static void a_broadcast_is_sent_and_not_waited_for(void **state)
{
    struct client_bed *cb = *state;
    use_line(cb, 0);
    bed_declare(&cb->bed, WORD("OUT", 3, .path = "plc.OUT", .direction = DIRECTION_OUT, DEFAULT(4),
                               .unpolled = true));
    cb->device.lose_answers = 1000; /* if it gave any */
    client_bed_online(cb);
    assert_int_equal(device_get(&cb->device, TABLE_HOLDING, 3), 4);
    script_write(cb, "OUT", 7);
    client_bed_run(cb, 3000 * (int64_t)MS);
    assert_int_equal(device_get(&cb->device, TABLE_HOLDING, 3), 7);
    assert_int_equal(cb->device.writes, 2);
    assert_int_equal(cb->device.carried_out, 2);
    assert_int_equal(script_mark(cb, "OUT")->delivery, DELIVERY_CONFIRMED);
    assert_int_equal(client_bed_status(cb).errors, 0);
    uint8_t pdu[] = {3, 0, 0, 0, 1}, answer[MAILBOX_PDU];
    char error[MAILBOX_ERROR];
    size_t length;
    int ticket = mailbox_ask(cb->bed.image, 0, pdu, sizeof pdu);
    client_bed_run(cb, 5 * MS);
    assert_int_equal(mailbox_look(cb->bed.image, ticket, answer, &length, error), MAIL_FAILED);
    assert_string_equal(error, "a broadcast is never answered");
}

/* … also what was declared without a word about polling. */
static void a_broadcast_needs_no_poll_option(void **state)
{
    struct client_bed *cb = *state;
    use_line(cb, 0);
    declare(cb);
    client_bed_online(cb);
    script_write(cb, "OUT", 7);
    script_write(cb, "A", 8);
    client_bed_run(cb, 500 * MS);
    assert_int_equal(device_get(&cb->device, TABLE_HOLDING, 3), 7);
    assert_int_equal(device_get(&cb->device, TABLE_HOLDING, 0), 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLIENT_TEST(exception_0A_is_silence),
        CLIENT_TEST(exception_0B_is_silence),
        CLIENT_TEST(other_exceptions_are_answers),
        CLIENT_TEST(who_never_answers_well_is_not_online),
        CLIENT_TEST(who_has_nothing_is_online),
        CLIENT_TEST(a_wrong_echo_is_not_repeated_without_end),
        CLIENT_TEST(two_wrong_answers_pause),
        CLIENT_TEST(wrong_answers_are_counted_in_a_row),
        CLIENT_TEST(a_timeout_on_tcp_is_repeated_at_once),
        CLIENT_TEST(a_timeout_on_a_line_waits),
        CLIENT_TEST(a_silent_unit_of_a_line_is_probed_rarely),
        CLIENT_TEST(a_broadcast_is_sent_and_not_waited_for),
        CLIENT_TEST(a_broadcast_needs_no_poll_option),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

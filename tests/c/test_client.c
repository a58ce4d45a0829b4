/* Proves that a client brings a device's values into the image and the image's into the device, by
 * the rules of direction; that it asks for what is due, in the fewest requests, in the order that
 * the design states; and that it sees when the device is gone, and is back. */

#include "client_bed.h"

static void declare(struct client_bed *cb)
{
    bed_declare(&cb->bed, WORD("A", 0, .path = "plc.A"));
    bed_declare(&cb->bed, WORD("B", 1, .path = "plc.B"));
    bed_declare(&cb->bed, WORD("OUT", 2, .path = "plc.OUT", .direction = DIRECTION_OUT));
    bed_declare(&cb->bed, WIDE("WIDE", 4, .path = "plc.WIDE"));
    bed_declare(&cb->bed, COIL("C0", 0, .path = "plc.C0"));
    bed_declare(&cb->bed, COIL("C1", 1, .path = "plc.C1"));
    bed_declare(&cb->bed, BIT("BIT0", 8, 0, .path = "plc.BIT0"));
    bed_declare(&cb->bed, BIT("BIT3", 8, 3, .path = "plc.BIT3"));
}

static void the_device_s_values_come_in(void **state)
{
    struct client_bed *cb = *state;
    declare(cb);
    device_set(&cb->device, 0, 41);
    device_set(&cb->device, 8, 8);
    client_bed_ready(cb);
    assert_int_equal(script_mark(cb, "A")->quality, QUALITY_NEVER);
    assert_false(client_bed_status(cb).online);
    client_bed_connect(cb);
    client_bed_run(cb, 10 * MS);
    assert_int_equal(script_read(cb, "A"), 41);
    assert_int_equal(script_read(cb, "BIT3"), 8);
    assert_int_equal(script_mark(cb, "A")->quality, QUALITY_GOOD);
    assert_int_equal(cb->device.functions[3], 1);
    assert_int_equal(cb->device.functions[1], 1);
    assert_true(client_bed_status(cb).online);
    assert_true(client_bed_status(cb).complete);
    device_set(&cb->device, 0, 42);
    client_bed_run(cb, 200 * MS);
    assert_int_equal(script_read(cb, "A"), 42);
    assert_int_equal(cb->device.functions[3], 3);
}

static void ours_go_out_at_once(void **state)
{
    struct client_bed *cb = *state;
    declare(cb);
    client_bed_online(cb);
    script_write(cb, "A", 7);
    assert_int_equal(script_mark(cb, "A")->delivery, DELIVERY_PENDING);
    client_bed_run(cb, 2 * MS);
    assert_int_equal(device_get(&cb->device, TABLE_HOLDING, 0), 7);
    assert_int_equal(script_mark(cb, "A")->delivery, DELIVERY_CONFIRMED);
    assert_int_equal(cb->device.functions[6], 1);
    client_bed_run(cb, 1000 * MS);
    assert_int_equal(cb->device.functions[6], 1);
    assert_int_equal(script_read(cb, "A"), 7);
}

static void neighbours_of_one_scan_go_out_together(void **state)
{
    struct client_bed *cb = *state;
    declare(cb);
    client_bed_online(cb);
    bed_assign(&cb->bed, "B", 2);
    bed_assign(&cb->bed, "A", 1);
    bed_assign(&cb->bed, "OUT", 3);
    bed_assign(&cb->bed, "C0", 1);
    bed_assign(&cb->bed, "C1", 1);
    bed_assign(&cb->bed, "BIT3", 8);
    bed_assign(&cb->bed, "BIT0", 1);
    view_publish(cb->bed.view, cb->now);
    client_bed_run(cb, 20 * MS);
    assert_int_equal(cb->device.functions[16], 1);
    assert_int_equal(cb->device.functions[15], 1);
    assert_int_equal(cb->device.functions[22], 1);
    assert_int_equal(cb->device.functions[6], 0);
    assert_int_equal(device_get(&cb->device, TABLE_HOLDING, 0), 1);
    assert_int_equal(device_get(&cb->device, TABLE_HOLDING, 2), 3);
    assert_int_equal(device_get(&cb->device, TABLE_HOLDING, 8), 9);
    assert_int_equal(device_get(&cb->device, TABLE_COIL, 1), 1);
}

static void the_order_of_assignment_is_kept(void **state)
{
    struct client_bed *cb = *state;
    declare(cb);
    client_bed_online(cb);
    bed_assign(&cb->bed, "A", 1);
    bed_assign(&cb->bed, "C0", 1); /* between two neighbours: they are not joined over it */
    bed_assign(&cb->bed, "B", 2);
    view_publish(cb->bed.view, cb->now);
    client_bed_run(cb, 20 * MS);
    assert_int_equal(cb->device.functions[6], 2);
    assert_int_equal(cb->device.last[0] == 6 && pdu_word(cb->device.last, 1) == 1, 1);
}

static void an_output_overwrites_the_device(void **state)
{
    struct client_bed *cb = *state;
    declare(cb);
    device_set(&cb->device, 2, 99);
    client_bed_online(cb);
    assert_int_equal(device_get(&cb->device, TABLE_HOLDING, 2), 0);
    script_write(cb, "OUT", 5);
    client_bed_run(cb, 10 * MS);
    device_set(&cb->device, 2, 6);
    client_bed_run(cb, 210 * MS);
    assert_int_equal(device_get(&cb->device, TABLE_HOLDING, 2), 5);
    assert_int_equal(script_read(cb, "OUT"), 5);
}

static void the_body_s_assignment_is_sent_a_default_is_not(void **state)
{
    struct client_bed *cb = *state;
    declare(cb);
    device_set(&cb->device, 0, 50);
    device_set(&cb->device, 1, 51);
    client_bed_ready(cb);
    client_destroy(cb->client);
    script_write(cb, "B", 7);
    struct error error;
    cb->client = client_create(cb->bed.image, 0, cb->now, &error);
    client_bed_connect(cb);
    client_bed_run(cb, 20 * MS);
    assert_int_equal(script_read(cb, "A"), 50);
    assert_int_equal(device_get(&cb->device, TABLE_HOLDING, 1), 7);
}

static void a_lost_answer_is_asked_for_again(void **state)
{
    struct client_bed *cb = *state;
    declare(cb);
    client_bed_online(cb);
    cb->device.lose_answers = 1;
    script_write(cb, "A", 7);
    client_bed_run(cb, 500 * MS);
    assert_int_equal(script_mark(cb, "A")->delivery, DELIVERY_PENDING);
    client_bed_run(cb, 600 * MS);
    assert_int_equal(script_mark(cb, "A")->delivery, DELIVERY_CONFIRMED);
    assert_int_equal(cb->device.functions[6], 2);
    assert_true(client_bed_status(cb).online);
    assert_int_equal(client_bed_status(cb).errors, 1);
}

static void a_silent_unit_is_probed_with_one_request(void **state)
{
    struct client_bed *cb = *state;
    declare(cb);
    client_bed_online(cb);
    cb->device.dead = true;
    client_bed_run(cb, 2500 * (int64_t)MS);
    assert_false(client_bed_status(cb).online);
    assert_false(client_bed_status(cb).complete);
    assert_true(client_silent(cb->client));
    assert_int_equal(script_mark(cb, "A")->quality, QUALITY_STALE);
    uint64_t errors = client_bed_status(cb).errors;
    client_bed_run(cb, 100000 * (int64_t)MS);
    assert_true(client_bed_status(cb).errors - errors < 12);
    cb->device.dead = false;
    client_bed_run(cb, 32000 * (int64_t)MS);
    assert_true(client_bed_status(cb).online);
    assert_true(client_bed_status(cb).complete);
    assert_true(client_bed_status(cb).reconnected > 0);
    assert_int_equal(script_mark(cb, "A")->quality, QUALITY_GOOD);
}

static void a_change_that_cannot_be_delivered_is_given_up(void **state)
{
    struct client_bed *cb = *state;
    declare(cb);
    device_set(&cb->device, 0, 3);
    client_bed_online(cb);
    client_bed_disconnect(cb, "connection refused");
    script_write(cb, "A", 7);
    script_write(cb, "OUT", 8);
    client_bed_run(cb, 4900 * (int64_t)MS);
    assert_int_equal(script_read(cb, "A"), 7);
    client_bed_run(cb, 200 * MS);
    assert_int_equal(script_read(cb, "A"), 3);
    assert_int_equal(script_mark(cb, "A")->delivery, DELIVERY_EXPIRED);
    client_bed_connect(cb);
    client_bed_run(cb, 50 * MS);
    assert_int_equal(device_get(&cb->device, TABLE_HOLDING, 0), 3);
    assert_int_equal(device_get(&cb->device, TABLE_HOLDING, 2), 8);
    assert_int_equal(script_mark(cb, "OUT")->delivery, DELIVERY_CONFIRMED);
}

static void a_read_of_what_is_not_there_is_divided(void **state)
{
    struct client_bed *cb = *state;
    declare(cb);
    cb->device.refuse_low = cb->device.refuse_high = 2;
    cb->device.refuse_with = EXCEPTION_ADDRESS;
    device_set(&cb->device, 1, 9);
    client_bed_online(cb);
    client_bed_run(cb, 500 * MS);
    assert_int_equal(script_read(cb, "B"), 9);
    assert_int_equal(script_mark(cb, "B")->quality, QUALITY_GOOD);
    assert_int_equal(script_mark(cb, "BIT0")->quality, QUALITY_GOOD);
    assert_int_equal(script_mark(cb, "OUT")->quality, QUALITY_NEVER);
    assert_false(client_bed_status(cb).complete);
    uint64_t errors = client_bed_status(cb).errors;
    client_bed_run(cb, 9000 * (int64_t)MS);
    assert_int_equal(client_bed_status(cb).errors, errors);
    cb->device.refuse_low = -1;
    client_bed_run(cb, 2000 * (int64_t)MS);
    assert_int_equal(script_mark(cb, "OUT")->quality, QUALITY_GOOD);
    assert_true(client_bed_status(cb).complete);
}

static void a_script_s_own_request_is_answered(void **state)
{
    struct client_bed *cb = *state;
    static const uint8_t pdu[] = {3, 0, 20, 0, 1};
    uint8_t answer[MAILBOX_PDU];
    char error[MAILBOX_ERROR];
    size_t length;
    declare(cb);
    device_set(&cb->device, 20, 0x1234);
    client_bed_online(cb);
    int ticket = mailbox_ask(cb->bed.image, 0, pdu, sizeof pdu);
    client_bed_run(cb, 5 * MS);
    assert_int_equal(mailbox_look(cb->bed.image, ticket, answer, &length, error), MAIL_ANSWERED);
    assert_int_equal(length, 4);
    assert_int_equal(pdu_word(answer, 2), 0x1234);
    client_bed_disconnect(cb, "gone");
    ticket = mailbox_ask(cb->bed.image, 0, pdu, sizeof pdu);
    client_bed_run(cb, 5 * MS);
    assert_int_equal(mailbox_look(cb->bed.image, ticket, answer, &length, error), MAIL_FAILED);
    assert_string_equal(error, "the device is offline");
}

static void a_stopped_link_sends_nothing(void **state)
{
    struct client_bed *cb = *state;
    declare(cb);
    client_bed_online(cb);
    unsigned before = cb->device.carried_out;
    link_want(cb->bed.image, 0, false);
    assert_false(client_wanted(cb->client));
    client_bed_run(cb, 5 * MS);
    assert_false(client_bed_status(cb).online);
    client_bed_run(cb, 2000 * MS);
    assert_int_equal(cb->device.carried_out, before);
    assert_int_equal(script_mark(cb, "A")->quality, QUALITY_STALE);
    script_write(cb, "A", 8);
    link_want(cb->bed.image, 0, true);
    client_bed_run(cb, 1000 * MS);
    assert_true(cb->device.carried_out > before);
    assert_true(client_bed_status(cb).online);
    assert_int_equal(device_get(&cb->device, TABLE_HOLDING, 0), 8);
}

/* What was under way when it was stopped comes to its end first, and makes nobody online. */
static void a_link_stopped_under_way_reads_first_when_started(void **state)
{
    struct client_bed *cb = *state;
    declare(cb);
    client_bed_online(cb);
    cb->now = client_due(cb->client);
    struct exchange *exchange = client_next(cb->client, cb->now);
    assert_non_null(exchange);
    link_want(cb->bed.image, 0, false);
    assert_null(client_next(cb->client, cb->now));
    assert_false(client_bed_status(cb).online);
    link_want(cb->bed.image, 0, true);
    script_write(cb, "A", 8);
    assert_null(client_next(cb->client, cb->now));
    wire_send(cb, exchange);
    assert_false(wire_step(cb));
    cb->now += cb->device.latency;
    while (wire_step(cb))
        ;
    assert_false(client_bed_status(cb).online);
    exchange = client_next(cb->client, cb->now);
    assert_non_null(exchange);
    assert_true(exchange->pdu[0] <= 4);
    wire_send(cb, exchange);
    client_bed_run(cb, 100 * MS);
    assert_true(client_bed_status(cb).online);
    assert_int_equal(device_get(&cb->device, TABLE_HOLDING, 0), 8);
}

static void periods_do_not_drift(void **state)
{
    struct client_bed *cb = *state;
    bed_declare(&cb->bed, WORD("A", 0, .path = "plc.A"));
    cb->device.latency = 30 * MS;
    client_bed_online(cb);
    client_bed_run(cb, 9980 * (int64_t)MS);
    assert_int_equal(cb->device.functions[3], 101);
}

static void backoff_doubles_to_half_a_minute(void **state)
{
    (void)state;
    assert_int_equal(client_backoff(0, 0), 500 * MS);
    assert_int_equal(client_backoff(3, 0), 4000 * (int64_t)MS);
    assert_int_equal(client_backoff(100, 0), 30000 * (int64_t)MS);
    assert_true(client_backoff(0, UINT32_MAX) >= 400 * MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLIENT_TEST(the_device_s_values_come_in),
        CLIENT_TEST(ours_go_out_at_once),
        CLIENT_TEST(neighbours_of_one_scan_go_out_together),
        CLIENT_TEST(the_order_of_assignment_is_kept),
        CLIENT_TEST(an_output_overwrites_the_device),
        CLIENT_TEST(the_body_s_assignment_is_sent_a_default_is_not),
        CLIENT_TEST(a_lost_answer_is_asked_for_again),
        CLIENT_TEST(a_silent_unit_is_probed_with_one_request),
        CLIENT_TEST(a_change_that_cannot_be_delivered_is_given_up),
        CLIENT_TEST(a_read_of_what_is_not_there_is_divided),
        CLIENT_TEST(a_script_s_own_request_is_answered),
        CLIENT_TEST(a_stopped_link_sends_nothing),
        CLIENT_TEST(a_link_stopped_under_way_reads_first_when_started),
        CLIENT_TEST(periods_do_not_drift),
        cmocka_unit_test(backoff_doubles_to_half_a_minute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

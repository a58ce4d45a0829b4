/* Proves what a client does with devices that cannot do everything, or refuse a value: it learns
 * from exception 01 and finds another way, asks one by one what was refused together, reports the
 * refused one alone, waits for who is busy, and never writes half of a value. */

#include "client_bed.h"

static int setup(void **state)
{
    client_bed_init(state);
    struct client_bed *cb = *state;
    bed_declare(&cb->bed, WORD("A", 0, .path = "plc.A"));
    bed_declare(&cb->bed, WORD("B", 1, .path = "plc.B"));
    bed_declare(&cb->bed, WIDE("WIDE", 2, .path = "plc.WIDE"));
    bed_declare(&cb->bed, BIT("BIT0", 8, 0, .path = "plc.BIT0"));
    bed_declare(&cb->bed, COIL("PULSE", 0, .path = "plc.PULSE", .pulse = true));
    bed_declare(&cb->bed,
                WORD("SEND", 9, .path = "plc.SEND", .unpolled = true, .direction = DIRECTION_OUT));
    bed_declare(&cb->bed,
                WORD("SLOW", 12, .path = "plc.SLOW", .min_write_interval = 500 * (int64_t)MS));
    client_bed_online(cb);
    memset(cb->device.functions, 0, sizeof cb->device.functions);
    return 0;
}

static void write_both(struct client_bed *cb, uint16_t a, uint16_t b)
{
    view_latch(cb->bed.view);
    bed_assign(&cb->bed, "A", a);
    bed_assign(&cb->bed, "B", b);
    view_publish(cb->bed.view, cb->now);
    client_bed_run(cb, 50 * MS);
}

static uint16_t held(struct client_bed *cb, uint16_t address)
{
    return device_get(&cb->device, TABLE_HOLDING, address);
}

static void one_at_a_time_is_learnt(void **state)
{
    struct client_bed *cb = *state;
    cb->device.no_many = true;
    write_both(cb, 1, 2);
    write_both(cb, 3, 4);
    assert_int_equal(held(cb, 0), 3);
    assert_int_equal(held(cb, 1), 4);
    assert_int_equal(cb->device.functions[16], 1);
    assert_int_equal(cb->device.functions[6], 4);
    client_bed_disconnect(cb, "gone");
    client_bed_connect(cb);
    write_both(cb, 5, 6);
    assert_int_equal(cb->device.functions[16], 2); /* it may be another device now */
    assert_int_equal(held(cb, 0), 5);
    assert_int_equal(held(cb, 1), 6);
}

static void several_at_once_is_learnt(void **state)
{
    struct client_bed *cb = *state;
    cb->device.no_one = true;
    script_write(cb, "A", 1);
    client_bed_run(cb, 50 * MS);
    script_write(cb, "A", 2);
    client_bed_run(cb, 50 * MS);
    assert_int_equal(held(cb, 0), 2);
    assert_int_equal(cb->device.functions[6], 1);
    assert_int_equal(cb->device.functions[16], 2);
}

static void a_value_is_not_torn(void **state)
{
    struct client_bed *cb = *state;
    cb->device.no_many = true;
    view_latch(cb->bed.view);
    bed_assign_point(&cb->bed, bed_point(&cb->bed, "WIDE"), WORDS(1, 1));
    view_publish(cb->bed.view, cb->now);
    client_bed_run(cb, 20 * MS);
    assert_int_equal(held(cb, 2), 0);
    assert_int_equal(cb->device.functions[6], 0);
    assert_int_equal(script_mark(cb, "WIDE")->delivery, DELIVERY_REFUSED);
    assert_int_equal(script_mark(cb, "WIDE")->reason, 1);
}

static void without_masks_the_word_is_read_first(void **state)
{
    struct client_bed *cb = *state;
    cb->device.no_mask = true;
    device_set(&cb->device, 8, 0xFF00); /* after the last poll */
    script_write(cb, "BIT0", 1);
    client_bed_run(cb, 20 * MS);
    assert_int_equal(held(cb, 8), 0xFF01);
    assert_int_equal(cb->device.functions[22], 1);
    script_write(cb, "BIT0", 0);
    client_bed_run(cb, 20 * MS);
    assert_int_equal(held(cb, 8), 0xFF00);
    assert_int_equal(cb->device.functions[22], 1);
}

/* Looks at the register of BIT0, and has not written it yet. */
static void look(struct client_bed *cb)
{
    cb->device.no_mask = true;
    script_write(cb, "BIT0", 1);
    client_bed_run(cb, 20 * MS); /* learns that there is no mask */
    script_write(cb, "BIT0", 0);
    struct exchange *exchange = client_next(cb->client, cb->now);
    assert_non_null(exchange);
    assert_int_equal(exchange->pdu[0], 3);
    assert_int_equal(exchange->pdu[4], 1);
    wire_send(cb, exchange);
}

static void get_the_look(struct client_bed *cb)
{
    while (cb->wire_count > 0) {
        cb->now = wire_due(cb) > cb->now ? wire_due(cb) : cb->now;
        wire_step(cb);
    }
}

/* What was looked at before a loss is not what the register has after it. */
static void a_look_does_not_outlive_the_connection(void **state)
{
    struct client_bed *cb = *state;
    look(cb);
    get_the_look(cb);
    client_bed_disconnect(cb, "gone");
    device_set(&cb->device, 8, 0xFF01);
    client_bed_connect(cb);
    struct exchange *exchange = client_next(cb->client, cb->now);
    assert_non_null(exchange);
    assert_true(exchange->pdu[0] <= 4); /* what it has is read first */
    wire_send(cb, exchange);
    client_bed_run(cb, 50 * MS);
    assert_int_equal(held(cb, 8), 0xFF00);
    assert_int_equal(script_mark(cb, "BIT0")->delivery, DELIVERY_CONFIRMED);
}

/* What expired while its register was looked at is neither sent nor called confirmed. */
static void what_expires_under_a_look_is_not_sent(void **state)
{
    struct client_bed *cb = *state;
    look(cb);
    cb->wire[cb->wire_count - 1].at_client += 5000 * (int64_t)MS;
    cb->wire[cb->wire_count - 1].deadline = INT64_MAX;
    cb->device.writes = 0;
    client_bed_run(cb, 10000 * (int64_t)MS);
    for (unsigned i = 0; i < cb->device.writes; i++)
        assert_int_not_equal(cb->device.notes[i].address, 8);
    assert_int_equal(script_mark(cb, "BIT0")->delivery, DELIVERY_EXPIRED);
    assert_int_equal(held(cb, 8), 1);
}

static void a_refused_value_is_found_and_reported_alone(void **state)
{
    struct client_bed *cb = *state;
    cb->device.refuse_low = cb->device.refuse_high = 1;
    cb->device.refuse_with = EXCEPTION_VALUE;
    cb->device.refuse_writes_only = true;
    write_both(cb, 1, 2);
    assert_int_equal(held(cb, 0), 1);
    assert_int_equal(script_mark(cb, "A")->delivery, DELIVERY_CONFIRMED);
    assert_int_equal(script_mark(cb, "B")->delivery, DELIVERY_REFUSED);
    assert_int_equal(script_mark(cb, "B")->reason, EXCEPTION_VALUE);
    client_bed_run(cb, 500 * MS);
    assert_int_equal(cb->device.functions[6], 2); /* not repeated … */
    assert_int_equal(script_read(cb, "B"), 0);    /* … and the device's value is seen */
}

static void who_is_busy_is_asked_again(void **state)
{
    struct client_bed *cb = *state;
    cb->device.refuse_low = cb->device.refuse_high = 0;
    cb->device.refuse_with = 6;
    cb->device.refuse_writes_only = true;
    script_write(cb, "A", 1);
    client_bed_run(cb, 350 * MS);
    assert_int_equal(script_mark(cb, "A")->delivery, DELIVERY_PENDING);
    assert_in_range(cb->device.functions[6], 2, 5);
    cb->device.refuse_low = -1;
    client_bed_run(cb, 150 * MS);
    assert_int_equal(script_mark(cb, "A")->delivery, DELIVERY_CONFIRMED);
    assert_true(client_bed_status(cb).online);
}

static void a_pulse_comes_and_goes(void **state)
{
    struct client_bed *cb = *state;
    script_write(cb, "PULSE", 1);
    client_bed_run(cb, 20 * MS);
    assert_int_equal(cb->device.functions[5], 2);
    assert_int_equal(device_get(&cb->device, TABLE_COIL, 0), 0);
    assert_int_equal(script_read(cb, "PULSE"), 0);
}

static void what_is_not_polled_is_sent_and_believed(void **state)
{
    struct client_bed *cb = *state;
    assert_int_equal(script_mark(cb, "SEND")->quality, QUALITY_GOOD);
    script_write(cb, "SEND", 4);
    client_bed_run(cb, 20 * MS);
    assert_int_equal(held(cb, 9), 4);
    client_bed_disconnect(cb, "gone");
    client_bed_run(cb, 1500 * (int64_t)MS);
    assert_int_equal(script_mark(cb, "SEND")->quality, QUALITY_STALE);
    device_set(&cb->device, 9, 0);
    client_bed_connect(cb);
    client_bed_run(cb, 50 * MS);
    assert_int_equal(held(cb, 9), 4);
    assert_int_equal(script_mark(cb, "SEND")->quality, QUALITY_GOOD);
}

static void writes_keep_their_distance(void **state)
{
    struct client_bed *cb = *state;
    for (uint16_t i = 1; i <= 100; i++) {
        script_write(cb, "SLOW", i);
        client_bed_run(cb, 10 * MS);
    }
    client_bed_run(cb, 600 * MS);
    assert_in_range(cb->device.functions[6], 3, 4);
    assert_int_equal(held(cb, 12), 100);
}

#define WRITES_TEST(name) cmocka_unit_test_setup_teardown(name, setup, client_bed_finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WRITES_TEST(one_at_a_time_is_learnt),
        WRITES_TEST(several_at_once_is_learnt),
        WRITES_TEST(a_value_is_not_torn),
        WRITES_TEST(without_masks_the_word_is_read_first),
        WRITES_TEST(a_look_does_not_outlive_the_connection),
        WRITES_TEST(what_expires_under_a_look_is_not_sent),
        WRITES_TEST(a_refused_value_is_found_and_reported_alone),
        WRITES_TEST(who_is_busy_is_asked_again),
        WRITES_TEST(a_pulse_comes_and_goes),
        WRITES_TEST(what_is_not_polled_is_sent_and_believed),
        WRITES_TEST(writes_keep_their_distance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Proves the truth table's lines about how writes reach a device: their order and form, devices
 * that refuse, lose, round or cannot do everything, and values that mean none. Over the whole path:
 * scan, image, client, device. */

#include "truth_bed.h"

static void refuse(struct truth *t, uint16_t address, uint8_t exception)
{
    t->device->refuse_low = t->device->refuse_high = address;
    t->device->refuse_with = exception;
    t->device->refuse_writes_only = true;
}

/* several writes in one scan: sent in the order of assignment. */
static void several_writes_keep_their_order(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("A", 0));
    bed_declare(t->bed, WORD("B", 1));
    bed_declare(t->bed, COIL("C", 0));
    truth_online(t);
    SCAN(t, SET("B", 2), SET("C", 1), SET("A", 1));
    truth_run(t, 50 * MS);
    assert_int_equal(t->device->writes, 3);
    truth_note(t, 0, 6, 1, 1);
    truth_note(t, 1, 5, 0, 1);
    truth_note(t, 2, 6, 0, 1);
}

/* … that is, of the last one of each, in a scan and by others. */
static void several_writes_move_to_the_end(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("A", 0));
    bed_declare(t->bed, COIL("C", 0));
    bed_declare(t->bed, WORD("B", 3));
    truth_online(t);
    SCAN(t, SET("A", 1), SET("C", 1), SET("A", 2));
    truth_run(t, 50 * MS);
    truth_note(t, 0, 5, 0, 1);
    truth_note(t, 1, 6, 0, 1);
    uint32_t a = bed_point(t->bed, "A"), c = bed_point(t->bed, "C");
    image_set(t->bed->image, a, WORDS(3), NULL, t->cb->now);
    image_set(t->bed->image, c, WORDS(0), NULL, t->cb->now);
    image_set(t->bed->image, a, WORDS(4), NULL, t->cb->now);
    truth_run(t, 50 * MS);
    assert_int_equal(t->device->writes, 4);
    truth_note(t, 2, 5, 0, 1);
    truth_note(t, 3, 6, 0, 1);
    assert_int_equal(truth_held(t, 0), 4);
    t->device->latency = 45 * MS;
    SCAN(t, SET("B", 1)); /* is under way while the others wait */
    SCAN(t, SET("A", 5));
    SCAN(t, SET("C", 1));
    SCAN(t, SET("A", 6));
    truth_run(t, 500 * MS);
    assert_int_equal(t->device->writes, 7);
    truth_note(t, 5, 5, 0, 1);
    truth_note(t, 6, 6, 0, 1);
    assert_int_equal(truth_held(t, 0), 6);
}

/* … joined where contiguous, with FC 16 and FC 15, never over a gap. */
static void several_writes_are_joined_never_over_a_gap(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("A", 0));
    bed_declare(t->bed, WORD("B", 1));
    bed_declare(t->bed, WORD("D", 3));
    bed_declare(t->bed, COIL("C0", 0));
    bed_declare(t->bed, COIL("C1", 1));
    bed_declare(t->bed, COIL("C3", 3));
    device_set(t->device, 2, 22);
    truth_online(t);
    SCAN(t, SET("A", 1), SET("B", 2), SET("D", 4), SET("C0", 1), SET("C1", 1), SET("C3", 1));
    truth_run(t, 50 * MS);
    assert_int_equal(t->device->writes, 4);
    truth_note(t, 0, 16, 0, 2);
    truth_note(t, 1, 6, 3, 1);
    truth_note(t, 2, 15, 0, 2);
    truth_note(t, 3, 5, 3, 1);
    assert_int_equal(truth_held(t, 2), 22);
    assert_int_equal(truth_held(t, 3), 4);
    SCAN(t, SET("B", 6), SET("A", 5)); /* contiguous downwards, too */
    truth_run(t, 50 * MS);
    assert_int_equal(t->device->writes, 5);
    truth_note(t, 4, 16, 0, 2);
    assert_int_equal(truth_held(t, 0), 5);
    assert_int_equal(truth_held(t, 1), 6);
}

/* publish wakes the link, and writes do not wait for `period`. */
static void several_writes_do_not_wait(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("A", 0));
    t->cb->spec.period = SECONDS(10);
    truth_online(t);
    unsigned wakes = t->wakes;
    SCAN(t, SET("A", 0));
    assert_int_equal(t->wakes, wakes);
    SCAN(t, SET("A", 1));
    assert_int_equal(t->wakes, wakes + 1);
    truth_run(t, 5 * MS);
    assert_int_equal(truth_held(t, 0), 1);
}

/* bits of a register go with FC 22, those of one scan together; a device without it gets the word
 * that it has right then, with only these bits changed. */
static void bits_without_masks_take_the_freshest_word(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, BIT("BIT0", 8, 0));
    bed_declare(t->bed, BIT("BIT3", 8, 3));
    truth_online(t);
    SCAN(t, SET("BIT0", 1), SET("BIT3", 8));
    truth_run(t, 5 * MS);
    assert_int_equal(t->device->writes, 1);
    truth_note(t, 0, 22, 8, 1);
    t->device->no_mask = true;
    device_set(t->device, 8, 0xFF09); /* no poll has seen it yet */
    SCAN(t, SET("BIT3", 0));
    truth_run(t, 8 * MS);
    assert_int_equal(truth_held(t, 8), 0xFF01);
}

/* a device without FC 16, or without FC 6, is written to with the other one from there on. */
static void what_a_device_cannot_do_is_learnt(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("A", 0));
    bed_declare(t->bed, WORD("B", 1));
    truth_online(t);
    t->device->no_many = true;
    for (uint16_t i = 1; i <= 2; i++) {
        SCAN(t, SET("A", i), SET("B", i));
        truth_run(t, 20 * MS);
    }
    assert_int_equal(t->device->functions[16], 1);
    assert_int_equal(t->device->functions[6], 4);
    assert_int_equal(truth_held(t, 1), 2);
}

/* the device refuses a write: what was joined is repeated variable by variable, the refused one is
 * named with its reason, not repeated until it changes, and "inout" then takes the device's next
 * value. */
static void refused_is_found_and_not_repeated(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("A", 0));
    bed_declare(t->bed, WORD("B", 1));
    device_set(t->device, 1, 11);
    truth_online(t);
    refuse(t, 1, EXCEPTION_VALUE);
    SCAN(t, SET("A", 1), SET("B", 2));
    truth_run(t, SECONDS(8));
    assert_int_equal(t->device->writes, 3);
    truth_note(t, 0, 16, 0, 2);
    truth_note(t, 1, 6, 0, 1);
    truth_note(t, 2, 6, 1, 1);
    assert_int_equal(truth_held(t, 0), 1);
    truth_state(t, "A", DELIVERY_CONFIRMED, 0);
    truth_state(t, "B", DELIVERY_REFUSED, EXCEPTION_VALUE);
    assert_int_equal(truth_value(t, "B"), 11);
    t->device->refuse_low = -1;
    SCAN(t, SET("B", 3));
    truth_run(t, 50 * MS);
    assert_int_equal(truth_held(t, 1), 3);
    truth_state(t, "B", DELIVERY_CONFIRMED, 0);
}

/* the same for an "out": ours stays here, and is not repeated either. */
static void refused_out_stays_here(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("OUT", 0, .direction = DIRECTION_OUT));
    truth_online(t);
    refuse(t, 0, EXCEPTION_ADDRESS);
    SCAN(t, SET("OUT", 2));
    truth_run(t, SECONDS(8));
    assert_int_equal(t->device->writes, 1);
    assert_int_equal(truth_value(t, "OUT"), 2);
    truth_state(t, "OUT", DELIVERY_REFUSED, EXCEPTION_ADDRESS);
}

/* timed out: repeated, whether it was the request or the answer that got lost. */
static void timed_out_is_repeated(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("A", 0));
    truth_online(t);
    t->device->lose_requests = 1;
    SCAN(t, SET("A", 1));
    truth_run(t, 900 * MS);
    truth_state(t, "A", DELIVERY_PENDING, 0);
    assert_int_equal(t->device->writes, 0);
    truth_run(t, 200 * MS);
    assert_int_equal(t->device->writes, 1);
    truth_state(t, "A", DELIVERY_CONFIRMED, 0);
    truth_run(t, 30 * MS);
    t->device->lose_answers = 1;
    SCAN(t, SET("A", 2));
    truth_run(t, 1200 * (int64_t)MS);
    assert_int_equal(t->device->writes, 3);
    assert_int_equal(truth_held(t, 0), 2);
    truth_state(t, "A", DELIVERY_CONFIRMED, 0);
}

/* The device keeps `word` in register 0, whatever it is written. */
static void keep(struct truth *t, uint16_t word, int64_t duration)
{
    for (int64_t end = t->cb->now + duration; t->cb->now < end;) {
        device_set(t->device, 0, word);
        truth_run(t, 10 * MS);
    }
}

/* the device rounds: within `tolerance` it counts as agreed, and nothing is sent again. */
static void rounded_within_tolerance_is_agreed(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("OUT", 0, .direction = DIRECTION_OUT, .tolerance = 2));
    bed_declare(t->bed, WORD("IO", 1, .tolerance = 2));
    truth_online(t);
    SCAN(t, SET("OUT", 100), SET("IO", 100));
    truth_run(t, 5 * MS);
    device_put(t->device, TABLE_HOLDING, 0, WORDS(99, 101), 2);
    truth_run(t, SECONDS(2));
    assert_int_equal(t->device->writes, 1);
    assert_int_equal(truth_value(t, "OUT"), 100);
    assert_int_equal(truth_value(t, "IO"), 100);
    device_put(t->device, TABLE_HOLDING, 0, WORDS(90, 110), 2);
    truth_run(t, 200 * MS);
    assert_int_equal(truth_held(t, 0), 100);
    assert_int_equal(truth_value(t, "IO"), 110);
}

/* … beyond it an "out" is written three times, and from there on once a minute. */
static void rounded_beyond_is_written_seldom(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("OUT", 0, .direction = DIRECTION_OUT));
    truth_online(t);
    SCAN(t, SET("OUT", 100));
    keep(t, 99, SECONDS(50));
    assert_in_range(t->device->writes, 3, 4);
    keep(t, 99, SECONDS(70));
    assert_in_range(t->device->writes, 4, 5);
}

/* `min_write_interval`: a value that changes with every scan is written that often only, the last
 * one always. */
static void writes_keep_their_interval(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("A", 0, .min_write_interval = 500 * (int64_t)MS));
    truth_online(t);
    for (uint16_t i = 1; i <= 100; i++)
        SCAN(t, SET("A", i));
    truth_run(t, 600 * MS);
    assert_in_range(t->device->writes, 3, 4);
    assert_int_equal(truth_held(t, 0), 100);
}

/* `write = "always"`: refreshed each period though nothing changed; others are not. */
static void refreshed_each_period(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("ALIVE", 0, .direction = DIRECTION_OUT, .refreshed = true));
    bed_declare(t->bed, WORD("OTHER", 4, .direction = DIRECTION_OUT));
    truth_online(t);
    truth_run(t, SECONDS(1));
    assert_in_range(t->device->writes, 9, 11);
    truth_note(t, 8, 6, 0, 1);
}

/* `invalid`: the last good value stays, its quality says so, and a good one ends it. */
static void invalid_keeps_the_last_good_value(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("IN", 0, .direction = DIRECTION_IN, .has_invalid = true,
                             .invalid = INTEGER(0xFFFF)));
    device_set(t->device, 0, 21);
    truth_online(t);
    device_set(t->device, 0, 0xFFFF);
    truth_run(t, 200 * MS);
    assert_int_equal(truth_value(t, "IN"), 21);
    assert_int_equal(truth_mark(t, "IN")->quality, QUALITY_INVALID);
    device_set(t->device, 0, 22);
    truth_run(t, 200 * MS);
    assert_int_equal(truth_value(t, "IN"), 22);
    assert_int_equal(truth_mark(t, "IN")->quality, QUALITY_GOOD);
}

/* a device that is blank from the start gets what was assigned here all the same. */
static void invalid_device_gets_its_first_value(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("SP", 0, .has_invalid = true, .invalid = INTEGER(0xFFFF)));
    bed_declare(t->bed, WORD("FREE", 1, .has_invalid = true, .invalid = INTEGER(0xFFFF)));
    device_put(t->device, TABLE_HOLDING, 0, WORDS(0xFFFF, 0xFFFF), 2);
    truth_body(t, 0, 7);
    truth_begin(t);
    client_bed_connect(t->cb);
    truth_run(t, 50 * MS);
    assert_int_equal(truth_held(t, 0), 7);
    assert_int_equal(truth_held(t, 1), 0xFFFF);
    assert_int_equal(truth_mark(t, "FREE")->quality, QUALITY_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TRUTH_TEST(several_writes_keep_their_order),
        TRUTH_TEST(several_writes_move_to_the_end),
        TRUTH_TEST(several_writes_are_joined_never_over_a_gap),
        TRUTH_TEST(several_writes_do_not_wait),
        TRUTH_TEST(bits_without_masks_take_the_freshest_word),
        TRUTH_TEST(what_a_device_cannot_do_is_learnt),
        TRUTH_TEST(refused_is_found_and_not_repeated),
        TRUTH_TEST(refused_out_stays_here),
        TRUTH_TEST(timed_out_is_repeated),
        TRUTH_TEST(rounded_within_tolerance_is_agreed),
        TRUTH_TEST(rounded_beyond_is_written_seldom),
        TRUTH_TEST(writes_keep_their_interval),
        TRUTH_TEST(refreshed_each_period),
        TRUTH_TEST(invalid_keeps_the_last_good_value),
        TRUTH_TEST(invalid_device_gets_its_first_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Proves what a client of the next program does about what the one before did not have: what is
 * new, moved, retyped, or has become part of another group begins as at a start, and what waited is
 * not lost by it; another direction, and a force, hold from then on. */

#include "inherit_bed.h"

/* ---- what is new ---- */

static void a_new_output_that_the_body_assigned_is_sent(void **state)
{
    struct client_bed *cb = *state;
    struct takeover t = takeover_begin(cb);
    inherit_declare(&t.next);
    bed_declare(&t.next, WORD("NEW", 20, .direction = DIRECTION_OUT));
    takeover_body(&t, 20, 77);
    takeover_body(&t, 6, 88); /* OUT has a value */
    takeover_body(&t, 0, 99);
    takeover_end(&t);
    assert_int_equal(script_mark(cb, "NEW")->quality, QUALITY_NEVER);
    assert_int_equal(script_mark(cb, "OUT")->quality, QUALITY_GOOD);
    client_bed_run(cb, 20 * MS);
    assert_int_equal(inherit_held(cb, 20), 77);
    assert_int_equal(cb->device.writes, 1);
    client_bed_run(cb, 500 * MS);
    assert_int_equal(cb->device.writes, 1);
    assert_int_equal(inherit_held(cb, 6), 0);
    assert_int_equal(script_read(cb, "A"), 0);
}

/* From when it takes its place, not from when it was loaded. */
static void what_the_body_assigned_has_its_time(void **state)
{
    struct client_bed *cb = *state;
    client_bed_disconnect(cb, "gone");
    struct takeover t = takeover_begin(cb);
    inherit_declare(&t.next);
    bed_declare(&t.next, WORD("NEW", 20));
    takeover_body(&t, 20, 77);
    takeover_load(&t);
    client_bed_run(cb, 10 * SECOND);
    takeover_end(&t);
    client_bed_run(cb, 4 * SECOND);
    assert_int_equal(script_mark(cb, "NEW")->delivery, DELIVERY_PENDING);
    client_bed_connect(cb);
    client_bed_run(cb, 300 * MS);
    assert_int_equal(inherit_held(cb, 20), 77);
}

/* All of it was there before, though not as one: no part of it was assigned, so the device's value
 * counts. */
static void a_group_that_lost_a_part_is_read_first(void **state)
{
    struct client_bed *cb = *state;
    struct takeover t = takeover_begin(cb);
    inherit_declare(&t.next);
    bed_declare(&t.next, BIT("A8", 0, 8));
    takeover_end(&t);
    client_bed_run(cb, 300 * MS);
    cb->device.writes = 0;
    t = takeover_begin(cb);
    inherit_declare(&t.next);
    takeover_body(&t, 0, 5);
    device_set(&cb->device, 0, 6);
    takeover_end(&t);
    client_bed_run(cb, 300 * MS);
    assert_int_equal(script_read(cb, "A"), 6);
    assert_int_equal(cb->device.writes, 0);
}

static void what_is_new_is_read_at_once(void **state)
{
    struct client_bed *cb = *state;
    device_set(&cb->device, 40, 1234);
    struct takeover t = takeover_begin(cb);
    inherit_declare(&t.next);
    bed_declare(&t.next, WORD("NEW", 40));
    takeover_end(&t);
    assert_int_equal(script_mark(cb, "NEW")->quality, QUALITY_NEVER);
    assert_false(client_bed_status(cb).complete);
    client_bed_run(cb, 5 * MS);
    assert_int_equal(script_read(cb, "NEW"), 1234);
    assert_int_equal(script_mark(cb, "NEW")->quality, QUALITY_GOOD);
    assert_true(client_bed_status(cb).complete);
    assert_int_equal(cb->device.writes, 0);
}

static void what_was_moved_starts_as_never(void **state)
{
    struct client_bed *cb = *state;
    device_set(&cb->device, 30, 300);
    script_write(cb, "A", 7);
    client_bed_run(cb, 50 * MS);
    cb->device.writes = 0;
    struct takeover t = takeover_begin(cb);
    bed_declare(&t.next, WORD("A", 30));
    bed_declare(&t.next, WIDE("B", 0)); /* retyped, on A's register */
    takeover_end(&t);
    assert_int_equal(script_mark(cb, "A")->quality, QUALITY_NEVER);
    assert_int_equal(script_mark(cb, "B")->quality, QUALITY_NEVER);
    client_bed_run(cb, 20 * MS);
    assert_int_equal(script_read(cb, "A"), 300);
    assert_int_equal(cb->device.writes, 0);
}

static void wide_write(struct client_bed *cb, uint16_t word)
{
    view_latch(cb->bed.view);
    bed_assign_point(&cb->bed, bed_point(&cb->bed, "WIDE"), WORDS(word, word));
    view_publish(cb->bed.view, cb->now);
}

/* Its register has got a second name: another group, that was not read yet; but the value that
 * waits there is on its way. */
static void what_waits_finds_its_new_group(void **state)
{
    struct client_bed *cb = *state;
    script_write(cb, "A", 1);
    wide_write(cb, 1);
    client_bed_run(cb, 50 * MS);
    client_bed_disconnect(cb, "gone");
    script_write(cb, "A", 0x0105);
    client_bed_run(cb, 50 * MS);
    wide_write(cb, 9);
    struct takeover t = takeover_begin(cb);
    inherit_declare(&t.next);
    bed_declare(&t.next, BIT("A8", 0, 8));
    bed_declare(&t.next, WORD("HALF", 9));
    takeover_end(&t);
    client_bed_connect(cb);
    client_bed_run(cb, 300 * MS);
    assert_int_equal(inherit_held(cb, 0), 0x0105);
    assert_int_equal(inherit_held(cb, 8), 9);
    assert_int_equal(inherit_held(cb, 9), 9);
    assert_int_equal(script_read(cb, "A"), 0x0105);
    cb->device.writes = 0;
    inherit_reload(cb);
    client_bed_run(cb, 300 * MS);
    assert_int_equal(cb->device.writes, 0);
}

/* ---- another direction ---- */

static void what_was_written_gives_way_to_an_input(void **state)
{
    struct client_bed *cb = *state;
    client_bed_disconnect(cb, "gone");
    script_write(cb, "A", 5);
    client_bed_run(cb, 50 * MS);
    struct takeover t = takeover_begin(cb);
    bed_declare(&t.next, WORD("A", 0, .direction = DIRECTION_IN));
    takeover_end(&t);
    client_bed_connect(cb);
    client_bed_run(cb, 300 * MS);
    assert_int_equal(script_read(cb, "A"), 0);
    assert_int_equal(script_mark(cb, "A")->quality, QUALITY_GOOD);
    assert_int_equal(script_mark(cb, "A")->delivery, DELIVERY_NONE);
    assert_int_equal(cb->device.writes, 0);
}

static void an_input_becomes_an_output(void **state)
{
    struct client_bed *cb = *state;
    device_set(&cb->device, 14, 3);
    client_bed_run(cb, 200 * MS);
    struct takeover t = takeover_begin(cb);
    bed_declare(&t.next, WORD("IN", 14, .direction = DIRECTION_OUT));
    takeover_end(&t);
    cb->device.writes = 0;
    client_bed_run(cb, 200 * MS);
    assert_int_equal(cb->device.writes, 0);
    device_set(&cb->device, 14, 4);
    client_bed_run(cb, 200 * MS);
    assert_int_equal(inherit_held(cb, 14), 3);
}

/* ---- force ---- */

static void a_force_stays_where_it_is(void **state)
{
    struct client_bed *cb = *state;
    image_force(cb->bed.image, bed_point(&cb->bed, "A"), WORDS(55), NULL, cb->now);
    image_force(cb->bed.image, bed_point(&cb->bed, "IN"), WORDS(66), NULL, cb->now);
    inherit_reload(cb);
    client_bed_run(cb, 200 * MS);
    assert_int_equal(inherit_held(cb, 0), 55);
    assert_int_equal(cb->device.writes, 1);
    inherit_reload(cb);
    client_bed_run(cb, 300 * MS);
    assert_int_equal(cb->device.writes, 1);
    assert_int_equal(script_read(cb, "IN"), 66);
    assert_int_equal(script_mark(cb, "IN")->quality, QUALITY_GOOD);
    image_unforce(cb->bed.image, bed_point(&cb->bed, "IN"), true, NULL, cb->now);
    client_bed_run(cb, 300 * MS);
    assert_int_equal(script_read(cb, "IN"), 0);
}

/* What was forced for the script alone now reaches the device. */
static void a_forced_input_becomes_an_output(void **state)
{
    struct client_bed *cb = *state;
    image_force(cb->bed.image, bed_point(&cb->bed, "IN"), WORDS(66), NULL, cb->now);
    client_bed_run(cb, 200 * MS);
    struct takeover t = takeover_begin(cb);
    bed_declare(&t.next, WORD("IN", 14, .direction = DIRECTION_OUT));
    takeover_end(&t);
    client_bed_run(cb, 200 * MS);
    assert_int_equal(inherit_held(cb, 14), 66);
    assert_int_equal(cb->device.writes, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, inherit_setup, client_bed_finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_output_that_the_body_assigned_is_sent),
        TEST(what_the_body_assigned_has_its_time),
        TEST(a_group_that_lost_a_part_is_read_first),
        TEST(what_is_new_is_read_at_once),
        TEST(what_was_moved_starts_as_never),
        TEST(what_waits_finds_its_new_group),
        TEST(what_was_written_gives_way_to_an_input),
        TEST(an_input_becomes_an_output),
        TEST(a_force_stays_where_it_is),
        TEST(a_forced_input_becomes_an_output),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

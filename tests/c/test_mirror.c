/* Proves what a client's link does to the image: what it takes from the device, when that is
 * overtaken by a change made here, and what marks, limits, forces and pulses make of it. */

#include "mirror_bed.h"

static struct link_side side;
static uint32_t plc;

static int setup(void **state)
{
    bed_init(state);
    struct bed *bed = *state;
    plc = mirror_memory(bed, "plc");
    bed_declare(bed, WORD("A", 0, .memory = plc));
    bed_declare(bed, WORD("LIMITED", 1, .memory = plc, RANGE(0, 100)));
    bed_declare(bed, BIT("BIT0", 2, 0, .memory = plc));
    bed_declare(bed, BIT("BIT1", 2, 1, .memory = plc));
    bed_declare(bed, WIDE("WIDE", 3, .memory = plc));
    bed_declare(bed, WORD("SECOND", 4, .memory = plc)); /* of WIDE */
    bed_declare(bed, WORD("IN", 5, .memory = plc, .direction = DIRECTION_IN));
    bed_declare(bed, COIL("PULSE", 0, .memory = plc, .pulse = true));
    bed_declare(bed, WORD("OURS", 0));
    bed_ready(bed);
    mirror_start(bed, 0, &side);
    mirror_online(bed, 0, true);
    return 0;
}

static void all_is_never_until_the_device_was_read(void **state)
{
    struct bed *bed = *state;
    static const char *const names[] = {"A", "LIMITED", "BIT1", "WIDE", "IN", "PULSE"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(bed_mark(bed, names[i])->quality, QUALITY_NEVER);
    assert_int_equal(bed_mark(bed, "OURS")->quality, QUALITY_GOOD);
    assert_int_equal(view_time(bed->view, bed_point(bed, "A")), 0);
    assert_int_equal(view_time(bed->view, bed_point(bed, "OURS")), BED_NOW);
}

static void a_taken_value_is_a_remote_write_where_it_differs(void **state)
{
    struct bed *bed = *state;
    assert_false(mirror_poll(bed, &side, "A", 7, QUALITY_GOOD).overtaken);
    assert_int_equal(mirror_value(bed, "A"), 7);
    assert_int_equal(bed_mark(bed, "A")->written, 1);
    assert_int_equal(bed_mark(bed, "A")->time, MIRROR_LATER);
    assert_int_equal(bed_mark(bed, "A")->quality, QUALITY_GOOD);
    mirror_poll(bed, &side, "A", 7, QUALITY_GOOD);
    mirror_poll(bed, &side, "IN", 0, QUALITY_GOOD); /* the default all along */
    assert_int_equal(view_latch(bed->view), 1);
    assert_int_equal(bed_mark(bed, "IN")->written, 0);
    assert_int_equal(bed_mark(bed, "IN")->quality, QUALITY_GOOD);
    assert_int_equal(mirror_fetch(bed, 0, &side), 0);
    assert_int_equal(side.wakes, 0);
}

static void what_overlaps_is_taken_as_one(void **state)
{
    struct bed *bed = *state;
    assert_int_equal(mirror_group(bed, "WIDE"), mirror_group(bed, "SECOND"));
    mirror_cell(bed, &side, "WIDE")[1] = 9;
    mirror_poll(bed, &side, "WIDE", 0, QUALITY_GOOD);
    assert_int_equal(mirror_value(bed, "SECOND"), 9);
    assert_int_equal(bed_mark(bed, "SECOND")->written, 1);
    assert_int_equal(bed_mark(bed, "WIDE")->written, 1);
    assert_int_equal(bed_mark(bed, "SECOND")->quality, QUALITY_GOOD);
}

static void a_neighbour_in_the_same_word_keeps_its_own(void **state)
{
    struct bed *bed = *state;
    image_set(bed->image, bed_point(bed, "BIT1"), WORDS(2), NULL, 1);
    mirror_poll(bed, &side, "BIT0", 1, QUALITY_GOOD);
    assert_int_equal(mirror_value(bed, "BIT0"), 1);
    assert_int_equal(mirror_value(bed, "BIT1"), 2);
    assert_int_equal(*mirror_cell(bed, &side, "BIT0"), 1); /* the other one is not collected yet */
    mirror_expect(bed, &side, "BIT1");
    assert_int_equal(*mirror_cell(bed, &side, "BIT0"), 3);
}

static void what_was_changed_here_is_not_overwritten(void **state)
{
    struct bed *bed = *state;
    bed_assign(bed, "A", 5);
    bed_publish(bed);
    assert_true(mirror_poll(bed, &side, "A", 7, QUALITY_GOOD).overtaken);
    assert_int_equal(mirror_value(bed, "A"), 5);
    assert_int_equal(bed_mark(bed, "A")->quality, QUALITY_NEVER);
    assert_int_equal(bed_mark(bed, "A")->delivery, DELIVERY_PENDING);
    mirror_expect(bed, &side, "A");
    assert_int_equal(*mirror_cell(bed, &side, "A"), 5);
    assert_false(mirror_poll(bed, &side, "A", 7, QUALITY_GOOD).overtaken);
    assert_int_equal(mirror_value(bed, "A"), 7);
}

static void how_many_were_overtaken_is_told(void **state)
{
    struct bed *bed = *state;
    image_set(bed->image, bed_point(bed, "A"), WORDS(5), NULL, 1);
    struct mirror_news news[] = {
        {.group = mirror_group(bed, "A"), .take = true, .quality = QUALITY_GOOD},
        {.group = mirror_group(bed, "IN"), .take = true, .quality = QUALITY_GOOD},
        {.group = mirror_group(bed, "A"), .quality = QUALITY_STALE, .overtaken = true}};
    *mirror_cell(bed, &side, "IN") = 3;
    assert_int_equal(mirror_tell(bed->image, 0, news, 3, side.cells, 1), 1);
    assert_true(news[0].overtaken);
    assert_false(news[1].overtaken || news[2].overtaken);
    assert_int_equal(mirror_value(bed, "IN"), 3);
    assert_int_equal(bed_mark(bed, "A")->quality, QUALITY_STALE);
}

static void a_force_stays_and_is_sent_again(void **state)
{
    struct bed *bed = *state;
    image_force(bed->image, bed_point(bed, "A"), WORDS(5), NULL, 1);
    mirror_expect(bed, &side, "A");
    assert_false(mirror_poll(bed, &side, "A", 7, QUALITY_GOOD).overtaken);
    assert_int_equal(*mirror_cell(bed, &side, "A"), 5);
    assert_int_equal(mirror_value(bed, "A"), 5);
    assert_int_equal(bed_mark(bed, "A")->written, 1);
    assert_int_equal(bed_mark(bed, "A")->delivery, DELIVERY_PENDING);
    mirror_expect(bed, &side, "A");
    mirror_poll(bed, &side, "A", 7, QUALITY_GOOD); /* the same again: no new write */
    assert_int_equal(mirror_mark(bed, "A")->written, 1);
    mirror_fetch(bed, 0, &side);
    image_unforce(bed->image, bed_point(bed, "A"), true, NULL, 2);
    assert_int_equal(mirror_value(bed, "A"), 7);
}

static void a_force_on_an_input_is_sent_to_nobody(void **state)
{
    struct bed *bed = *state;
    image_force(bed->image, bed_point(bed, "IN"), WORDS(5), NULL, 1);
    mirror_poll(bed, &side, "IN", 7, QUALITY_GOOD);
    assert_int_equal(mirror_value(bed, "IN"), 5);
    assert_int_equal(mirror_fetch(bed, 0, &side), 0);
    image_unforce(bed->image, bed_point(bed, "IN"), true, NULL, 2);
    assert_int_equal(mirror_value(bed, "IN"), 7);
}

static void a_value_outside_its_limits_is_range(void **state)
{
    struct bed *bed = *state;
    mirror_poll(bed, &side, "LIMITED", 101, QUALITY_GOOD);
    assert_int_equal(mirror_mark(bed, "LIMITED")->quality, QUALITY_RANGE);
    assert_int_equal(mirror_value(bed, "LIMITED"), 101);
    mirror_say(bed, &side, "LIMITED", QUALITY_STALE);
    assert_int_equal(mirror_mark(bed, "LIMITED")->quality, QUALITY_STALE);
    mirror_say(bed, &side, "LIMITED", QUALITY_GOOD);
    assert_int_equal(mirror_mark(bed, "LIMITED")->quality, QUALITY_RANGE);
    mirror_poll(bed, &side, "LIMITED", 100, QUALITY_GOOD);
    assert_int_equal(mirror_mark(bed, "LIMITED")->quality, QUALITY_GOOD);
}

static void deliver(struct bed *bed, enum delivery delivery, uint8_t reason)
{
    struct mirror_news news = {.group = mirror_group(bed, "A"),
                               .delivered = true,
                               .quality = QUALITY_GOOD,
                               .delivery = (uint8_t)delivery,
                               .reason = reason};
    mirror_tell(bed->image, 0, &news, 1, side.cells, MIRROR_LATER);
}

static void delivery_is_that_of_the_last_value(void **state)
{
    struct bed *bed = *state;
    uint32_t points[2];
    image_set(bed->image, bed_point(bed, "A"), WORDS(1), NULL, 1);
    mirror_fetch(bed, 0, &side);
    deliver(bed, DELIVERY_REFUSED, EXCEPTION_VALUE);
    assert_int_equal(mirror_mark(bed, "A")->delivery, DELIVERY_REFUSED);
    assert_int_equal(mirror_mark(bed, "A")->reason, EXCEPTION_VALUE);
    assert_int_equal(mirror_pending(bed->image, false, points, 2), 0);
    image_set(bed->image, bed_point(bed, "A"), WORDS(2), NULL, 1);
    assert_int_equal(mirror_mark(bed, "A")->reason, 0);
    deliver(bed, DELIVERY_CONFIRMED, 0); /* of the value before */
    assert_int_equal(mirror_mark(bed, "A")->delivery, DELIVERY_PENDING);
    assert_int_equal(mirror_pending(bed->image, false, points, 2), 1);
    mirror_fetch(bed, 0, &side);
    deliver(bed, DELIVERY_CONFIRMED, 0);
    assert_int_equal(mirror_mark(bed, "A")->delivery, DELIVERY_CONFIRMED);
}

/* The stop waits for devices that answer, however many values wait for those that do not. */
static void what_waits_is_counted_beyond_the_room(void **state)
{
    struct bed *bed = *state;
    uint32_t points[1] = {UINT32_MAX};
    image_set(bed->image, bed_point(bed, "A"), WORDS(1), NULL, 1);
    image_set(bed->image, bed_point(bed, "PULSE"), WORDS(1), NULL, 1);
    mirror_online(bed, 0, false);
    assert_int_equal(mirror_pending(bed->image, true, points, 1), 0);
    assert_int_equal(points[0], UINT32_MAX);
    assert_int_equal(mirror_pending(bed->image, false, points, 1), 2);
    assert_int_not_equal(points[0], UINT32_MAX);
    mirror_online(bed, 0, true);
    assert_int_equal(mirror_pending(bed->image, true, NULL, 0), 2);
}

static void a_mirrored_pulse_ends_when_its_link_says_so(void **state)
{
    struct bed *bed = *state;
    bed_assign(bed, "PULSE", 1);
    bed_publish(bed);
    view_latch(bed->view);
    bed_publish(bed);
    assert_int_equal(mirror_value(bed, "PULSE"), 1);
    mirror_fetch(bed, 0, &side);
    mirror_poll(bed, &side, "PULSE", 0, QUALITY_GOOD);
    assert_int_equal(mirror_value(bed, "PULSE"), 0);
    assert_int_equal(bed_mark(bed, "PULSE")->written, 0); /* its end is no news */
    mirror_poll(bed, &side, "PULSE", 1, QUALITY_GOOD);
    assert_int_equal(mirror_mark(bed, "PULSE")->written, 1);
}

static void age_begins_with_each_reading(void **state)
{
    struct bed *bed = *state;
    uint32_t groups[] = {mirror_group(bed, "WIDE"), mirror_group(bed, "BIT0")};
    mirror_arrived(bed->image, groups, 2, 900);
    assert_int_equal(view_time(bed->view, bed_point(bed, "WIDE")), 900);
    assert_int_equal(view_time(bed->view, bed_point(bed, "SECOND")), 900);
    assert_int_equal(view_time(bed->view, bed_point(bed, "BIT0")), 900);
    assert_int_equal(view_time(bed->view, bed_point(bed, "BIT1")), 0);
}

static void a_remote_value_wins_over_the_same_scan(void **state)
{
    struct bed *bed = *state;
    bed_assign(bed, "A", 5);
    mirror_poll(bed, &side, "A", 7, QUALITY_GOOD);
    assert_int_equal(bed_publish(bed), 0);
    assert_int_equal(image_conflicts(bed->image), 1);
    assert_int_equal(mirror_value(bed, "A"), 7);
    assert_int_equal(mirror_fetch(bed, 0, &side), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, bed_finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_is_never_until_the_device_was_read),
        TEST(a_taken_value_is_a_remote_write_where_it_differs),
        TEST(what_overlaps_is_taken_as_one),
        TEST(a_neighbour_in_the_same_word_keeps_its_own),
        TEST(what_was_changed_here_is_not_overwritten),
        TEST(how_many_were_overtaken_is_told),
        TEST(a_force_stays_and_is_sent_again),
        TEST(a_force_on_an_input_is_sent_to_nobody),
        TEST(a_value_outside_its_limits_is_range),
        TEST(delivery_is_that_of_the_last_value),
        TEST(what_waits_is_counted_beyond_the_room),
        TEST(a_mirrored_pulse_ends_when_its_link_says_so),
        TEST(age_begins_with_each_reading),
        TEST(a_remote_value_wins_over_the_same_scan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

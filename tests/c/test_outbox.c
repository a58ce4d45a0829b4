/* Proves that whoever changes a mirrored value here lists it for its client, in the order of the
 * last change, shows it as pending, and wakes the link once. */

#include "mirror_bed.h"
#include "image/draft.h"

static struct link_side side;
static uint32_t plc;

static void declare(struct bed *bed)
{
    plc = mirror_memory(bed, "plc");
    bed_declare(bed, WORD("A", 0, .memory = plc));
    bed_declare(bed, WORD("B", 1, .memory = plc));
    bed_declare(bed, WORD("C", 2, .memory = plc, SAFE(9)));
    bed_declare(bed, WORD("IN", 3, .memory = plc, .direction = DIRECTION_IN));
    bed_declare(bed, BIT("BIT0", 4, 0, .memory = plc));
    bed_declare(bed, BIT("BIT1", 4, 1, .memory = plc));
    bed_declare(bed, WORD("OURS", 0));
}

static void start(struct bed *bed)
{
    bed_ready(bed);
    mirror_start(bed, 0, &side);
    mirror_online(bed, 0, true);
}

static int setup(void **state)
{
    bed_init(state);
    declare(*state);
    start(*state);
    return 0;
}

static void expect_pending(struct bed *bed, const char *name)
{
    uint32_t points[8];
    assert_int_equal(mirror_pending(bed->image, false, points, 8), 1);
    assert_int_equal(points[0], bed_point(bed, name));
    assert_int_equal(mirror_mark(bed, name)->delivery, DELIVERY_PENDING);
}

static void a_script_lists_what_it_publishes_in_its_order(void **state)
{
    struct bed *bed = *state;
    bed_assign(bed, "B", 1);
    bed_assign(bed, "C", 2);
    bed_assign(bed, "A", 3);
    bed_assign(bed, "B", 4);
    bed_assign(bed, "OURS", 5);
    bed_assign(bed, "BIT0", 0); /* no change */
    assert_int_equal(view_publish(bed->view, 77), 4);
    assert_int_equal(side.wakes, 1);
    assert_int_equal(mirror_fetch(bed, 0, &side), 3);
    assert_int_equal(side.changes[0].group, mirror_group(bed, "C"));
    assert_int_equal(side.changes[1].group, mirror_group(bed, "A"));
    assert_int_equal(side.changes[2].group, mirror_group(bed, "B"));
    assert_int_equal(side.changes[2].time, 77);
    assert_int_equal(*mirror_cell(bed, &side, "B"), 4);
    assert_int_equal(mirror_fetch(bed, 0, &side), 0);
}

static void nobody_is_woken_for_nothing(void **state)
{
    struct bed *bed = *state;
    bed_assign(bed, "OURS", 5);
    bed_publish(bed);
    assert_int_equal(bed_put(bed, 0, 6), EXCEPTION_NONE);
    assert_int_equal(side.wakes, 0);
    assert_int_equal(mirror_fetch(bed, 0, &side), 0);
    assert_int_equal(mirror_pending(bed->image, false, &(uint32_t){0}, 1), 0);
}

static void a_later_change_moves_to_the_end(void **state)
{
    struct bed *bed = *state;
    image_set(bed->image, bed_point(bed, "A"), WORDS(1), NULL, 10);
    image_set(bed->image, bed_point(bed, "B"), WORDS(2), NULL, 11);
    image_set(bed->image, bed_point(bed, "A"), WORDS(3), NULL, 12);
    assert_int_equal(side.wakes, 3);
    /* and what finds no room stays for the next time */
    assert_int_equal(mirror_collect(bed->image, 0, side.changes, 1, side.cells), 1);
    assert_int_equal(side.changes[0].group, mirror_group(bed, "B"));
    assert_int_equal(*mirror_cell(bed, &side, "A"), 0);
    mirror_expect(bed, &side, "A");
    assert_int_equal(side.changes[0].time, 12);
    assert_int_equal(*mirror_cell(bed, &side, "A"), 3);
}

static void a_master_lists_all_that_it_touches(void **state)
{
    struct bed *bed = *state;
    assert_int_equal(mirror_master_write(bed, plc, 0, 2, WORDS(0, 7)), EXCEPTION_NONE);
    assert_int_equal(mirror_fetch(bed, 0, &side), 2);
    assert_int_equal(mirror_mark(bed, "A")->delivery, DELIVERY_PENDING);
    assert_int_equal(mirror_mark(bed, "B")->quality, QUALITY_NEVER); /* the device was not asked */
    assert_int_equal(mirror_mark(bed, "B")->written, 1);
    assert_int_equal(mirror_master_write(bed, plc, 4, 1, WORDS(2)), EXCEPTION_NONE);
    assert_int_equal(mirror_fetch(bed, 0, &side), 2); /* both bits of the word */
    assert_int_equal(mirror_master_write(bed, plc, 3, 1, WORDS(0)), EXCEPTION_ADDRESS);
    assert_int_equal(image_set(bed->image, bed_point(bed, "IN"), WORDS(0), NULL, 1),
                     EXCEPTION_ADDRESS);
    assert_int_equal(mirror_fetch(bed, 0, &side), 0);
}

static void a_bit_takes_no_neighbour_along(void **state)
{
    struct bed *bed = *state;
    image_set(bed->image, bed_point(bed, "BIT0"), WORDS(1), NULL, 1);
    image_set(bed->image, bed_point(bed, "BIT1"), WORDS(2), NULL, 2);
    assert_int_equal(mirror_collect(bed->image, 0, side.changes, 1, side.cells), 1);
    assert_int_equal(*mirror_cell(bed, &side, "BIT0"), 1);
    mirror_expect(bed, &side, "BIT1");
    assert_int_equal(*mirror_cell(bed, &side, "BIT1"), 3);
}

static void force_and_release_are_changes(void **state)
{
    struct bed *bed = *state;
    image_force(bed->image, bed_point(bed, "A"), WORDS(5), NULL, 20);
    expect_pending(bed, "A");
    mirror_expect(bed, &side, "A");
    assert_int_equal(*mirror_cell(bed, &side, "A"), 5);
    bed_assign(bed, "A", 6); /* goes beneath it */
    bed_publish(bed);
    assert_int_equal(mirror_fetch(bed, 0, &side), 0);
    image_unforce(bed->image, bed_point(bed, "A"), false, NULL, 21);
    assert_int_equal(mirror_fetch(bed, 0, &side), 0);
    image_force(bed->image, bed_point(bed, "A"), WORDS(8), NULL, 22);
    mirror_expect(bed, &side, "A");
    image_unforce(bed->image, bed_point(bed, "A"), true, NULL, 23);
    mirror_expect(bed, &side, "A");
    assert_int_equal(side.changes[0].time, 23);
    assert_int_equal(*mirror_cell(bed, &side, "A"), 5);
    assert_int_equal(side.wakes, 3);
}

static void a_force_on_what_the_device_writes_reaches_nobody(void **state)
{
    struct bed *bed = *state;
    image_force(bed->image, bed_point(bed, "IN"), WORDS(5), NULL, 20);
    assert_int_equal(mirror_value(bed, "IN"), 5);
    assert_int_equal(mirror_mark(bed, "IN")->delivery, DELIVERY_NONE);
    assert_int_equal(mirror_fetch(bed, 0, &side), 0);
    assert_int_equal(side.wakes, 0);
}

static void safe_values_are_sent(void **state)
{
    struct bed *bed = *state;
    image_make_safe(bed->image, true, 30);
    expect_pending(bed, "C");
    mirror_expect(bed, &side, "C");
    assert_int_equal(*mirror_cell(bed, &side, "C"), 9);
    image_make_safe(bed->image, true, 31); /* nothing new */
    assert_int_equal(mirror_fetch(bed, 0, &side), 0);
}

static void what_the_body_assigned_is_listed(void **state)
{
    struct bed *bed = *state;
    struct error error;
    struct draft *draft = draft_create(&error);
    int64_t cell = draft_cell(draft, plc, TABLE_HOLDING, 1, &error);
    draft_cells(draft)[cell] = 0; /* the default, but said */
    draft_assign(draft, (uint32_t)cell, 1, 0xFFFF);
    draft_apply(draft, bed->image, 40);
    draft_destroy(draft);
    expect_pending(bed, "B");
    mirror_expect(bed, &side, "B");
    assert_int_equal(side.wakes, 1);
}

static void links_with_one_waker_are_woken_once(void **state)
{
    struct bed *bed = *state;
    static struct link_side other;
    uint32_t meter = mirror_memory(bed, "meter"), third = mirror_memory(bed, "third");
    declare(bed);
    bed_declare(bed, WORD("X", 0, .memory = meter));
    bed_declare(bed, WORD("Y", 0, .memory = third));
    start(bed);
    mirror_start(bed, 2, &other); /* of plc */
    mirror_start(bed, 0, &side);
    link_attach(bed->image, 1, mirror_wake, &side.wakes);
    bed_assign(bed, "X", 1);
    bed_assign(bed, "Y", 1);
    bed_publish(bed);
    assert_int_equal(side.wakes, 1);
    assert_int_equal(other.wakes, 0);
    bed_assign(bed, "Y", 2);
    bed_assign(bed, "A", 2);
    bed_publish(bed);
    assert_int_equal(side.wakes, 2);
    assert_int_equal(other.wakes, 1);
    mirror_expect(bed, &side, "X");
    assert_int_equal(mirror_fetch(bed, 2, &other), 1);
    link_attach(bed->image, 1, NULL, NULL);
    bed_assign(bed, "Y", 3);
    bed_publish(bed);
    assert_int_equal(side.wakes, 2);
    link_want(bed->image, 0, false);
    assert_int_equal(side.wakes, 3);
    assert_false(link_wanted(bed->image, 0));
    assert_true(link_wanted(bed->image, 1));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, bed_finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_script_lists_what_it_publishes_in_its_order),
        TEST(nobody_is_woken_for_nothing),
        TEST(a_later_change_moves_to_the_end),
        TEST(a_master_lists_all_that_it_touches),
        TEST(a_bit_takes_no_neighbour_along),
        TEST(force_and_release_are_changes),
        TEST(a_force_on_what_the_device_writes_reaches_nobody),
        TEST(safe_values_are_sent),
        TEST(what_the_body_assigned_is_listed),
        BED_TEST(links_with_one_waker_are_woken_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

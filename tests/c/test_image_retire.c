/* Proves that a point that is retired holds its safe value against program, masters, set and the
 * device, that forces lie on top of it and neither show it nor undo it, and that its end brings
 * back what was written meanwhile. */

#include "mirror_bed.h"
#include "plan_bed.h"
#include "image/image_restore.h"

static struct link_side side;
static uint32_t plc;

enum { LATER = 7000 };

static int setup(void **state)
{
    bed_init(state);
    struct bed *bed = *state;
    plc = mirror_memory(bed, "plc");
    bed_declare(bed, WORD("OUT", 0, .memory = plc, SAFE(9), .direction = DIRECTION_OUT));
    bed_declare(bed, WORD("BOTH", 1, .memory = plc, SAFE(9), .direction = DIRECTION_INOUT,
                          .wins = WINNER_REMOTE));
    bed_declare(bed, WORD("STAYS", 2, .memory = plc, SAFE(9), .direction = DIRECTION_INOUT));
    bed_declare(bed, BIT("BIT0", 3, 0, .memory = plc, .has_safe = true, .safe = BOOLEAN(false)));
    bed_declare(bed, BIT("BIT1", 3, 1, .memory = plc));
    bed_declare(bed, WIDE("WIDE", 4, .memory = plc, SAFE(0x00010002)));
    bed_raw_of(bed, plc, TABLE_HOLDING, 10, 2);
    bed_ready(bed);
    mirror_start(bed, 0, &side);
    mirror_online(bed, 0, true);
    return 0;
}

static void put(struct bed *bed, const char *name, uint16_t word)
{
    bed_assign(bed, name, word);
    view_publish(bed->view, BED_NOW);
    view_latch(bed->view);
}

static void retire(struct bed *bed, const char *name)
{
    uint32_t point = bed_point(bed, name);
    image_retire(bed->image, &point, 1, LATER);
    view_latch(bed->view);
}

static void force(struct bed *bed, const char *name, uint16_t word)
{
    image_force(bed->image, bed_point(bed, name), &word, NULL, LATER);
}

static void unforce(struct bed *bed, const char *name, bool restore)
{
    image_unforce(bed->image, bed_point(bed, name), restore, NULL, LATER);
}

static bool is_pending(struct bed *bed, const char *name)
{
    uint32_t point = bed_point(bed, name);
    return mirror_any_pending(bed->image, &point, 1);
}

static void it_takes_its_safe_value_and_says_so_to_the_device(void **state)
{
    struct bed *bed = *state;
    put(bed, "OUT", 5);
    mirror_fetch(bed, 0, &side);
    image_retire(bed->image, (uint32_t[]){bed_point(bed, "OUT"), bed_point(bed, "WIDE")}, 2, LATER);
    assert_int_equal(mirror_value(bed, "OUT"), 9);
    assert_memory_equal(view_cells(bed->view) + bed_find(bed, "WIDE")->cell, WORDS(2, 1), 4);
    assert_int_equal(mirror_mark(bed, "OUT")->time, LATER);
    assert_int_equal(mirror_fetch(bed, 0, &side), 2);
    assert_int_equal(*mirror_cell(bed, &side, "OUT"), 9);
    assert_true(is_pending(bed, "OUT"));
    assert_false(is_pending(bed, "STAYS"));
    struct mirror_news news = {
        .group = mirror_group(bed, "OUT"), .delivered = true, .delivery = DELIVERY_CONFIRMED};
    mirror_tell(bed->image, 0, &news, 1, side.cells, LATER);
    assert_false(is_pending(bed, "OUT"));
    mirror_online(bed, 0, false);
    assert_false(is_pending(bed, "WIDE")); /* nobody answers */
}

static void the_program_changes_nothing_until_its_end(void **state)
{
    struct bed *bed = *state;
    const char *const names[] = {"OUT", "BOTH"};
    for (size_t i = 0; i < 2; i++) {
        put(bed, names[i], 5);
        retire(bed, names[i]);
        mirror_fetch(bed, 0, &side);
        put(bed, names[i], 6);
        put(bed, names[i], 7);
        assert_int_equal(mirror_value(bed, names[i]), 9);
        assert_int_equal(mirror_fetch(bed, 0, &side), 0);
        image_unretire(bed->image, LATER);
        assert_int_equal(mirror_value(bed, names[i]), 7);
        mirror_expect(bed, &side, names[i]);
        put(bed, names[i], 8); /* nothing is held any more */
        assert_int_equal(mirror_value(bed, names[i]), 8);
        mirror_fetch(bed, 0, &side);
    }
}

/* The program sees the safe value; that it says the same itself must not be lost. */
static void what_the_program_says_may_be_what_it_sees(void **state)
{
    struct bed *bed = *state;
    put(bed, "OUT", 5);
    retire(bed, "OUT");
    put(bed, "OUT", 9);
    image_unretire(bed->image, LATER);
    assert_int_equal(mirror_value(bed, "OUT"), 9);
}

static void masters_and_set_are_refused(void **state)
{
    struct bed *bed = *state;
    uint16_t word = 1;
    put(bed, "BOTH", 5);
    retire(bed, "BOTH");
    assert_int_equal(mirror_master_write(bed, plc, 1, 1, &word), EXCEPTION_DEVICE_FAILURE);
    assert_int_equal(mirror_master_write(bed, plc, 1, 2, WORDS(1, 2)), EXCEPTION_DEVICE_FAILURE);
    assert_int_equal(image_set(bed->image, bed_point(bed, "BOTH"), &word, NULL, LATER),
                     EXCEPTION_DEVICE_FAILURE);
    assert_int_equal(mirror_master_write(bed, plc, 2, 1, &word), EXCEPTION_NONE);
    assert_int_equal(mirror_master_write(bed, plc, 10, 1, &word), EXCEPTION_NONE);
    image_unretire(bed->image, LATER);
    assert_int_equal(mirror_value(bed, "BOTH"), 5);
    assert_int_equal(mirror_master_write(bed, plc, 1, 1, &word), EXCEPTION_NONE);
}

static void only_its_own_bits_are_held(void **state)
{
    struct bed *bed = *state;
    put(bed, "BIT0", 1);
    put(bed, "BIT1", 2);
    retire(bed, "BIT0");
    assert_int_equal(mirror_value(bed, "BIT0"), 0);
    assert_int_equal(mirror_value(bed, "BIT1"), 2);
    put(bed, "BIT1", 0);
    put(bed, "BIT0", 1);
    assert_int_equal(mirror_value(bed, "BIT1"), 0);
    assert_int_equal(mirror_value(bed, "BIT0"), 0);
    image_unretire(bed->image, LATER);
    assert_int_equal(mirror_value(bed, "BIT0"), 1);
    assert_int_equal(mirror_value(bed, "BIT1"), 0);
}

static void it_is_no_force(void **state)
{
    struct bed *bed = *state;
    uint16_t words[VARIABLE_MAX_WORDS];
    put(bed, "OUT", 5);
    retire(bed, "OUT");
    assert_int_equal(image_forced(bed->image, NULL, 0), 0);
    assert_false(image_suppressed(bed->image, bed_point(bed, "OUT"), words));
    assert_false(mirror_mark(bed, "OUT")->forced);
    unforce(bed, "OUT", true);
    unforce(bed, "OUT", false);
    assert_int_equal(mirror_value(bed, "OUT"), 9);
    image_retain(bed->image, (uint32_t[]){bed_point(bed, "OUT")}, 1, words, NULL, NULL);
    assert_int_equal(words[0], 5); /* what is retained is what was written */
}

static void a_force_made_before_stays_on_top(void **state)
{
    struct bed *bed = *state;
    uint16_t words[VARIABLE_MAX_WORDS];
    put(bed, "OUT", 5);
    force(bed, "OUT", 70);
    mirror_fetch(bed, 0, &side);
    retire(bed, "OUT");
    assert_int_equal(mirror_value(bed, "OUT"), 70);
    assert_int_equal(mirror_fetch(bed, 0, &side), 0);
    assert_true(image_suppressed(bed->image, bed_point(bed, "OUT"), words));
    assert_int_equal(words[0], 9);
    put(bed, "OUT", 6);
    image_unretire(bed->image, LATER);
    assert_int_equal(mirror_value(bed, "OUT"), 70);
    unforce(bed, "OUT", true);
    assert_int_equal(mirror_value(bed, "OUT"), 6);
}

static void a_force_made_meanwhile_outlives_it(void **state)
{
    struct bed *bed = *state;
    put(bed, "OUT", 5);
    retire(bed, "OUT");
    force(bed, "OUT", 70);
    assert_int_equal(mirror_value(bed, "OUT"), 70);
    image_unretire(bed->image, LATER);
    assert_int_equal(mirror_value(bed, "OUT"), 70);
    assert_int_equal(image_forced(bed->image, NULL, 0), 1);
    unforce(bed, "OUT", true);
    assert_int_equal(mirror_value(bed, "OUT"), 5);
}

/* Without restore what was forced counts as written, and comes with the end. */
static void a_force_that_ends_leaves_it_safe(void **state)
{
    struct bed *bed = *state;
    for (int restore = 0; restore < 2; restore++) {
        put(bed, "OUT", 5);
        retire(bed, "OUT");
        force(bed, "OUT", 70);
        mirror_fetch(bed, 0, &side);
        unforce(bed, "OUT", restore);
        assert_int_equal(mirror_value(bed, "OUT"), 9);
        mirror_expect(bed, &side, "OUT");
        image_unretire(bed->image, LATER);
        assert_int_equal(mirror_value(bed, "OUT"), restore ? 5 : 70);
    }
}

static void what_a_device_says_otherwise_is_sent_again(void **state)
{
    struct bed *bed = *state;
    put(bed, "BOTH", 5);
    retire(bed, "BOTH");
    mirror_fetch(bed, 0, &side);
    mirror_poll(bed, &side, "BOTH", 3, QUALITY_GOOD);
    assert_int_equal(mirror_value(bed, "BOTH"), 9);
    mirror_expect(bed, &side, "BOTH");
    assert_int_equal(*mirror_cell(bed, &side, "BOTH"), 9);
    image_unretire(bed->image, LATER);
    assert_int_equal(mirror_value(bed, "BOTH"), 3);
}

/* A fault meanwhile: what comes back is safe, too. */
static void a_fault_makes_safe_what_lies_beneath(void **state)
{
    struct bed *bed = *state;
    put(bed, "OUT", 5);
    retire(bed, "OUT");
    image_make_safe(bed->image, true, LATER);
    image_unretire(bed->image, LATER);
    assert_int_equal(mirror_value(bed, "OUT"), 9);
}

static void ending_what_is_not_does_nothing(void **state)
{
    struct bed *bed = *state;
    put(bed, "OUT", 5);
    image_unretire(bed->image, LATER);
    assert_int_equal(mirror_value(bed, "OUT"), 5);
    retire(bed, "OUT"); /* and an image may go with it */
}

#define RETIRE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, bed_finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RETIRE_TEST(it_takes_its_safe_value_and_says_so_to_the_device),
        RETIRE_TEST(the_program_changes_nothing_until_its_end),
        RETIRE_TEST(what_the_program_says_may_be_what_it_sees),
        RETIRE_TEST(masters_and_set_are_refused),
        RETIRE_TEST(only_its_own_bits_are_held),
        RETIRE_TEST(it_is_no_force),
        RETIRE_TEST(a_force_made_before_stays_on_top),
        RETIRE_TEST(a_force_made_meanwhile_outlives_it),
        RETIRE_TEST(a_force_that_ends_leaves_it_safe),
        RETIRE_TEST(what_a_device_says_otherwise_is_sent_again),
        RETIRE_TEST(a_fault_makes_safe_what_lies_beneath),
        RETIRE_TEST(ending_what_is_not_does_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Proves what the image itself decides: initial values, the force overlay with points that share
 * bits, safe values and the fault, and when a point's time moves. */

#include "image_help.h"
#include "image/inside.h"

enum { LATER = 5000 };

static void values_start_as_default(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("A", 0, DEFAULT(0x1234)));
    bed_declare(bed, WORD("B", 1));
    bed_declare(bed, WIDE("WIDES", 2, DEFAULT(0x00010002), .count = 2));
    bed_declare(bed, BYTE("BYTES", 6, 8, DEFAULT(0x5A), .count = 3));
    bed_declare(bed, BIT("BITS", 8, 15, .has_default = true, .initial = BOOLEAN(true), .count = 2));
    struct variable text = BED_VARIABLE("TEXT", TABLE_HOLDING, TYPE_STRING, 10, .length = 3);
    text.has_default = true;
    text.initial.kind = VALUE_STRING;
    text.initial.string.bytes = "abc";
    text.initial.string.length = 3;
    bed_declare(bed, text);
    bed_declare(bed, COIL("COILS", 0, .has_default = true, .initial = BOOLEAN(true), .count = 2));
    bed_raw(bed, TABLE_HOLDING, 12, 1);
    bed_ready(bed);
    static const uint16_t expected[] = {0x1234, 0,      2,      1,      2,      1, 0x5A00,
                                        0x5A5A, 0x8000, 0x0001, 0x6162, 0x6300, 0};
    for (uint16_t i = 0; i < 13; i++)
        assert_int_equal(bed_get(bed, i), expected[i]);
    assert_int_equal(bed_coil(bed, 0), 1);
    assert_int_equal(bed_coil(bed, 1), 1);
}

/* cold start: defaults are not writes. */
static void nothing_is_marked_as_written(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("A", 0, DEFAULT(7), .count = 40));
    bed_raw(bed, TABLE_COIL, 0, 3);
    bed_ready(bed);
    for (size_t i = 0; i < bed->plan->point_count; i++) {
        const struct mark *mark = &view_marks(bed->view)[i];
        assert_int_equal(mark->time, BED_NOW);
        assert_int_equal(mark->written, 0);
        assert_int_equal(mark->quality, QUALITY_GOOD);
        assert_false(mark->forced);
    }
    assert_int_equal(view_latch(bed->view), 0);
    assert_int_equal(image_conflicts(bed->image), 0);
    assert_false(image_in_fault(bed->image));
}

/* What shares bits: a default counts, the lack of one does not; of two the later counts. */
static void a_bit_without_a_default_leaves_its_word_alone(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("WORD", 0, DEFAULT(0x00FF)));
    bed_declare(bed, BIT("BIT", 0, 0));
    bed_declare(bed, BIT("OFF", 0, 1, .has_default = true, .initial = BOOLEAN(false)));
    bed_declare(bed, BIT("ON", 0, 8, .has_default = true, .initial = BOOLEAN(true)));
    bed_ready(bed);
    assert_int_equal(bed_get(bed, 0), 0x01FD);
}

static void an_image_holds_its_plan(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("A", 0, DEFAULT(7)));
    bed_ready(bed);
    assert_ptr_equal(image_plan(bed->image), bed->plan);
    plan_unref(bed->plan); /* the image's reference is the last one */
    assert_int_equal(bed_get(bed, 0), 7);
    plan_ref(bed->plan);
    image_destroy(NULL);
}

static void an_image_of_nothing(void **state)
{
    struct bed *bed = *state;
    uint16_t word;
    bed_ready(bed);
    assert_int_equal(bed_read(bed, TABLE_HOLDING, 0, 1, &word), EXCEPTION_ADDRESS);
    assert_int_equal(bed_put(bed, 0, 1), EXCEPTION_ADDRESS);
    view_latch(bed->view);
    assert_int_equal(bed_publish(bed), 0);
    image_make_safe(bed->image, true, LATER);
}

/* ---- force ---- */

static void force(struct bed *bed, const char *name, uint16_t word)
{
    uint16_t words[2] = {word, word};
    image_force(bed->image, bed_point(bed, name), words, NULL, LATER);
}

static void release(struct bed *bed, const char *name, bool restore)
{
    image_unforce(bed->image, bed_point(bed, name), restore, NULL, LATER);
}

static void a_force_holds_against_everyone(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("A", 0, SAFE(3), .direction = DIRECTION_INOUT));
    bed_ready(bed);
    bed_put(bed, 0, 10);
    force(bed, "A", 99);
    assert_int_equal(bed_get(bed, 0), 99);
    assert_int_equal(bed_put(bed, 0, 11), EXCEPTION_NONE); /* answered all the same */
    assert_int_equal(bed_get(bed, 0), 99);
    image_set(bed->image, bed_point(bed, "A"), WORDS(12), NULL, BED_NOW);
    assert_int_equal(bed_get(bed, 0), 99);
    view_latch(bed->view);
    bed_assign(bed, "A", 13);
    bed_publish(bed);
    assert_int_equal(bed_get(bed, 0), 99);
    image_make_safe(bed->image, false, LATER);
    assert_int_equal(bed_get(bed, 0), 99);
}

static void restore_brings_back_what_was_suppressed(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WIDE("W", 0));
    bed_ready(bed);
    bed_write(bed, TABLE_HOLDING, 0, 2, WORDS(10, 10));
    force(bed, "W", 99);
    release(bed, "W", true);
    assert_int_equal(bed_get(bed, 0), 10); /* nobody wrote: what was there */
    assert_int_equal(bed_get(bed, 1), 10);
    force(bed, "W", 99);
    bed_write(bed, TABLE_HOLDING, 0, 2, WORDS(11, 12));
    bed_write(bed, TABLE_HOLDING, 0, 2, WORDS(13, 14));
    release(bed, "W", true);
    assert_int_equal(bed_get(bed, 0), 13); /* the last that was suppressed */
    assert_int_equal(bed_get(bed, 1), 14);
}

static void a_release_without_restore_leaves_the_forced_value(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("A", 0));
    bed_ready(bed);
    force(bed, "A", 99);
    bed_put(bed, 0, 11);
    release(bed, "A", false);
    assert_int_equal(bed_get(bed, 0), 99);
    bed_put(bed, 0, 12);
    assert_int_equal(bed_get(bed, 0), 12);
    force(bed, "A", 50); /* what lay beneath the first force is forgotten */
    release(bed, "A", true);
    assert_int_equal(bed_get(bed, 0), 12);
}

static void a_force_may_change_its_value(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("A", 0, DEFAULT(5)));
    bed_ready(bed);
    force(bed, "A", 98);
    force(bed, "A", 99);
    assert_int_equal(bed_get(bed, 0), 99);
    release(bed, "A", true);
    assert_int_equal(bed_get(bed, 0), 5); /* not 98 */
    bed_put(bed, 0, 6);
    assert_int_equal(bed_get(bed, 0), 6); /* one release ends it */
}

static void the_mark_tells_of_the_force(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("A", 0, .count = 2));
    bed_ready(bed);
    force(bed, "A", 0); /* the value does not change, the mark does */
    view_latch(bed->view);
    assert_true(bed_mark(bed, "A")->forced);
    assert_int_equal(bed_mark(bed, "A")->time, LATER);
    assert_int_equal(bed_mark(bed, "A")->written, 0);
    assert_false(bed_mark(bed, "A")[1].forced);
    release(bed, "A", true);
    view_latch(bed->view);
    assert_false(bed_mark(bed, "A")->forced);
}

static void releasing_what_is_not_forced_does_nothing(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("A", 0, DEFAULT(5)));
    bed_declare(bed, WORD("B", 1));
    bed_ready(bed);
    force(bed, "B", 1);
    release(bed, "A", true);
    release(bed, "A", false);
    view_latch(bed->view);
    assert_int_equal(bed_get(bed, 0), 5);
    assert_int_equal(bed_mark(bed, "A")->time, BED_NOW);
    bed_put(bed, 1, 7);
    assert_int_equal(bed_get(bed, 1), 1); /* the other force is still counted */
}

static void forced_bits_leave_their_word(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("WORD", 0, DEFAULT(0x00F0)));
    bed_declare(bed, BIT("BIT", 0, 4));
    bed_declare(bed, BYTE("HIGH", 0, 8));
    bed_ready(bed);
    force(bed, "BIT", 0);
    force(bed, "HIGH", 0xAB00);
    assert_int_equal(bed_get(bed, 0), 0xABE0);
    bed_put(bed, 0, 0x001F);
    assert_int_equal(bed_get(bed, 0), 0xAB0F);
    release(bed, "HIGH", true);
    assert_int_equal(bed_get(bed, 0), 0x000F);
    release(bed, "BIT", true);
    assert_int_equal(bed_get(bed, 0), 0x001F);
}

/* A word and its bit, both forced: what the one lets go the other still holds. */
static void a_bit_stays_forced_when_its_word_is_released(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("WORD", 0, DEFAULT(0x1111)));
    bed_declare(bed, BIT("BIT", 0, 1));
    bed_ready(bed);
    force(bed, "WORD", 0);
    force(bed, "BIT", 2);
    assert_int_equal(bed_get(bed, 0), 0x0002);
    release(bed, "WORD", true);
    assert_int_equal(bed_get(bed, 0), 0x1113);
    bed_put(bed, 0, 0x2220);
    assert_int_equal(bed_get(bed, 0), 0x2222);
    release(bed, "BIT", true);
    assert_int_equal(bed_get(bed, 0), 0x2220);
}

static void a_word_stays_forced_when_its_bit_is_released(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, BIT("BIT", 1, 0));
    bed_declare(bed, WIDE("WIDE", 0, DEFAULT(0x00000000)));
    bed_ready(bed);
    force(bed, "BIT", 1);
    force(bed, "WIDE", 0x8881);
    release(bed, "BIT", true);
    assert_int_equal(bed_get(bed, 0), 0x8881);
    assert_int_equal(bed_get(bed, 1), 0x8881); /* the wide one holds the bit too */
    bed_write(bed, TABLE_HOLDING, 0, 2, WORDS(6, 6));
    assert_int_equal(bed_get(bed, 1), 0x8881);
    release(bed, "WIDE", true);
    assert_int_equal(bed_get(bed, 0), 6);
    assert_int_equal(bed_get(bed, 1), 6); /* beneath is the original, never a force */
}

/* ---- safe ---- */

static void safe_points_take_it(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("A", 0, DEFAULT(1)));
    bed_declare(bed, WORD("S", 1, SAFE(9), .count = 3));
    bed_declare(bed, BYTE("BYTES", 4, 8, SAFE(0x5A), .count = 2));
    bed_declare(bed, WIDE("WIDE", 6, SAFE(0x00020001)));
    bed_declare(bed, COIL("C", 0, .has_safe = true, .safe = BOOLEAN(true), .count = 2));
    bed_ready(bed);
    assert_int_equal(bed_get(bed, 1), 0); /* safe is no default */
    image_make_safe(bed->image, false, LATER);
    static const uint16_t expected[] = {1, 9, 9, 9, 0x5A00, 0x005A, 1, 2};
    for (uint16_t i = 0; i < 8; i++)
        assert_int_equal(bed_get(bed, i), expected[i]);
    assert_int_equal(bed_coil(bed, 1), 1);
    view_latch(bed->view);
    assert_int_equal(bed_mark(bed, "S")[2].time, LATER);
    assert_int_equal(bed_mark(bed, "S")[2].written, 0); /* not a remote write */
    assert_int_equal(bed_mark(bed, "A")->time, BED_NOW);
}

static void a_fault_is_set_and_cleared(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("S", 0, SAFE(9), .direction = DIRECTION_INOUT));
    bed_ready(bed);
    image_make_safe(bed->image, false, LATER);
    assert_false(image_in_fault(bed->image));
    assert_int_equal(bed_put(bed, 0, 1), EXCEPTION_NONE);
    image_make_safe(bed->image, true, LATER);
    assert_true(image_in_fault(bed->image));
    assert_int_equal(bed_put(bed, 0, 1), EXCEPTION_DEVICE_FAILURE);
    image_make_safe(bed->image, false, LATER); /* does not end it */
    assert_true(image_in_fault(bed->image));
    image_clear_fault(bed->image);
    assert_false(image_in_fault(bed->image));
    assert_int_equal(bed_put(bed, 0, 1), EXCEPTION_NONE);
    assert_int_equal(bed_get(bed, 0), 1);
}

/* force: over safe; and safe is what comes back. */
static void a_force_lies_over_safe(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("S", 0, SAFE(9)));
    bed_ready(bed);
    force(bed, "S", 70);
    image_make_safe(bed->image, true, LATER);
    assert_int_equal(bed_get(bed, 0), 70);
    release(bed, "S", true);
    assert_int_equal(bed_get(bed, 0), 9);
}

/* ---- time ---- */

/* "in" variables are never good before something came in, whatever their default. */
static void what_the_world_writes_is_never_until_it_came(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("A", 0, .direction = DIRECTION_IN));
    bed_declare(bed, WORD("B", 1));
    bed_ready(bed);
    assert_int_equal(bed_mark(bed, "A")->quality, QUALITY_NEVER);
    assert_int_equal(bed_mark(bed, "B")->quality, QUALITY_GOOD);
    bed_put(bed, 0, 0); /* the same value, but now it came */
    view_latch(bed->view);
    assert_int_equal(bed_mark(bed, "A")->quality, QUALITY_GOOD);
}

static void time_moves_for_all_that_share_bits(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WIDE("WIDE", 0));
    bed_declare(bed, WORD("SECOND", 1));
    bed_declare(bed, BIT("BIT", 1, 3));
    bed_declare(bed, BIT("OTHER", 1, 4));
    bed_declare(bed, WORD("NEXT", 2));
    bed_ready(bed);
    force(bed, "BIT", 8);
    view_latch(bed->view);
    assert_int_equal(view_time(bed->view, bed_point(bed, "WIDE")), LATER);
    assert_int_equal(view_time(bed->view, bed_point(bed, "SECOND")), LATER);
    assert_int_equal(view_time(bed->view, bed_point(bed, "BIT")), LATER);
    assert_int_equal(view_time(bed->view, bed_point(bed, "OTHER")), BED_NOW);
    assert_int_equal(view_time(bed->view, bed_point(bed, "NEXT")), BED_NOW);
}

/* ---- reading beside the lock ---- */

static void nobody_reads_beside_a_change_under_way(void **state)
{
    struct bed *bed = *state;
    uint64_t version, later;
    bed_raw(bed, TABLE_HOLDING, 0, 3);
    bed_ready(bed);
    bed_write(bed, TABLE_HOLDING, 1, 2, WORDS(7, 8));
    assert_true(image_look(bed->image, &version));
    image_lock(bed->image);
    assert_false(image_look(bed->image, &later));
    image_unlock(bed->image);
    assert_false(image_is_same(bed->image, version));
    assert_true(image_look(bed->image, &version));
    image_lock_still(bed->image); /* nothing changes under this one */
    assert_true(image_look(bed->image, &later));
    assert_true(image_is_same(bed->image, version));
    assert_int_equal(bed_get(bed, 1), 7);     /* nor does who only reads … */
    assert_false(image_in_fault(bed->image)); /* … or asks wait for it */
    assert_int_equal(image_conflicts(bed->image), 0);
    image_unlock_still(bed->image);
}

/* Who only looks gives a reader beside it no reason to look again. */
static void looking_is_no_change(void **state)
{
    struct bed *bed = *state;
    bed_raw(bed, TABLE_HOLDING, 0, 3);
    bed_ready(bed);
    uint64_t version = atomic_load(&bed->image->version);
    view_latch(bed->view);
    image_in_fault(bed->image);
    image_conflicts(bed->image);
    assert_int_equal(atomic_load(&bed->image->version), version);
    bed_write(bed, TABLE_HOLDING, 1, 1, WORDS(7));
    assert_int_not_equal(atomic_load(&bed->image->version), version);
}

static void what_is_forced_is_listed(void **state)
{
    struct bed *bed = *state;
    uint32_t points[4] = {9, 9, 9, 9};
    uint16_t words[2];
    bed_declare(bed, WORD("A", 0));
    bed_declare(bed, WIDE("B", 1));
    bed_declare(bed, BIT("C", 3, 2));
    bed_ready(bed);
    assert_int_equal(image_forced(bed->image, points, 4), 0);
    assert_false(image_suppressed(bed->image, 0, words));
    bed_write(bed, TABLE_HOLDING, 1, 2, WORDS(7, 8));
    image_force(bed->image, bed_point(bed, "B"), WORDS(1, 2), NULL, BED_NOW);
    image_force(bed->image, bed_point(bed, "C"), WORDS(0), NULL, BED_NOW);
    assert_int_equal(image_forced(bed->image, NULL, 0), 2);
    assert_int_equal(image_forced(bed->image, points, 1), 2);
    assert_int_equal(points[0], bed_point(bed, "B"));
    assert_int_equal(points[1], 9);
    assert_int_equal(image_forced(bed->image, points, 4), 2);
    assert_int_equal(points[1], bed_point(bed, "C"));
    assert_int_equal(points[2], 9);
    assert_true(image_suppressed(bed->image, bed_point(bed, "B"), words));
    assert_memory_equal(words, WORDS(7, 8), 4);
    bed_put(bed, 3, 4);
    assert_true(image_suppressed(bed->image, bed_point(bed, "C"), words));
    assert_int_equal(words[0], 4);
    image_unforce(bed->image, bed_point(bed, "B"), false, NULL, BED_NOW);
    assert_false(image_suppressed(bed->image, bed_point(bed, "B"), words));
    assert_int_equal(image_forced(bed->image, points, 4), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(values_start_as_default),
        BED_TEST(nothing_is_marked_as_written),
        BED_TEST(a_bit_without_a_default_leaves_its_word_alone),
        BED_TEST(an_image_holds_its_plan),
        BED_TEST(an_image_of_nothing),
        BED_TEST(a_force_holds_against_everyone),
        BED_TEST(restore_brings_back_what_was_suppressed),
        BED_TEST(a_release_without_restore_leaves_the_forced_value),
        BED_TEST(a_force_may_change_its_value),
        BED_TEST(the_mark_tells_of_the_force),
        BED_TEST(releasing_what_is_not_forced_does_nothing),
        BED_TEST(forced_bits_leave_their_word),
        BED_TEST(a_bit_stays_forced_when_its_word_is_released),
        BED_TEST(a_word_stays_forced_when_its_bit_is_released),
        BED_TEST(safe_points_take_it),
        BED_TEST(a_fault_is_set_and_cleared),
        BED_TEST(a_force_lies_over_safe),
        BED_TEST(what_the_world_writes_is_never_until_it_came),
        BED_TEST(time_moves_for_all_that_share_bits),
        BED_TEST(nobody_reads_beside_a_change_under_way),
        BED_TEST(looking_is_no_change),
        BED_TEST(what_is_forced_is_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

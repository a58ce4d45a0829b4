/* Proves how a value from before the restart comes in: no write, good where nobody else feeds it,
 * beneath a force; and that what is retained is copied without what is forced upon it, together
 * with the keeps. */

#include "plan_bed.h"

#include "image/image_restore.h"
#include "image/keeps.h"

static void what_is_restored_is_no_write(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("IN", 0, .direction = DIRECTION_IN));
    bed_declare(bed, BIT("BIT", 1, 3));
    bed_ready(bed);
    assert_int_equal(bed_mark(bed, "IN")->quality, QUALITY_NEVER);
    image_restore(bed->image, bed_point(bed, "IN"), WORDS(42), 5);
    image_restore(bed->image, bed_point(bed, "BIT"), WORDS(8), 5);
    view_latch(bed->view);
    assert_int_equal(bed_value(bed, "IN"), 42);
    assert_int_equal(bed_value(bed, "BIT"), 8);
    assert_int_equal(bed_get(bed, 1), 8);
    assert_int_equal(bed_mark(bed, "IN")->quality, QUALITY_GOOD);
    assert_int_equal(bed_mark(bed, "IN")->written, 0);
    assert_int_equal(bed_mark(bed, "IN")->time, 5);
}

static void what_a_device_feeds_waits_for_the_device(void **state)
{
    struct bed *bed = *state;
    bed_plc(bed);
    bed_declare(bed, WORD("SP", 0, PLC()));
    bed_ready(bed);
    image_restore(bed->image, bed_point(bed, "SP"), WORDS(42), 5);
    view_latch(bed->view);
    assert_int_equal(bed_value(bed, "SP"), 42);
    assert_int_equal(bed_mark(bed, "SP")->quality, QUALITY_NEVER);
}

static void a_forced_point_is_restored_and_kept_beneath(void **state)
{
    struct bed *bed = *state;
    uint16_t words[3], forced;
    uint64_t version = 0;
    bed_declare(bed, WORD("A", 0));
    bed_declare(bed, BIT("LOW", 1, 0));
    bed_declare(bed, BIT("HIGH", 1, 1));
    bed_ready(bed);
    image_force(bed->image, bed_point(bed, "A"), WORDS(9), NULL, 1);
    image_force(bed->image, bed_point(bed, "HIGH"), WORDS(2), NULL, 1);
    image_restore(bed->image, bed_point(bed, "A"), WORDS(42), 5);
    image_restore(bed->image, bed_point(bed, "LOW"), WORDS(1), 5);
    const uint32_t points[] = {bed_point(bed, "A"), bed_point(bed, "LOW"), bed_point(bed, "HIGH")};
    assert_false(image_retain(bed->image, points, 3, words, NULL, &version));
    assert_int_equal(words[0], 42);
    assert_int_equal(words[1], 1);
    assert_int_equal(words[2], 0);
    assert_true(image_forced_words(bed->image, points[0], &forced));
    assert_int_equal(forced, 9);
    assert_false(image_forced_words(bed->image, points[1], &forced));
}

static void keeps_are_copied_when_they_have_changed(void **state)
{
    struct bed *bed = *state;
    struct error error;
    struct keeps *keeps = keeps_create(&error), *copy = keeps_create(&error);
    struct keeps_table table;
    uint64_t version = UINT64_MAX;
    bed_declare(bed, WORD("A", 0));
    bed_ready(bed);
    image_share(bed->image, keeps, NULL);
    assert_true(image_retain(bed->image, NULL, 0, NULL, copy, &version));
    assert_false(image_retain(bed->image, NULL, 0, NULL, copy, &version));
    assert_true(keeps_find(keeps, "mixer", true, &table));
    assert_false(image_retain(bed->image, NULL, 0, NULL, copy, &version)); /* not committed */
    bed_publish(bed);
    assert_true(image_retain(bed->image, NULL, 0, NULL, copy, &version));
    assert_true(keeps_find(copy, "mixer", false, &table));
    keeps_destroy(keeps);
    keeps_destroy(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(what_is_restored_is_no_write),
        BED_TEST(what_a_device_feeds_waits_for_the_device),
        BED_TEST(a_forced_point_is_restored_and_kept_beneath),
        BED_TEST(keeps_are_copied_when_they_have_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Proves what a master's write leaves behind: the marks by which the program knows of it, and what
 * lies beneath a force. */

#include "image_help.h"

enum { LATER = 7000 };

/* ---- marks ---- */

static uint64_t written(struct bed *bed, const char *name)
{
    view_latch(bed->view);
    return bed_mark(bed, name)->written;
}

static void what_was_written_is_marked(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("A", 0, DEFAULT(5)));
    bed_declare(bed, WORD("B", 1));
    bed_declare(bed, WIDE("W", 2));
    bed_declare(bed, WORD("FAR", 200));
    bed_ready(bed);
    struct request request = {.write = {TABLE_HOLDING, 0, 1, WORDS(5), false}};
    assert_int_equal(image_request(bed->image, &request, LATER), EXCEPTION_NONE);
    assert_int_equal(written(bed, "A"), 1); /* the same value is news too */
    assert_int_equal(bed_mark(bed, "A")->time, LATER);
    assert_int_equal(written(bed, "B"), 0);
    assert_int_equal(bed_mark(bed, "B")->time, BED_NOW);
    bed_write(bed, TABLE_HOLDING, 1, 3, WORDS(1, 2, 3));
    assert_int_equal(written(bed, "A"), 1);
    assert_int_equal(written(bed, "B"), 2);
    assert_int_equal(written(bed, "W"), 2);
    assert_int_equal(written(bed, "FAR"), 0);
    assert_int_equal(view_latch(bed->view), 2);
    bed_get(bed, 0); /* reading is no writing */
    assert_int_equal(view_latch(bed->view), 2);
}

static void bits_are_marked_with_what_touched_them(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("WORD", 0));
    bed_declare(bed, BIT("BIT3", 0, 3));
    bed_declare(bed, BIT("BIT4", 0, 4));
    bed_declare(bed, BIT("SHARED", 1, 0));
    bed_declare(bed, BIT("OURS", 1, 1, .direction = DIRECTION_OUT));
    bed_ready(bed);
    bed_mask(bed, 0, 0xFFF7, 0);
    assert_int_equal(written(bed, "WORD"), 1);
    assert_int_equal(written(bed, "BIT3"), 1);
    assert_int_equal(written(bed, "BIT4"), 0);
    bed_mask(bed, 0, 0xFFFF, 0xFFFF); /* touches nothing */
    assert_int_equal(written(bed, "WORD"), 1);
    bed_put(bed, 0, 0);
    assert_int_equal(written(bed, "BIT4"), 3);
    bed_put(bed, 1, 1);
    assert_int_equal(written(bed, "SHARED"), 4);
    assert_int_equal(written(bed, "OURS"), 0); /* that one nobody wrote */
    assert_int_equal(bed_mark(bed, "OURS")->time, BED_NOW);
}

static void a_pulse_is_news_when_it_is_1(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, COIL("P", 0, .pulse = true, .count = 2));
    bed_declare(bed, COIL("C", 2));
    bed_declare(bed, BIT("BIT", 0, 5, .pulse = true));
    bed_ready(bed);
    bed_write(bed, TABLE_COIL, 0, 3, WORDS(0, 1, 0));
    assert_int_equal(written(bed, "P"), 0);
    assert_int_equal(bed_mark(bed, "P")[1].written, 1);
    assert_int_equal(written(bed, "C"), 1);
    bed_put(bed, 0, 0);
    assert_int_equal(written(bed, "BIT"), 0);
    bed_mask(bed, 0, 0xFFDF, 0x20);
    assert_int_equal(written(bed, "BIT"), 3);
    image_set(bed->image, bed_point(bed, "P"), WORDS(0), NULL, LATER);
    assert_int_equal(written(bed, "P"), 0);
    image_set(bed->image, bed_point(bed, "P"), WORDS(1), NULL, LATER);
    assert_int_equal(written(bed, "P"), 5);
}

/* ---- under a force ---- */

/* A master that writes back what it reads must not carry the force into what lies beneath. */
static void a_force_does_not_leak_into_what_is_the_programs(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, BIT("SHARED", 0, 0));
    bed_declare(bed, BIT("OURS", 0, 1, .direction = DIRECTION_OUT));
    bed_ready(bed);
    image_force(bed->image, bed_point(bed, "OURS"), WORDS(2), NULL, LATER);
    assert_int_equal(bed_put(bed, 0, 3), EXCEPTION_NONE);
    assert_int_equal(bed_put(bed, 0, 1), EXCEPTION_ADDRESS); /* unchanged means: as it is read */
    image_unforce(bed->image, bed_point(bed, "OURS"), true, NULL, LATER);
    assert_int_equal(bed_get(bed, 0), 1);
}

/* force: masters' writes are answered, and are news. */
static void forced_points_are_answered(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("A", 0, RANGE(0, 10)));
    bed_ready(bed);
    image_force(bed->image, bed_point(bed, "A"), WORDS(9), NULL, LATER);
    assert_int_equal(bed_put(bed, 0, 5), EXCEPTION_NONE);
    assert_int_equal(bed_put(bed, 0, 11), EXCEPTION_VALUE);
    assert_int_equal(bed_get(bed, 0), 9);
    assert_int_equal(written(bed, "A"), 1);
    image_unforce(bed->image, bed_point(bed, "A"), true, NULL, LATER);
    assert_int_equal(bed_get(bed, 0), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(what_was_written_is_marked),
        BED_TEST(bits_are_marked_with_what_touched_them),
        BED_TEST(a_pulse_is_news_when_it_is_1),
        BED_TEST(a_force_does_not_leak_into_what_is_the_programs),
        BED_TEST(forced_points_are_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

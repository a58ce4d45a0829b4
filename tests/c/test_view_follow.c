/* Proves that a variable with `from` has the value and the quality of what it names, in one scan
 * along a whole chain, converted where the types differ, and neither more nor less after a fault.
 */

#include "mirror_bed.h"

static struct link_side side;

static int setup(void **state)
{
    bed_init(state);
    struct bed *bed = *state;
    uint32_t plc = mirror_memory(bed, "plc");
    bed_declare(bed, WORD("SOURCE", 0, .memory = plc, .direction = DIRECTION_IN));
    bed_declare(bed, WORD("ROW", 1, .memory = plc, .count = 3));
    bed_declare(bed, BIT("FLAG", 9, 4, .memory = plc));
    bed_declare(bed, WORD("LAST", 1, .from = "NEXT"));
    bed_declare(bed, WORD("NEXT", 0, .from = "plc.SOURCE"));
    bed_declare(bed, BED_VARIABLE("SCALED", TABLE_HOLDING, TYPE_INT32, 2, .has_scale = true,
                                  .scale = 0.5, .from = "plc.SOURCE"));
    bed_declare(bed, WORD("SMALL", 4, RANGE(0, 50), .from = "plc.SOURCE"));
    bed_declare(bed, WORD("ROWS", 5, .count = 3, .from = "plc.ROW"));
    bed_declare(bed, BIT("BIT", 8, 1, .from = "plc.FLAG"));
    bed_declare(bed, WORD("SAFE", 9, SAFE(77), .from = "plc.SOURCE"));
    bed_declare(bed, WORD("OWN", 10));
    bed_ready(bed);
    mirror_start(bed, 0, &side);
    return 0;
}

/* As a scan does it. */
static void step(struct bed *bed)
{
    view_latch(bed->view);
    view_follow(bed->view);
    view_publish(bed->view, MIRROR_LATER);
}

static void expect(struct bed *bed, const char *name, uint16_t word, enum quality quality)
{
    assert_int_equal(mirror_value(bed, name), word);
    assert_int_equal(bed_mark(bed, name)->quality, quality);
}

static void nothing_comes_from_what_was_never_read(void **state)
{
    struct bed *bed = *state;
    expect(bed, "NEXT", 0, QUALITY_NEVER);
    step(bed);
    expect(bed, "NEXT", 0, QUALITY_NEVER);
    expect(bed, "LAST", 0, QUALITY_NEVER);
    expect(bed, "OWN", 0, QUALITY_GOOD);
}

static void value_and_quality_go_down_the_chain_in_one_scan(void **state)
{
    struct bed *bed = *state;
    mirror_poll(bed, &side, "SOURCE", 42, QUALITY_GOOD);
    step(bed);
    expect(bed, "NEXT", 42, QUALITY_GOOD);
    expect(bed, "LAST", 42, QUALITY_GOOD);
    expect(bed, "SCALED", 84, QUALITY_GOOD);
    mirror_say(bed, &side, "SOURCE", QUALITY_STALE);
    step(bed);
    expect(bed, "LAST", 42, QUALITY_STALE);
    mirror_say(bed, &side, "SOURCE", QUALITY_INVALID);
    step(bed);
    expect(bed, "LAST", 42, QUALITY_INVALID);
}

static void only_what_differs_is_assigned(void **state)
{
    struct bed *bed = *state;
    mirror_poll(bed, &side, "SOURCE", 42, QUALITY_GOOD);
    view_latch(bed->view);
    view_follow(bed->view);
    assert_true(view_is_assigned(bed->view, bed_point(bed, "NEXT")));
    assert_false(view_is_assigned(bed->view, bed_point(bed, "OWN")));
    assert_false(view_is_assigned(bed->view, bed_point(bed, "BIT")));
    bed_publish(bed);
    assert_false(view_is_assigned(bed->view, bed_point(bed, "NEXT")));
    view_latch(bed->view);
    view_follow(bed->view);
    assert_false(view_is_assigned(bed->view, bed_point(bed, "NEXT")));
}

static void what_does_not_fit_keeps_the_last(void **state)
{
    struct bed *bed = *state;
    mirror_poll(bed, &side, "SOURCE", 50, QUALITY_GOOD);
    step(bed);
    mirror_poll(bed, &side, "SOURCE", 51, QUALITY_GOOD);
    step(bed);
    expect(bed, "SMALL", 50, QUALITY_RANGE);
    expect(bed, "NEXT", 51, QUALITY_GOOD);
    mirror_poll(bed, &side, "SOURCE", 49, QUALITY_GOOD);
    step(bed);
    expect(bed, "SMALL", 49, QUALITY_GOOD);
}

static void elements_and_bits_follow_one_by_one(void **state)
{
    struct bed *bed = *state;
    uint32_t row = bed_point(bed, "ROW"), rows = bed_point(bed, "ROWS");
    struct mirror_news news = {
        .group = bed->plan->points[row + 1].group, .take = true, .quality = QUALITY_GOOD};
    mirror_cell(bed, &side, "ROW")[1] = 8;
    mirror_tell(bed->image, 0, &news, 1, side.cells, 1);
    mirror_poll(bed, &side, "FLAG", 1 << 4, QUALITY_GOOD);
    step(bed);
    view_latch(bed->view);
    assert_int_equal(view_cells(bed->view)[bed_find(bed, "ROWS")->cell + 1], 8);
    assert_int_equal(view_marks(bed->view)[rows + 1].quality, QUALITY_GOOD);
    assert_int_equal(view_marks(bed->view)[rows].quality, QUALITY_NEVER);
    expect(bed, "BIT", 1 << 1, QUALITY_GOOD);
}

static void a_fault_loses_nothing(void **state)
{
    struct bed *bed = *state;
    mirror_poll(bed, &side, "SOURCE", 42, QUALITY_GOOD);
    view_latch(bed->view);
    view_follow(bed->view);
    view_revert(bed->view);
    assert_false(view_is_assigned(bed->view, bed_point(bed, "NEXT")));
    assert_int_equal(bed_value(bed, "NEXT"), 0);
    image_make_safe(bed->image, true, 1);
    bed_publish(bed); /* without having followed: nothing */
    expect(bed, "NEXT", 0, QUALITY_NEVER);
    step(bed);
    expect(bed, "NEXT", 42, QUALITY_GOOD);
    expect(bed, "SAFE", 77, QUALITY_GOOD); /* not undone */
    image_clear_fault(bed->image);
    step(bed);
    expect(bed, "SAFE", 42, QUALITY_GOOD);
}

/* A quality that was followed in a scan which was taken back is told after the next one. */
static void a_reverted_quality_is_told_later(void **state)
{
    struct bed *bed = *state;
    mirror_poll(bed, &side, "SOURCE", 42, QUALITY_GOOD);
    view_latch(bed->view);
    view_follow(bed->view);
    view_revert(bed->view);
    step(bed);
    expect(bed, "LAST", 42, QUALITY_GOOD);
    step(bed);
    mirror_say(bed, &side, "SOURCE", QUALITY_STALE);
    step(bed);
    expect(bed, "LAST", 42, QUALITY_STALE);
}

/* A word put beside the latch stays unnoticed: nobody looked. */
static void what_did_not_change_is_not_looked_at(void **state)
{
    struct bed *bed = *state;
    mirror_poll(bed, &side, "SOURCE", 42, QUALITY_GOOD);
    step(bed);
    step(bed);
    step(bed);
    view_cells(bed->view)[bed_find(bed, "NEXT")->cell] = 7;
    view_latch(bed->view);
    view_follow(bed->view);
    assert_false(view_is_assigned(bed->view, bed_point(bed, "NEXT")));
    view_cells(bed->view)[bed_find(bed, "NEXT")->cell] = 42;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, bed_finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_comes_from_what_was_never_read),
        TEST(value_and_quality_go_down_the_chain_in_one_scan),
        TEST(only_what_differs_is_assigned),
        TEST(what_does_not_fit_keeps_the_last),
        TEST(elements_and_bits_follow_one_by_one),
        TEST(a_fault_loses_nothing),
        TEST(a_reverted_quality_is_told_later),
        TEST(what_did_not_change_is_not_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Proves what becomes of a scan's assignments where others have written or hold the same bits: the
 * winner rule for words, bits, bytes and arrays, pulses, and forced values. */

#include "image_help.h"

/* ---- a master in between ---- */

/* remote wrote the same variable during that scan, "inout": the remote value stays. */
static void the_remote_value_stays(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("WORD", 0));
    bed_declare(bed, WIDE("WIDE", 1));
    bed_declare(bed, WORD("ARRAY", 3, .count = 2));
    bed_declare(bed, WORD("FREE", 5));
    bed_ready(bed);
    bed_assign(bed, "WORD", 1);
    bed_assign_point(bed, bed_point(bed, "WIDE"), WORDS(1, 1));
    bed_assign_point(bed, bed_point(bed, "ARRAY"), WORDS(1));
    bed_assign_point(bed, bed_point(bed, "ARRAY") + 1, WORDS(1));
    bed_assign(bed, "FREE", 1);
    bed_write(bed, TABLE_HOLDING, 0, 4, WORDS(2, 2, 2, 2)); /* not ARRAY[2], not FREE */
    assert_int_equal(bed_publish(bed), 2);
    static const uint16_t expected[] = {2, 2, 2, 2, 1, 1};
    for (uint16_t i = 0; i < 6; i++)
        assert_int_equal(bed_get(bed, i), expected[i]);
    assert_int_equal(image_conflicts(bed->image), 3);
    view_latch(bed->view); /* and the program sees it next */
    assert_int_equal(bed_value(bed, "WORD"), 2);
    assert_int_equal(bed_value(bed, "WIDE"), 2);
}

/* A master that writes the very value that was there has written all the same. */
static void the_same_value_again_is_a_remote_write(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("WORD", 0));
    bed_declare(bed, COIL("COIL", 0));
    bed_raw(bed, TABLE_COIL, 1, 1);
    bed_raw(bed, TABLE_HOLDING, 1, 1);
    bed_ready(bed);
    bed_assign(bed, "WORD", 1);
    bed_assign(bed, "COIL", 1);
    bed_assign_point(bed, bed->plan->raws[0].point, WORDS(1));
    bed_assign_point(bed, bed->plan->raws[1].point, WORDS(1));
    bed_write(bed, TABLE_HOLDING, 0, 2, WORDS(0, 0));
    bed_write(bed, TABLE_COIL, 0, 2, WORDS(0, 0));
    assert_int_equal(bed_publish(bed), 0);
    assert_int_equal(image_conflicts(bed->image), 4);
    assert_int_equal(bed_get(bed, 0), 0);
    assert_int_equal(bed_coil(bed, 0), 0);
    view_latch(bed->view); /* the lost values are gone from the view, too */
    assert_int_equal(bed_value(bed, "WORD"), 0);
    assert_int_equal(bed_value(bed, "COIL"), 0);
    assert_int_equal(bed_coil(bed, 1), 0);
}

/* Bits and bytes: a rival is who changed them, not who wrote back the rest of the word. */
static void only_changed_parts_of_a_word_conflict(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, BIT("BIT0", 0, 0));
    bed_declare(bed, BIT("BIT1", 0, 1));
    bed_declare(bed, BYTE("LOW", 1, 0));
    bed_declare(bed, BYTE("HIGH", 1, 8));
    bed_ready(bed);
    bed_assign(bed, "BIT0", 1);
    bed_assign(bed, "LOW", 5);
    bed_put(bed, 0, 2);      /* changes BIT1, writes BIT0 as it was read */
    bed_put(bed, 1, 0x6600); /* likewise LOW */
    assert_int_equal(bed_publish(bed), 2);
    assert_int_equal(bed_get(bed, 0), 3);
    assert_int_equal(bed_get(bed, 1), 0x6605);
    assert_int_equal(image_conflicts(bed->image), 0);
    view_latch(bed->view);
    bed_assign(bed, "LOW", 7);
    bed_assign(bed, "BIT1", 0);
    bed_put(bed, 1, 0x6608);
    bed_mask(bed, 0, 0xFFFE, 0);
    assert_int_equal(bed_publish(bed), 1);
    assert_int_equal(bed_get(bed, 0), 0);
    assert_int_equal(bed_get(bed, 1), 0x6608);
    assert_int_equal(image_conflicts(bed->image), 1);
}

static void what_was_latched_is_no_conflict(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("A", 0));
    bed_ready(bed);
    bed_put(bed, 0, 2);
    view_latch(bed->view);
    bed_assign(bed, "A", 1);
    assert_int_equal(bed_publish(bed), 1);
    assert_int_equal(bed_get(bed, 0), 1);
    assert_int_equal(image_conflicts(bed->image), 0);
}

/* wins = "program" on variable or memory turns it; "out" is the program's anyway. */
static void the_program_may_win(void **state)
{
    struct bed *bed = *state;
    bed_memory(bed, (struct memory){.name = "ours", .wins = WINNER_PROGRAM});
    bed_declare(bed, WORD("A", 0, .wins = WINNER_PROGRAM));
    bed_declare(bed, WORD("B", 0, .memory = 1));
    struct raw raw = {.memory = 1, .table = TABLE_HOLDING, .address = 5, .count = 1};
    struct error error;
    assert_true(plan_raw(bed->plan, &raw, &error) >= 0);
    bed_ready(bed);
    uint32_t word = image_plan(bed->image)->raws[0].point;
    bed_assign(bed, "A", 1);
    bed_assign(bed, "B", 1);
    view_cells(bed->view)[image_plan(bed->image)->points[word].cell] = 1;
    view_assign(bed->view, word);
    bed_put(bed, 0, 2);
    image_set(bed->image, bed_point(bed, "B"), WORDS(2), NULL, BED_NOW);
    image_set(bed->image, word, WORDS(2), NULL, BED_NOW);
    assert_int_equal(bed_publish(bed), 3);
    view_latch(bed->view);
    assert_int_equal(view_cells(bed->view)[image_plan(bed->image)->points[word].cell], 1);
    assert_int_equal(bed_value(bed, "A"), 1);
    assert_int_equal(bed_value(bed, "B"), 1);
    assert_int_equal(image_conflicts(bed->image), 0);
}

static void outputs_inside_a_raw_range_are_the_programs(void **state)
{
    struct bed *bed = *state;
    bed_raw(bed, TABLE_HOLDING, 0, 2);
    bed_declare(bed, BYTE("OUT", 0, 0, .direction = DIRECTION_OUT));
    bed_ready(bed);
    bed_assign(bed, "OUT", 1);
    assert_int_equal(bed_put(bed, 0, 0x0500), EXCEPTION_NONE);
    assert_int_equal(bed_publish(bed), 1);
    assert_int_equal(bed_get(bed, 0), 0x0501);
}

/* ---- pulses ---- */

static void a_pulse_is_seen_once(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, COIL("P", 0, .pulse = true, .count = 2));
    bed_ready(bed);
    bed_write(bed, TABLE_COIL, 0, 2, WORDS(1, 0));
    bed_publish(bed); /* not latched yet: it stays */
    assert_int_equal(bed_coil(bed, 0), 1);
    view_latch(bed->view);
    assert_int_equal(bed_value(bed, "P"), 1);
    assert_int_equal(bed_publish(bed), 0); /* nothing was assigned */
    assert_int_equal(bed_coil(bed, 0), 0);
    view_latch(bed->view);
    assert_int_equal(bed_value(bed, "P"), 0);
}

static void a_pulse_sent_again_meanwhile_stays(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, COIL("P", 0, .pulse = true));
    bed_declare(bed, BIT("BIT", 0, 5, .pulse = true));
    bed_declare(bed, BIT("BESIDE", 0, 6));
    bed_ready(bed);
    bed_write(bed, TABLE_COIL, 0, 1, WORDS(1));
    bed_put(bed, 0, 0x60);
    view_latch(bed->view);
    bed_write(bed, TABLE_COIL, 0, 1, WORDS(1));
    bed_publish(bed);
    assert_int_equal(bed_coil(bed, 0), 1);
    assert_int_equal(bed_get(bed, 0), 0x40); /* the bit is over, its neighbour untouched */
    view_latch(bed->view);
    bed_publish(bed);
    assert_int_equal(bed_coil(bed, 0), 0);
}

/* ---- force ---- */

static void the_program_reads_the_forced_value(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("A", 0));
    bed_ready(bed);
    image_force(bed->image, bed_point(bed, "A"), WORDS(99), NULL, BED_NOW);
    view_latch(bed->view);
    assert_int_equal(bed_value(bed, "A"), 99);
    bed_assign(bed, "A", 1);
    assert_int_equal(bed_value(bed, "A"), 1); /* its own write, until the next latch */
    bed_publish(bed);
    assert_int_equal(bed_get(bed, 0), 99);
    view_latch(bed->view);
    assert_int_equal(bed_value(bed, "A"), 99);
    image_unforce(bed->image, bed_point(bed, "A"), true, NULL, BED_NOW);
    view_latch(bed->view);
    assert_int_equal(bed_value(bed, "A"), 1);
}

/* Also when it says what it said before, which is no write. */
static void a_forced_output_is_read_as_forced_in_each_scan(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, COIL("VALVE", 0, .direction = DIRECTION_OUT));
    bed_ready(bed);
    bed_assign(bed, "VALVE", 1);
    bed_publish(bed);
    image_force(bed->image, bed_point(bed, "VALVE"), WORDS(0), NULL, BED_NOW);
    for (int scan = 0; scan < 3; scan++) {
        view_latch(bed->view);
        assert_int_equal(bed_value(bed, "VALVE"), 0);
        bed_assign(bed, "VALVE", 1);
        assert_int_equal(bed_publish(bed), 0);
    }
}

/* What the program says of its output counts even where it equals the force: an output that was
 * switched off under a force that holds it off must not come on when the force ends. */
static void the_last_word_on_an_output_lies_beneath(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, COIL("VALVE", 0, .direction = DIRECTION_OUT));
    bed_declare(bed, COIL("OURS", 1, .wins = WINNER_PROGRAM));
    bed_ready(bed);
    bed_assign(bed, "VALVE", 1);
    bed_assign(bed, "OURS", 1);
    bed_publish(bed);
    image_force(bed->image, bed_point(bed, "VALVE"), WORDS(0), NULL, BED_NOW);
    image_force(bed->image, bed_point(bed, "OURS"), WORDS(0), NULL, BED_NOW);
    view_latch(bed->view);
    bed_assign(bed, "VALVE", 0);
    bed_assign(bed, "OURS", 0);
    assert_int_equal(bed_publish(bed), 2);
    image_unforce(bed->image, bed_point(bed, "VALVE"), true, NULL, BED_NOW);
    image_unforce(bed->image, bed_point(bed, "OURS"), true, NULL, BED_NOW);
    assert_int_equal(bed_coil(bed, 0), 0);
    assert_int_equal(bed_coil(bed, 1), 0);
}

/* A shared one that the program writes back as it reads it keeps the master's value beneath. */
static void a_forced_value_written_back_is_no_write(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("SP", 0));
    bed_ready(bed);
    bed_put(bed, 0, 50);
    image_force(bed->image, bed_point(bed, "SP"), WORDS(60), NULL, BED_NOW);
    view_latch(bed->view);
    bed_assign(bed, "SP", 60);
    assert_int_equal(bed_publish(bed), 0);
    image_unforce(bed->image, bed_point(bed, "SP"), true, NULL, BED_NOW);
    assert_int_equal(bed_get(bed, 0), 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(the_remote_value_stays),
        BED_TEST(the_same_value_again_is_a_remote_write),
        BED_TEST(only_changed_parts_of_a_word_conflict),
        BED_TEST(what_was_latched_is_no_conflict),
        BED_TEST(the_program_may_win),
        BED_TEST(outputs_inside_a_raw_range_are_the_programs),
        BED_TEST(a_pulse_is_seen_once),
        BED_TEST(a_pulse_sent_again_meanwhile_stays),
        BED_TEST(the_program_reads_the_forced_value),
        BED_TEST(a_forced_output_is_read_as_forced_in_each_scan),
        BED_TEST(the_last_word_on_an_output_lies_beneath),
        BED_TEST(a_forced_value_written_back_is_no_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Proves what a change here and a poll make of the three copies of a group's words, each decision
 * by itself and under the group's mask. When writes go out and what becomes of them is in
 * test_merge_send.c, what is given up or lost in test_merge_end.c, and the lines of the truth table
 * as stories in test_truth_merge.c. */

#include "merge_bed.h"

/* ---- changed here ---- */

static void test_a_change_clears_what_was_known_of_the_last(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_INOUT);
    merge_agree(bed, 5);
    bed->state.refused = bed->state.alone = true;
    bed->state.unheeded = 3;
    bed->state.reason = 4;
    merge_write(bed, 6, 70);
    assert_false(bed->state.refused || bed->state.alone);
    assert_int_equal(bed->state.unheeded, 0);
    assert_true(bed->state.assigned);
    assert_int_equal(bed->state.since, 70);
    expect_delivery(bed, DELIVERY_PENDING, 0);
    merge_write(bed, 7, 90);
    assert_int_equal(bed->state.since, 90);
}

static void test_a_change_back_is_nothing_to_do(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_INOUT);
    merge_agree(bed, 5);
    merge_write(bed, 6, 1);
    merge_write(bed, 5, 2);
    expect_delivery(bed, DELIVERY_CONFIRMED, 0);
    assert_int_equal(merge_due(&bed->g, true, SECOND, 9), INT64_MAX);
}

static void test_a_change_back_is_to_be_sent_in_doubt_and_while_sending(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_INOUT);
    merge_agree(bed, 5);
    merge_write(bed, 6, 1);
    merge_sent(&bed->g, 2);
    merge_write(bed, 5, 3);
    expect_delivery(bed, DELIVERY_PENDING, 0);
    merge_failed(&bed->g);
    merge_write(bed, 5, 4);
    expect_delivery(bed, DELIVERY_PENDING, 0);
    assert_true(merge_wanted(bed, 5));
}

/* Nobody knows what the device has, so even what looks the same has to be sent. */
static void test_a_change_of_the_unknown_waits(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_INOUT);
    merge_put(bed, bed->agreed, 5);
    merge_write(bed, 5, 1);
    expect_delivery(bed, DELIVERY_PENDING, 0);
}

static void test_early_is_kept_while_unknown(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_INOUT);
    merge_changed(&bed->g, 1, true);
    assert_true(bed->state.early);
    merge_changed(&bed->g, 2, false);
    assert_false(bed->state.early);
    merge_agree(bed, 5);
    merge_changed(&bed->g, 3, true);
    assert_false(bed->state.early);
}

static void test_in_is_never_sent(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_IN);
    merge_agree(bed, 5);
    merge_write(bed, 6, 1); /* a force */
    assert_false(bed->state.assigned);
    expect_delivery(bed, DELIVERY_NONE, 0);
    assert_int_equal(merge_due(&bed->g, true, SECOND, 9), INT64_MAX);
    assert_int_equal(merge_poll(bed, 5), MERGED_NOTHING);
    assert_int_equal(merge_poll(bed, 7), MERGED_TAKE);
    expect_words(bed, 7, 7);
}

/* ---- polled ---- */

static void test_first_poll(void **state)
{
    static const struct {
        enum direction direction;
        bool assigned, wins;
        enum merged merged;
        uint16_t local;
        enum delivery delivery;
    } rows[] = {
        {DIRECTION_IN, false, false, MERGED_TAKE, 9, DELIVERY_NONE},
        {DIRECTION_IN, false, true, MERGED_TAKE, 9, DELIVERY_NONE},
        {DIRECTION_OUT, false, false, MERGED_NOTHING, 5, DELIVERY_PENDING},
        {DIRECTION_OUT, true, false, MERGED_NOTHING, 5, DELIVERY_PENDING},
        {DIRECTION_INOUT, false, false, MERGED_TAKE, 9, DELIVERY_NONE},
        {DIRECTION_INOUT, true, false, MERGED_NOTHING, 5, DELIVERY_PENDING},
        {DIRECTION_INOUT, false, true, MERGED_NOTHING, 5, DELIVERY_PENDING},
    };
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_IN);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bed->state = (struct merge){.sent = INT64_MIN};
        bed->group.direction = rows[i].direction;
        bed->group.program_wins = rows[i].wins;
        merge_put(bed, bed->local, 5);
        if (rows[i].assigned)
            merge_write(bed, 5, 1);
        assert_int_equal(merge_poll(bed, 9), rows[i].merged);
        expect_words(bed, rows[i].local, 9);
        assert_int_equal(bed->state.delivery, rows[i].delivery);
        assert_true(bed->state.known);
        assert_int_equal(merge_wanted(bed, 9), rows[i].delivery == DELIVERY_PENDING);
    }
}

static void test_first_poll_that_is_the_same(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_INOUT);
    merge_write(bed, 5, 1);
    assert_int_equal(merge_poll(bed, 5), MERGED_NOTHING);
    expect_delivery(bed, DELIVERY_CONFIRMED, 0);
}

static void test_a_poll_counts_only_after_the_answer(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_INOUT);
    uint16_t old[1] = {5}, sent[1] = {6};
    merge_agree(bed, 5);
    merge_write(bed, 6, 1);
    merge_sent(&bed->g, 2);
    assert_int_equal(merge_polled(&bed->g, old, 40), MERGED_EARLIER);
    merge_answered(&bed->g, sent, 41);
    assert_int_equal(merge_polled(&bed->g, old, 40), MERGED_EARLIER);
    expect_words(bed, 6, 6);
    assert_int_equal(merge_polled(&bed->g, old, 41), MERGED_TAKE);
    expect_words(bed, 5, 5);
}

static void test_polls_do_not_count_in_doubt(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_INOUT);
    merge_agree(bed, 5);
    merge_write(bed, 6, 1);
    merge_sent(&bed->g, 2);
    merge_failed(&bed->g);
    assert_false(bed->state.sending);
    expect_delivery(bed, DELIVERY_PENDING, 0);
    assert_int_equal(merge_poll(bed, 7), MERGED_EARLIER);
    assert_true(merge_wanted(bed, 3));
    merge_deliver(bed, 3);
    assert_int_equal(merge_poll(bed, 7), MERGED_TAKE);
}

static void test_both_changed_to_the_same(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_INOUT);
    merge_agree(bed, 5);
    merge_write(bed, 6, 1);
    assert_int_equal(merge_poll(bed, 6), MERGED_NOTHING);
    expect_words(bed, 6, 6);
    expect_delivery(bed, DELIVERY_CONFIRMED, 0);
}

static void test_both_changed(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_INOUT);
    merge_agree(bed, 5);
    merge_write(bed, 6, 1);
    assert_int_equal(merge_poll(bed, 5), MERGED_NOTHING);
    assert_int_equal(merge_poll(bed, 7), MERGED_CONFLICT);
    expect_words(bed, 7, 7);
    expect_delivery(bed, DELIVERY_REFUSED, 0);
    assert_false(bed->state.refused || merge_wanted(bed, 2));
    bed->group.program_wins = true;
    merge_write(bed, 6, 3);
    assert_int_equal(merge_poll(bed, 8), MERGED_NOTHING);
    expect_words(bed, 6, 8);
    expect_delivery(bed, DELIVERY_PENDING, 0);
}

static void test_only_bits_of_the_mask(void **state)
{
    struct variable bit = help_variable(TABLE_HOLDING, TYPE_BOOL);
    bit.bit = 3;
    struct merge_bed *bed = merge_bed_variable(state, bit);
    uint16_t others[1] = {0xFFF7}, on[1] = {0x0008};
    bed->group.direction = DIRECTION_INOUT;
    merge_agree(bed, 0);
    bed->local[0] = 0x1230;
    bed->agreed[0] = 0x4560;
    assert_int_equal(merge_due(&bed->g, true, SECOND, 1), INT64_MAX);
    assert_int_equal(merge_polled(&bed->g, others, 0), MERGED_NOTHING);
    assert_int_equal(merge_polled(&bed->g, on, 0), MERGED_TAKE);
    assert_int_equal(bed->local[0], 0x1238);
    assert_int_equal(bed->agreed[0], 0x4568);
    merge_answered(&bed->g, others, 1);
    assert_int_equal(bed->agreed[0], 0x4560);
    bed->local[0] = 0x9238;
    merge_changed(&bed->g, 1, false);
    assert_true(merge_expired(&bed->g));
    assert_int_equal(bed->local[0], 0x9230);
}

/* The second word counts as the first does. */
static void test_all_words(void **state)
{
    struct merge_bed *bed = merge_bed_variable(state, help_variable(TABLE_HOLDING, TYPE_UINT32));
    uint16_t words[2] = {0, 7};
    bed->group.direction = DIRECTION_INOUT;
    merge_agree(bed, 0);
    bed->local[0] = bed->agreed[0] = 0;
    bed->local[2] = bed->agreed[2] = 1;
    assert_int_equal(merge_polled(&bed->g, words, 0), MERGED_TAKE);
    assert_int_equal(bed->local[1], 7);
    assert_int_equal(bed->agreed[1], 7);
    assert_int_equal(bed->local[2], 1);
    bed->local[1] = 8;
    assert_true(merge_wanted(bed, 1));
}

static void test_invalid(void **state)
{
    static const enum direction directions[] = {DIRECTION_IN, DIRECTION_INOUT};
    struct variable word = help_variable(TABLE_HOLDING, TYPE_UINT16);
    word.has_invalid = true;
    word.invalid = help_integer(0xFFFF);
    struct merge_bed *bed = merge_bed_variable(state, word);
    for (size_t i = 0; i < 2; i++) {
        bed->group.direction = directions[i];
        bed->state.known = false;
        assert_int_equal(merge_poll(bed, 0xFFFF), MERGED_INVALID);
        assert_false(bed->state.known);
        merge_agree(bed, 5);
        assert_int_equal(merge_poll(bed, 0xFFFF), MERGED_INVALID);
        expect_words(bed, 5, 5);
    }
    bed->group.direction = DIRECTION_OUT;
    assert_int_equal(merge_poll(bed, 0xFFFF), MERGED_NOTHING);
    expect_words(bed, 5, 0xFFFF);
    assert_true(merge_wanted(bed, 1));
}

/* A device that is blank as long as nobody writes to it: what was assigned here, or is the
 * program's anyway, is sent to it all the same; the rest waits for a value. */
static void test_invalid_from_the_start(void **state)
{
    struct variable word = help_variable(TABLE_HOLDING, TYPE_UINT16);
    word.has_invalid = true;
    word.invalid = help_integer(0xFFFF);
    struct merge_bed *bed = merge_bed_variable(state, word);
    bed->group.direction = DIRECTION_INOUT;
    assert_int_equal(merge_poll(bed, 0xFFFF), MERGED_INVALID);
    expect_words(bed, 0xFFFF, 0); /* not passed off as 0 */
    assert_false(merge_wanted(bed, 1));
    merge_write(bed, 7, 1);
    assert_int_equal(merge_poll(bed, 0xFFFF), MERGED_NOTHING);
    expect_words(bed, 7, 0xFFFF);
    assert_true(merge_wanted(bed, 1));
    merge_deliver(bed, 2);
    assert_int_equal(merge_poll(bed, 0xFFFF), MERGED_INVALID); /* from here on it says no more */
    expect_words(bed, 7, 7);
    bed->state = (struct merge){.sent = INT64_MIN};
    bed->group.program_wins = true;
    assert_int_equal(merge_poll(bed, 0xFFFF), MERGED_NOTHING);
    assert_true(merge_wanted(bed, 1));
}

/* Options about values hold for the words of one element only. */
static void test_a_group_wider_than_its_variable(void **state)
{
    struct variable word = help_variable(TABLE_HOLDING, TYPE_UINT16);
    word.has_invalid = true;
    word.invalid = help_integer(0xFFFF);
    word.tolerance = 10;
    word.has_on_loss = true;
    word.on_loss = help_integer(1);
    struct merge_bed *bed = merge_bed_variable(state, word);
    bed->group.direction = DIRECTION_INOUT;
    bed->group.words = 2;
    merge_agree(bed, 5);
    assert_int_equal(merge_poll(bed, 6), MERGED_TAKE);
    assert_int_equal(merge_poll(bed, 0xFFFF), MERGED_TAKE);
    assert_int_equal(merge_lost(&bed->g), MERGED_NOTHING);
}

static void test_tolerance(void **state)
{
    struct variable word = help_variable(TABLE_HOLDING, TYPE_UINT16);
    word.tolerance = 3;
    struct merge_bed *bed = merge_bed_variable(state, word);
    bed->group.direction = DIRECTION_INOUT;
    merge_agree(bed, 50);
    assert_int_equal(merge_poll(bed, 52), MERGED_NOTHING);
    expect_words(bed, 50, 50); /* what counts as agreed does not creep */
    assert_int_equal(merge_poll(bed, 54), MERGED_TAKE);
    merge_write(bed, 55, 1); /* our own change is sent however small it is */
    assert_true(merge_wanted(bed, 2));
    merge_write(bed, 60, 3);
    assert_int_equal(merge_poll(bed, 61), MERGED_NOTHING);
    expect_words(bed, 60, 60);
    expect_delivery(bed, DELIVERY_CONFIRMED, 0);
}

/* ---- "out" ---- */

static void test_unheeded_is_counted_after_a_confirmed_write_only(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_OUT);
    merge_agree(bed, 5);
    for (int i = 1; i <= MERGE_UNHEEDED; i++) {
        assert_int_equal(merge_poll(bed, 4), MERGED_NOTHING);
        expect_delivery(bed, DELIVERY_PENDING, 0);
        assert_int_equal(bed->state.unheeded, i);
        merge_poll(bed, 4);
        merge_poll(bed, 3);
        assert_int_equal(bed->state.unheeded, i);
        merge_deliver(bed, i);
    }
    merge_poll(bed, 5);
    assert_int_equal(bed->state.unheeded, 0);
    bed->state.unheeded = UINT8_MAX;
    merge_poll(bed, 4);
    assert_int_equal(bed->state.unheeded, UINT8_MAX);
}

static void test_unheeded_is_written_once_a_minute(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_OUT);
    merge_agree(bed, 5);
    merge_deliver(bed, 100);
    bed->state.unheeded = MERGE_UNHEEDED - 1;
    bed->agreed[0] = 4;
    assert_int_equal(merge_due(&bed->g, true, SECOND, 200), 100);
    bed->state.unheeded = MERGE_UNHEEDED;
    assert_int_equal(merge_due(&bed->g, true, SECOND, 200), 100 + 60 * SECOND);
    bed->variable.refreshed = true; /* its watchdog must hear from us all the same */
    assert_int_equal(merge_due(&bed->g, true, SECOND, 200), 100 + SECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MERGE_TEST(test_a_change_clears_what_was_known_of_the_last),
        MERGE_TEST(test_a_change_back_is_nothing_to_do),
        MERGE_TEST(test_a_change_back_is_to_be_sent_in_doubt_and_while_sending),
        MERGE_TEST(test_a_change_of_the_unknown_waits),
        MERGE_TEST(test_early_is_kept_while_unknown),
        MERGE_TEST(test_in_is_never_sent),
        MERGE_TEST(test_first_poll),
        MERGE_TEST(test_first_poll_that_is_the_same),
        MERGE_TEST(test_a_poll_counts_only_after_the_answer),
        MERGE_TEST(test_polls_do_not_count_in_doubt),
        MERGE_TEST(test_both_changed_to_the_same),
        MERGE_TEST(test_both_changed),
        MERGE_TEST(test_only_bits_of_the_mask),
        MERGE_TEST(test_all_words),
        MERGE_TEST(test_invalid),
        MERGE_TEST(test_invalid_from_the_start),
        MERGE_TEST(test_a_group_wider_than_its_variable),
        MERGE_TEST(test_tolerance),
        MERGE_TEST(test_unheeded_is_counted_after_a_confirmed_write_only),
        MERGE_TEST(test_unheeded_is_written_once_a_minute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

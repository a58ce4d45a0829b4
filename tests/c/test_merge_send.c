/* Proves when a write wants to be sent, to the edge of each interval, and what an answer, a refusal
 * and a failure make of it; a pulse among them. */

#include "merge_bed.h"

/* ---- due ---- */

static void test_due_of_the_unknown(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_INOUT);
    merge_write(bed, 5, 1);
    assert_int_equal(merge_due(&bed->g, true, SECOND, 9), INT64_MAX);
    bed->variable.unpolled = true;
    assert_int_equal(merge_due(&bed->g, false, SECOND, 9), INT64_MAX);
    assert_true(merge_wanted(bed, 9));
    bed->state.assigned = false;
    assert_int_equal(merge_due(&bed->g, true, SECOND, 9), INT64_MAX);
    bed->group.direction = DIRECTION_OUT;
    assert_true(merge_wanted(bed, 9));
    bed->g.variable = NULL;
    assert_int_equal(merge_due(&bed->g, true, SECOND, 9), INT64_MAX);
}

static void test_due_waits_for_the_interval(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_INOUT);
    merge_agree(bed, 5);
    bed->variable.min_write_interval = 10 * SECOND;
    merge_write(bed, 6, 1);
    assert_true(merge_wanted(bed, 3));
    assert_int_equal(merge_due(&bed->g, false, SECOND, 3), INT64_MAX);
    merge_sent(&bed->g, 3);
    assert_int_equal(merge_due(&bed->g, true, SECOND, 4), INT64_MAX);
    merge_failed(&bed->g);
    assert_int_equal(merge_due(&bed->g, true, SECOND, 4), 3 + 10 * SECOND);
    bed->variable.min_write_interval = 0;
    assert_int_equal(merge_due(&bed->g, true, SECOND, 4), 3);
}

static void test_due_of_the_refreshed(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_INOUT);
    merge_agree(bed, 5);
    bed->variable.refreshed = true;
    assert_true(merge_wanted(bed, 3));
    merge_deliver(bed, 3);
    assert_int_equal(merge_due(&bed->g, true, 7, 4), 10);
    merge_write(bed, 6, 4);
    assert_int_equal(merge_due(&bed->g, true, 7, 4), 3);
    bed->variable.min_write_interval = 5;
    assert_int_equal(merge_due(&bed->g, true, 7, 4), 8);
    bed->state.refused = true;
    assert_int_equal(merge_due(&bed->g, true, 7, 4), INT64_MAX);
}

/* What the device has already cannot be in doubt, and cannot expire. */
static void test_a_refresh_that_fails(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_INOUT);
    merge_agree(bed, 5);
    bed->variable.refreshed = true;
    merge_deliver(bed, 3);
    merge_sent(&bed->g, 10);
    merge_failed(&bed->g);
    expect_delivery(bed, DELIVERY_CONFIRMED, 0);
    assert_int_equal(merge_expires(&bed->g, 1), INT64_MAX);
    assert_int_equal(merge_poll(bed, 6), MERGED_TAKE);
}

/* While it is under way it counts as any write. */
static void test_a_refresh_under_way(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_INOUT);
    merge_agree(bed, 5);
    bed->variable.refreshed = true;
    merge_sent(&bed->g, 10);
    assert_int_equal(merge_poll(bed, 6), MERGED_EARLIER);
    merge_write(bed, 6, 11);
    merge_write(bed, 5, 12);
    expect_delivery(bed, DELIVERY_PENDING, 0);
    merge_failed(&bed->g);
    expect_delivery(bed, DELIVERY_CONFIRMED, 0);
}

/* A value in doubt is sent at once, though it is the one agreed, and stays in doubt. */
static void test_a_refresh_in_doubt(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_INOUT);
    merge_agree(bed, 5);
    bed->variable.refreshed = true;
    merge_write(bed, 6, 1);
    merge_sent(&bed->g, 2);
    merge_failed(&bed->g);
    merge_write(bed, 5, 3);
    assert_int_equal(merge_due(&bed->g, true, 7, 4), 2);
    merge_sent(&bed->g, 4);
    merge_failed(&bed->g);
    assert_true(bed->state.doubt);
    assert_int_equal(merge_due(&bed->g, true, 7, 5), 4);
}

/* What was never sent is due now and not at the beginning of time. */
static void test_due_of_what_was_never_sent(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_INOUT);
    merge_agree(bed, 5);
    merge_write(bed, 6, 1);
    assert_int_equal(merge_due(&bed->g, true, SECOND, 33), 33);
}

/* ---- what became of a write ---- */

static void test_answered(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_INOUT);
    uint16_t sent[1] = {6};
    bed->variable.unpolled = true;
    merge_write(bed, 6, 1);
    bed->state.alone = true;
    merge_sent(&bed->g, 2);
    assert_int_equal(bed->state.sent, 2);
    merge_write(bed, 7, 3);
    bed->state.alone = true;
    assert_int_equal(merge_answered(&bed->g, sent, 12), MERGED_NOTHING);
    expect_words(bed, 7, 6);
    expect_delivery(bed, DELIVERY_PENDING, 0);
    assert_true(bed->state.known && bed->state.answered == 12);
    assert_false(bed->state.alone || bed->state.doubt || bed->state.sending);
    merge_deliver(bed, 4);
    expect_delivery(bed, DELIVERY_CONFIRMED, 0);
}

static void test_refused(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_INOUT);
    merge_agree(bed, 5);
    merge_write(bed, 6, 1);
    merge_sent(&bed->g, 2);
    merge_refused(&bed->g, 3);
    expect_delivery(bed, DELIVERY_REFUSED, 3);
    assert_false(bed->state.sending || bed->state.doubt);
    assert_int_equal(merge_due(&bed->g, true, SECOND, 9), INT64_MAX);
    assert_int_equal(merge_poll(bed, 5), MERGED_TAKE);
    expect_words(bed, 5, 5);
    expect_delivery(bed, DELIVERY_REFUSED, 3);
    assert_int_equal(merge_poll(bed, 5), MERGED_NOTHING);
    merge_write(bed, 6, 10);
    assert_true(merge_wanted(bed, 11));
}

/* The next value of the device is taken though it differs from both, without a conflict. */
static void test_refused_and_changed_there(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_INOUT);
    merge_agree(bed, 5);
    bed->group.program_wins = true;
    merge_write(bed, 6, 1);
    merge_sent(&bed->g, 2);
    merge_refused(&bed->g, 2);
    assert_int_equal(merge_poll(bed, 9), MERGED_TAKE);
    expect_words(bed, 9, 9);
}

static void test_refused_out_stays_here(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_OUT);
    merge_agree(bed, 5);
    merge_write(bed, 6, 1);
    merge_sent(&bed->g, 2);
    merge_refused(&bed->g, 4);
    assert_int_equal(merge_poll(bed, 9), MERGED_NOTHING);
    expect_words(bed, 6, 9);
    expect_delivery(bed, DELIVERY_REFUSED, 4);
    assert_int_equal(merge_due(&bed->g, true, SECOND, 9), INT64_MAX);
}

/* What was refused is what was sent, not what was written since. */
static void test_refused_while_changed_here(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_INOUT);
    merge_agree(bed, 5);
    merge_write(bed, 6, 1);
    merge_sent(&bed->g, 2);
    merge_write(bed, 7, 1);
    merge_refused(&bed->g, 3);
    expect_delivery(bed, DELIVERY_PENDING, 0);
    assert_true(merge_wanted(bed, 3));
    merge_sent(&bed->g, 4);
    merge_refused(&bed->g, 3);
    expect_delivery(bed, DELIVERY_REFUSED, 3);
}

/* ---- pulses ---- */

static struct merge_bed *pulse(void **state)
{
    struct variable coil = help_variable(TABLE_COIL, TYPE_BOOL);
    struct merge_bed *bed = merge_bed_variable(state, coil);
    bed->variable.pulse = true;
    bed->group.direction = DIRECTION_INOUT;
    merge_agree(bed, 0);
    return bed;
}

static void test_pulse(void **state)
{
    struct merge_bed *bed = pulse(state);
    merge_write(bed, 1, 1);
    assert_int_equal(merge_expires(&bed->g, 1), 1 + EXPIRE_DEFAULT);
    assert_int_equal(merge_deliver(bed, 2), MERGED_TAKE);
    expect_words(bed, 0, 1);
    expect_delivery(bed, DELIVERY_PENDING, 0);
    assert_true(merge_wanted(bed, 3));
    assert_int_equal(merge_expires(&bed->g, 1), INT64_MAX);
    assert_false(merge_expired(&bed->g));
    assert_int_equal(merge_deliver(bed, 4), MERGED_NOTHING);
    expect_words(bed, 0, 0);
    expect_delivery(bed, DELIVERY_CONFIRMED, 0);
}

/* The bits beside it in its register are not its business. */
static void test_pulse_refused(void **state)
{
    struct merge_bed *bed = pulse(state);
    merge_write(bed, 1, 1);
    merge_sent(&bed->g, 2);
    assert_int_equal(merge_refused(&bed->g, 4), MERGED_TAKE);
    assert_int_equal(bed->g.local[0] & bed->group.mask, 0);
    assert_int_equal(bed->state.delivery, DELIVERY_REFUSED);
    assert_false(merge_wanted(bed, 3));
    merge_write(bed, 1, 4); /* the next one is a change again */
    assert_true(merge_wanted(bed, 5));
}

static void test_pulse_in_a_register(void **state)
{
    struct variable bit = help_variable(TABLE_HOLDING, TYPE_BOOL);
    bit.bit = 4;
    struct merge_bed *bed = merge_bed_variable(state, bit);
    bed->variable.pulse = true;
    bed->group.direction = DIRECTION_INOUT;
    merge_agree(bed, 0);
    merge_write(bed, 0x10, 1);
    assert_int_equal(merge_deliver(bed, 2), MERGED_TAKE);
    assert_int_equal(bed->local[0], 0xFFEF);
    assert_int_equal(merge_deliver(bed, 3), MERGED_NOTHING);
}

static void test_pulse_in_doubt_still_ends(void **state)
{
    struct merge_bed *bed = pulse(state);
    bed->state.known = false;
    bed->variable.unpolled = true;
    merge_put(bed, bed->agreed, 1); /* not the device's, hence nothing */
    merge_write(bed, 1, 1);
    merge_sent(&bed->g, 2);
    merge_failed(&bed->g);
    assert_true(merge_expired(&bed->g));
    expect_delivery(bed, DELIVERY_EXPIRED, 0);
    assert_true(bed->state.known);
    expect_words(bed, 0, 1);
    bed->agreed[0] = bed->local[0]; /* sent for the doubt alone */
    assert_true(merge_wanted(bed, 3));
    merge_deliver(bed, 3);
    assert_false(merge_wanted(bed, 4));
}

static void test_pulse_that_was_never_sent(void **state)
{
    struct merge_bed *bed = pulse(state);
    merge_write(bed, 1, 1);
    assert_true(merge_expired(&bed->g));
    expect_words(bed, 0, 0);
    assert_false(bed->state.doubt || merge_wanted(bed, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MERGE_TEST(test_due_of_the_unknown),
        MERGE_TEST(test_due_waits_for_the_interval),
        MERGE_TEST(test_due_of_the_refreshed),
        MERGE_TEST(test_a_refresh_that_fails),
        MERGE_TEST(test_a_refresh_under_way),
        MERGE_TEST(test_a_refresh_in_doubt),
        MERGE_TEST(test_due_of_what_was_never_sent),
        MERGE_TEST(test_answered),
        MERGE_TEST(test_refused),
        MERGE_TEST(test_refused_and_changed_there),
        MERGE_TEST(test_refused_out_stays_here),
        MERGE_TEST(test_refused_while_changed_here),
        MERGE_TEST(test_pulse),
        MERGE_TEST(test_pulse_refused),
        MERGE_TEST(test_pulse_in_a_register),
        MERGE_TEST(test_pulse_in_doubt_still_ends),
        MERGE_TEST(test_pulse_that_was_never_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

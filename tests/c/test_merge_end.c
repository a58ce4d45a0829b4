/* Proves when a change that waits is given up, what it leaves behind, and what the loss of the link
 * makes of a value. */

#include "merge_bed.h"

/* ---- expiry ---- */

static void test_expires(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_INOUT);
    merge_agree(bed, 5);
    assert_int_equal(merge_expires(&bed->g, 1), INT64_MAX);
    merge_write(bed, 6, 100);
    assert_int_equal(merge_expires(&bed->g, 200), 100 + EXPIRE_DEFAULT);
    merge_deliver(bed, 101);
    assert_int_equal(merge_expires(&bed->g, 200), INT64_MAX);
    merge_agree(bed, 5);
    merge_write(bed, 6, 100);
    bed->variable.has_expire = true;
    bed->variable.expire = 7;
    assert_int_equal(merge_expires(&bed->g, 200), 107);
    bed->variable.expire = INT64_MAX;
    assert_int_equal(merge_expires(&bed->g, 200), INT64_MAX);
    bed->g.variable = NULL;
    assert_int_equal(merge_expires(&bed->g, 200), 100 + EXPIRE_DEFAULT);
    bed->group.direction = DIRECTION_OUT;
    assert_int_equal(merge_expires(&bed->g, 200), INT64_MAX);
    assert_false(merge_expired(&bed->g));
    expect_words(bed, 6, 5);
}

static void test_expires_not_while_sending_nor_refused(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_INOUT);
    merge_agree(bed, 5);
    merge_write(bed, 6, 100);
    merge_sent(&bed->g, 101);
    assert_int_equal(merge_expires(&bed->g, 1), INT64_MAX);
    merge_failed(&bed->g);
    assert_int_equal(merge_expires(&bed->g, 1), 100 + EXPIRE_DEFAULT);
    merge_sent(&bed->g, 102);
    merge_refused(&bed->g, 2);
    assert_int_equal(merge_expires(&bed->g, 1), INT64_MAX);
}

static void test_expires_of_the_early(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_INOUT);
    merge_put(bed, bed->local, 6);
    merge_changed(&bed->g, 100, true);
    assert_int_equal(merge_expires(&bed->g, 0), INT64_MAX);
    assert_int_equal(merge_expires(&bed->g, 900), 900 + EXPIRE_DEFAULT);
    assert_int_equal(merge_expires(&bed->g, 50), 100 + EXPIRE_DEFAULT);
    merge_poll(bed, 5); /* now that the device is there, it has its time */
    assert_int_equal(merge_expires(&bed->g, 900), 900 + EXPIRE_DEFAULT);
    merge_write(bed, 7, 901);
    assert_int_equal(merge_expires(&bed->g, 1000), 901 + EXPIRE_DEFAULT);
}

static void test_expired(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_INOUT);
    merge_agree(bed, 5);
    merge_write(bed, 6, 100);
    merge_sent(&bed->g, 101);
    merge_failed(&bed->g);
    assert_true(merge_expired(&bed->g));
    expect_words(bed, 5, 5);
    expect_delivery(bed, DELIVERY_EXPIRED, 0);
    assert_false(bed->state.doubt || bed->state.assigned || merge_wanted(bed, 102));
    assert_false(merge_expired(&bed->g));
    assert_int_equal(merge_poll(bed, 6), MERGED_TAKE); /* the device had it after all */
}

static void test_expired_while_unknown(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_INOUT);
    merge_write(bed, 6, 100);
    assert_int_equal(merge_expires(&bed->g, 0), 100 + EXPIRE_DEFAULT);
    assert_true(merge_expired(&bed->g));
    assert_int_equal(bed->local[0], 6);
    assert_false(bed->state.known);
    assert_int_equal(merge_poll(bed, 5), MERGED_TAKE);
}

/* `wins = "program"` sends a default that nobody wrote: nothing in it grows old. */
static void test_a_default_that_wins_does_not_expire(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_INOUT);
    bed->group.program_wins = true;
    merge_put(bed, bed->local, 6);
    merge_poll(bed, 5);
    expect_delivery(bed, DELIVERY_PENDING, 0);
    assert_int_equal(merge_expires(&bed->g, 1), INT64_MAX);
    assert_false(merge_expired(&bed->g));
}

/* ---- lost ---- */

static struct merge_bed *with_on_loss(void **state, enum direction direction)
{
    struct variable word = help_variable(TABLE_HOLDING, TYPE_UINT16);
    word.has_on_loss = true;
    word.on_loss = help_integer(1);
    struct merge_bed *bed = merge_bed_variable(state, word);
    bed->group.direction = direction;
    return bed;
}

static void test_lost(void **state)
{
    struct merge_bed *bed = with_on_loss(state, DIRECTION_IN);
    assert_int_equal(merge_lost(&bed->g), MERGED_NOTHING); /* it was never there */
    assert_false(bed->state.known);
    bed->group.direction = DIRECTION_INOUT;
    merge_agree(bed, 5);
    assert_int_equal(merge_lost(&bed->g), MERGED_TAKE);
    expect_words(bed, 1, 5);
    assert_false(merge_wanted(bed, 9));
    assert_int_equal(merge_poll(bed, 5), MERGED_TAKE);
    expect_words(bed, 5, 5);
}

/* It is no change: also with write = "always" it is not sent. */
static void test_lost_is_never_sent(void **state)
{
    struct merge_bed *bed = with_on_loss(state, DIRECTION_INOUT);
    merge_agree(bed, 5);
    bed->variable.refreshed = true;
    merge_lost(&bed->g);
    assert_int_equal(merge_due(&bed->g, true, SECOND, 9), INT64_MAX);
    assert_int_equal(merge_poll(bed, 1), MERGED_TAKE); /* the same as on_loss: the device's */
    expect_words(bed, 1, 1);
    assert_true(merge_wanted(bed, 9));
}

static void test_lost_while_a_change_waits(void **state)
{
    struct merge_bed *bed = with_on_loss(state, DIRECTION_INOUT);
    merge_agree(bed, 5);
    merge_write(bed, 6, 10);
    assert_int_equal(merge_lost(&bed->g), MERGED_NOTHING);
    expect_words(bed, 6, 5);
    assert_int_equal(merge_poll(bed, 5), MERGED_NOTHING);
    expect_delivery(bed, DELIVERY_PENDING, 0);
    assert_true(merge_wanted(bed, 11));
    assert_true(merge_expired(&bed->g));
    expect_words(bed, 5, 5);
}

static void test_changed_during_a_loss(void **state)
{
    struct merge_bed *bed = with_on_loss(state, DIRECTION_INOUT);
    merge_agree(bed, 5);
    merge_lost(&bed->g);
    merge_write(bed, 6, 10);
    expect_delivery(bed, DELIVERY_PENDING, 0);
    assert_int_equal(merge_poll(bed, 5), MERGED_NOTHING);
    assert_true(merge_wanted(bed, 11));
    merge_deliver(bed, 12);
    expect_words(bed, 6, 6);
    expect_delivery(bed, DELIVERY_CONFIRMED, 0);
}

static void test_back(void **state)
{
    struct merge_bed *bed = with_on_loss(state, DIRECTION_INOUT);
    merge_agree(bed, 5);
    assert_int_equal(merge_back(&bed->g), MERGED_NOTHING);
    merge_lost(&bed->g);
    assert_int_equal(merge_back(&bed->g), MERGED_TAKE);
    expect_words(bed, 5, 5);
}

/* What was refused waits for nothing. */
static void test_lost_after_a_refusal(void **state)
{
    struct merge_bed *bed = with_on_loss(state, DIRECTION_INOUT);
    merge_agree(bed, 5);
    merge_write(bed, 6, 10);
    merge_sent(&bed->g, 11);
    merge_refused(&bed->g, 3);
    assert_int_equal(merge_lost(&bed->g), MERGED_TAKE);
    expect_words(bed, 1, 5);
}

static void test_lost_in_under_a_force(void **state)
{
    struct merge_bed *bed = with_on_loss(state, DIRECTION_IN);
    merge_agree(bed, 5);
    merge_put(bed, bed->local, 77);
    assert_int_equal(merge_lost(&bed->g), MERGED_TAKE);
    expect_words(bed, 1, 5);
}

static void test_lost_in_doubt(void **state)
{
    struct merge_bed *bed = with_on_loss(state, DIRECTION_INOUT);
    merge_agree(bed, 5);
    bed->state.doubt = true;
    assert_int_equal(merge_lost(&bed->g), MERGED_NOTHING);
    expect_words(bed, 5, 5);
    assert_true(merge_wanted(bed, 9));
}

static void test_lost_without_a_value_for_it(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_INOUT);
    merge_agree(bed, 5);
    assert_int_equal(merge_lost(&bed->g), MERGED_NOTHING);
    bed->g.variable = NULL;
    assert_int_equal(merge_lost(&bed->g), MERGED_NOTHING);
    expect_words(bed, 5, 5);
}

/* `on_loss` of an array of bits lies under the mask of its first element. */
static void test_lost_element(void **state)
{
    struct variable bits = help_variable(TABLE_HOLDING, TYPE_BOOL);
    bits.bit = 2;
    bits.count = 8;
    bits.has_on_loss = true;
    bits.on_loss = help_boolean(true);
    struct merge_bed *bed = merge_bed_variable(state, bits);
    bed->group.direction = DIRECTION_INOUT;
    bed->group.mask = 1u << 6;
    merge_agree(bed, 0);
    assert_int_equal(merge_lost(&bed->g), MERGED_TAKE);
    assert_int_equal(bed->local[0], 0xFFFF);
    expect_words(bed, 1u << 6, 0);
}

static void test_lost_out_that_is_never_polled(void **state)
{
    struct merge_bed *bed = with_on_loss(state, DIRECTION_OUT);
    merge_agree(bed, 5);
    assert_int_equal(merge_lost(&bed->g), MERGED_NOTHING);
    expect_words(bed, 5, 5);
    assert_false(merge_wanted(bed, 9));
    bed->variable.unpolled = bed->state.refused = true;
    merge_lost(&bed->g);
    assert_false(bed->state.doubt);
    bed->state.refused = false;
    assert_int_equal(merge_lost(&bed->g), MERGED_NOTHING);
    expect_delivery(bed, DELIVERY_PENDING, 0);
    assert_true(merge_wanted(bed, 9));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MERGE_TEST(test_expires),
        MERGE_TEST(test_expires_not_while_sending_nor_refused),
        MERGE_TEST(test_expires_of_the_early),
        MERGE_TEST(test_expired),
        MERGE_TEST(test_expired_while_unknown),
        MERGE_TEST(test_a_default_that_wins_does_not_expire),
        MERGE_TEST(test_lost),
        MERGE_TEST(test_lost_is_never_sent),
        MERGE_TEST(test_lost_while_a_change_waits),
        MERGE_TEST(test_changed_during_a_loss),
        MERGE_TEST(test_back),
        MERGE_TEST(test_lost_after_a_refusal),
        MERGE_TEST(test_lost_in_under_a_force),
        MERGE_TEST(test_lost_in_doubt),
        MERGE_TEST(test_lost_without_a_value_for_it),
        MERGE_TEST(test_lost_element),
        MERGE_TEST(test_lost_out_that_is_never_polled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

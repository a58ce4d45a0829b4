/* Proves the client's lines of the truth table (DESIGN.md, "What happens to a value") as far as
 * they are decided by merging, each as a story of one value between an image and a device. Each
 * test names its line. What they need of image, clients and wire is proved there. */

#include "merge_bed.h"

static enum merged poll_at(struct merge_bed *bed, uint16_t word, uint64_t asked)
{
    uint16_t words[MERGE_WORDS] = {word};
    return merge_polled(&bed->g, words, asked);
}

/* first good poll of a client, "in": the device's value. */
static void first_good_poll_in(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_IN);
    bed->local[0] = 3; /* its default */
    assert_int_equal(merge_poll(bed, 8), MERGED_TAKE);
    expect_words(bed, 8, 8);
}

/* first good poll, "inout": the device's value, unless it was assigned since start; `wins` turns
 * it. */
static void first_good_poll_inout(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_INOUT);
    bed->local[0] = 3;
    assert_int_equal(merge_poll(bed, 8), MERGED_TAKE);
    expect_words(bed, 8, 8);
}

static void first_good_poll_inout_assigned(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_INOUT);
    bed->local[0] = 3;
    merge_changed(&bed->g, 1, true);
    assert_int_equal(merge_poll(bed, 8), MERGED_NOTHING);
    assert_true(merge_wanted(bed, 2));
    merge_deliver(bed, 2);
    assert_int_equal(merge_poll(bed, 3), MERGED_NOTHING);
    expect_words(bed, 3, 3);
}

static void first_good_poll_inout_program_wins(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_INOUT);
    bed->group.program_wins = true;
    bed->local[0] = 3;
    assert_int_equal(merge_poll(bed, 8), MERGED_NOTHING);
    expect_words(bed, 3, 8);
    assert_true(merge_wanted(bed, 1));
}

/* first good poll, "out": ours is sent. */
static void first_good_poll_out(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_OUT);
    bed->local[0] = 3;
    assert_int_equal(merge_poll(bed, 8), MERGED_NOTHING);
    expect_words(bed, 3, 8);
    assert_true(merge_wanted(bed, 1));
}

/* Nothing is written before; what is not polled is sent after the link's first good answer. */
static void nothing_is_written_before_the_first_good_poll(void **state)
{
    static const enum direction directions[] = {DIRECTION_OUT, DIRECTION_INOUT};
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_OUT);
    for (size_t i = 0; i < 2; i++) {
        bed->group.direction = directions[i];
        bed->variable.unpolled = false;
        merge_write(bed, 3, 1);
        assert_false(merge_wanted(bed, 2));
        bed->variable.unpolled = true;
        assert_int_equal(merge_due(&bed->g, false, SECOND, 2), INT64_MAX);
        assert_true(merge_wanted(bed, 2));
    }
}

/* client merge: a local change is image not equal to `agreed`, whoever wrote. */
static void a_local_change_is_image_not_equal_to_agreed(void **state)
{
    struct merge_bed *bed = merge_bed_raw(state, DIRECTION_INOUT);
    merge_agree(bed, 5);
    merge_write(bed, 5, 1);
    assert_false(merge_wanted(bed, 2));
    merge_write(bed, 6, 2);
    assert_true(merge_wanted(bed, 2));
}

/* Remote changed only: take. Local changed only: send. */
static void one_side_changed(void **state)
{
    struct merge_bed *bed = merge_bed_raw(state, DIRECTION_INOUT);
    merge_agree(bed, 5);
    assert_int_equal(merge_poll(bed, 7), MERGED_TAKE);
    expect_words(bed, 7, 7);
    merge_write(bed, 6, 1);
    assert_int_equal(merge_poll(bed, 7), MERGED_NOTHING);
    expect_words(bed, 6, 7);
    merge_deliver(bed, 2);
    expect_words(bed, 6, 6);
}

/* Both: "inout": the remote value stays and the conflict is counted (`wins` turns it). */
static void both_sides_changed_inout(void **state)
{
    struct merge_bed *bed = merge_bed_raw(state, DIRECTION_INOUT);
    merge_agree(bed, 5);
    merge_write(bed, 6, 1);
    assert_int_equal(merge_poll(bed, 7), MERGED_CONFLICT);
    expect_words(bed, 7, 7);
    assert_false(merge_wanted(bed, 2));
}

static void both_sides_changed_program_wins(void **state)
{
    struct merge_bed *bed = merge_bed_raw(state, DIRECTION_INOUT);
    bed->group.program_wins = true;
    merge_agree(bed, 5);
    merge_write(bed, 6, 1);
    assert_int_equal(merge_poll(bed, 7), MERGED_NOTHING);
    merge_deliver(bed, 2);
    expect_words(bed, 6, 6);
}

/* Both: "out": the script's value; and a device's own change is overwritten. */
static void both_sides_changed_out(void **state)
{
    struct merge_bed *bed = merge_bed_raw(state, DIRECTION_OUT);
    merge_agree(bed, 5);
    merge_write(bed, 6, 1);
    assert_int_equal(merge_poll(bed, 7), MERGED_NOTHING);
    merge_deliver(bed, 2);
    expect_words(bed, 6, 6);
    assert_int_equal(merge_poll(bed, 7), MERGED_NOTHING);
    assert_true(merge_wanted(bed, 3));
    expect_words(bed, 6, 7);
}

/* A poll counts only if it was sent after the last write of that variable was answered. */
static void a_poll_sent_before_the_answer_does_not_count(void **state)
{
    struct merge_bed *bed = merge_bed_raw(state, DIRECTION_INOUT);
    merge_agree(bed, 5);
    uint64_t asked = bed->count;
    merge_write(bed, 6, 1);
    merge_deliver(bed, 2);
    assert_int_equal(poll_at(bed, 5, asked), MERGED_EARLIER);
    expect_words(bed, 6, 6);
    assert_int_equal(poll_at(bed, 6, bed->count), MERGED_NOTHING);
    assert_int_equal(poll_at(bed, 5, bed->count), MERGED_TAKE);
}

/* a newer write replaces a queued one. */
static void a_newer_write_replaces_a_queued_one(void **state)
{
    struct merge_bed *bed = merge_bed_raw(state, DIRECTION_INOUT);
    merge_agree(bed, 5);
    merge_write(bed, 6, 1);
    merge_write(bed, 7, 2);
    merge_deliver(bed, 3);
    expect_words(bed, 7, 7);
    assert_false(merge_wanted(bed, 4));
}

/* ... and one that is written while the older one is under way is sent after it. */
static void a_newer_write_follows_one_under_way(void **state)
{
    struct merge_bed *bed = merge_bed_raw(state, DIRECTION_INOUT);
    uint16_t sent[1] = {6};
    merge_agree(bed, 5);
    merge_write(bed, 6, 1);
    merge_sent(&bed->g, 2);
    merge_write(bed, 7, 3);
    assert_false(merge_wanted(bed, 4));
    merge_answered(&bed->g, sent, ++bed->count);
    assert_true(merge_wanted(bed, 4));
    merge_deliver(bed, 4);
    expect_words(bed, 7, 7);
}

/* the device refuses a write: not repeated until the value changes; "inout" then takes the device's
 * next value. */
static void refused_is_not_repeated(void **state)
{
    static const enum direction directions[] = {DIRECTION_OUT, DIRECTION_INOUT};
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_OUT);
    for (size_t i = 0; i < 2; i++) {
        bed->group.direction = directions[i];
        merge_agree(bed, 5);
        merge_write(bed, 6, 1);
        merge_sent(&bed->g, 2);
        merge_refused(&bed->g, 3);
        expect_delivery(bed, DELIVERY_REFUSED, 3);
        assert_false(merge_wanted(bed, INT64_MAX - 1));
        merge_write(bed, 7, 3);
        assert_true(merge_wanted(bed, 3));
    }
}

static void refused_inout_takes_the_next_value(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_INOUT);
    merge_agree(bed, 5);
    merge_write(bed, 6, 1);
    merge_sent(&bed->g, 2);
    merge_refused(&bed->g, 3);
    assert_int_equal(merge_poll(bed, 5), MERGED_TAKE);
    expect_words(bed, 5, 5);
}

/* Timed out: repeated, whatever the value is by now. */
static void timed_out_is_repeated(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_INOUT);
    merge_agree(bed, 5);
    merge_write(bed, 6, 1);
    merge_sent(&bed->g, 2);
    merge_failed(&bed->g);
    merge_write(bed, 5, 3); /* as `agreed`, but the device may have 6 */
    assert_int_equal(merge_poll(bed, 6), MERGED_EARLIER);
    assert_true(merge_wanted(bed, 4));
    merge_deliver(bed, 4);
    assert_int_equal(merge_poll(bed, 5), MERGED_NOTHING);
    expect_words(bed, 5, 5);
}

/* the device rounds: within `tolerance` it counts as agreed. */
static void rounded_within_tolerance(void **state)
{
    struct variable word = help_variable(TABLE_HOLDING, TYPE_UINT16);
    word.tolerance = 2;
    struct merge_bed *bed = merge_bed_variable(state, word);
    bed->group.direction = DIRECTION_OUT;
    merge_agree(bed, 50);
    merge_write(bed, 61, 1);
    merge_deliver(bed, 2);
    merge_poll(bed, 60);
    expect_words(bed, 61, 61);
    assert_false(merge_wanted(bed, 3));
    merge_poll(bed, 58);
    assert_true(merge_wanted(bed, 3));
}

/* `min_write_interval` and a warning protect EEPROMs. */
static void eeproms_are_protected(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_OUT);
    bed->variable.min_write_interval = 10 * SECOND;
    merge_agree(bed, 50);
    int64_t now = SECOND;
    for (int i = 0; i < MERGE_UNHEEDED; i++) {
        merge_deliver(bed, now);
        merge_poll(bed, 49);
        assert_false(merge_wanted(bed, now + 10 * SECOND - 1));
        now += i + 1 < MERGE_UNHEEDED ? 10 * SECOND : 60 * SECOND;
        assert_true(merge_wanted(bed, now));
        assert_false(merge_wanted(bed, now - 1));
    }
    assert_int_equal(bed->state.unheeded, MERGE_UNHEEDED);
}

/* `write = "always"` refreshes a variable each period. */
static void refreshed_each_period(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_OUT);
    bed->variable.refreshed = true;
    merge_agree(bed, 5);
    merge_deliver(bed, SECOND);
    assert_false(merge_wanted(bed, 2 * SECOND - 1));
    assert_true(merge_wanted(bed, 2 * SECOND));
}

/* `invalid`: the last good value stays. */
static void invalid_keeps_the_last_good_value(void **state)
{
    struct variable word = help_variable(TABLE_HOLDING, TYPE_UINT16);
    word.has_invalid = true;
    word.invalid = help_integer(32768);
    struct merge_bed *bed = merge_bed_variable(state, word);
    bed->group.direction = DIRECTION_IN;
    merge_poll(bed, 5);
    assert_int_equal(merge_poll(bed, 32768), MERGED_INVALID);
    expect_words(bed, 5, 5);
}

/* link lost: values hold, or take `on_loss`; what the device has on return is taken. */
static void link_lost_holds(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_IN);
    merge_poll(bed, 5);
    assert_int_equal(merge_lost(&bed->g), MERGED_NOTHING);
    expect_words(bed, 5, 5);
}

static void link_lost_takes_on_loss(void **state)
{
    struct variable word = help_variable(TABLE_HOLDING, TYPE_UINT16);
    word.has_on_loss = true;
    word.on_loss = help_integer(2);
    struct merge_bed *bed = merge_bed_variable(state, word);
    bed->group.direction = DIRECTION_IN;
    merge_poll(bed, 5);
    assert_int_equal(merge_lost(&bed->g), MERGED_TAKE);
    expect_words(bed, 2, 5);
    assert_int_equal(merge_poll(bed, 5), MERGED_TAKE);
    expect_words(bed, 5, 5);
}

/* An undelivered "inout" write is given up after `expire` (5 s): the image takes `agreed`. */
static void undelivered_inout_expires(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_INOUT);
    merge_agree(bed, 5);
    merge_write(bed, 6, SECOND);
    assert_int_equal(merge_expires(&bed->g, 1), 6 * SECOND);
    assert_true(merge_expired(&bed->g));
    expect_words(bed, 5, 5);
    expect_delivery(bed, DELIVERY_EXPIRED, 0);
    assert_false(merge_wanted(bed, 7 * SECOND));
}

/* "out" never expires: on return the present value is sent. */
static void out_never_expires(void **state)
{
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_OUT);
    merge_agree(bed, 5);
    merge_write(bed, 6, SECOND);
    assert_int_equal(merge_expires(&bed->g, 1), INT64_MAX);
    merge_lost(&bed->g);
    assert_int_equal(merge_due(&bed->g, false, SECOND, 99 * SECOND), INT64_MAX);
    assert_true(merge_wanted(bed, 99 * SECOND));
    merge_deliver(bed, 99 * SECOND);
    merge_lost(&bed->g);
    merge_poll(bed, 0); /* it was restarted */
    assert_true(merge_wanted(bed, 200 * SECOND));
    expect_words(bed, 6, 0);
}

/* pulse: an assignment of true sends 1, waits for the answer, sends 0. */
static void pulse_sends_1_then_0(void **state)
{
    struct merge_bed *bed = merge_bed_variable(state, help_variable(TABLE_COIL, TYPE_BOOL));
    bed->variable.pulse = true;
    bed->group.direction = DIRECTION_INOUT;
    merge_agree(bed, 0);
    merge_write(bed, 1, 1);
    merge_sent(&bed->g, 2);
    expect_words(bed, 1, 0);
    assert_int_equal(merge_answered(&bed->g, (uint16_t[]){1}, ++bed->count), MERGED_TAKE);
    expect_words(bed, 0, 1);
    assert_true(merge_wanted(bed, 3));
    merge_deliver(bed, 3);
    expect_words(bed, 0, 0);
}

/* force: a forced "out" or "inout" reaches the device, "in" only the script. */
static void force_reaches_the_device(void **state)
{
    static const enum direction directions[] = {DIRECTION_OUT, DIRECTION_INOUT, DIRECTION_IN};
    struct merge_bed *bed = merge_bed_word(state, DIRECTION_OUT);
    for (size_t i = 0; i < 3; i++) {
        bed->group.direction = directions[i];
        merge_agree(bed, 5);
        merge_write(bed, 9, 1);
        assert_int_equal(merge_wanted(bed, 2), directions[i] != DIRECTION_IN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MERGE_TEST(first_good_poll_in),
        MERGE_TEST(first_good_poll_inout),
        MERGE_TEST(first_good_poll_inout_assigned),
        MERGE_TEST(first_good_poll_inout_program_wins),
        MERGE_TEST(first_good_poll_out),
        MERGE_TEST(nothing_is_written_before_the_first_good_poll),
        MERGE_TEST(a_local_change_is_image_not_equal_to_agreed),
        MERGE_TEST(one_side_changed),
        MERGE_TEST(both_sides_changed_inout),
        MERGE_TEST(both_sides_changed_program_wins),
        MERGE_TEST(both_sides_changed_out),
        MERGE_TEST(a_poll_sent_before_the_answer_does_not_count),
        MERGE_TEST(a_newer_write_replaces_a_queued_one),
        MERGE_TEST(a_newer_write_follows_one_under_way),
        MERGE_TEST(refused_is_not_repeated),
        MERGE_TEST(refused_inout_takes_the_next_value),
        MERGE_TEST(timed_out_is_repeated),
        MERGE_TEST(rounded_within_tolerance),
        MERGE_TEST(eeproms_are_protected),
        MERGE_TEST(refreshed_each_period),
        MERGE_TEST(invalid_keeps_the_last_good_value),
        MERGE_TEST(link_lost_holds),
        MERGE_TEST(link_lost_takes_on_loss),
        MERGE_TEST(undelivered_inout_expires),
        MERGE_TEST(out_never_expires),
        MERGE_TEST(pulse_sends_1_then_0),
        MERGE_TEST(force_reaches_the_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Proves that masters are told with 0B when what they ask for is stale, was never read, or cannot
 * be forwarded, that nobody else is, and that a server may answer all the same. */

#include "mirror_bed.h"

#include "image/inside.h"

static struct link_side side;
static uint32_t plc, copy;

static int setup(void **state)
{
    bed_init(state);
    struct bed *bed = *state;
    plc = mirror_memory(bed, "plc");
    copy = (uint32_t)bed_memory(bed, (struct memory){.name = "copy", .client = -1});
    bed_declare(bed, WORD("A", 0, .memory = plc, RANGE(0, 100)));
    bed_declare(bed, WORD("B", 1, .memory = plc));
    bed_declare(bed, WORD("FAR", 5, .memory = plc, .direction = DIRECTION_IN));
    bed_declare(bed, WORD("OURS", 0));
    bed_declare(bed, WORD("WORLD", 1, .direction = DIRECTION_IN));
    bed_declare(bed, WORD("TAIL", 0, .memory = copy, .from = "plc.B"));
    bed_declare(bed, WORD("OWN", 1, .memory = copy));
    bed_ready(bed);
    mirror_start(bed, 0, &side);
    return 0;
}

static enum exception get(struct bed *bed, uint16_t address, uint16_t count)
{
    uint16_t words[8];
    return mirror_master_read(bed, plc, address, count, words);
}

static void all_good(struct bed *bed)
{
    mirror_online(bed, 0, true);
    mirror_poll(bed, &side, "A", 1, QUALITY_GOOD);
    mirror_poll(bed, &side, "B", 2, QUALITY_GOOD);
    mirror_poll(bed, &side, "FAR", 3, QUALITY_GOOD);
}

static void what_was_never_read_is_not_answered(void **state)
{
    struct bed *bed = *state;
    mirror_online(bed, 0, true);
    assert_int_equal(get(bed, 0, 1), EXCEPTION_GATEWAY_TARGET);
    mirror_poll(bed, &side, "A", 1, QUALITY_GOOD);
    assert_int_equal(get(bed, 0, 1), EXCEPTION_NONE);
    assert_int_equal(get(bed, 0, 2), EXCEPTION_GATEWAY_TARGET);
    assert_int_equal(get(bed, 0, 7), EXCEPTION_ADDRESS);
    all_good(bed);
    assert_int_equal(get(bed, 0, 6), EXCEPTION_NONE);
}

static void what_is_stale_is_not_answered_but_for_who_takes_it(void **state)
{
    struct bed *bed = *state;
    uint16_t words[2];
    all_good(bed);
    mirror_say(bed, &side, "B", QUALITY_STALE);
    assert_int_equal(get(bed, 1, 1), EXCEPTION_GATEWAY_TARGET);
    assert_int_equal(get(bed, 0, 1), EXCEPTION_NONE);
    struct request request = {
        .memory = plc, .serve_stale = true, .read = {TABLE_HOLDING, 0, 2, words}};
    assert_int_equal(image_request(bed->image, &request, 1), EXCEPTION_NONE);
    assert_int_equal(words[1], 2);
    mirror_say(bed, &side, "B", QUALITY_INVALID); /* the last good value, and no old one */
    assert_int_equal(get(bed, 1, 1), EXCEPTION_NONE);
    assert_int_equal(atomic_load(&bed->image->closed[plc]), 0);
}

static void a_gap_is_as_good_as_its_link(void **state)
{
    struct bed *bed = *state;
    mirror_online(bed, 0, true);
    assert_int_equal(get(bed, 2, 3), EXCEPTION_NONE); /* though A and B were never read */
    all_good(bed);
    mirror_online(bed, 0, false);
    assert_int_equal(get(bed, 2, 3), EXCEPTION_GATEWAY_TARGET);
    assert_int_equal(get(bed, 0, 3), EXCEPTION_NONE); /* A and B are not stale yet */
}

static void a_write_needs_somebody_to_send_it(void **state)
{
    struct bed *bed = *state;
    all_good(bed);
    mirror_online(bed, 0, false);
    struct bed_snapshot before = bed_snap(bed);
    assert_int_equal(mirror_master_write(bed, plc, 0, 1, WORDS(5)), EXCEPTION_GATEWAY_TARGET);
    assert_int_equal(mirror_master_write(bed, plc, 0, 1, WORDS(101)), EXCEPTION_VALUE);
    assert_int_equal(mirror_master_write(bed, plc, 5, 1, WORDS(5)), EXCEPTION_ADDRESS);
    bed_expect_same(bed, &before);
    assert_int_equal(mirror_fetch(bed, 0, &side), 0);
    struct request request = {
        .memory = plc, .serve_stale = true, .write = {TABLE_HOLDING, 0, 1, WORDS(5), false}};
    assert_int_equal(image_request(bed->image, &request, 1), EXCEPTION_NONE);
    mirror_expect(bed, &side, "A");
    mirror_online(bed, 0, true);
    assert_int_equal(mirror_master_write(bed, plc, 0, 1, WORDS(6)), EXCEPTION_NONE);
}

static void a_write_is_not_done_when_its_read_is_refused(void **state)
{
    struct bed *bed = *state;
    uint16_t words[1];
    all_good(bed);
    mirror_say(bed, &side, "B", QUALITY_STALE);
    struct request request = {.memory = plc,
                              .write = {TABLE_HOLDING, 0, 1, WORDS(5), false},
                              .read = {TABLE_HOLDING, 1, 1, words}};
    assert_int_equal(image_request(bed->image, &request, 1), EXCEPTION_GATEWAY_TARGET);
    assert_int_equal(mirror_value(bed, "A"), 1);
    assert_int_equal(mirror_fetch(bed, 0, &side), 0);
}

static void memories_without_a_client_are_answered(void **state)
{
    struct bed *bed = *state;
    uint16_t words[2];
    assert_int_equal(mirror_master_read(bed, 0, 0, 2, words), EXCEPTION_NONE); /* WORLD too */
    assert_int_equal(bed_put(bed, 1, 4), EXCEPTION_NONE);
    assert_int_equal(mirror_mark(bed, "WORLD")->quality, QUALITY_GOOD);
}

static void what_follows_something_stale_is_as_stale(void **state)
{
    struct bed *bed = *state;
    uint16_t words[2];
    assert_int_equal(mirror_master_read(bed, copy, 0, 2, words), EXCEPTION_GATEWAY_TARGET);
    assert_int_equal(mirror_master_read(bed, copy, 1, 1, words), EXCEPTION_NONE);
    assert_int_equal(mirror_master_write(bed, copy, 1, 1, WORDS(4)), EXCEPTION_NONE);
    all_good(bed);
    view_latch(bed->view);
    view_follow(bed->view);
    bed_publish(bed);
    assert_int_equal(mirror_master_read(bed, copy, 0, 2, words), EXCEPTION_NONE);
    assert_memory_equal(words, WORDS(2, 4), 4);
    mirror_say(bed, &side, "B", QUALITY_STALE);
    view_latch(bed->view);
    view_follow(bed->view);
    bed_publish(bed);
    assert_int_equal(mirror_master_read(bed, copy, 0, 1, words), EXCEPTION_GATEWAY_TARGET);
}

static void without_the_lock_the_same_is_answered_as_with_it(void **state)
{
    struct bed *bed = *state;
    all_good(bed);
    mirror_say(bed, &side, "B", QUALITY_STALE);
    image_lock_still(bed->image); /* who needed it would wait for ever */
    assert_int_equal(get(bed, 0, 1), EXCEPTION_NONE);
    assert_int_equal(get(bed, 0, 2), EXCEPTION_GATEWAY_TARGET);
    image_unlock_still(bed->image);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, bed_finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_never_read_is_not_answered),
        TEST(what_is_stale_is_not_answered_but_for_who_takes_it),
        TEST(a_gap_is_as_good_as_its_link),
        TEST(a_write_needs_somebody_to_send_it),
        TEST(a_write_is_not_done_when_its_read_is_refused),
        TEST(memories_without_a_client_are_answered),
        TEST(what_follows_something_stale_is_as_stale),
        TEST(without_the_lock_the_same_is_answered_as_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

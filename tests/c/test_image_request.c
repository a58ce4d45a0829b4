/* Proves what a master reaches on a server (DESIGN.md, "Who writes: direction"), rule by rule, and
 * for every refusal that the cells and marks are the same after it as before. */

#include "image_help.h"

enum { ALL = 65536, LATER = 7000 };

/* ---- refusals ---- */

static void refused(struct bed *bed, enum exception expected, struct request request)
{
    struct bed_snapshot before = bed_snap(bed);
    assert_int_equal(image_request(bed->image, &request, LATER), expected);
    bed_expect_same(bed, &before);
}

static void refuse_write(struct bed *bed, enum exception expected, enum table table,
                         uint16_t address, uint16_t count, const uint16_t *words)
{
    refused(bed, expected, (struct request){.write = {table, address, count, words, false}});
}

static void refuse_put(struct bed *bed, enum exception expected, uint16_t address, uint16_t word)
{
    refuse_write(bed, expected, TABLE_HOLDING, address, 1, &word);
}

static void refuse_mask(struct bed *bed, enum exception expected, uint16_t address,
                        uint16_t and_mask, uint16_t or_mask)
{
    const uint16_t words[] = {and_mask, or_mask};
    refused(bed, expected, (struct request){.write = {TABLE_HOLDING, address, 1, words, true}});
}

static void refuse_read(struct bed *bed, enum table table, uint16_t address, uint16_t count)
{
    static uint16_t words[ALL];
    memset(words, 0xAA, sizeof words);
    assert_int_equal(bed_read(bed, table, address, count, words), EXCEPTION_ADDRESS);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(words[i], 0xAAAA);
}

/* ---- reads ---- */

static void reads_reach_from_lowest_to_highest(void **state)
{
    struct bed *bed = *state;
    uint16_t words[8];
    bed_declare(bed, WORD("LOW", 10, DEFAULT(1)));
    bed_declare(bed, WIDE("HIGH", 14, DEFAULT(0x00030002)));
    bed_ready(bed);
    assert_int_equal(bed_read(bed, TABLE_HOLDING, 10, 6, words), EXCEPTION_NONE);
    assert_memory_equal(words, WORDS(1, 0, 0, 0, 2, 3), 12); /* gaps read 0 */
    assert_int_equal(bed_read(bed, TABLE_HOLDING, 12, 1, words), EXCEPTION_NONE);
    assert_int_equal(words[0], 0);
    assert_int_equal(bed_read(bed, TABLE_HOLDING, 15, 1, words), EXCEPTION_NONE);
    assert_int_equal(words[0], 3); /* half a variable may be read */
    refuse_read(bed, TABLE_HOLDING, 9, 1);
    refuse_read(bed, TABLE_HOLDING, 9, 3);
    refuse_read(bed, TABLE_HOLDING, 15, 2);
    refuse_read(bed, TABLE_HOLDING, 16, 1);
    refuse_read(bed, TABLE_HOLDING, 0, 1);
    refuse_read(bed, TABLE_HOLDING, 65535, 1);
    refuse_read(bed, TABLE_HOLDING, 10, 65535);
}

static void each_table_has_its_own_range(void **state)
{
    struct bed *bed = *state;
    uint16_t words[2];
    bed_raw(bed, TABLE_COIL, 5, 2);
    bed_declare(bed, BED_VARIABLE("I", TABLE_INPUT, TYPE_UINT16, 7, DEFAULT(70)));
    bed_declare(bed, BED_VARIABLE("D", TABLE_DISCRETE, TYPE_BOOL, 9, .has_default = true,
                                  .initial = BOOLEAN(true)));
    bed_declare(bed, BED_VARIABLE("V", TABLE_VAR, TYPE_UINT16, 0));
    bed_ready(bed);
    assert_int_equal(bed_read(bed, TABLE_COIL, 5, 2, words), EXCEPTION_NONE);
    assert_int_equal(bed_read(bed, TABLE_INPUT, 7, 1, words), EXCEPTION_NONE);
    assert_int_equal(words[0], 70);
    assert_int_equal(bed_read(bed, TABLE_DISCRETE, 9, 1, words), EXCEPTION_NONE);
    assert_int_equal(words[0], 1);
    refuse_read(bed, TABLE_COIL, 7, 1);
    refuse_read(bed, TABLE_INPUT, 5, 1);
    refuse_read(bed, TABLE_DISCRETE, 7, 1);
    refuse_read(bed, TABLE_HOLDING, 0, 1); /* nothing there at all */
    refuse_read(bed, TABLE_HOLDING, 5, 1);
}

static void the_widest_reads_and_the_last_address(void **state)
{
    struct bed *bed = *state;
    static uint16_t words[ALL];
    bed_raw(bed, TABLE_COIL, 0, ALL);
    bed_raw(bed, TABLE_HOLDING, 65535, 1);
    bed_ready(bed);
    for (uint16_t i = 0; i < 2000; i += 3)
        assert_int_equal(bed_write(bed, TABLE_COIL, 63536 + i, 1, WORDS(1)), EXCEPTION_NONE);
    assert_int_equal(bed_read(bed, TABLE_COIL, 63536, 2000, words), EXCEPTION_NONE);
    for (uint16_t i = 0; i < 2000; i++)
        assert_int_equal(words[i], i % 3 == 0);
    refuse_read(bed, TABLE_COIL, 63537, 2000);
    refuse_read(bed, TABLE_COIL, 65535, 2); /* does not wrap to 0 */
    assert_int_equal(bed_read(bed, TABLE_COIL, 65535, 1, words), EXCEPTION_NONE);
    assert_int_equal(bed_put(bed, 65535, 8), EXCEPTION_NONE);
    assert_int_equal(bed_get(bed, 65535), 8);
    refuse_write(bed, EXCEPTION_ADDRESS, TABLE_HOLDING, 65535, 2, WORDS(1, 1));
    refuse_write(bed, EXCEPTION_ADDRESS, TABLE_COIL, 65535, 2, WORDS(1, 1));
    assert_int_equal(bed_write(bed, TABLE_COIL, 0, 1968, words), EXCEPTION_NONE);
    refuse_write(bed, EXCEPTION_ADDRESS, TABLE_COIL, 0, 1969, words); /* no FC writes so many */
    refuse_write(bed, EXCEPTION_ADDRESS, TABLE_COIL, 0, 65535, words);
}

static void each_memory_is_its_own(void **state)
{
    struct bed *bed = *state;
    uint16_t word = 0;
    bed_memory(bed, (struct memory){.name = "plc"});
    bed_declare(bed, WORD("A", 0));
    bed_declare(bed, WORD("B", 0, .memory = 1));
    bed_declare(bed, WORD("C", 1, .memory = 1));
    bed_ready(bed);
    struct request request = {.memory = 1, .write = {TABLE_HOLDING, 0, 1, WORDS(5), false}};
    assert_int_equal(image_request(bed->image, &request, LATER), EXCEPTION_NONE);
    assert_int_equal(bed_get(bed, 0), 0);
    request = (struct request){.memory = 1, .read = {TABLE_HOLDING, 0, 1, &word}};
    assert_int_equal(image_request(bed->image, &request, LATER), EXCEPTION_NONE);
    assert_int_equal(word, 5);
    refuse_read(bed, TABLE_HOLDING, 0, 2); /* does not run on into the next memory */
}

/* ---- writes: addresses ---- */

static void writes_reach_raw_shared_and_in(void **state)
{
    struct bed *bed = *state;
    bed_raw(bed, TABLE_HOLDING, 0, 1);
    bed_declare(bed, WORD("INOUT", 1));
    bed_declare(bed, WORD("IN", 2, .direction = DIRECTION_IN));
    bed_declare(bed, WORD("OUT", 3, .direction = DIRECTION_OUT));
    bed_declare(bed, WORD("SAFE", 4, SAFE(0)));
    bed_declare(bed, WORD("LAST", 6)); /* 5 is a gap */
    bed_declare(bed, COIL("C", 0));
    bed_declare(bed, COIL("C_OUT", 1, .direction = DIRECTION_OUT));
    bed_ready(bed);
    assert_int_equal(bed_write(bed, TABLE_HOLDING, 0, 3, WORDS(1, 2, 3)), EXCEPTION_NONE);
    assert_int_equal(bed_get(bed, 0), 1);
    assert_int_equal(bed_get(bed, 1), 2);
    assert_int_equal(bed_get(bed, 2), 3);
    refuse_put(bed, EXCEPTION_ADDRESS, 3, 1);
    refuse_put(bed, EXCEPTION_ADDRESS, 3, 0); /* nor with the value that it has */
    refuse_put(bed, EXCEPTION_ADDRESS, 4, 1);
    refuse_put(bed, EXCEPTION_ADDRESS, 5, 0);
    refuse_put(bed, EXCEPTION_ADDRESS, 7, 0);
    refuse_write(bed, EXCEPTION_ADDRESS, TABLE_HOLDING, 2, 2, WORDS(9, 9)); /* IN and OUT */
    refuse_write(bed, EXCEPTION_ADDRESS, TABLE_HOLDING, 5, 2, WORDS(0, 9)); /* gap and LAST */
    assert_int_equal(bed_write(bed, TABLE_COIL, 0, 1, WORDS(1)), EXCEPTION_NONE);
    refuse_write(bed, EXCEPTION_ADDRESS, TABLE_COIL, 1, 1, WORDS(0));
    refuse_write(bed, EXCEPTION_ADDRESS, TABLE_COIL, 0, 2, WORDS(0, 0));
}

static void inputs_are_only_read(void **state)
{
    struct bed *bed = *state;
    bed_raw(bed, TABLE_INPUT, 0, 2);
    bed_raw(bed, TABLE_DISCRETE, 0, 2);
    bed_declare(bed, BED_VARIABLE("I", TABLE_INPUT, TYPE_UINT16, 2, .direction = DIRECTION_IN));
    bed_ready(bed);
    refuse_write(bed, EXCEPTION_ADDRESS, TABLE_INPUT, 0, 1, WORDS(1));
    refuse_write(bed, EXCEPTION_ADDRESS, TABLE_INPUT, 2, 1, WORDS(1));
    refuse_write(bed, EXCEPTION_ADDRESS, TABLE_DISCRETE, 0, 1, WORDS(1));
}

static void a_variable_is_not_written_in_part(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WIDE("A", 0));
    bed_declare(bed, WIDE("B", 2));
    bed_declare(bed, BED_VARIABLE("TEXT", TABLE_HOLDING, TYPE_STRING, 4, .length = 6));
    bed_declare(bed, WIDE("ARRAY", 7, .count = 2));
    bed_ready(bed);
    refuse_put(bed, EXCEPTION_ADDRESS, 0, 1);
    refuse_put(bed, EXCEPTION_ADDRESS, 1, 1);
    refuse_put(bed, EXCEPTION_ADDRESS, 1, 0); /* nor with the value that it has */
    refuse_write(bed, EXCEPTION_ADDRESS, TABLE_HOLDING, 1, 2, WORDS(1, 1));
    refuse_write(bed, EXCEPTION_ADDRESS, TABLE_HOLDING, 0, 3, WORDS(1, 1, 1));
    refuse_write(bed, EXCEPTION_ADDRESS, TABLE_HOLDING, 1, 3, WORDS(1, 1, 1));
    refuse_write(bed, EXCEPTION_ADDRESS, TABLE_HOLDING, 4, 2, WORDS(1, 1));
    refuse_write(bed, EXCEPTION_ADDRESS, TABLE_HOLDING, 5, 1, WORDS(1));
    refuse_write(bed, EXCEPTION_ADDRESS, TABLE_HOLDING, 8, 2, WORDS(1, 1));
    refuse_mask(bed, EXCEPTION_ADDRESS, 1, 0xFFFE, 1);
    assert_int_equal(bed_write(bed, TABLE_HOLDING, 0, 4, WORDS(1, 2, 3, 4)), EXCEPTION_NONE);
    assert_int_equal(bed_write(bed, TABLE_HOLDING, 4, 3, WORDS(1, 2, 3)), EXCEPTION_NONE);
    assert_int_equal(bed_write(bed, TABLE_HOLDING, 9, 2, WORDS(1, 2)), EXCEPTION_NONE); /* [2] */
}

static void partial_and_raw_permit_it(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WIDE("PARTIAL", 0, .partial = true));
    bed_declare(bed, WIDE("RAW", 2));
    bed_raw(bed, TABLE_HOLDING, 2, 2);
    bed_declare(bed, WIDE("HALF_RAW", 4));
    bed_raw(bed, TABLE_HOLDING, 5, 1);
    bed_declare(bed, WIDE("OTHER_HALF", 6));
    bed_raw(bed, TABLE_HOLDING, 6, 1);
    bed_ready(bed);
    assert_int_equal(bed_put(bed, 1, 7), EXCEPTION_NONE);
    assert_int_equal(bed_mask(bed, 0, 0xFFFE, 1), EXCEPTION_NONE);
    assert_int_equal(bed_put(bed, 2, 7), EXCEPTION_NONE);
    assert_int_equal(bed_put(bed, 3, 7), EXCEPTION_NONE);
    refuse_put(bed, EXCEPTION_ADDRESS, 4, 7);
    refuse_put(bed, EXCEPTION_ADDRESS, 5, 7);
    refuse_put(bed, EXCEPTION_ADDRESS, 6, 7);
    assert_int_equal(bed_write(bed, TABLE_HOLDING, 1, 2, WORDS(8, 9)), EXCEPTION_NONE);
    assert_int_equal(bed_get(bed, 1), 8);
    assert_int_equal(bed_get(bed, 2), 9);
}

static void other_bits_of_a_word_must_be_unchanged(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, BIT("SHARED", 0, 0));
    bed_declare(bed, BIT("OURS", 0, 1, .direction = DIRECTION_OUT, .has_default = true,
                         .initial = BOOLEAN(true)));
    bed_declare(bed, BYTE("BYTE", 1, 8));
    bed_ready(bed);
    assert_int_equal(bed_put(bed, 0, 0x0003), EXCEPTION_NONE);
    refuse_put(bed, EXCEPTION_ADDRESS, 0, 0x0001); /* the program's bit */
    refuse_put(bed, EXCEPTION_ADDRESS, 0, 0x0007); /* an undeclared one */
    refuse_put(bed, EXCEPTION_ADDRESS, 0, 0x8003);
    assert_int_equal(bed_get(bed, 0), 3);
    assert_int_equal(bed_put(bed, 0, 0x0002), EXCEPTION_NONE);
    assert_int_equal(bed_put(bed, 1, 0xFF00), EXCEPTION_NONE);
    refuse_put(bed, EXCEPTION_ADDRESS, 1, 0xFF01);
    refuse_write(bed, EXCEPTION_ADDRESS, TABLE_HOLDING, 0, 2, WORDS(3, 1));
}

/* ---- FC 22 and FC 23 ---- */

static void masks_change_single_bits(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("WORD", 0, DEFAULT(0x12)));
    bed_declare(bed, BIT("SHARED", 1, 0));
    bed_declare(bed, BIT("OURS", 1, 1, .direction = DIRECTION_OUT));
    bed_declare(bed, WORD("LIMITED", 2, RANGE(0, 10), DEFAULT(8)));
    bed_declare(bed, WORD("OUT", 4, .direction = DIRECTION_OUT));
    bed_ready(bed);
    assert_int_equal(bed_mask(bed, 0, 0xF2, 0x25), EXCEPTION_NONE);
    assert_int_equal(bed_get(bed, 0), 0x17);
    assert_int_equal(bed_mask(bed, 0, 0x0000, 0xFFFF), EXCEPTION_NONE);
    assert_int_equal(bed_get(bed, 0), 0xFFFF);
    assert_int_equal(bed_mask(bed, 0, 0xFF00, 0xFF00), EXCEPTION_NONE); /* or without and */
    assert_int_equal(bed_get(bed, 0), 0xFF00);
    assert_int_equal(bed_mask(bed, 1, 0xFFFE, 0x0001), EXCEPTION_NONE);
    assert_int_equal(bed_get(bed, 1), 1);
    refuse_mask(bed, EXCEPTION_ADDRESS, 1, 0xFFFD, 0x0002);
    refuse_mask(bed, EXCEPTION_ADDRESS, 1, 0xFFFB, 0x0004);
    refuse_mask(bed, EXCEPTION_VALUE, 2, 0xFFFB, 0x0004); /* 8 and 4 are 12 */
    assert_int_equal(bed_mask(bed, 2, 0xFFFD, 0x0002), EXCEPTION_NONE);
    refuse_mask(bed, EXCEPTION_ADDRESS, 3, 0xFFFF, 0); /* a gap */
    refuse_mask(bed, EXCEPTION_ADDRESS, 4, 0xFFFF, 0);
}

static enum exception both(struct bed *bed, uint16_t to, const uint16_t *words, uint16_t from,
                           uint16_t *read)
{
    struct request request = {.write = {TABLE_HOLDING, to, 2, words, false},
                              .read = {TABLE_HOLDING, from, 2, read}};
    return image_request(bed->image, &request, LATER);
}

static void a_write_comes_before_its_read(void **state)
{
    struct bed *bed = *state;
    uint16_t read[2] = {0};
    bed_raw(bed, TABLE_HOLDING, 0, 3);
    bed_ready(bed);
    assert_int_equal(both(bed, 0, WORDS(7, 8), 1, read), EXCEPTION_NONE);
    assert_memory_equal(read, WORDS(8, 0), 4);
}

static void either_half_refuses_both(void **state)
{
    struct bed *bed = *state;
    uint16_t read[2] = {0xAAAA, 0xAAAA};
    bed_raw(bed, TABLE_HOLDING, 0, 3);
    bed_declare(bed, WORD("OUT", 3, .direction = DIRECTION_OUT));
    bed_declare(bed, WORD("LIMITED", 4, RANGE(0, 10)));
    bed_ready(bed);
    struct bed_snapshot before = bed_snap(bed);
    assert_int_equal(both(bed, 0, WORDS(7, 8), 4, read), EXCEPTION_ADDRESS); /* read beyond */
    assert_int_equal(both(bed, 2, WORDS(7, 8), 0, read), EXCEPTION_ADDRESS); /* OUT */
    assert_int_equal(both(bed, 4, WORDS(7, 8), 0, read), EXCEPTION_ADDRESS); /* write beyond */
    struct request limited = {.write = {TABLE_HOLDING, 4, 1, WORDS(11), false},
                              .read = {TABLE_HOLDING, 0, 2, read}};
    assert_int_equal(image_request(bed->image, &limited, LATER), EXCEPTION_VALUE);
    assert_memory_equal(read, WORDS(0xAAAA, 0xAAAA), 4);
    bed_expect_same(bed, &before);
}

/* ---- values ---- */

static void values_stay_within_limits(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("A", 0, RANGE(5, 10), DEFAULT(5)));
    bed_declare(bed, WORD("B", 1));
    bed_declare(bed, WIDE("W", 2, RANGE(0, 0x10000)));
    bed_declare(bed, WORD("ARRAY", 4, RANGE(0, 3), .count = 3));
    bed_declare(bed, BYTE("BYTE", 7, 8, RANGE(0, 3)));
    bed_declare(bed, BYTE("LOW", 7, 0));
    bed_declare(bed, WORD("CLAMPED", 8, RANGE(0, 3), .limit = LIMIT_CLAMP));
    bed_ready(bed);
    assert_int_equal(bed_put(bed, 0, 10), EXCEPTION_NONE);
    refuse_put(bed, EXCEPTION_VALUE, 0, 4);
    refuse_put(bed, EXCEPTION_VALUE, 0, 11);
    refuse_write(bed, EXCEPTION_VALUE, TABLE_HOLDING, 0, 2, WORDS(11, 1));
    assert_int_equal(bed_write(bed, TABLE_HOLDING, 2, 2, WORDS(0, 1)), EXCEPTION_NONE);
    refuse_write(bed, EXCEPTION_VALUE, TABLE_HOLDING, 2, 2, WORDS(1, 1));
    refuse_write(bed, EXCEPTION_VALUE, TABLE_HOLDING, 4, 3, WORDS(3, 3, 4)); /* over every one */
    assert_int_equal(bed_write(bed, TABLE_HOLDING, 4, 3, WORDS(3, 3, 3)), EXCEPTION_NONE);
    refuse_put(bed, EXCEPTION_VALUE, 7, 0x0400);
    assert_int_equal(bed_put(bed, 7, 0x03FF), EXCEPTION_NONE);
    refuse_put(bed, EXCEPTION_VALUE, 8, 4); /* a master is told, whatever `limit` does */
}

static void nan_needs_permission(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, BED_VARIABLE("F", TABLE_HOLDING, TYPE_FLOAT32, 0));
    bed_declare(bed, BED_VARIABLE("N", TABLE_HOLDING, TYPE_FLOAT32, 2, .nan = true));
    bed_ready(bed);
    refuse_write(bed, EXCEPTION_VALUE, TABLE_HOLDING, 0, 2, WORDS(0, 0x7FC0));
    refuse_write(bed, EXCEPTION_VALUE, TABLE_HOLDING, 0, 2, WORDS(0, 0x7F80)); /* infinity */
    assert_int_equal(bed_write(bed, TABLE_HOLDING, 0, 2, WORDS(0, 0x3F80)), EXCEPTION_NONE);
    assert_int_equal(bed_write(bed, TABLE_HOLDING, 2, 2, WORDS(0, 0x7FC0)), EXCEPTION_NONE);
}

/* With `partial` the whole counts as it would become, not the part that arrives. */
static void a_part_is_judged_as_the_whole(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WIDE("W", 0, RANGE(0, 0x10005), .partial = true));
    bed_ready(bed);
    assert_int_equal(bed_put(bed, 0, 6), EXCEPTION_NONE);
    refuse_put(bed, EXCEPTION_VALUE, 1, 1); /* would be 0x10006 */
    assert_int_equal(bed_put(bed, 0, 5), EXCEPTION_NONE);
    assert_int_equal(bed_put(bed, 1, 1), EXCEPTION_NONE);
    refuse_put(bed, EXCEPTION_VALUE, 0, 6);
}

static void every_variable_that_shares_the_bits_is_asked(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("WORD", 0));
    bed_declare(bed, BYTE("BYTE", 0, 0, RANGE(0, 9)));
    bed_declare(bed, BIT("BIT", 1, 0, .direction = DIRECTION_OUT));
    bed_declare(bed, WORD("AROUND", 1, RANGE(0, 9), .direction = DIRECTION_OUT));
    bed_declare(bed, BIT("MEANT", 1, 15));
    bed_ready(bed);
    refuse_put(bed, EXCEPTION_VALUE, 0, 10);
    assert_int_equal(bed_put(bed, 0, 0xFF09), EXCEPTION_NONE);
    refuse_put(bed, EXCEPTION_ADDRESS, 1, 0x8000); /* the bit is in a word that is the program's */
}

/* ---- 02 before 03 before 04 ---- */

static void the_order_of_refusals(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("SAFE", 0, SAFE(1), RANGE(0, 10), .direction = DIRECTION_INOUT));
    bed_declare(bed, WORD("LIMITED", 1, RANGE(0, 10)));
    bed_declare(bed, WIDE("WIDE", 2));
    bed_declare(bed, WORD("SAFE_OUT", 4, SAFE(1)));
    bed_ready(bed);
    image_make_safe(bed->image, true, BED_NOW);
    refuse_put(bed, EXCEPTION_DEVICE_FAILURE, 0, 2);
    refuse_put(bed, EXCEPTION_DEVICE_FAILURE, 0, 1); /* nor with the value that it has */
    refuse_put(bed, EXCEPTION_VALUE, 0, 11);
    refuse_write(bed, EXCEPTION_VALUE, TABLE_HOLDING, 0, 2, WORDS(2, 11));
    refuse_write(bed, EXCEPTION_DEVICE_FAILURE, TABLE_HOLDING, 0, 2, WORDS(2, 10));
    refuse_write(bed, EXCEPTION_ADDRESS, TABLE_HOLDING, 0, 3, WORDS(2, 11, 0)); /* half of WIDE */
    refuse_put(bed, EXCEPTION_ADDRESS, 4, 2);
    assert_int_equal(bed_write(bed, TABLE_HOLDING, 1, 3, WORDS(2, 1, 1)), EXCEPTION_NONE);
    image_clear_fault(bed->image);
    assert_int_equal(bed_put(bed, 0, 2), EXCEPTION_NONE);
}

/* A program's safe bit is not written by whoever leaves it as it is. */
static void a_fault_does_not_lock_the_neighbours_of_outputs(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, BIT("SHARED", 0, 0));
    bed_declare(bed, BIT("SAFE", 0, 1, .has_safe = true, .safe = BOOLEAN(true)));
    bed_declare(bed, BIT("SAFE_SHARED", 1, 0, .has_safe = true, .safe = BOOLEAN(true),
                         .direction = DIRECTION_INOUT));
    bed_declare(bed, BIT("BESIDE", 1, 1));
    bed_ready(bed);
    image_make_safe(bed->image, true, BED_NOW);
    assert_int_equal(bed_put(bed, 0, 3), EXCEPTION_NONE);
    refuse_put(bed, EXCEPTION_ADDRESS, 0, 1);
    refuse_put(bed, EXCEPTION_DEVICE_FAILURE, 1, 3);
    assert_int_equal(bed_mask(bed, 1, 0xFFFD, 2), EXCEPTION_NONE); /* touches its own bit only */
    assert_int_equal(bed_get(bed, 1), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(reads_reach_from_lowest_to_highest),
        BED_TEST(each_table_has_its_own_range),
        BED_TEST(the_widest_reads_and_the_last_address),
        BED_TEST(each_memory_is_its_own),
        BED_TEST(writes_reach_raw_shared_and_in),
        BED_TEST(inputs_are_only_read),
        BED_TEST(a_variable_is_not_written_in_part),
        BED_TEST(partial_and_raw_permit_it),
        BED_TEST(other_bits_of_a_word_must_be_unchanged),
        BED_TEST(masks_change_single_bits),
        BED_TEST(a_write_comes_before_its_read),
        BED_TEST(either_half_refuses_both),
        BED_TEST(values_stay_within_limits),
        BED_TEST(nan_needs_permission),
        BED_TEST(a_part_is_judged_as_the_whole),
        BED_TEST(every_variable_that_shares_the_bits_is_asked),
        BED_TEST(the_order_of_refusals),
        BED_TEST(a_fault_does_not_lock_the_neighbours_of_outputs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

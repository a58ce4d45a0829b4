/* Proves what a client asks for: what is joined and what is not, at each limit and one beyond it,
 * for registers and for bits; that a division of all possible ones never needs fewer requests; and
 * that dividing and joining keep the times. */

#include "image_help.h"
#include <stdio.h>
#include "modbus/reads.h"

static const struct line_spec LINE = {.where = "t.lua:2", .name = "bus", .device = "/dev/null"};

struct asked {
    struct bed *bed;
    struct client_spec client;
    struct reads *reads;
};

static int setup(void **state)
{
    struct asked *asked = calloc(1, sizeof *asked);
    bed_init((void **)&asked->bed);
    asked->client = (struct client_spec){.where = "t.lua:2",
                                         .name = "device",
                                         .host = "127.0.0.1",
                                         .port = 502,
                                         .unit = 1,
                                         .period = 100,
                                         .timeout = 100,
                                         .depth = 1,
                                         .max_read = 10,
                                         .max_write = 10,
                                         .max_gap = 2};
    *state = asked;
    return 0;
}

static int teardown(void **state)
{
    struct asked *asked = *state;
    reads_destroy(asked->reads);
    bed_finish((void **)&asked->bed);
    free(asked);
    return 0;
}

static void seal(struct asked *asked)
{
    struct error error;
    if (plan_client(asked->bed->plan, &asked->client, &error) < 0)
        fail_msg("%s", error.text);
    bed_seal(asked->bed);
    asked->reads = reads_create(asked->bed->plan, 0);
    assert_non_null(asked->reads);
}

/* "holding 3+4x2, ...": table, address, registers, groups. The cell has to be that of the address.
 */
static const char *shown(struct asked *asked)
{
    static char text[512];
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < reads_count(asked->reads); i++) {
        const struct read *read = reads_at(asked->reads, i);
        const struct extent *extent = &asked->bed->plan->memories[0].table[read->table];
        assert_int_equal(read->cell, extent->cell + read->address - extent->low);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %u+%ux%u",
                                 i > 0 ? ", " : "", table_name(read->table), read->address,
                                 read->count, read->group_count);
    }
    return text;
}

static void words(struct asked *asked, const uint16_t *addresses, size_t count)
{
    for (size_t i = 0; i < count; i++)
        bed_raw(asked->bed, TABLE_HOLDING, addresses[i], 1);
}

#define DECLARE_WORDS(asked, ...)                                                                  \
    words(asked, WORDS(__VA_ARGS__), sizeof WORDS(__VA_ARGS__) / sizeof(uint16_t))

static void test_gap(void **state)
{
    struct asked *asked = *state;
    DECLARE_WORDS(asked, 0, 3, 7);
    seal(asked);
    assert_string_equal(shown(asked), "holding 0+4x2, holding 7+1x1");
}

static void test_no_gap_allowed(void **state)
{
    struct asked *asked = *state;
    asked->client.max_gap = 0;
    DECLARE_WORDS(asked, 0, 1, 3);
    seal(asked);
    assert_string_equal(shown(asked), "holding 0+2x2, holding 3+1x1");
}

static void test_length(void **state)
{
    struct asked *asked = *state;
    bed_raw(asked->bed, TABLE_HOLDING, 5, 21);
    seal(asked);
    assert_string_equal(shown(asked), "holding 5+10x10, holding 15+10x10, holding 25+1x1");
}

/* A wide one that would not fit as a whole begins the next request. */
static void test_a_group_is_never_divided(void **state)
{
    struct asked *asked = *state;
    bed_raw(asked->bed, TABLE_HOLDING, 0, 9);
    bed_declare(asked->bed, WIDE("W", 9));
    bed_raw(asked->bed, TABLE_HOLDING, 11, 8);
    bed_raw(asked->bed, TABLE_HOLDING, 19, 1);
    seal(asked);
    assert_string_equal(shown(asked), "holding 0+9x9, holding 9+10x9, holding 19+1x1");
}

static void test_a_wide_group_alone(void **state)
{
    struct asked *asked = *state;
    bed_declare(asked->bed, WIDE("A", 0));
    bed_declare(asked->bed, WIDE("B", 4));
    bed_declare(asked->bed, WIDE("C", 20));
    seal(asked);
    assert_string_equal(shown(asked), "holding 0+6x2, holding 20+2x1");
    assert_true(reads_split(asked->reads, 0));
    assert_string_equal(shown(asked), "holding 0+2x1, holding 4+2x1, holding 20+2x1");
}

static void test_bits_may_be_sixteen_times_as_many(void **state)
{
    struct asked *asked = *state;
    bed_raw(asked->bed, TABLE_COIL, 0, 161);
    bed_raw(asked->bed, TABLE_DISCRETE, 0, 1);
    bed_raw(asked->bed, TABLE_DISCRETE, 33, 1);
    bed_raw(asked->bed, TABLE_DISCRETE, 67, 1);
    seal(asked);
    assert_string_equal(shown(asked),
                        "coil 0+160x160, coil 160+1x1, discrete 0+34x2, discrete 67+1x1");
}

static void test_tables_are_apart(void **state)
{
    struct asked *asked = *state;
    bed_raw(asked->bed, TABLE_INPUT, 4, 2);
    bed_raw(asked->bed, TABLE_HOLDING, 2, 2);
    seal(asked);
    assert_string_equal(shown(asked), "holding 2+2x2, input 4+2x2");
}

static void test_periods_are_apart(void **state)
{
    struct asked *asked = *state;
    bed_declare(asked->bed, WORD("A", 0));
    bed_declare(asked->bed, WORD("B", 1, .period = 900));
    bed_declare(asked->bed, WORD("C", 2));
    bed_declare(asked->bed, WORD("D", 3, .period = 900));
    bed_declare(asked->bed, WORD("E", 4, .period = 100));
    seal(asked);
    assert_string_equal(shown(asked), "holding 0+5x3, holding 1+3x2");
    assert_int_equal(reads_at(asked->reads, 0)->period, 100);
    assert_int_equal(reads_at(asked->reads, 1)->period, 900);
}

static void test_bits_of_a_word_are_read_once(void **state)
{
    struct asked *asked = *state;
    bed_declare(asked->bed, BIT("A", 4, 0));
    bed_declare(asked->bed, BIT("B", 4, 9));
    bed_declare(asked->bed, WORD("C", 5));
    seal(asked);
    assert_string_equal(shown(asked), "holding 4+2x3");
}

static void test_what_is_not_polled(void **state)
{
    struct asked *asked = *state;
    bed_declare(asked->bed, WORD("A", 0));
    bed_declare(asked->bed, WORD("B", 1, .unpolled = true));
    bed_declare(asked->bed, WORD("C", 2, .direction = DIRECTION_OUT));
    bed_declare(asked->bed, BED_VARIABLE("V", TABLE_VAR, TYPE_UINT16, 0));
    seal(asked);
    assert_string_equal(shown(asked), "holding 0+3x2");
}

static void test_a_broadcast_reads_nothing(void **state)
{
    struct asked *asked = *state;
    struct error error;
    int line = plan_line(asked->bed->plan, &LINE, &error);
    assert_true(line >= 0);
    asked->client.line = asked->bed->plan->lines[line];
    asked->client.unit = 0;
    DECLARE_WORDS(asked, 0, 1);
    seal(asked);
    assert_int_equal(reads_count(asked->reads), 0);
    reads_join(asked->reads);
    assert_int_equal(reads_count(asked->reads), 0);
}

static void test_unit_0_over_tcp_is_a_unit(void **state)
{
    struct asked *asked = *state;
    asked->client.unit = 0;
    DECLARE_WORDS(asked, 0, 1);
    seal(asked);
    assert_string_equal(shown(asked), "holding 0+2x2");
}

static void test_the_last_address(void **state)
{
    struct asked *asked = *state;
    bed_raw(asked->bed, TABLE_HOLDING, 65530, 6);
    seal(asked);
    assert_string_equal(shown(asked), "holding 65530+6x6");
}

/* ---- as few as can be ---- */

enum { SPAN = 14 };

/* Of all ways to cut the sorted addresses, the fewest pieces that keep to the limits. */
static size_t fewest(const uint16_t *addresses, size_t count)
{
    size_t best[SPAN + 1] = {0};
    for (size_t end = 1; end <= count; end++) {
        best[end] = end;
        for (size_t start = end; start-- > 0;) {
            if (start + 1 < end && addresses[start + 1] - addresses[start] > 3)
                break;
            if (addresses[end - 1] - addresses[start] + 1 > 10)
                break;
            best[end] = best[start] + 1 < best[end] ? best[start] + 1 : best[end];
        }
    }
    return best[count];
}

static void test_fewest(void **state)
{
    void *own = NULL;
    for (unsigned set = 1; set < 1u << SPAN; set += 7) {
        uint16_t addresses[SPAN];
        size_t count = 0;
        for (uint16_t i = 0; i < SPAN; i++)
            if (set >> i & 1)
                addresses[count++] = (uint16_t)(i + i / 5);
        setup(&own);
        words(own, addresses, count);
        seal(own);
        assert_int_equal(reads_count(((struct asked *)own)->reads), fewest(addresses, count));
        teardown(&own);
    }
    (void)state;
}

/* ---- divided, and joined again ---- */

static void test_split_at_the_largest_gap(void **state)
{
    struct asked *asked = *state;
    DECLARE_WORDS(asked, 0, 1, 3, 6, 7, 8, 20);
    seal(asked);
    assert_string_equal(shown(asked), "holding 0+9x6, holding 20+1x1");
    assert_true(reads_split(asked->reads, 0));
    assert_string_equal(shown(asked), "holding 0+4x3, holding 6+3x3, holding 20+1x1");
    assert_true(reads_split(asked->reads, 0));
    assert_string_equal(shown(asked),
                        "holding 0+2x2, holding 3+1x1, holding 6+3x3, holding 20+1x1");
    assert_false(reads_split(asked->reads, 1));
    assert_false(reads_split(asked->reads, 3));
}

static void test_split_in_the_middle(void **state)
{
    struct asked *asked = *state;
    DECLARE_WORDS(asked, 0, 1, 2, 3, 4, 5, 6);
    seal(asked);
    assert_true(reads_split(asked->reads, 0));
    assert_string_equal(shown(asked), "holding 0+3x3, holding 3+4x4");
    assert_true(reads_split(asked->reads, 1));
    assert_string_equal(shown(asked), "holding 0+3x3, holding 3+2x2, holding 5+2x2");
}

/* Two requests for one word would be the same one twice. */
static void test_split_keeps_bits_of_a_word_together(void **state)
{
    struct asked *asked = *state;
    bed_declare(asked->bed, BIT("A", 4, 0));
    bed_declare(asked->bed, BIT("B", 4, 1));
    bed_declare(asked->bed, BIT("C", 4, 2));
    bed_declare(asked->bed, BIT("D", 5, 2));
    seal(asked);
    assert_true(reads_split(asked->reads, 0));
    assert_string_equal(shown(asked), "holding 4+1x3, holding 5+1x1");
    assert_false(reads_split(asked->reads, 0));
}

static void test_split_to_the_last(void **state)
{
    struct asked *asked = *state;
    bed_raw(asked->bed, TABLE_HOLDING, 0, 30);
    seal(asked);
    for (size_t i = 0; i < reads_count(asked->reads);)
        i += reads_split(asked->reads, i) ? 0 : 1;
    assert_int_equal(reads_count(asked->reads), 30);
    for (uint16_t i = 0; i < 30; i++)
        assert_int_equal(reads_at(asked->reads, i)->address, i);
    reads_join(asked->reads);
    assert_string_equal(shown(asked), "holding 0+10x10, holding 10+10x10, holding 20+10x10");
}

static void know(struct asked *asked, size_t index, int64_t due, int64_t answered, bool stale)
{
    struct read *read = reads_at(asked->reads, index);
    read->due = due;
    read->answered = answered;
    read->stale = stale;
    read->asked = read->refused = true;
}

static void expect(struct asked *asked, size_t index, int64_t due, int64_t answered, bool stale)
{
    const struct read *read = reads_at(asked->reads, index);
    assert_int_equal(read->due, due);
    assert_int_equal(read->answered, answered);
    assert_int_equal(read->stale, stale);
    assert_false(read->asked || read->refused);
}

static void test_split_keeps_times(void **state)
{
    struct asked *asked = *state;
    DECLARE_WORDS(asked, 0, 1, 30);
    seal(asked);
    know(asked, 0, 5, 4, true);
    know(asked, 1, 9, 8, false);
    reads_split(asked->reads, 0);
    expect(asked, 0, 5, 4, true);
    expect(asked, 1, 5, 4, true);
    assert_int_equal(reads_at(asked->reads, 2)->due, 9);
    assert_true(reads_at(asked->reads, 2)->asked && reads_at(asked->reads, 2)->refused);
}

static void test_join_keeps_times(void **state)
{
    struct asked *asked = *state;
    DECLARE_WORDS(asked, 0, 1, 2, 30, 50, 51);
    seal(asked);
    reads_split(asked->reads, 0);
    reads_split(asked->reads, 1);
    reads_split(asked->reads, 4);
    know(asked, 0, 9, 0, false); /* refused alone, never answered */
    know(asked, 1, 7, 30, true);
    know(asked, 2, 8, 20, false);
    know(asked, 3, 5, 4, false);
    know(asked, 4, 3, 40, false);
    know(asked, 5, 6, 0, true);
    reads_join(asked->reads);
    assert_string_equal(shown(asked), "holding 0+3x3, holding 30+1x1, holding 50+2x2");
    expect(asked, 0, 7, 20, true);
    expect(asked, 1, 5, 4, false);
    expect(asked, 2, 3, 40, true);
}

static void test_destroy_takes_null(void **state)
{
    (void)state;
    reads_destroy(NULL);
}

#define READS_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        READS_TEST(test_gap),
        READS_TEST(test_no_gap_allowed),
        READS_TEST(test_length),
        READS_TEST(test_a_group_is_never_divided),
        READS_TEST(test_a_wide_group_alone),
        READS_TEST(test_bits_may_be_sixteen_times_as_many),
        READS_TEST(test_tables_are_apart),
        READS_TEST(test_periods_are_apart),
        READS_TEST(test_bits_of_a_word_are_read_once),
        READS_TEST(test_what_is_not_polled),
        READS_TEST(test_a_broadcast_reads_nothing),
        READS_TEST(test_unit_0_over_tcp_is_a_unit),
        READS_TEST(test_the_last_address),
        cmocka_unit_test(test_fewest),
        READS_TEST(test_split_at_the_largest_gap),
        READS_TEST(test_split_in_the_middle),
        READS_TEST(test_split_keeps_bits_of_a_word_together),
        READS_TEST(test_split_to_the_last),
        READS_TEST(test_split_keeps_times),
        READS_TEST(test_join_keeps_times),
        cmocka_unit_test(test_destroy_takes_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Proves what sealing works out: directions, who wins, the extent of each table, the points and
 * their order by cell, which bits a master may write, what overlaps, and what it refuses. */

#include "plan_bed.h"

#include <stdio.h>

static enum direction direction_of(struct bed *bed, const char *name)
{
    return bed_find(bed, name)->direction;
}

/* direction: coils and holding registers are shared, `safe` makes them outputs, `dir` says
 * otherwise; discrete inputs and input registers are the program's. */
static void directions_are_resolved(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, COIL("COIL", 0));
    bed_declare(bed, WORD("HOLDING", 0));
    bed_declare(bed, BED_VARIABLE("DISCRETE", TABLE_DISCRETE, TYPE_BOOL, 0));
    bed_declare(bed, BED_VARIABLE("INPUT", TABLE_INPUT, TYPE_INT16, 0));
    bed_declare(bed, BED_VARIABLE("VAR", TABLE_VAR, TYPE_INT16, 0));
    bed_declare(bed, BED_VARIABLE("VAR_SAFE", TABLE_VAR, TYPE_INT16, 0, SAFE(1)));
    bed_declare(bed, COIL("SAFE_COIL", 1, .has_safe = true, .safe = BOOLEAN(false)));
    bed_declare(bed, WORD("SAFE_WORD", 1, SAFE(3)));
    bed_declare(bed, WORD("SAFE_SHARED", 2, SAFE(3), .direction = DIRECTION_INOUT));
    bed_declare(bed, COIL("PULSE", 2, .pulse = true));
    bed_declare(bed, WORD("IN", 3, .direction = DIRECTION_IN));
    bed_declare(bed,
                BED_VARIABLE("INPUT_IN", TABLE_INPUT, TYPE_INT16, 1, .direction = DIRECTION_IN));
    bed_seal(bed);
    assert_int_equal(direction_of(bed, "COIL"), DIRECTION_INOUT);
    assert_int_equal(direction_of(bed, "HOLDING"), DIRECTION_INOUT);
    assert_int_equal(direction_of(bed, "DISCRETE"), DIRECTION_OUT);
    assert_int_equal(direction_of(bed, "INPUT"), DIRECTION_OUT);
    assert_int_equal(direction_of(bed, "VAR"), DIRECTION_INOUT);
    assert_int_equal(direction_of(bed, "VAR_SAFE"), DIRECTION_INOUT);
    assert_int_equal(direction_of(bed, "SAFE_COIL"), DIRECTION_OUT);
    assert_int_equal(direction_of(bed, "SAFE_WORD"), DIRECTION_OUT);
    assert_int_equal(direction_of(bed, "SAFE_SHARED"), DIRECTION_INOUT);
    assert_int_equal(direction_of(bed, "PULSE"), DIRECTION_IN);
    assert_int_equal(direction_of(bed, "IN"), DIRECTION_IN);
    assert_int_equal(direction_of(bed, "INPUT_IN"), DIRECTION_IN);
}

/* With a client: the device's inputs come in, the rest is shared, `safe` makes outputs. */
static void directions_in_a_mirrored_memory(void **state)
{
    struct bed *bed = *state;
    bed_plc(bed);
    bed_declare(bed, BED_VARIABLE("DISCRETE", TABLE_DISCRETE, TYPE_BOOL, 0, PLC()));
    bed_declare(bed, BED_VARIABLE("INPUT", TABLE_INPUT, TYPE_INT16, 0, PLC()));
    bed_declare(bed, BED_VARIABLE("VAR", TABLE_VAR, TYPE_INT16, 0, PLC()));
    bed_declare(bed, COIL("COIL", 0, PLC()));
    bed_declare(bed, COIL("PULSE", 1, PLC(.pulse = true)));
    bed_declare(bed, WORD("HOLDING", 0, PLC()));
    bed_declare(bed, WORD("SAFE_WORD", 1, PLC(SAFE(3))));
    bed_declare(bed, WORD("IN", 2, PLC(.direction = DIRECTION_IN)));
    bed_declare(bed, COIL("SERVED", 0, .pulse = true));
    bed_seal(bed);
    assert_int_equal(direction_of(bed, "DISCRETE"), DIRECTION_IN);
    assert_int_equal(direction_of(bed, "INPUT"), DIRECTION_IN);
    assert_int_equal(direction_of(bed, "VAR"), DIRECTION_INOUT);
    assert_int_equal(direction_of(bed, "COIL"), DIRECTION_INOUT);
    assert_int_equal(direction_of(bed, "PULSE"), DIRECTION_INOUT);
    assert_int_equal(direction_of(bed, "HOLDING"), DIRECTION_INOUT);
    assert_int_equal(direction_of(bed, "SAFE_WORD"), DIRECTION_OUT);
    assert_int_equal(direction_of(bed, "IN"), DIRECTION_IN);
    assert_int_equal(bed->plan->pulse_count, 1); /* the link clears the other one */
    assert_int_equal(bed->plan->pulses[0], bed_point(bed, "SERVED"));
}

static void the_memory_says_who_wins_unless_the_variable_does(void **state)
{
    struct bed *bed = *state;
    bed_memory(bed, (struct memory){.name = "plc", .wins = WINNER_PROGRAM});
    bed_declare(bed, WORD("A", 0));
    bed_declare(bed, WORD("B", 1, .wins = WINNER_PROGRAM));
    bed_declare(bed, WORD("C", 0, .memory = 1));
    bed_declare(bed, WORD("D", 1, .memory = 1, .wins = WINNER_REMOTE));
    bed_seal(bed);
    assert_int_equal(bed_find(bed, "A")->wins, WINNER_REMOTE);
    assert_int_equal(bed_find(bed, "B")->wins, WINNER_PROGRAM);
    assert_int_equal(bed_find(bed, "C")->wins, WINNER_PROGRAM);
    assert_int_equal(bed_find(bed, "D")->wins, WINNER_REMOTE);
}

static void extents_reach_from_lowest_to_highest(void **state)
{
    struct bed *bed = *state;
    bed_memory(bed, (struct memory){.name = "plc"});
    bed_declare(bed, WORD("A", 100));
    bed_declare(bed, BED_VARIABLE("B", TABLE_HOLDING, TYPE_FLOAT64, 110));
    bed_raw(bed, TABLE_HOLDING, 105, 3);
    bed_declare(bed, BED_VARIABLE("I", TABLE_INPUT, TYPE_BOOL, 65534, .bit = 15, .count = 2));
    bed_declare(bed, COIL("C", 7, .memory = 1, .count = 3));
    bed_seal(bed);
    const struct extent *table = bed->plan->memories[0].table;
    assert_true(table[TABLE_HOLDING].mapped);
    assert_int_equal(table[TABLE_HOLDING].low, 100);
    assert_int_equal(table[TABLE_HOLDING].high, 113);
    assert_int_equal(table[TABLE_HOLDING].cell, 0);
    assert_int_equal(table[TABLE_INPUT].low, 65534);
    assert_int_equal(table[TABLE_INPUT].high, 65535);
    assert_int_equal(table[TABLE_INPUT].cell, 14);
    assert_false(table[TABLE_COIL].mapped);
    assert_false(table[TABLE_DISCRETE].mapped);
    const struct extent *coils = &bed->plan->memories[1].table[TABLE_COIL];
    assert_int_equal(coils->low, 7);
    assert_int_equal(coils->high, 9);
    assert_int_equal(coils->cell, 16);
    assert_int_equal(bed->plan->cell_count, 19);
    assert_int_equal(bed_find(bed, "B")->cell, 10);
}

static void expect_point(const struct bed *bed, uint32_t number, uint32_t cell, uint16_t words,
                         uint16_t mask, int32_t variable)
{
    const struct point *point = &bed->plan->points[number];
    assert_int_equal(point->cell, cell);
    assert_int_equal(point->words, words);
    assert_int_equal(point->mask, mask);
    assert_int_equal(point->variable, variable);
}

static void every_element_and_raw_word_is_a_point(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, BYTE("BYTES", 0, 8, .count = 3));
    bed_declare(bed, BIT("BITS", 2, 15, .count = 2));
    bed_declare(bed, WIDE("WIDE", 4, .count = 2));
    bed_declare(bed, BED_VARIABLE("TEXT", TABLE_HOLDING, TYPE_STRING, 8, .length = 5));
    bed_raw(bed, TABLE_HOLDING, 20, 2);
    bed_raw(bed, TABLE_COIL, 3, 1);
    bed_seal(bed);
    uint32_t base = bed->plan->memories[0].table[TABLE_HOLDING].cell;
    assert_int_equal(bed->plan->point_count, 11);
    expect_point(bed, 0, base, 1, 0xFF00, 0);
    expect_point(bed, 1, base + 1, 1, 0x00FF, 0);
    expect_point(bed, 2, base + 1, 1, 0xFF00, 0);
    expect_point(bed, 3, base + 2, 1, 0x8000, 1);
    expect_point(bed, 4, base + 3, 1, 0x0001, 1);
    expect_point(bed, 5, base + 4, 2, 0xFFFF, 2);
    expect_point(bed, 6, base + 6, 2, 0xFFFF, 2);
    expect_point(bed, 7, base + 8, 3, 0xFFFF, 3);
    expect_point(bed, 8, base + 20, 1, 0xFFFF, -1);
    expect_point(bed, 9, base + 21, 1, 0xFFFF, -1);
    expect_point(bed, 10, 0, 1, 0x0001, -1);
    assert_int_equal(bed_point(bed, "WIDE"), 5);
    assert_int_equal(bed->plan->raws[0].point, 8);
    assert_int_equal(bed->plan->raws[1].point, 10);
    assert_int_equal(bed->plan->widest, 3);
    static const bool whole[] = {0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1};
    for (size_t i = 0; i < 11; i++)
        assert_int_equal(bed->plan->points[i].whole, whole[i]);
}

static void points_are_found_by_cell(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("LAST", 30));
    bed_declare(bed, BED_VARIABLE("WIDEST", TABLE_HOLDING, TYPE_FLOAT64, 10));
    bed_declare(bed, WORD("INNER", 12));
    bed_declare(bed, WORD("FIRST", 0));
    bed_seal(bed);
    static const char *const order[] = {"FIRST", "WIDEST", "INNER", "LAST"};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(bed->plan->by_cell[i], bed_point(bed, order[i]));
    assert_int_equal(plan_first_point(bed->plan, 0), 0);
    assert_int_equal(plan_first_point(bed->plan, 3), 0); /* a widest point at 0 would reach 3 */
    assert_int_equal(plan_first_point(bed->plan, 4), 1);
    assert_int_equal(plan_first_point(bed->plan, 13), 1);
    assert_int_equal(plan_first_point(bed->plan, 14), 2);
    assert_int_equal(plan_first_point(bed->plan, 30), 3);
    assert_int_equal(plan_first_point(bed->plan, 34), 4);
}

static uint16_t writable(const struct bed *bed, enum table table, uint16_t address)
{
    const struct extent *extent = &bed->plan->memories[0].table[table];
    return bed->plan->writable[extent->cell + address - extent->low];
}

static void masters_may_write_what_is_shared_or_theirs(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("INOUT", 0));
    bed_declare(bed, WORD("OUT", 1, .direction = DIRECTION_OUT));
    bed_declare(bed, WORD("IN", 2, .direction = DIRECTION_IN));
    bed_declare(bed, BIT("BIT", 4, 3));
    bed_declare(bed, BIT("BIT_OUT", 4, 5, .direction = DIRECTION_OUT));
    bed_declare(bed, BYTE("BYTE", 4, 8));
    bed_declare(bed, WORD("UNDER", 5));
    bed_declare(bed, BIT("OURS", 5, 0, .direction = DIRECTION_OUT));
    bed_declare(bed, WIDE("WIDE", 6));
    bed_raw(bed, TABLE_HOLDING, 8, 2);
    bed_declare(bed, BYTE("RAW_OURS", 9, 0, .direction = DIRECTION_OUT));
    bed_declare(bed, COIL("COIL", 0));
    bed_declare(bed, COIL("COIL_OUT", 1, .direction = DIRECTION_OUT));
    bed_raw(bed, TABLE_COIL, 2, 1);
    bed_declare(bed, BED_VARIABLE("I", TABLE_INPUT, TYPE_UINT16, 0, .direction = DIRECTION_IN));
    bed_raw(bed, TABLE_INPUT, 1, 1);
    bed_seal(bed);
    static const uint16_t holding[] = {0xFFFF, 0,      0xFFFF, 0,      0xFF08,
                                       0xFFFE, 0xFFFF, 0xFFFF, 0xFFFF, 0xFF00};
    for (uint16_t i = 0; i < 10; i++)
        assert_int_equal(writable(bed, TABLE_HOLDING, i), holding[i]);
    assert_int_equal(writable(bed, TABLE_COIL, 0), 1);
    assert_int_equal(writable(bed, TABLE_COIL, 1), 0);
    assert_int_equal(writable(bed, TABLE_COIL, 2), 1);
    assert_int_equal(writable(bed, TABLE_INPUT, 0), 0);
    assert_int_equal(writable(bed, TABLE_INPUT, 1), 0);
    uint32_t base = bed->plan->memories[0].table[TABLE_HOLDING].cell;
    assert_int_equal(bed->plan->raw_cells[base + 7], 0);
    assert_int_equal(bed->plan->raw_cells[base + 8], 0xFFFF);
}

/* What a device measures is not for masters, not even inside a raw range. */
static void masters_do_not_write_what_a_device_gives(void **state)
{
    struct bed *bed = *state;
    bed_plc(bed);
    bed_raw_of(bed, 1, TABLE_HOLDING, 0, 3);
    bed_declare(bed, WORD("IN", 1, PLC(.direction = DIRECTION_IN)));
    bed_declare(bed, BIT("IN_BIT", 2, 4, PLC(.direction = DIRECTION_IN)));
    bed_declare(bed, WORD("INOUT", 3, PLC()));
    bed_seal(bed);
    static const uint16_t holding[] = {0xFFFF, 0, 0xFFEF, 0xFFFF};
    for (uint16_t i = 0; i < 4; i++)
        assert_int_equal(bed->plan->writable[i], holding[i]);
}

static bool overlapped(const struct bed *bed, const char *name, uint32_t element)
{
    return bed->plan->points[bed_point(bed, name) + element].overlapped;
}

static void overlaps_are_known(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, BIT("BIT0", 0, 0));
    bed_declare(bed, BIT("BIT9", 0, 9)); /* beside BIT0, under HIGH */
    bed_declare(bed, BYTE("HIGH", 0, 8));
    bed_declare(bed, WIDE("WIDES", 2, .count = 3));
    bed_declare(bed, WORD("WORD", 5)); /* second word of the second one */
    bed_raw(bed, TABLE_HOLDING, 7, 2); /* second word of the third one */
    bed_declare(bed, WORD("ALONE", 9));
    bed_declare(bed, COIL("COIL", 0));
    bed_seal(bed);
    assert_false(overlapped(bed, "BIT0", 0));
    assert_true(overlapped(bed, "BIT9", 0));
    assert_true(overlapped(bed, "HIGH", 0));
    assert_false(overlapped(bed, "WIDES", 0));
    assert_true(overlapped(bed, "WIDES", 1));
    assert_true(overlapped(bed, "WIDES", 2));
    assert_true(overlapped(bed, "WORD", 0));
    assert_false(overlapped(bed, "ALONE", 0));
    assert_false(overlapped(bed, "COIL", 0));
    assert_true(bed->plan->points[bed->plan->raws[0].point].overlapped);
    assert_false(bed->plan->points[bed->plan->raws[0].point + 1].overlapped);
}

static void pulses_and_safe_points_are_collected(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, COIL("A", 0));
    bed_declare(bed, COIL("P", 1, .pulse = true, .count = 2));
    bed_declare(bed, WORD("S", 0, SAFE(1), .count = 3));
    bed_seal(bed);
    assert_int_equal(bed->plan->pulse_count, 2);
    assert_int_equal(bed->plan->pulses[0], bed_point(bed, "P"));
    assert_int_equal(bed->plan->pulses[1], bed_point(bed, "P") + 1);
    assert_int_equal(bed->plan->safe_count, 3);
    assert_int_equal(bed->plan->safes[2], bed_point(bed, "S") + 2);
}

static void an_empty_program_seals(void **state)
{
    struct bed *bed = *state;
    bed_seal(bed);
    assert_int_equal(bed->plan->cell_count, 0);
    assert_int_equal(bed->plan->point_count, 0);
    assert_int_equal(plan_first_point(bed->plan, 0), 0);
    assert_int_equal(bed->plan->pulse_count + bed->plan->safe_count, 0);
}

static void whole_tables_fit(void **state)
{
    struct bed *bed = *state;
    for (enum table table = TABLE_COIL; table < TABLE_VAR; table++)
        bed_raw(bed, table, 0, 65536);
    bed_seal(bed);
    assert_int_equal(bed->plan->cell_count, 4 * 65536);
    assert_int_equal(bed->plan->point_count, 4 * 65536);
    assert_int_equal(bed->plan->memories[0].table[TABLE_INPUT].high, 65535);
    assert_int_equal(bed->plan->points[4 * 65536 - 1].cell, 4 * 65536 - 1);
    assert_int_equal(writable(bed, TABLE_HOLDING, 65535), 0xFFFF);
}

static struct server_spec server_on(int16_t memory)
{
    struct server_spec server = {.where = "t.lua:4", .name = "S", .bind = "127.0.0.1", .port = 502};
    for (int unit = 0; unit < UNIT_IDS; unit++)
        server.memory_of[unit] = UNIT_NONE;
    server.memory_of[255] = memory;
    return server;
}

static void a_server_on_nothing_is_refused(void **state)
{
    struct bed *bed = *state;
    struct error error;
    struct server_spec server = server_on(0);
    plan_server(bed->plan, &server, &error);
    bed_declare(bed, BED_VARIABLE("FLAG", TABLE_VAR, TYPE_BOOL, 0)); /* has no address */
    assert_false(plan_seal(bed->plan, &error));
    assert_string_equal(error.text,
                        "t.lua:4: server.tcp: nothing is addressed in mem, so there is nothing to "
                        "serve; declare a variable with an address, or a raw range");
}

static void a_server_on_nothing_names_what_could_be_served(void **state)
{
    struct bed *bed = *state;
    struct error error;
    struct server_spec server = server_on(0);
    plan_server(bed->plan, &server, &error);
    bed_memory(bed, (struct memory){.name = "plc"});
    bed_memory(bed, (struct memory){.name = "empty"});
    bed_memory(bed, (struct memory){.name = "meter"});
    bed_declare(bed, WORD("A", 0, .memory = 1));
    bed_declare(bed, COIL("B", 0, .memory = 3));
    assert_false(plan_seal(bed->plan, &error));
    assert_string_equal(error.text,
                        "t.lua:4: server.tcp: nothing is addressed in mem, so there is nothing to "
                        "serve; memories with addresses: plc, meter");
}

static void points_share_bits_or_only_words(void **state)
{
    (void)state;
    const struct point wide = {.cell = 10, .words = 2, .mask = 0xFFFF};
    const struct point low = {.cell = 11, .words = 1, .mask = 0x00FF};
    const struct point high = {.cell = 11, .words = 1, .mask = 0xFF00};
    const struct point next = {.cell = 12, .words = 1, .mask = 0xFFFF};
    assert_true(plan_points_share(&wide, &low) && plan_points_share(&high, &wide));
    assert_false(plan_points_share(&low, &high) || plan_points_share(&wide, &next));
    assert_false(plan_points_share(&next, &wide));
}

static void a_server_shows_what_its_units_answer_from(void **state)
{
    (void)state;
    struct server_spec server = server_on(0);
    assert_true(plan_server_shows(&server, 0));
    for (int unit = 0; unit < UNIT_IDS; unit++)
        server.memory_of[unit] = UNIT_NONE;
    server.memory_of[UNIT_IDS - 1] = 3;
    assert_true(plan_server_shows(&server, 3));
    assert_false(plan_server_shows(&server, 0));
}

static void one_raw_word_is_enough_to_serve(void **state)
{
    struct bed *bed = *state;
    struct error error;
    struct server_spec server = server_on(0);
    plan_server(bed->plan, &server, &error);
    bed_raw(bed, TABLE_INPUT, 65535, 1);
    bed_seal(bed);
}

/* Sparse tables cost cells without points; their number must not wrap. */
static void more_cells_than_can_be_counted_are_refused(void **state)
{
    struct bed *bed = *state;
    struct error error;
    for (uint32_t memory = 0; memory < 8193; memory++) {
        char name[12];
        snprintf(name, sizeof name, "m%u", memory);
        if (memory > 0)
            bed_memory(bed, (struct memory){.name = plan_string(bed->plan, name)});
        for (enum table table = TABLE_COIL; table < TABLE_VAR; table++) {
            bool bits = table < TABLE_HOLDING;
            char *low = plan_string(bed->plan, (const char *const[]){"A", "B", "C", "D"}[table]);
            char *high = plan_string(bed->plan, (const char *const[]){"E", "F", "G", "H"}[table]);
            struct variable v = {.name = low, .memory = memory, .table = table};
            v.type = bits ? TYPE_BOOL : TYPE_UINT16;
            bed_declare(bed, v);
            v.name = high, v.path = NULL, v.address = 65535;
            bed_declare(bed, v);
        }
    }
    assert_false(plan_seal(bed->plan, &error));
    assert_string_equal(error.text, "the memories take 2147745792 words from lowest to highest "
                                    "address; 2147483647 are the limit");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(directions_are_resolved),
        BED_TEST(directions_in_a_mirrored_memory),
        BED_TEST(the_memory_says_who_wins_unless_the_variable_does),
        BED_TEST(extents_reach_from_lowest_to_highest),
        BED_TEST(every_element_and_raw_word_is_a_point),
        BED_TEST(points_are_found_by_cell),
        BED_TEST(masters_may_write_what_is_shared_or_theirs),
        BED_TEST(masters_do_not_write_what_a_device_gives),
        BED_TEST(overlaps_are_known),
        BED_TEST(pulses_and_safe_points_are_collected),
        BED_TEST(an_empty_program_seals),
        BED_TEST(whole_tables_fit),
        BED_TEST(a_server_on_nothing_is_refused),
        BED_TEST(a_server_on_nothing_names_what_could_be_served),
        BED_TEST(points_share_bits_or_only_words),
        BED_TEST(a_server_shows_what_its_units_answer_from),
        BED_TEST(one_raw_word_is_enough_to_serve),
        BED_TEST(more_cells_than_can_be_counted_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

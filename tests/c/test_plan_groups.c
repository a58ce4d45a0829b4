/* Proves what a client exchanges as one: overlapping points, directly or through others, and
 * nothing else; where a client's cells and groups lie; whose the directions are in a mirrored
 * memory. */

#include "plan_bed.h"

#include <stdlib.h>

static const struct group *group_of(const struct bed *bed, const char *name, uint32_t element)
{
    uint32_t number = bed->plan->points[bed_point(bed, name) + element].group;
    assert_true(number < bed->plan->group_count);
    return &bed->plan->groups[number];
}

static bool same_group(const struct bed *bed, const char *a, const char *b)
{
    return group_of(bed, a, 0) == group_of(bed, b, 0);
}

static uint32_t index_of(const struct bed *bed, const char *name)
{
    return (uint32_t)bed->plan->points[bed_point(bed, name)].variable;
}

static void only_mirrored_points_are_in_groups(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("MINE", 0));
    bed_plc(bed);
    bed_declare(bed, WORD("A", 5, PLC()));
    bed_declare(bed, BED_VARIABLE("FLAG", TABLE_VAR, TYPE_BOOL, 0, PLC()));
    bed_memory(bed, (struct memory){.name = "last"});
    bed_declare(bed, WORD("B", 0, .memory = 2));
    bed_seal(bed);
    assert_int_equal(bed->plan->group_count, 1);
    assert_int_equal(bed->plan->points[bed_point(bed, "MINE")].group, GROUP_NONE);
    assert_int_equal(bed->plan->points[bed_point(bed, "FLAG")].group, GROUP_NONE);
    assert_int_equal(bed->plan->points[bed_point(bed, "B")].group, GROUP_NONE);
    assert_int_equal(bed->plan->points[bed_point(bed, "A")].group, 0);
    assert_int_equal(plan_point_client(bed->plan, bed_point(bed, "A")), 0);
    assert_int_equal(plan_point_client(bed->plan, bed_point(bed, "MINE")), -1);
    assert_int_equal(plan_point_client(bed->plan, bed_point(bed, "FLAG")), -1);
    assert_int_equal(plan_point_client(bed->plan, bed_point(bed, "B")), -1);
}

static void what_overlaps_is_one_group(void **state)
{
    struct bed *bed = *state;
    bed_plc(bed);
    bed_declare(bed, BIT("BIT", 11, 3, PLC()));
    bed_declare(bed, WIDE("LOW", 10, PLC()));
    bed_declare(bed, WIDE("HIGH", 11, PLC())); /* reaches LOW through cell 11, TAIL through 12 */
    bed_declare(bed, BYTE("TAIL", 12, 0, PLC()));
    bed_declare(bed, WORD("NEXT", 13, PLC()));
    bed_seal(bed);
    const struct group *group = group_of(bed, "BIT", 0);
    assert_true(same_group(bed, "BIT", "LOW") && same_group(bed, "LOW", "HIGH") &&
                same_group(bed, "HIGH", "TAIL"));
    assert_false(same_group(bed, "TAIL", "NEXT"));
    assert_int_equal(group->cell, bed_find(bed, "LOW")->cell);
    assert_int_equal(group->words, 3);
    assert_int_equal(group->mask, 0xFFFF);
    assert_int_equal(group->count, 4);
    assert_int_equal(group->variable, index_of(bed, "LOW"));
    assert_int_equal(bed->plan->group_points[group->first], bed_point(bed, "LOW"));
    assert_int_equal(bed->plan->group_points[group->first + 3], bed_point(bed, "TAIL"));
    assert_int_equal(bed->plan->group_count, 2);
}

/* A word joins bits that had nothing to do with each other; beside it they stay apart. */
static void parts_of_a_word_are_groups_of_their_own(void **state)
{
    struct bed *bed = *state;
    bed_plc(bed);
    bed_declare(bed, BIT("BITS", 0, 0, .count = 16, PLC()));
    bed_declare(bed, BIT("A", 1, 0, PLC()));
    bed_declare(bed, BIT("B", 1, 9, PLC()));
    bed_declare(bed, BYTE("HIGH", 1, 8, PLC()));
    bed_declare(bed, BIT("C", 2, 0, PLC()));
    bed_declare(bed, BIT("D", 2, 9, PLC()));
    bed_declare(bed, WORD("E", 2, PLC()));
    bed_seal(bed);
    for (uint32_t i = 0; i < 16; i++) {
        assert_int_equal(group_of(bed, "BITS", i)->count, 1);
        assert_int_equal(group_of(bed, "BITS", i)->mask, 1 << i);
    }
    assert_false(same_group(bed, "A", "B"));
    assert_true(same_group(bed, "B", "HIGH"));
    assert_int_equal(group_of(bed, "B", 0)->mask, 0xFF00);
    assert_int_equal(group_of(bed, "B", 0)->variable, index_of(bed, "HIGH"));
    assert_true(same_group(bed, "C", "D") && same_group(bed, "D", "E"));
    assert_int_equal(group_of(bed, "C", 0)->count, 3);
    assert_int_equal(group_of(bed, "C", 0)->mask, 0xFFFF);
    assert_int_equal(bed->plan->group_count, 16 + 2 + 1);
}

static void raw_words_join_what_lies_over_them(void **state)
{
    struct bed *bed = *state;
    bed_plc(bed);
    bed_raw_of(bed, 1, TABLE_HOLDING, 0, 4);
    bed_declare(bed, WIDE("A", 1, PLC()));
    bed_raw_of(bed, 1, TABLE_COIL, 9, 1);
    bed_seal(bed);
    assert_int_equal(bed->plan->group_count, 4);
    assert_int_equal(group_of(bed, "A", 0)->count, 3);
    assert_int_equal(group_of(bed, "A", 0)->words, 2);
    assert_int_equal(bed->plan->groups[0].mask, 1); /* the coil */
    assert_int_equal(bed->plan->groups[0].variable, -1);
    assert_int_equal(bed->plan->groups[1].mask, 0xFFFF);
    assert_int_equal(bed->plan->groups[1].variable, -1);
}

static void a_group_agrees_or_is_shared(void **state)
{
    struct bed *bed = *state;
    bed_plc(bed);
    bed_declare(bed, WORD("IN", 0, .direction = DIRECTION_IN, PLC()));
    bed_declare(bed, BIT("IN_BIT", 0, 0, .direction = DIRECTION_IN, PLC()));
    bed_declare(bed, WORD("OUT", 1, .direction = DIRECTION_OUT, PLC()));
    bed_declare(bed, BIT("IN_OUT", 1, 0, .direction = DIRECTION_IN, PLC()));
    bed_declare(bed, WORD("MINE", 2, .wins = WINNER_PROGRAM, PLC()));
    bed_declare(bed, BIT("MINE_BIT", 2, 0, .wins = WINNER_PROGRAM, PLC()));
    bed_declare(bed, WORD("THEIRS", 3, .wins = WINNER_PROGRAM, PLC()));
    bed_declare(bed, BIT("THEIR_BIT", 3, 0, PLC()));
    bed_seal(bed);
    assert_int_equal(group_of(bed, "IN", 0)->direction, DIRECTION_IN);
    assert_int_equal(group_of(bed, "OUT", 0)->direction, DIRECTION_INOUT);
    assert_int_equal(group_of(bed, "MINE", 0)->direction, DIRECTION_INOUT);
    assert_false(group_of(bed, "IN", 0)->program_wins);
    assert_true(group_of(bed, "MINE", 0)->program_wins);
    assert_false(group_of(bed, "THEIRS", 0)->program_wins);
}

static void raw_words_of_a_device_are_its_own(void **state)
{
    struct bed *bed = *state;
    bed_plc(bed);
    for (enum table t = TABLE_COIL; t < TABLE_VAR; t++)
        bed_raw_of(bed, 1, t, 3, 2);
    bed_raw_of(bed, 0, TABLE_INPUT, 3, 1);
    bed_declare(bed, WORD("IN", 9, .direction = DIRECTION_IN, PLC()));
    bed_declare(bed, WORD("INOUT", 10, PLC()));
    bed_seal(bed);
    for (enum table t = TABLE_COIL; t < TABLE_VAR; t++) {
        bool in = t == TABLE_DISCRETE || t == TABLE_INPUT;
        uint32_t point = bed->plan->raws[t].point;
        const struct group *group = &bed->plan->groups[bed->plan->points[point].group];
        assert_int_equal(group->direction, in ? DIRECTION_IN : DIRECTION_INOUT);
        assert_int_equal(plan_point_is_in(bed->plan, point + 1), in);
    }
    assert_false(plan_point_is_in(bed->plan, bed->plan->raws[4].point));
    assert_true(plan_point_is_in(bed->plan, bed_point(bed, "IN")));
    assert_false(plan_point_is_in(bed->plan, bed_point(bed, "INOUT")));
}

static void clients_find_their_cells_and_groups(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("MINE", 0, .count = 3));
    bed_plc(bed);
    bed_memory(bed, (struct memory){.name = "empty"});
    bed_memory(bed, (struct memory){.name = "meter"});
    bed_client(bed, client_on(3));
    bed_declare(bed, BED_VARIABLE("FLAG", TABLE_VAR, TYPE_UINT16, 0, PLC()));
    bed_declare(bed, WORD("A", 5, PLC()));
    bed_declare(bed, COIL("C", 7, .count = 2, PLC()));
    bed_declare(bed, WORD("M", 100, .memory = 3));
    bed_declare(bed, WORD("N", 109, .memory = 3));
    bed_seal(bed);
    struct run cells = plan_client_cells(bed->plan, 0), groups = plan_client_groups(bed->plan, 0);
    assert_int_equal(cells.first, 3);
    assert_int_equal(cells.count, 3);
    assert_int_equal(groups.first, 0);
    assert_int_equal(groups.count, 3);
    cells = plan_client_cells(bed->plan, 1);
    groups = plan_client_groups(bed->plan, 1);
    assert_int_equal(cells.first, 7);
    assert_int_equal(cells.count, 10);
    assert_int_equal(groups.first, 3);
    assert_int_equal(groups.count, 2);
    assert_int_equal(plan_point_client(bed->plan, bed_point(bed, "N")), 1);
    uint16_t address = 0;
    assert_int_equal(plan_cell_table(bed->plan, 1, 4, &address), TABLE_COIL);
    assert_int_equal(address, 8);
    assert_int_equal(plan_cell_table(bed->plan, 1, 5, &address), TABLE_HOLDING);
    assert_int_equal(address, 5);
    assert_int_equal(plan_cell_table(bed->plan, 3, 16, &address), TABLE_HOLDING);
    assert_int_equal(address, 109);
    assert_int_equal(plan_cell_table(bed->plan, 3, 6, &address), TABLE_COUNT);
}

static void whole_tables_of_raw_words(void **state)
{
    struct bed *bed = *state;
    bed_plc(bed);
    for (enum table t = TABLE_COIL; t < TABLE_VAR; t++)
        bed_raw_of(bed, 1, t, 0, 65536);
    bed_seal(bed);
    assert_int_equal(bed->plan->group_count, 4 * 65536);
    assert_int_equal(plan_client_groups(bed->plan, 0).count, 4 * 65536);
    for (uint32_t i = 0; i < 4 * 65536; i++) {
        assert_int_equal(bed->plan->groups[i].cell, i);
        assert_int_equal(bed->plan->groups[i].first, i);
    }
}

/* Every pair of points that shares bits is in one group, and a group can be walked along such
 * pairs: compared with the slow and obvious way on small random memories. */
static void as_the_obvious_way_would(void **state)
{
    struct bed *bed = *state;
    uint32_t colour[40];
    for (unsigned seed = 0; seed < 200; seed++) {
        plan_unref(bed->plan);
        bed->plan = plan_create("test");
        bed_memory(bed, (struct memory){.name = "mem"});
        bed_plc(bed);
        srandom(seed);
        for (int i = 0; i < 40; i++) {
            char name[8] = {'V', (char)('a' + i / 10), (char)('0' + i % 10), 0};
            uint16_t at = (uint16_t)(random() % 30);
            struct variable v = WORD(plan_string(bed->plan, name), at, PLC());
            v.type = (enum type[]){TYPE_BOOL, TYPE_BOOL, TYPE_BYTE, TYPE_UINT32}[random() % 4];
            v.bit = v.type == TYPE_BOOL   ? random() % 16
                    : v.type == TYPE_BYTE ? random() % 2 * 8
                                          : 0;
            bed_declare(bed, v);
        }
        bed_seal(bed);
        const struct point *points = bed->plan->points;
        for (uint32_t i = 0; i < 40; i++)
            colour[i] = i;
        for (int round = 0; round < 40; round++)
            for (uint32_t a = 0; a < 40; a++)
                for (uint32_t b = 0; b < 40; b++)
                    if (plan_points_share(&points[a], &points[b]) && colour[b] < colour[a])
                        colour[a] = colour[b];
        for (uint32_t a = 0; a < 40; a++)
            for (uint32_t b = 0; b < 40; b++)
                assert_int_equal(points[a].group == points[b].group, colour[a] == colour[b]);
        for (size_t i = 1; i < bed->plan->group_count; i++)
            assert_true(bed->plan->groups[i - 1].cell <= bed->plan->groups[i].cell);
        for (size_t i = 0; i < bed->plan->group_count; i++) {
            const struct group *group = &bed->plan->groups[i];
            uint32_t end = 0, bits = 0;
            for (uint32_t k = 0; k < group->count; k++) {
                const struct point *point = &points[bed->plan->group_points[group->first + k]];
                assert_int_equal(point->group, i);
                bits |= point->mask;
                end = point->cell + point->words > end ? point->cell + point->words : end;
            }
            assert_int_equal(group->cell, points[bed->plan->group_points[group->first]].cell);
            assert_int_equal(group->cell + group->words, end);
            assert_int_equal(group->mask, bits);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(only_mirrored_points_are_in_groups),
        BED_TEST(what_overlaps_is_one_group),
        BED_TEST(parts_of_a_word_are_groups_of_their_own),
        BED_TEST(raw_words_join_what_lies_over_them),
        BED_TEST(a_group_agrees_or_is_shared),
        BED_TEST(raw_words_of_a_device_are_its_own),
        BED_TEST(clients_find_their_cells_and_groups),
        BED_TEST(whole_tables_of_raw_words),
        BED_TEST(as_the_obvious_way_would),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

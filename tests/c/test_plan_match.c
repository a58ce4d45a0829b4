/* Proves what two plans have in common: values stay by name, type and what they lie in. And that
 * each difference is told in words, with the line that makes it. */

#include "match_bed.h"

/* ---- values ---- */

static void the_same_is_the_same(void **state)
{
    struct pair *pair = *state;
    pair_plc(pair);
    pair_declare(pair, WORD("A", 0, DEFAULT(3)));
    pair_declare(pair, WIDE("B", 0, PLC()));
    pair_declare(pair, WORD("ARRAY", 4, .count = 3));
    bed_raw(pair->from, TABLE_HOLDING, 20, 4);
    bed_raw(pair->to, TABLE_HOLDING, 20, 4);
    match_sealed(pair);
    for (uint32_t i = 0; i < pair->to->plan->point_count; i++) {
        assert_int_equal(pair->match->points[i], i);
        assert_int_equal(pair->match->heirs[i], i);
    }
    assert_int_equal(pair->match->groups[0], 0);
    assert_int_equal(pair->match->clients[0], 0);
    assert_int_equal(pair->match->memories[1], 1);
    match_said_is(pair, DIFFERENCE_NEW, "");
}

static void names_find_each_other_in_any_order(void **state)
{
    struct pair *pair = *state;
    bed_declare(pair->from, WORD("A", 0));
    bed_declare(pair->from, WORD("B", 1));
    bed_declare(pair->to, WORD("B", 1));
    bed_declare(pair->to, WORD("A", 0));
    match_sealed(pair);
    MATCH_SAME(pair, "A");
    MATCH_SAME(pair, "B");
    match_said_is(pair, DIFFERENCE_NEW, "");
}

static void what_moved_keeps_its_value(void **state)
{
    struct pair *pair = *state;
    bed_declare(pair->from, WORD("A", 0));
    bed_declare(pair->to, WORD("A", 4, .where = "t.lua:9"));
    match_sealed(pair);
    MATCH_SAME(pair, "A");
    match_said_is(pair, DIFFERENCE_MOVED,
                  "t.lua:9: A moves from holding 0 to holding 4; its value stays\n");
}

static void bits_move_and_orders_change(void **state)
{
    struct pair *pair = *state;
    bed_declare(pair->from, BIT("BIT", 0, 3));
    bed_declare(pair->to, BIT("BIT", 1, 5));
    bed_declare(pair->from, WIDE("WIDE", 2));
    bed_declare(pair->to, WIDE("WIDE", 2, .order = ORDER_ABCD, .has_order = true));
    bed_declare(pair->from, COIL("COIL", 0));
    bed_declare(pair->to, BED_VARIABLE("COIL", TABLE_DISCRETE, TYPE_BOOL, 0));
    match_sealed(pair);
    MATCH_SAME(pair, "BIT");
    MATCH_SAME(pair, "WIDE");
    MATCH_SAME(pair, "COIL");
    match_said_is(pair, DIFFERENCE_MOVED,
                  "t.lua:1: BIT moves from holding 0 bit 3 to holding 1 bit 5; its value stays\n"
                  "t.lua:1: WIDE changes its order from CDAB to ABCD; its value stays\n"
                  "t.lua:1: COIL moves from coil 0 to discrete 0; its value stays\n"
                  "t.lua:1: COIL becomes \"out\" (it is \"inout\"): masters may not write it any "
                  "more\n");
}

/* A force of what stays is no difference; one that goes is told, and what was retained. */
static void what_somebody_relied_on_is_told(void **state)
{
    struct pair *pair = *state;
    bed_declare(pair->from, WORD("GONE", 0));
    bed_declare(pair->from, WORD("A", 1));
    bed_declare(pair->from, WORD("ARRAY", 2, .count = 3));
    bed_declare(pair->from, WORD("KEPT", 8, .retain = true));
    bed_declare(pair->to, WORD("A", 1));
    bed_declare(pair->to, WORD("ARRAY", 2, .count = 1));
    bed_raw(pair->from, TABLE_HOLDING, 20, 2);
    pair_ready(pair);
    const char *const forced[] = {"GONE", "A"};
    for (size_t i = 0; i < 2; i++)
        image_force(pair->from->image, bed_point(pair->from, forced[i]), (uint16_t[]){11}, NULL,
                    BED_NOW);
    for (uint32_t k = 0; k < 3; k++)
        image_force(pair->from->image, bed_point(pair->from, "ARRAY") + k, (uint16_t[]){7}, NULL,
                    BED_NOW);
    image_force(pair->from->image, pair->from->plan->raws[0].point + 1, (uint16_t[]){7}, NULL,
                BED_NOW);
    pair_set(pair->from, "KEPT", 77);
    view_latch(pair->from->view);
    pair->cells = view_cells(pair->from->view);
    pair->marks = view_marks(pair->from->view);
    match_said_is(pair, DIFFERENCE_GONE,
                  "t.lua:1: ARRAY shrinks from 3 to 1 elements: values of the last ones are lost\n"
                  "t.lua:1: GONE is gone (holding 0)\n"
                  "t.lua:1: KEPT is gone (holding 8)\n"
                  "t.lua:1: raw holding 20..21 of mem is gone\n"
                  "t.lua:1: GONE was forced to 11; the force goes with it\n"
                  "t.lua:1: 2 elements of ARRAY were forced; the force goes with them\n"
                  "t.lua:1: KEPT was retained; its value, 77, is lost\n"
                  "t.lua:1: 1 of raw holding 20..21 of mem was forced; the force goes with it\n");
}

static void values_that_share_registers_from_now_on_are_told(void **state)
{
    struct pair *pair = *state;
    bed_declare(pair->from, WIDE("LEVEL", 0));
    bed_declare(pair->from, WIDE("SP", 2));
    bed_declare(pair->from, WORD("BOTH", 5));
    bed_declare(pair->from, BED_VARIABLE("BIT", TABLE_HOLDING, TYPE_BOOL, 5, .bit = 3));
    bed_declare(pair->to, WIDE("LEVEL", 0));
    bed_declare(pair->to, WIDE("SP", 1));
    bed_declare(pair->to, WORD("BOTH", 5));
    bed_declare(pair->to, BED_VARIABLE("BIT", TABLE_HOLDING, TYPE_BOOL, 5, .bit = 3));
    match_sealed(pair);
    match_said_is(pair, DIFFERENCE_MOVED,
                  "t.lua:1: SP moves from holding 2 to holding 1; its value stays\n"
                  "t.lua:1: LEVEL and SP have registers in common now: of the value of LEVEL only "
                  "what SP leaves stays\n");
}

static void an_address_may_come_and_go(void **state)
{
    struct pair *pair = *state;
    bed_declare(pair->from, BED_VARIABLE("A", TABLE_VAR, TYPE_UINT16, 0));
    bed_declare(pair->to, WORD("A", 0));
    bed_declare(pair->from, BED_VARIABLE("X", TABLE_VAR, TYPE_UINT16, 0));
    bed_declare(pair->from, BED_VARIABLE("B", TABLE_VAR, TYPE_UINT16, 0));
    bed_declare(pair->to, BED_VARIABLE("B", TABLE_VAR, TYPE_UINT16, 0));
    match_sealed(pair);
    MATCH_SAME(pair, "A");
    MATCH_SAME(pair, "B");
    match_said_is(pair, DIFFERENCE_MOVED,
                  "t.lua:1: A moves from no address to holding 0; its value stays\n"
                  "t.lua:1: X is gone (no address)\n");
}

static void another_type_is_another_value(void **state)
{
    struct pair *pair = *state;
    bed_declare(pair->from, WORD("A", 0));
    bed_declare(pair->to, WIDE("A", 0, DEFAULT(7)));
    bed_declare(pair->from, COIL("BIT", 0));
    bed_declare(pair->to, BIT("BIT", 5, 0));
    bed_declare(pair->from, BED_VARIABLE("TEXT", TABLE_HOLDING, TYPE_STRING, 10, .length = 4));
    bed_declare(pair->to, BED_VARIABLE("TEXT", TABLE_HOLDING, TYPE_STRING, 10, .length = 6));
    match_sealed(pair);
    MATCH_GONE(pair, "A");
    MATCH_GONE(pair, "BIT");
    MATCH_GONE(pair, "TEXT");
    match_said_is(pair, DIFFERENCE_RETYPED,
                  "t.lua:1: A becomes holding.uint32 (it is holding.uint16): its value does not "
                  "stay, it starts as 7\n"
                  "t.lua:1: BIT becomes holding.bool (it is coil): its value does not stay, it "
                  "starts as false\n"
                  "t.lua:1: TEXT becomes holding.string of 6 bytes (it is holding.string of 4 "
                  "bytes): its value does not stay, it starts as \"\"\n");
}

static void arrays_keep_what_both_have(void **state)
{
    struct pair *pair = *state;
    bed_declare(pair->from, WORD("A", 0, .count = 3));
    bed_declare(pair->to, WORD("A", 0, .count = 5));
    bed_declare(pair->from, WORD("B", 10, .count = 3));
    bed_declare(pair->to, WORD("B", 10));
    match_sealed(pair);
    MATCH_SAME(pair, "A");
    MATCH_SAME(pair, "B");
    uint32_t a = bed_point(pair->to, "A");
    assert_int_equal(pair->match->points[a + 2], bed_point(pair->from, "A") + 2);
    assert_int_equal(pair->match->points[a + 3], MATCH_NONE);
    match_said_is(pair, DIFFERENCE_NEW,
                  "t.lua:1: A grows from 3 to 5 elements\n"
                  "t.lua:1: B shrinks from 3 to 1 elements: values of the last ones are lost\n");
}

static void an_edited_default_is_told(void **state)
{
    struct pair *pair = *state;
    bed_declare(pair->from, WORD("SP", 0, DEFAULT(50)));
    bed_declare(pair->to, WORD("SP", 0, DEFAULT(60)));
    bed_declare(pair->from, WORD("OURS", 1, DEFAULT(1), .direction = DIRECTION_OUT));
    bed_declare(pair->to, WORD("OURS", 1, DEFAULT(2), .direction = DIRECTION_OUT));
    match_sealed(pair);
    match_said_is(pair, DIFFERENCE_DEFAULT,
                  "t.lua:1: the default of SP changes from 50 to 60, but its value stays; msm set "
                  "SP --default applies it\n"
                  "t.lua:1: the default of OURS changes from 1 to 2, but its value stays\n");
}

static void memories_go_by_name(void **state)
{
    struct pair *pair = *state;
    bed_memory(pair->from, (struct memory){.name = "old", .where = "t.lua:7"});
    bed_memory(pair->to, (struct memory){.name = "new", .where = "t.lua:8"});
    bed_declare(pair->from, WORD("A", 0, .memory = 1));
    bed_declare(pair->to, WORD("A", 0, .memory = 1));
    match_sealed(pair);
    MATCH_GONE(pair, "A");
    match_said_is(pair, DIFFERENCE_MEMORY_NEW,
                  "t.lua:8: memory new is new, with 1 variable\n"
                  "t.lua:7: memory old is gone, with 1 variable\n");
}

static void raw_words_go_by_address(void **state)
{
    struct pair *pair = *state;
    bed_raw(pair->from, TABLE_HOLDING, 0, 8);
    bed_raw(pair->from, TABLE_COIL, 0, 2);
    bed_raw(pair->to, TABLE_HOLDING, 4, 8);
    match_sealed(pair);
    const uint32_t *points = pair->match->points;
    assert_int_equal(points[0], 4);
    assert_int_equal(points[3], 7);
    assert_int_equal(points[4], MATCH_NONE);
    match_said_is(pair, DIFFERENCE_NEW,
                  "t.lua:1: 4 of raw holding 4..11 of mem are new\n"
                  "t.lua:1: 4 of raw holding 0..7 of mem are gone\n"
                  "t.lua:1: raw coil 0..1 of mem is gone\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAIR_TEST(the_same_is_the_same),
        PAIR_TEST(names_find_each_other_in_any_order),
        PAIR_TEST(what_moved_keeps_its_value),
        PAIR_TEST(bits_move_and_orders_change),
        PAIR_TEST(what_somebody_relied_on_is_told),
        PAIR_TEST(values_that_share_registers_from_now_on_are_told),
        PAIR_TEST(an_address_may_come_and_go),
        PAIR_TEST(another_type_is_another_value),
        PAIR_TEST(arrays_keep_what_both_have),
        PAIR_TEST(an_edited_default_is_told),
        PAIR_TEST(memories_go_by_name),
        PAIR_TEST(raw_words_go_by_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

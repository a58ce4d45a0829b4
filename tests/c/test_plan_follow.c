/* Proves that `from` finds its source by the name that everybody outside uses, that sources come
 * before what follows them, and that a chain without a beginning or between unlike kinds is
 * refused. */

#include "plan_bed.h"

#include <stdio.h>

static uint32_t index_of(const struct bed *bed, const char *name)
{
    return (uint32_t)bed->plan->points[bed_point(bed, name)].variable;
}

static void expect(const struct bed *bed, size_t row, const char *source, const char *target)
{
    assert_int_equal(bed->plan->followers[row].source, index_of(bed, source));
    assert_int_equal(bed->plan->followers[row].target, index_of(bed, target));
}

static void sources_are_found_by_name(void **state)
{
    struct bed *bed = *state;
    bed_plc(bed);
    bed_declare(bed, WORD("A", 0, .from = "plc.POWER"));
    bed_declare(bed, WORD("POWER", 0, PLC()));
    bed_declare(bed, WORD("B", 1, .from = "A2"));
    bed_declare(bed, WORD("A2", 2, .from = "mem.FLAG"));
    bed_declare(bed, BED_VARIABLE("FLAG", TABLE_VAR, TYPE_INT16, 0));
    bed_seal(bed);
    assert_int_equal(bed->plan->follower_count, 3);
    expect(bed, 0, "POWER", "A");
    expect(bed, 1, "FLAG", "A2");
    expect(bed, 2, "A2", "B");
}

static void followers_are_nobody_elses_to_write(void **state)
{
    struct bed *bed = *state;
    bed_plc(bed);
    bed_declare(bed, WORD("SOURCE", 9));
    bed_declare(bed, WORD("A", 0, .from = "SOURCE"));
    bed_declare(bed, WORD("B", 0, PLC(.from = "SOURCE")));
    bed_declare(bed, BED_VARIABLE("C", TABLE_VAR, TYPE_UINT16, 0, .from = "SOURCE"));
    bed_seal(bed);
    assert_int_equal(bed_find(bed, "A")->direction, DIRECTION_OUT);
    assert_int_equal(bed_find(bed, "B")->direction, DIRECTION_OUT);
    assert_int_equal(bed_find(bed, "C")->direction, DIRECTION_OUT);
    assert_int_equal(bed_find(bed, "SOURCE")->direction, DIRECTION_INOUT);
}

static void a_long_chain_comes_from_its_source_on(void **state)
{
    struct bed *bed = *state;
    enum { LINKS = 300 };
    for (int i = 0; i < LINKS; i++) {
        char name[8], from[8];
        snprintf(name, sizeof name, "V%d", i % 1000);
        snprintf(from, sizeof from, "V%d", (i + 1) % 1000);
        struct variable v = WORD(plan_string(bed->plan, name), (uint16_t)i);
        v.from = i + 1 < LINKS ? plan_string(bed->plan, from) : NULL;
        bed_declare(bed, v);
    }
    bed_seal(bed);
    assert_int_equal(bed->plan->follower_count, LINKS - 1);
    for (uint32_t i = 0; i + 1 < LINKS; i++) {
        assert_int_equal(bed->plan->followers[i].source, LINKS - 1 - i);
        assert_int_equal(bed->plan->followers[i].target, LINKS - 2 - i);
    }
}

static void unknown_names_get_the_nearest(void **state)
{
    struct bed *bed = *state;
    bed_plc(bed);
    bed_declare(bed, WORD("POWER", 0, PLC()));
    bed_declare(bed, WORD("A", 0, .path = "mem.A", .where = "t.lua:7", .from = "plc.POWR"));
    bed_refused(bed, "t.lua:7: mem.A: option from: there is no variable plc.POWR; did you mean "
                     "plc.POWER?");
}

static void names_without_a_memory_are_those_of_mem(void **state)
{
    struct bed *bed = *state;
    bed_plc(bed);
    bed_declare(bed, WORD("POWER", 0, PLC()));
    bed_declare(bed, WORD("TOWERS", 0));
    bed_declare(bed, WORD("A", 1, .path = "mem.A", .where = "t.lua:7", .from = "POWER"));
    bed_refused(bed, "t.lua:7: mem.A: option from: there is no variable POWER; did you mean "
                     "TOWERS?");
}

static void nothing_near_is_not_guessed(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("A", 1, .path = "mem.A", .where = "t.lua:7", .from = "other.X"));
    bed_refused(bed, "t.lua:7: mem.A: option from: there is no variable other.X");
}

static void nobody_follows_himself(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("A", 1, .path = "mem.A", .where = "t.lua:7", .from = "A"));
    bed_refused(bed, "t.lua:7: mem.A: option from: a variable cannot follow itself");
}

static void a_ring_has_no_source(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("D", 0, .from = "A"));
    bed_declare(bed, WORD("A", 1, .path = "mem.A", .where = "t.lua:7", .from = "B"));
    bed_declare(bed, WORD("B", 2, .path = "mem.B", .where = "t.lua:8", .from = "C"));
    bed_declare(bed, WORD("C", 3, .from = "A"));
    bed_refused(bed, "t.lua:7: mem.A: option from: follows mem.B, declared at t.lua:8, which in "
                     "the end follows mem.A again; one of the ring needs a value of its own");
}

static void refuse_pair(struct bed *bed, struct variable source, struct variable v, const char *end)
{
    char text[300];
    plan_unref(bed->plan);
    bed->plan = plan_create("test");
    bed_memory(bed, (struct memory){.name = "mem"});
    source.name = "S", source.path = "mem.S", source.address = 100;
    v.name = "A", v.path = "mem.A", v.where = "t.lua:7", v.from = "S";
    bed_declare(bed, source);
    bed_declare(bed, v);
    if (!end) {
        bed_seal(bed);
        return;
    }
    snprintf(text, sizeof text, "t.lua:7: mem.A: option from: mem.S, declared at t.lua:1, %s", end);
    bed_refused(bed, text);
}

static void kinds_must_be_alike(void **state)
{
    struct bed *bed = *state;
    struct variable coil = COIL("", 0), bit = BIT("", 0, 3), word = WORD("", 0), wide = WIDE("", 0);
    struct variable text = BED_VARIABLE("", TABLE_HOLDING, TYPE_STRING, 0, .length = 9);
    struct variable list = WORD("", 0, .count = 3), longer = WIDE("", 0, .count = 4);
    refuse_pair(bed, coil, bit, NULL);
    refuse_pair(bed, word, wide, NULL);
    refuse_pair(bed, text, text, NULL);
    refuse_pair(bed, list, list, NULL);
    refuse_pair(bed, coil, word, "is a boolean, and this is a number");
    refuse_pair(bed, text, word, "is a string, and this is a number");
    refuse_pair(bed, wide, coil, "is a number, and this is a boolean");
    refuse_pair(bed, list, longer, "has count = 3, and this has 4 (0: no array)");
    refuse_pair(bed, word, list, "has count = 0, and this has 3 (0: no array)");
}

static void most_programs_follow_nothing(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("A", 0));
    bed_seal(bed);
    assert_int_equal(bed->plan->follower_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(sources_are_found_by_name),
        BED_TEST(followers_are_nobody_elses_to_write),
        BED_TEST(a_long_chain_comes_from_its_source_on),
        BED_TEST(unknown_names_get_the_nearest),
        BED_TEST(names_without_a_memory_are_those_of_mem),
        BED_TEST(nothing_near_is_not_guessed),
        BED_TEST(nobody_follows_himself),
        BED_TEST(a_ring_has_no_source),
        BED_TEST(kinds_must_be_alike),
        BED_TEST(most_programs_follow_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

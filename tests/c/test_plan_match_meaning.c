/* Proves that a change which others feel is told in words although the value stays: what it reads
 * as, what may be written and by whom, what a fault and a restart make of it, what the program may
 * do. And that nothing is told that nobody notices. */

#include "match_bed.h"

static struct plan *from_plan(struct pair *pair)
{
    return pair->from->plan;
}

/* With present words, one by one from cell 0 on. */
static void said_with(struct pair *pair, const uint16_t *cells, enum difference_kind kind,
                      const char *text)
{
    match_sealed(pair);
    pair->cells = cells;
    match_said_is(pair, kind, text);
}

#define SCALE(x, y) .has_scale = true, .scale = x, .offset = y

static void another_scale_is_another_reading(void **state)
{
    static const uint16_t cells[] = {40, 0};
    bed_declare(((struct pair *)*state)->from, WORD("T", 0, .unit = "C"));
    bed_declare(((struct pair *)*state)->to, WORD("T", 0, SCALE(0.1, -2), .unit = "C"));
    bed_declare(((struct pair *)*state)->from, WORD("ZERO", 1, SCALE(1, 0)));
    bed_declare(((struct pair *)*state)->to, WORD("ZERO", 1, SCALE(10, 0)));
    said_with(*state, cells, DIFFERENCE_SCALE,
              "t.lua:1: T reads 2 C instead of 40 C: scale 0.1 instead of 1, offset -2 instead of "
              "0; its raw value stays\n"
              "t.lua:1: ZERO: scale 10 instead of 1; its raw value stays\n");
}

static void a_default_is_compared_as_it_is_meant(void **state)
{
    struct pair *pair = *state;
    bed_declare(pair->from, WORD("U", 0, DEFAULT(3), .unit = "mV"));
    bed_declare(pair->to, WORD("U", 0, DEFAULT(3), .unit = "V"));
    bed_declare(pair->from, WORD("S", 1, DEFAULT(3)));
    bed_declare(pair->to, WORD("S", 1, DEFAULT(3), SCALE(0.1, 0)));
    bed_declare(pair->from, WORD("NONE", 2));
    bed_declare(pair->to, WORD("NONE", 2, DEFAULT(0)));
    said_with(pair, NULL, DIFFERENCE_CHANGED,
              "t.lua:1: the unit of U changes from mV to V\n"
              "t.lua:1: S: scale 0.1 instead of 1; its raw value stays\n");
}

static void limits_that_leave_the_value_out(void **state)
{
    static const uint16_t cells[] = {90, 1, 2, 70, 7};
    struct pair *pair = *state;
    bed_declare(pair->from, WORD("A", 0, RANGE(0, 100)));
    bed_declare(pair->to, WORD("A", 0, RANGE(0, 50), DEFAULT(5)));
    bed_declare(pair->from, WORD("LIST", 1, .count = 3));
    bed_declare(pair->to, WORD("LIST", 1, .count = 3, .has_max = true, .max = INTEGER(60)));
    bed_declare(pair->from, WORD("FITS", 4, RANGE(0, 100)));
    bed_declare(pair->to, WORD("FITS", 4));
    said_with(
        pair, cells, DIFFERENCE_DEFAULT,
        "t.lua:1: the default of A changes from 0 to 5, but its value stays; msm set A "
        "--default applies it\n"
        "t.lua:1: A: its value is outside the new limits: it is 90 and takes 0..50; it starts "
        "with its default, 5\n"
        "t.lua:1: LIST[3]: its value is outside the new limits: it is 70 and takes at most "
        "60; it starts with its default, 0\n"
        "t.lua:1: FITS takes any value instead of 0..100\n");
}

static void who_writes_and_what_is_safe(void **state)
{
    struct pair *pair = *state;
    bed_declare(pair->from, WORD("IN", 0, .direction = DIRECTION_INOUT));
    bed_declare(pair->to, WORD("IN", 0, .direction = DIRECTION_OUT));
    bed_declare(pair->from, WORD("OUT", 1, .direction = DIRECTION_OUT, SAFE(1)));
    bed_declare(pair->to, WORD("OUT", 1, .direction = DIRECTION_OUT, SAFE(2)));
    bed_declare(pair->from, WORD("NEW", 2, .direction = DIRECTION_OUT));
    bed_declare(pair->to, WORD("NEW", 2, .direction = DIRECTION_OUT, SAFE(0)));
    bed_declare(pair->from, WORD("OLD", 3, .direction = DIRECTION_OUT, SAFE(0)));
    bed_declare(pair->to, WORD("OLD", 3, .direction = DIRECTION_OUT));
    said_with(
        pair, NULL, DIFFERENCE_CHANGED,
        "t.lua:1: IN becomes \"out\" (it is \"inout\"): masters may not write it any more\n"
        "t.lua:1: the safe value of OUT changes from 1 to 2\n"
        "t.lua:1: NEW has a safe value now, 0\n"
        "t.lua:1: OLD has no safe value any more (it is 0): it stays as it is at a fault and a "
        "stop\n");
}

static void what_a_restart_makes_of_it(void **state)
{
    struct pair *pair = *state;
    bed_declare(pair->from, WORD("A", 0, .retain = true));
    bed_declare(pair->to, WORD("A", 0));
    bed_declare(pair->from, WORD("B", 1));
    bed_declare(pair->to, WORD("B", 1, .retain = true));
    bed_declare(pair->from, WORD("C", 2));
    bed_declare(pair->to, WORD("C", 2, .limit = LIMIT_CLAMP, .desc = "the third"));
    bed_declare(pair->from,
                WORD("D", 3, .people = {.has = {[LEVEL_HI] = true}, .limit = {[LEVEL_HI] = 5}}));
    bed_declare(
        pair->to,
        WORD("D", 3,
             .people = {.has = {[LEVEL_HI] = true}, .limit = {[LEVEL_HI] = 6}, .confirm = true}));
    said_with(pair, NULL, DIFFERENCE_CHANGED,
              "t.lua:1: A is not retained any more: a restart begins with its default\n"
              "t.lua:1: B is retained now: its value survives a restart\n"
              "t.lua:1: C: what changes: limit\n"
              "t.lua:1: D: what changes: hi, confirm\n");
}

static void keep_it(struct bed *bed, const char *name, bool retain)
{
    struct error error;
    const struct keep_spec keep = {.name = name, .where = "t.lua:6", .retain = retain};
    assert_true(plan_keep(bed->plan, &keep, &error) >= 0);
}

static void keeps_come_and_go(void **state)
{
    struct pair *pair = *state;
    keep_it(pair->from, "same", false);
    keep_it(pair->to, "same", false);
    keep_it(pair->from, "old", false);
    keep_it(pair->to, "new", false);
    keep_it(pair->from, "held", false);
    keep_it(pair->to, "held", true);
    said_with(pair, NULL, DIFFERENCE_KEEPS,
              "t.lua:6: keep \"new\" is new\n"
              "t.lua:6: keep \"held\" is retained now: what it holds survives a restart\n"
              "t.lua:6: keep \"old\" is gone: what it holds goes when the reload is proven\n");
}

static void what_the_program_may_do(void **state)
{
    struct pair *pair = *state;
    struct settings *was = plan_settings(from_plan(pair)), *is = plan_settings(pair->to->plan);
    plan_rename(pair->to->plan, "file"); /* not stated: nobody minds */
    was->where = is->where = "t.lua:8";
    was->watchdog = INT64_C(50000000);
    is->restarts = true;
    is->memory = 32;
    said_with(pair, NULL, DIFFERENCE_PROGRAM,
              "t.lua:8: program: the script may use 32 MiB instead of 64\n"
              "t.lua:8: program: watchdog is 1 s instead of 50 ms\n"
              "t.lua:8: program: on_fault is \"restart\" instead of \"stop\"\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAIR_TEST(another_scale_is_another_reading),
        PAIR_TEST(a_default_is_compared_as_it_is_meant),
        PAIR_TEST(limits_that_leave_the_value_out),
        PAIR_TEST(who_writes_and_what_is_safe),
        PAIR_TEST(what_a_restart_makes_of_it),
        PAIR_TEST(keeps_come_and_go),
        PAIR_TEST(what_the_program_may_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

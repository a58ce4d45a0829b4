/* Proves what becomes of keeps when one program takes another's place, and comes back: fields that
 * are there stay, new ones come in, another kind takes the default, and what it was before on the
 * way back, what was taken away stays away, what a script holds in its hand goes on, and where
 * there is no room nothing is changed. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "image/image.h"
#include "image/keeps.h"
#include "image/view.h"
#include "program/program.h"

/* A program with what it runs in. Its one task is called by run. */
struct bed {
    struct program *program;
    struct image *image;
    struct view *view;
};

static struct bed load(struct keeps *keeps, const char *text)
{
    struct bed bed;
    struct error error;
    struct keeps *copy = keeps_create(&error);
    const struct source source = {.path = "tank.lua", .text = text, .length = strlen(text)};
    keeps_read(keeps, copy);
    bed.program = program_load(
        &(struct program_options){
            .path = "tank.lua", .sources = &source, .source_count = 1, .keeps = copy},
        &error);
    if (!bed.program)
        fail_msg("%s", error.text);
    keeps_destroy(copy);
    bed.image = image_create(program_plan(bed.program), 0, &error);
    assert_non_null(bed.image);
    image_share(bed.image, keeps, NULL);
    program_apply(bed.program, bed.image, 0);
    bed.view = view_create(bed.image, &error);
    assert_non_null(bed.view);
    program_attach(bed.program, bed.view);
    return bed;
}

static void take(struct bed *bed)
{
    struct error error;
    if (!program_keep(bed->program, &error))
        fail_msg("%s", error.text);
}

static bool try_run(struct bed *bed, struct error *error)
{
    const struct cycle cycle = {.count = 1};
    view_latch(bed->view);
    bool ok = program_task(bed->program, 0, 1, &cycle, error);
    if (ok)
        view_publish(bed->view, 1);
    else
        view_revert(bed->view);
    return ok;
}

static void run(struct bed *bed)
{
    struct error error;
    if (!try_run(bed, &error))
        fail_msg("%s", error.text);
}

static void end(struct bed *bed)
{
    program_destroy(bed->program);
    view_destroy(bed->view);
    image_destroy(bed->image);
}

/* One program from its body to the end of one scan. */
static void play(struct keeps *keeps, const char *text)
{
    struct bed bed = load(keeps, text);
    take(&bed);
    run(&bed);
    end(&bed);
}

static int setup(void **state)
{
    struct error error;
    return !(*state = keeps_create(&error));
}

static int teardown(void **state)
{
    keeps_destroy(*state);
    return 0;
}

static void test_what_is_there_stays_and_what_is_new_comes_in(void **state)
{
    play(*state, "local k = keep('m', { step = 1, deep = { a = 1 } })\n"
                 "k.step = 5\n" /* new: so this is what it begins with */
                 "every(1, function() assert(k.step == 5) k.step, k.deep.a, k.free = 7, 8, 9 end)");
    play(*state,
         "local k = keep('m', { step = 1, deep = { a = 1, b = 2 }, more = 'x' })\n"
         "assert(k.step == 7 and k.deep.b == 2)\n" /* the body sees what was kept */
         "k.step, k.free, k.deep.a, k.deep.c, k.made = 1, 1, 1, 3, { 4 }\n"
         "every(1, function() assert(k.step == 7 and k.free == 9 and k.deep.a == 8)\n"
         "assert(k.deep.b == 2 and k.deep.c == 3 and k.more == 'x' and k.made[1] == 4) end)");
}

static void test_elements_are_the_programs_own(void **state)
{
    play(*state, "local k = keep('m', { list = { 1, 2, 3 } })\n"
                 "every(1, function() table.remove(k.list) table.remove(k.list) end)");
    play(*state, "local k = keep('m', { list = { 1, 2, 3 } })\n"
                 "every(1, function() assert(#k.list == 1) end)");
    play(*state, "local k = keep('m', { list = { 1 } }) k.list = { 7, 8, 9 }\n" /* left out */
                 "every(1, function() assert(#k.list == 1 and k.list[1] == 1) end)");
}

static void test_another_kind_takes_the_default(void **state)
{
    play(*state,
         "local k = keep('m', { a = 1, b = { c = 'x' } }) every(1, function() k.a = 7 end)");
    struct bed bed =
        load(*state, "local k = keep('m', { a = 'text', b = { c = { d = 4 } } })\n"
                     "assert(k.a == 'text' and k.b.c.d == 4)\n"
                     "every(1, function() assert(k.a == 'text' and k.b.c.d == 4) end)");
    take(&bed);
    run(&bed);
    end(&bed);
}

static void test_what_was_taken_away_meanwhile_stays_away(void **state)
{
    struct bed old =
        load(*state, "local k = keep 'm'\nevery(1, function()\n"
                     "if k.gone == nil and not k.ran then k.gone = { 1 } k.ran = true\n"
                     "else k.gone = nil end end)");
    take(&old);
    run(&old);
    struct bed new = load(*state, "local k = keep 'm' assert(k.gone[1] == 1)\n"
                                  "every(1, function() assert(k.gone == nil and k.ran) end)");
    run(&old);
    take(&new);
    run(&new);
    end(&old);
    end(&new);
}

/* Tables that the body took into its hand, of the keep and in it. */
static void test_hands_go_over_and_come_back(void **state)
{
    static const char OLD[] = "local k = keep('m', { deep = { n = 0 }, kind = 1 })\n"
                              "local deep = k.deep\n"
                              "every(1, function() assert(deep == k.deep) deep.n = deep.n + 1\n"
                              "k.kind = k.kind + 1 end)";
    struct bed old = load(*state, OLD);
    take(&old);
    run(&old);
    run(&old);
    struct bed new =
        load(*state, "local k = keep('m', { deep = { n = 0 }, kind = 'x' })\n"
                     "local deep = k.deep assert(deep.n == 2)\n"
                     "every(1, function() assert(deep.n == 3 and deep == k.deep)\n"
                     "k.deep = { n = 10 } assert(deep.n == 3 and k.deep.n == 10) end)");
    run(&old);
    take(&new);
    run(&new);
    take(&old); /* brought back */
    run(&old);
    struct keeps_table m;
    assert_true(keeps_find(*state, "m", false, &m));
    struct keeps_key deep = {.is_text = true, .bytes = "deep", .length = 4};
    struct keeps_key n = {.is_text = true, .bytes = "n", .length = 1};
    struct keeps_key kind = {.is_text = true, .bytes = "kind", .length = 4};
    struct keeps_value value = keeps_get(*state, m, &deep, NULL);
    assert_int_equal(keeps_get(*state, value.table, &n, NULL).integer, 11);
    assert_int_equal(keeps_get(*state, m, &kind, NULL).integer, 2);
    end(&old);
    end(&new);
}

/* Whether the new program declares the other kind or assigns it, of the field or of the table that
 * it lies in. */
static void test_the_way_back_brings_what_was_of_another_kind(void **state)
{
    static const char *const others[] = {
        "local k = keep('m', { n = 'x', deep = 3 })\n"
        "every(1, function() assert(k.n == 'x' and k.deep == 3) k.same, k.n = 'y', 'z' end)",
        "local k = keep('m')\n"
        "every(1, function() k.same, k.n, k.deep = 'y', {}, nil end)",
        "local k = keep('m', { deep = { a = true, inner = 'x' } })\n"
        "every(1, function() k.same, k.n, k.deep.list = 'y', 'x', 0 end)",
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct bed old = load(
            *state, "local k = keep('m', { n = 1, same = 'x',\n"
                    "    deep = { a = 1, list = {}, inner = { b = 'b' } } })\n"
                    "k.n, k.same, k.runs = 1, 'x', 0\n"
                    "every(1, function() k.runs = k.runs + 1\n"
                    "if k.same == 'y' then assert(k.n == 2 and k.deep.a == 2 and k.runs == 3 and\n"
                    "    k.deep.list[2] == 2 and k.deep.inner.b == 'b!') k.runs = 9 return end\n"
                    "k.n, k.deep.a, k.deep.list[k.runs] = k.runs, k.runs, k.runs\n"
                    "k.deep.inner = { b = 'b!' } end)");
        take(&old);
        run(&old);
        program_remember(old.program);
        run(&old);
        struct bed new = load(*state, others[i]);
        program_remember(old.program);
        take(&new);
        run(&new);
        take(&old);
        run(&old);
        struct keeps_table m;
        struct keeps_key runs = {.is_text = true, .bytes = "runs", .length = 4};
        assert_true(keeps_find(*state, "m", false, &m));
        assert_int_equal(keeps_get(*state, m, &runs, NULL).integer, 9);
        end(&old);
        end(&new);
        keeps_drop(*state, "m");
        keeps_commit(*state);
    }
}

static void test_a_faulted_scan_takes_nothing_along(void **state)
{
    struct error error;
    struct bed bed = load(*state, "local k = keep('m', { n = 0, list = { 1 } })\n"
                                  "local list, fail = k.list, false\n"
                                  "every(1, function() k.n = k.n + 1\n"
                                  "if fail then k.list = {} k.made = {} list[1] = 5 error 'x' end\n"
                                  "fail = true assert(k.n == 1 and #k.list == 1) end)");
    take(&bed);
    run(&bed);
    assert_false(try_run(&bed, &error));
    struct bed next = load(*state, "local k = keep('m', { n = 0, list = { 1 } })\n"
                                   "every(1, function() assert(k.n == 1 and k.list[1] == 1)\n"
                                   "assert(k.made == nil) end)");
    take(&next);
    run(&next);
    end(&bed);
    end(&next);
}

/* What was replaced in a scan that was taken back is in the hand again. */
static void test_hands_after_what_was_taken_back(void **state)
{
    struct error error;
    struct bed bed = load(*state, "local k = keep('m', { list = { 1 } })\n"
                                  "local list, scans = k.list, 0\n"
                                  "every(1, function() scans = scans + 1\n"
                                  "if scans == 1 then k.list = { 2 } list[1] = 3 error 'x' end\n"
                                  "assert(list[1] == 1) list[1] = 4 assert(k.list[1] == 4) end)");
    take(&bed);
    view_publish(bed.view, 1);
    assert_false(try_run(&bed, &error));
    run(&bed);
    end(&bed);
}

static void test_without_room_nothing_is_changed(void **state)
{
    struct keeps_table table;
    struct error error;
    struct bed bed = load(*state, "keep('a', { x = 1 })\nkeep('m', { a = 1, b = { c = 2 } })");
    assert_true(keeps_find(*state, "full", true, &table));
    for (int64_t i = 0; keeps_used(*state) < KEEPS_NODES - 4; i++) {
        struct keeps_key key = {.integer = i};
        struct keeps_value value = {.type = KEEPS_INTEGER};
        assert_true(keeps_set(*state, table, &key, &value, &error));
    }
    keeps_commit(*state);
    size_t used = keeps_used(*state);
    assert_false(program_keep(bed.program, &error));
    assert_string_equal(
        error.text,
        "tank.lua:2: keep \"m\": all keeps of the program together hold at most 32768 fields (a "
        "text of more than 48 bytes counts as several), and there is no room for more; nil takes a "
        "field away");
    assert_int_equal(keeps_used(*state), used);
    assert_false(keeps_find(*state, "a", false, &table));
    end(&bed);
}

static void test_the_plan_knows_them(void **state)
{
    struct bed bed = load(*state, "keep('a', { x = 1 })\nkeep('b', {}, { retain = true })");
    const struct plan *plan = program_plan(bed.program);
    assert_int_equal(plan->keep_count, 2);
    assert_string_equal(plan->keeps[0].name, "a");
    assert_false(plan->keeps[0].retain);
    assert_string_equal(plan->keeps[1].name, "b");
    assert_string_equal(plan->keeps[1].where, "tank.lua:2");
    assert_true(plan->keeps[1].retain);
    end(&bed);
}

/* A timer runs on through a reload; a PT that was edited in the text applies, an assigned one stays
 * as long as the text does. */
static void test_timers(void **state)
{
    play(*state, "local on = require('msm.timer').TON('on', 5)\n"
                 "every(1, function() on(true) on.PT = 7 end)");
    play(*state, "local on = require('msm.timer').TON('on', 5)\n"
                 "every(1, function() assert(on.PT == 7) end)");
    play(*state, "local on = require('msm.timer').TON('on', 6)\n"
                 "every(1, function() assert(on.PT == 6) end)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_there_stays_and_what_is_new_comes_in, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_elements_are_the_programs_own, setup, teardown),
        cmocka_unit_test_setup_teardown(test_another_kind_takes_the_default, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_was_taken_away_meanwhile_stays_away, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_hands_go_over_and_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_way_back_brings_what_was_of_another_kind, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_faulted_scan_takes_nothing_along, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hands_after_what_was_taken_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_without_room_nothing_is_changed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_plan_knows_them, setup, teardown),
        cmocka_unit_test_setup_teardown(test_timers, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Proves that what program { … } says stands in the plan's settings, and what stands there when
 * nothing was said. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "image/audit.h"
#include "program/program.h"

static const int64_t MS = NS_PER_MS;
static const int64_t S = NS_PER_S;

static struct program *load(const char *text)
{
    struct error error;
    const struct source source = {.path = "plant.lua", .text = text, .length = strlen(text)};
    struct program *program = program_load(
        &(struct program_options){.path = "plant.lua", .sources = &source, .source_count = 1},
        &error);
    if (!program)
        fail_msg("%s", error.text);
    return program;
}

static void test_nothing_said(void **state)
{
    (void)state;
    struct program *program = load("every(0.1, print)");
    const struct plan *plan = program_plan(program);
    assert_string_equal(plan->name, "plant");
    assert_int_equal(plan->settings.watchdog, 0);
    assert_int_equal(plan->settings.probation, 5 * S);
    assert_int_equal(plan->settings.stop_timeout, 2 * S);
    assert_int_equal(plan->settings.retain_interval, S);
    assert_false(plan->settings.restarts);
    assert_int_equal(plan->settings.restart_after, 5 * S);
    assert_int_equal(plan->settings.audit, AUDIT_CHANGES);
    assert_int_equal(plan->settings.diagnostics, -1);
    assert_false(plan->settings.named);
    assert_int_equal(plan->settings.memory, 64);
    program_destroy(program);
}

static void test_everything_said(void **state)
{
    (void)state;
    struct program *program =
        load("program { name = 'mill', memory = 8, watchdog = '50ms', on_fault = 'restart',\n"
             "restart_after = 0.5, probation = 0, stop_timeout = '3s', retain_interval = '10ms',\n"
             "audit = 'all', diagnostics = { input = 9000 } }");
    const struct plan *plan = program_plan(program);
    assert_string_equal(plan->name, "mill");
    assert_int_equal(plan->settings.watchdog, 50 * MS);
    assert_int_equal(plan->settings.probation, 0);
    assert_int_equal(plan->settings.stop_timeout, 3 * S);
    assert_int_equal(plan->settings.retain_interval, 10 * MS);
    assert_true(plan->settings.restarts);
    assert_int_equal(plan->settings.restart_after, 500 * MS);
    assert_int_equal(plan->settings.audit, AUDIT_ALL);
    assert_int_equal(plan->settings.diagnostics, 9000);
    assert_string_equal(plan->settings.diagnostics_where, "plant.lua:1");
    assert_true(plan->settings.named);
    assert_int_equal(plan->settings.memory, 8);
    assert_string_equal(plan->settings.where, "plant.lua:1");
    program_destroy(program);
}

/* One call after the other; the Modicon form; a refused call changes nothing. */
static void test_step_by_step(void **state)
{
    (void)state;
    struct program *program =
        load("program { on_fault = 'restart' } program { restart_after = '1m' }\n"
             "assert(not pcall(program, { name = 'x', probation = 1, audit = 'some' }))\n"
             "program { audit = 'off', diagnostics = { input = '39001' } }");
    const struct plan *plan = program_plan(program);
    assert_string_equal(plan->name, "plant");
    assert_int_equal(plan->settings.probation, 5 * S);
    assert_int_equal(plan->settings.restart_after, 60 * S);
    assert_int_equal(plan->settings.audit, AUDIT_OFF);
    assert_int_equal(plan->settings.diagnostics, 9000);
    program_destroy(program);
}

static void test_retain_of_a_declaration(void **state)
{
    (void)state;
    struct program *program = load("mem.A = holding.word(0, { retain = true, count = 3 })\n"
                                   "mem.B = holding.word(9, { retain = false })");
    const struct plan *plan = program_plan(program);
    assert_true(plan->variables[0]->retain);
    assert_false(plan->variables[1]->retain);
    program_destroy(program);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_said),
        cmocka_unit_test(test_everything_said),
        cmocka_unit_test(test_step_by_step),
        cmocka_unit_test(test_retain_of_a_declaration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

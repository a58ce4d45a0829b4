/* Proves that rows of a plan are kept as they were given, that what contradicts an earlier row is
 * refused by naming both, and that the plan lives as long as anyone holds it. */

#include "image_help.h"
#include "image/audit.h"

#include <stdio.h>

static void expect(const struct error *error, const char *text)
{
    assert_string_equal(error->text, text);
}

static void an_empty_plan_has_its_name(void **state)
{
    (void)state;
    struct plan *plan = plan_create("tank");
    assert_string_equal(plan->name, "tank");
    char changing[] = "mixer";
    plan_rename(plan, changing);
    changing[0] = 'M';
    assert_string_equal(plan->name, "mixer");
    assert_int_equal(plan->memory_count + plan->variable_count + plan->raw_count, 0);
    assert_int_equal(plan_find_memory(plan, "mem"), -1);
    plan_unref(plan);
    plan_unref(NULL);
}

static void the_last_reference_frees(void **state)
{
    (void)state;
    struct plan *plan = plan_create("tank");
    assert_ptr_equal(plan_ref(plan), plan);
    plan_unref(plan);
    assert_string_equal(plan->name, "tank"); /* under a sanitizer: not freed yet */
    plan_unref(plan);
}

static void memories_are_found_by_name(void **state)
{
    struct bed *bed = *state;
    struct error error;
    assert_int_equal(bed_memory(bed, (struct memory){.name = "plc", .where = "t.lua:7"}), 1);
    assert_int_equal(plan_find_memory(bed->plan, "mem"), 0);
    assert_int_equal(plan_find_memory(bed->plan, "plc"), 1);
    assert_int_equal(plan_find_memory(bed->plan, "PLC"), -1);
    struct memory again = {.name = "plc", .where = "t.lua:9"};
    assert_int_equal(plan_memory(bed->plan, &again, &error), -1);
    expect(&error, "memory \"plc\" is already declared at t.lua:7; every memory has a name of its "
                   "own");
    assert_int_equal(bed->plan->memory_count, 2);
}

static void variables_are_found_by_memory_and_name(void **state)
{
    struct bed *bed = *state;
    bed_memory(bed, (struct memory){.name = "plc"});
    bed_declare(bed, WORD("A", 5));
    bed_declare(bed, WORD("A", 6, .memory = 1));
    bed_declare(bed, WORD("mem", 7)); /* names of memories are another matter */
    assert_int_equal(plan_find_variable(bed->plan, 0, "A"), 0);
    assert_int_equal(plan_find_variable(bed->plan, 1, "A"), 1);
    assert_int_equal(plan_find_variable(bed->plan, 0, "mem"), 2);
    assert_int_equal(plan_find_variable(bed->plan, 1, "mem"), -1);
    assert_int_equal(bed->plan->variables[1]->address, 6);
    assert_int_equal(bed->plan->variables[0]->words, 1); /* prepared */
}

static void a_name_twice_is_refused(void **state)
{
    struct bed *bed = *state;
    struct error error;
    bed_declare(bed, WORD("A", 5, .path = "mem.A", .where = "t.lua:3"));
    struct variable again = WORD("A", 9, .path = "mem.A", .where = "t.lua:4", .decimals = -1);
    assert_int_equal(plan_variable(bed->plan, &again, &error), -1);
    expect(&error, "mem.A is already declared at t.lua:3");
    assert_int_equal(bed->plan->variable_count, 1);
}

static void what_cannot_be_prepared_leaves_no_row(void **state)
{
    struct bed *bed = *state;
    struct error error = {""};
    struct variable beyond = WIDE("A", 65535, .path = "mem.A", .where = "t", .decimals = -1);
    assert_int_equal(plan_variable(bed->plan, &beyond, &error), -1);
    assert_non_null(strstr(error.text, "holding.uint32"));
    assert_int_equal(bed->plan->variable_count, 0);
    assert_int_equal(plan_find_variable(bed->plan, 0, "A"), -1);
}

static void rows_stay_where_they_are(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("FIRST", 0));
    const struct variable *first = bed->plan->variables[0];
    for (int i = 0; i < 1000; i++) {
        char name[8];
        snprintf(name, sizeof name, "V%d", i);
        char *kept = plan_string(bed->plan, name);
        bed_declare(bed, BED_VARIABLE(kept, TABLE_HOLDING, TYPE_UINT16, (uint16_t)i));
    }
    assert_ptr_equal(bed->plan->variables[0], first);
    assert_int_equal(bed->plan->variable_count, 1001);
    for (int i = 0; i < 1000; i++) {
        char name[8];
        snprintf(name, sizeof name, "V%d", i);
        assert_int_equal(plan_find_variable(bed->plan, 0, name), i + 1);
        assert_int_equal(bed->plan->variables[i + 1]->address, i);
    }
}

static void variables_without_an_address_get_one(void **state)
{
    struct bed *bed = *state;
    bed_memory(bed, (struct memory){.name = "plc"});
    bed_declare(bed, BED_VARIABLE("A", TABLE_VAR, TYPE_FLOAT64, 0));
    bed_declare(bed, BED_VARIABLE("OTHER", TABLE_VAR, TYPE_UINT16, 0, .memory = 1));
    bed_declare(bed, WORD("W", 40));
    bed_declare(bed, BED_VARIABLE("B", TABLE_VAR, TYPE_BOOL, 0, .count = 17));
    bed_declare(bed, BED_VARIABLE("C", TABLE_VAR, TYPE_STRING, 0, .length = 5));
    bed_declare(bed, BED_VARIABLE("D", TABLE_VAR, TYPE_BYTE, 0));
    assert_int_equal(bed_find(bed, "A")->address, 0);
    assert_int_equal(bed_find(bed, "OTHER")->address, 0);
    assert_int_equal(bed_find(bed, "B")->address, 4);
    assert_int_equal(bed_find(bed, "C")->address, 6);
    assert_int_equal(bed_find(bed, "D")->address, 9);
}

static void places_without_an_address_run_out(void **state)
{
    struct bed *bed = *state;
    struct error error = {""};
    bed_declare(bed, BED_VARIABLE("A", TABLE_VAR, TYPE_UINT16, 0, .count = 65535));
    struct variable two =
        BED_VARIABLE("B", TABLE_VAR, TYPE_UINT32, 0, .path = "B", .where = "t", .decimals = -1);
    assert_int_equal(plan_variable(bed->plan, &two, &error), -1);
    assert_non_null(strstr(error.text, "65536"));
    bed_declare(bed, BED_VARIABLE("C", TABLE_VAR, TYPE_UINT16, 0)); /* the last place */
    assert_int_equal(bed_find(bed, "C")->address, 65535);
    two.type = TYPE_UINT16;
    assert_int_equal(plan_variable(bed->plan, &two, &error), -1);
    expect(&error, "var: the 65536 words for variables without an address are used up");
}

static int try_raw(struct bed *bed, uint32_t memory, enum table table, uint16_t address,
                   uint32_t count, struct error *error)
{
    struct raw raw = {memory, table, address, count, "t.lua:8", 0};
    return plan_raw(bed->plan, &raw, error);
}

static void raw_ranges_do_not_overlap(void **state)
{
    struct bed *bed = *state;
    struct error error;
    bed_memory(bed, (struct memory){.name = "plc"});
    bed_raw(bed, TABLE_HOLDING, 10, 10);
    assert_int_equal(try_raw(bed, 0, TABLE_HOLDING, 19, 1, &error), -1);
    expect(&error, "raw holding 19..19 overlaps the raw range 10..19 declared at t.lua:1");
    assert_int_equal(try_raw(bed, 0, TABLE_HOLDING, 0, 11, &error), -1);
    assert_int_equal(try_raw(bed, 0, TABLE_HOLDING, 0, 65536, &error), -1);
    assert_int_equal(try_raw(bed, 0, TABLE_HOLDING, 12, 2, &error), -1);
    assert_int_equal(bed->plan->raw_count, 1);
    assert_int_equal(try_raw(bed, 0, TABLE_HOLDING, 0, 10, &error), 1);
    assert_int_equal(try_raw(bed, 0, TABLE_HOLDING, 20, 1, &error), 2);
    assert_int_equal(try_raw(bed, 0, TABLE_INPUT, 10, 10, &error), 3);
    assert_int_equal(try_raw(bed, 1, TABLE_HOLDING, 0, 65536, &error), 4);
}

static void raw_ranges_lie_within_the_table(void **state)
{
    struct bed *bed = *state;
    struct error error;
    assert_int_equal(try_raw(bed, 0, TABLE_HOLDING, 65535, 2, &error), -1);
    expect(&error, "raw holding: 2 from address 65535 on do not lie within 0..65535");
    assert_int_equal(try_raw(bed, 0, TABLE_HOLDING, 1, 65536, &error), -1);
    assert_int_equal(try_raw(bed, 0, TABLE_HOLDING, 1, UINT32_MAX, &error), -1);
    assert_int_equal(try_raw(bed, 0, TABLE_HOLDING, 0, 65537, &error), -1);
    assert_int_equal(try_raw(bed, 0, TABLE_HOLDING, 5, 0, &error), -1);
    assert_int_equal(try_raw(bed, 0, TABLE_HOLDING, 65535, 1, &error), 0);
    assert_int_equal(try_raw(bed, 0, TABLE_COIL, 0, 65536, &error), 1);
}

static int try_server(struct bed *bed, const char *bind, uint16_t port, struct error *error)
{
    struct server_spec server = {.where = "t.lua:5", .name = "S", .bind = bind, .port = port};
    return plan_server(bed->plan, &server, error);
}

static void one_port_twice_is_refused(void **state)
{
    struct bed *bed = *state;
    struct error error;
    assert_int_equal(try_server(bed, "127.0.0.1", 502, &error), 0);
    assert_int_equal(try_server(bed, "127.0.0.1", 502, &error), -1);
    expect(&error, "server.tcp: port 502 is already served at t.lua:5; one server answers for "
                   "several memories with units = { [1] = …, [2] = … }");
    assert_int_equal(try_server(bed, "0.0.0.0", 502, &error), -1); /* takes all addresses */
    assert_int_equal(try_server(bed, "::", 502, &error), -1);
    assert_int_equal(try_server(bed, "10.0.0.1", 502, &error), 1);
    assert_int_equal(try_server(bed, "127.0.0.1", 503, &error), 2);
    assert_int_equal(try_server(bed, "0.0.0.0", 504, &error), 3);
    assert_int_equal(try_server(bed, "127.0.0.1", 504, &error), -1);
    assert_int_equal(try_server(bed, "127.0.0.1", 0, &error), 4); /* any free port … */
    assert_int_equal(try_server(bed, "127.0.0.1", 0, &error), 5); /* … is never the same */
    assert_int_equal(bed->plan->server_count, 6);
    assert_int_equal(try_server(bed, "::1", 504, &error), 6); /* beside 0.0.0.0 */
    assert_int_equal(try_server(bed, "0:0:0:0:0:0:0:1", 504, &error), -1);
    assert_int_equal(try_server(bed, "::", 504, &error), -1);
    assert_int_equal(try_server(bed, "::", 505, &error), 7); /* takes IPv4 too */
    assert_int_equal(try_server(bed, "0.0.0.0", 505, &error), -1);
    assert_int_equal(try_server(bed, "fe80::1", 505, &error), -1);
    assert_int_equal(try_server(bed, "10.0.0.1", 506, &error), 8);
    assert_int_equal(try_server(bed, "::ffff:10.0.0.1", 506, &error), -1);
}

static void tasks_keep_their_order(void **state)
{
    struct bed *bed = *state;
    for (int64_t i = 0; i < 9; i++) {
        struct task_spec task = {.period = 100 - i, .where = "t"};
        assert_int_equal(plan_task(bed->plan, &task), i);
    }
    for (int64_t i = 0; i < 9; i++)
        assert_int_equal(bed->plan->tasks[i].period, 100 - i);
}

static void memories_are_limited(void **state)
{
    struct bed *bed = *state;
    struct error error;
    for (int i = 1; i <= INT16_MAX; i++) {
        char name[12];
        snprintf(name, sizeof name, "m%d", i);
        bed_memory(bed, (struct memory){.name = plan_string(bed->plan, name)});
    }
    assert_int_equal(plan_memory(bed->plan, &(struct memory){.name = "one", .where = "t"}, &error),
                     -1);
    expect(&error, "memory \"one\" would be one more than the 32768 that a program can have");
}

static void settings_have_their_defaults(void **state)
{
    struct bed *bed = *state;
    const struct settings *settings = &bed->plan->settings;
    int64_t second = 1000000000;
    assert_int_equal(settings->stop_timeout, 2 * second);
    assert_int_equal(settings->watchdog, 0);
    assert_int_equal(settings->probation, 5 * second);
    assert_int_equal(settings->retain_interval, second);
    assert_false(settings->restarts);
    assert_int_equal(settings->restart_after, 5 * second);
    assert_int_equal(settings->audit, AUDIT_CHANGES);
    assert_int_equal(settings->diagnostics, -1);
    plan_settings(bed->plan)->diagnostics = 9000;
    assert_int_equal(settings->diagnostics, 9000);
}

static void the_watchdog_goes_by_the_fastest_task(void **state)
{
    struct bed *bed = *state;
    int64_t ms = 1000000;
    assert_int_equal(plan_watchdog(bed->plan), 1000 * ms); /* the idle scan's 10 Hz */
    plan_task(bed->plan, &(struct task_spec){.period = 5000 * ms});
    assert_int_equal(plan_watchdog(bed->plan), 50000 * ms);
    plan_task(bed->plan, &(struct task_spec){.period = 20 * ms});
    plan_task(bed->plan, &(struct task_spec){.period = 30 * ms});
    assert_int_equal(plan_watchdog(bed->plan), 200 * ms);
    plan_task(bed->plan, &(struct task_spec){.period = ms});
    assert_int_equal(plan_watchdog(bed->plan), WATCHDOG_LEAST);
    plan_settings(bed->plan)->watchdog = 3 * ms;
    assert_int_equal(plan_watchdog(bed->plan), 3 * ms);
}

static void a_keep_has_one_place(void **state)
{
    struct bed *bed = *state;
    struct error error;
    for (int i = 0; i < 40; i++) {
        char *name = plan_alloc(bed->plan, 16);
        snprintf(name, 16, "k%d", i);
        struct keep_spec keep = {.name = name, .where = "t.lua:3", .retain = i == 7};
        assert_int_equal(plan_keep(bed->plan, &keep, &error), i);
    }
    assert_int_equal(bed->plan->keep_count, 40);
    assert_true(bed->plan->keeps[7].retain);
    assert_int_equal(plan_keep(bed->plan, &(struct keep_spec){"k7", "t.lua:9", false}, &error), -1);
    assert_string_equal(error.text,
                        "keep \"k7\" is declared at t.lua:3 and again at t.lua:9; give each its "
                        "own name, or pass the table on");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_plan_has_its_name),
        cmocka_unit_test(the_last_reference_frees),
        BED_TEST(memories_are_found_by_name),
        BED_TEST(variables_are_found_by_memory_and_name),
        BED_TEST(a_name_twice_is_refused),
        BED_TEST(what_cannot_be_prepared_leaves_no_row),
        BED_TEST(rows_stay_where_they_are),
        BED_TEST(variables_without_an_address_get_one),
        BED_TEST(places_without_an_address_run_out),
        BED_TEST(raw_ranges_do_not_overlap),
        BED_TEST(raw_ranges_lie_within_the_table),
        BED_TEST(one_port_twice_is_refused),
        BED_TEST(tasks_keep_their_order),
        BED_TEST(memories_are_limited),
        BED_TEST(settings_have_their_defaults),
        BED_TEST(the_watchdog_goes_by_the_fastest_task),
        BED_TEST(a_keep_has_one_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

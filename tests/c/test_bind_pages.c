/* Proves that a page which a script makes with msm.ui stands in the plan as the text that the
 * browser gets, and that what is wrong with one is told at its line. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "program/program.h"

static const char BEGIN[] = "local ui = require 'msm.ui'\n"
                            "mem.LEVEL = input.float32(0, { min = 0, max = 100 })\n"
                            "mem.SP = holding.float32(0, { min = 0, max = 100 })\n"
                            "mem.PUMP = coil(0)\n"
                            "mem.TOTAL = holding.uint32(4)\n"
                            "mem.MODE = holding.uint16(6, { labels = { [0] = 'STOP', 'RUN' } })\n"
                            "mem.TEMPS = input.int16(4, { count = 3 })\n"
                            "local plc = memory 'plc'\n"
                            "plc.SPEED = holding.int16(0)\n";
enum { LINE = 10 }; /* of what follows */

static struct program *load(const char *text, struct error *error)
{
    char whole[4096];
    snprintf(whole, sizeof whole, "%s%s", BEGIN, text);
    const struct source source = {.path = "p.lua", .text = whole, .length = strlen(whole)};
    return program_load(
        &(struct program_options){.path = "p.lua", .sources = &source, .source_count = 1}, error);
}

/* The one page that the text makes; quotes as ' for shortness. */
static void expect(const char *text, const char *wanted)
{
    struct error error;
    char json[4096];
    struct program *program = load(text, &error);
    if (!program)
        fail_msg("%s", error.text);
    const struct plan *plan = program_plan(program);
    assert_int_equal(plan->page_count, 1);
    snprintf(json, sizeof json, "%s", plan->pages[0].json);
    for (char *at = json; *at; at++)
        *at = *at == '"' ? '\'' : *at;
    assert_string_equal(json, wanted);
    program_destroy(program);
}

/* Within a row of a page, at its third line. */
static void refused(const char *item, const char *text)
{
    struct error error = {""};
    char page[2048], wanted[2048];
    snprintf(page, sizeof page, "ui.page 'P' {\n  ui.row {\n    %s\n} }\n", item);
    struct program *program = load(page, &error);
    assert_null(program);
    snprintf(wanted, sizeof wanted, "p.lua:%d: %s", LINE + 2, text);
    if (strncmp(error.text, wanted, strlen(wanted)) != 0)
        fail_msg("got %s, wanted %s", error.text, wanted);
}

static void a_page_as_the_manual_shows_it(void **state)
{
    (void)state;
    expect("ui.page 'Tank 1' {\n"
           "  ui.row { ui.tank 'LEVEL', ui.trend { 'LEVEL', 'SP', span = '2m' } },\n"
           "  ui.row { ui.value 'SP', ui.switch 'PUMP', ui.select 'mem.MODE' },\n"
           "  ui.button 'Reset totals' { writes = { TOTAL = 0 }, confirm = true },\n"
           "  ui.alarms {},\n"
           "}",
           "{'rows':[[{'kind':'tank','name':'LEVEL'},{'kind':'trend','names':['LEVEL','SP'],"
           "'span':120}],[{'kind':'value','name':'SP'},{'kind':'switch','name':'PUMP'},{'kind':"
           "'select','name':'MODE'}],[{'confirm':true,'kind':'button','label':'Reset totals',"
           "'writes':[{'name':'TOTAL','value':0}]}],[{'kind':'alarms','most':10}]],'title':'Tank "
           "1'}");
}

static void every_other_kind(void **state)
{
    (void)state;
    expect(
        "ui.page '\\\"<\\\\\xC2\xB0' { ui.row {\n"
        "  ui.group 'G' { ui.lamp { 'PUMP', normal = false }, ui.text 'so' },\n"
        "  ui.bar { 'plc.SPEED', label = 'Speed', width = 2 }, ui.list { 'TEMPS', 'SP' },\n"
        "  ui.list { match = 'plc.*' }, ui.value { 'TEMPS[2]', spark = true },\n"
        "  ui.button 'B' { writes = { SP = 0.5, MODE = 'RUN', PUMP = true }, confirm = 'Now?' },\n"
        "} }",
        "{'rows':[[{'kind':'group','label':'G','rows':[[{'kind':'lamp','name':'PUMP','normal':"
        "false}],[{'kind':'text','text':'so'}]]},{'kind':'bar','label':'Speed','name':"
        "'plc.SPEED','width':2},{'kind':'list','names':['TEMPS','SP']},{'kind':'list','match':"
        "'plc.*'},{'kind':'value','name':'TEMPS[2]','spark':true},{'confirm':'Now?','kind':"
        "'button','label':'B','writes':[{'name':'MODE','value':'RUN'},{'name':'PUMP','value':"
        "true},{'name':'SP','value':0.5}]}]],'title':'\\u0022\\u003c\\u005c\xC2\xB0'}");
}

static void what_is_wrong_is_told_at_its_line(void **state)
{
    (void)state;
    refused("ui.tank 'LEVL'", "ui.tank: LEVL is not declared; did you mean LEVEL?");
    refused("ui.tnak 'LEVEL'", "msm.ui has no tnak; did you mean tank?");
    refused("ui.tank { 'LEVEL', lable = 'x' }",
            "ui.tank: unknown option \"lable\"; did you mean label?");
    refused("ui.tank { 'LEVEL', width = 9 }",
            "ui.tank: width must be a whole number from 1 to 4, not 9");
    refused("ui.tank { 'LEVEL', 'SP' }",
            "ui.tank takes the name of one variable, ui.tank \"LEVEL\", not 2");
    refused("ui.tank(mem.LEVEL)",
            "ui.tank takes the name of a variable, \"LEVEL\", \"plc.SPEED\" or "
            "\"TEMPS[3]\", not 0.0");
    refused("ui.trend { 'LEVEL', 'LEVEL' }", "ui.trend: LEVEL stands there twice");
    refused("ui.trend { 'LEVEL', span = '1s' }", "ui.trend: span must be a duration from 1m to 1d");
    refused("ui.button 'B' { write = { SP = 1 } }",
            "ui.button \"B\": unknown option \"write\"; did you mean writes?");
    refused("ui.button 'B' { writes = { SP = 101 } }",
            "ui.button \"B\": mem.SP = 101 is out of range 0..100");
    refused("ui.button 'B' { writes = { SP = 0/0 } }", "ui.button \"B\": writes: SP = ");
    refused("ui.button 'B' { writes = {} }",
            "ui.button \"B\": writes must be what it writes, { TOTAL = 0 }, not an empty table");
    refused("ui.button 'B' { writes = { SP = 'a\\0b' } }", "ui.button \"B\": writes: SP = ");
    refused("ui.text 'a\\nb'", "ui.text: its text must be text of 1 to 200 bytes in one line");
    refused("ui.switch 'LEVEL'", "ui.switch: LEVEL is a float32, and this is for a boolean");
    refused("ui.list { 'SP', match = '*' }", "ui.list takes names, or match, not both");
    refused("ui.group 'A' { ui.group 'B' { ui.value 'SP' } }",
            "ui.group \"A\": a group stands on a page, not in another group");
}

static void what_is_no_item_is_told(void **state)
{
    (void)state;
    struct error error;
    static const char *const rows[][2] = {
        {"ui.page 'P' { ui.row { ui.button 'B' } }",
         "p.lua:10: ui.row: element 1 is not finished: its table is missing"},
        {"ui.page 'P' { ui.row { 'LEVEL' } }",
         "p.lua:10: ui.row: element 1 is \"LEVEL\" and not an"},
        {"ui.page 'P' { ui.row {} }", "p.lua:10: ui.row takes a list of what stands in it"},
        {"ui.page 'P' {}", "p.lua:10: ui.page \"P\" takes a list of rows"},
        {"ui.page 'P' { ui.value 'SP', title = 'x' }",
         "p.lua:10: ui.page \"P\": unknown option \"title\""},
        {"ui.page '' { ui.value 'SP' }", "p.lua:10: ui.page: its title must be text of 1 to"},
        {"ui.page 'P' { ui.value 'SP' }\nui.page 'P' { ui.value 'SP' }",
         "p.lua:11: page \"P\" is already declared at p.lua:10"},
        {"ui.page('P', { ui.value 'SP' })",
         "p.lua:10: ui.page \"P\": its table stands behind it, ui.page \"P\" { … }"},
        {"ui.page 'P' { ui.value 'SP', 'LEVEL' }",
         "p.lua:10: ui.page \"P\": element 2 is \"LEVEL\" and not an"},
        {"ui.page 'P'", "p.lua:10: ui.page \"P\" has no rows; behind its title stands"},
        {"local p = ui.page 'P'\nlocal q = ui.page 'P'",
         "p.lua:11: page \"P\" is already declared at p.lua:10"},
        {"local p = ui.page 'P'\np { ui.value 'SP' }\np { ui.value 'SP' }",
         "p.lua:12: page \"P\" is already declared at p.lua:10"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_null(load(rows[i][0], &error));
        if (strncmp(error.text, rows[i][1], strlen(rows[i][1])) != 0)
            fail_msg("got %s, wanted %s", error.text, rows[i][1]);
    }
}

static void pages_may_stand_above_what_they_show(void **state)
{
    (void)state;
    expect("ui.page 'P' { ui.value 'LATER' }\nmem.LATER = holding.int16(20)",
           "{'rows':[[{'kind':'value','name':'LATER'}]],'title':'P'}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_as_the_manual_shows_it),
        cmocka_unit_test(every_other_kind),
        cmocka_unit_test(what_is_wrong_is_told_at_its_line),
        cmocka_unit_test(what_is_no_item_is_told),
        cmocka_unit_test(pages_may_stand_above_what_they_show),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

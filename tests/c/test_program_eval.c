/* Proves what a person at the prompt gets: values as they are read, what was printed, errors with
 * their line, names to go on with; and what a program says of itself: the texts it is made of, why
 * it was started, nothing where it is to be quiet. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "image/image.h"
#include "program/program.h"

struct bed {
    struct program *program;
    struct image *image;
    struct view *view;
    struct error error;
};

static const struct cycle CYCLE = {.count = 5, .time = 2.5};

static bool load_with(struct bed *bed, const struct program_options *options)
{
    *bed = (struct bed){.program = NULL};
    bed->program = program_load(options, &bed->error);
    if (!bed->program)
        return false;
    bed->image = image_create(program_plan(bed->program), 0, &bed->error);
    assert_non_null(bed->image);
    program_apply(bed->program, bed->image, 0);
    bed->view = view_create(bed->image, &bed->error);
    program_attach(bed->program, bed->view);
    return true;
}

static void load(struct bed *bed, const char *text)
{
    const struct source source = {.path = "tank.lua", .text = text, .length = strlen(text)};
    if (!load_with(bed, &(struct program_options){
                            .path = "tank.lua", .sources = &source, .source_count = 1}))
        fail_msg("%s", bed->error.text);
}

static void unload(struct bed *bed)
{
    view_destroy(bed->view);
    program_destroy(bed->program);
    image_destroy(bed->image);
}

static const char TANK[] = "mem.LEVEL = input.float32(0)\n"
                           "mem.LIMIT = holding.word(0, { default = 7 })\n"
                           "mem.TEMPS = holding.word(10, { count = 3 })\n"
                           "mem.NAME = var.string { length = 10, default = 'P1' }\n"
                           "memory('plc').SPEED = holding.word(0)\n"
                           "plc = { speed = 1, state = { on = true }, start = function() end }\n"
                           "plc_two = setmetatable({}, { __index = { stop = print } })\n"
                           "link = server.tcp { port = 1502 }\n"
                           "function bad()\n"
                           "  local t = nil\n"
                           "  return t.x\n"
                           "end\n";

static void assert_answers(struct bed *bed, const char *code, const char *expected)
{
    char *text;
    if (!program_eval(bed->program, code, &CYCLE, &text, &bed->error))
        fail_msg("%s: %s", code, bed->error.text);
    assert_string_equal(text, expected);
    free(text);
}

static void assert_refuses(struct bed *bed, const char *code, const char *begin)
{
    char *text;
    assert_false(program_eval(bed->program, code, &CYCLE, &text, &bed->error));
    assert_null(text);
    if (strncmp(bed->error.text, begin, strlen(begin)) != 0)
        assert_string_equal(bed->error.text, begin);
}

static void values_as_a_person_reads_them(void **state)
{
    (void)state;
    struct bed bed;
    load(&bed, TANK);
    assert_answers(&bed, "1 + 1", "2");
    assert_answers(&bed, "1, 2.5, 'x', nil, true", "1\n2.5\n\"x\"\nnil\ntrue");
    assert_answers(&bed, "return 5", "5");
    assert_answers(&bed, "local x = 1", "");
    assert_answers(&bed, "", "");
    assert_answers(&bed, "1 -- one", "1");
    assert_answers(&bed, "'a\\n\\0\\xFF\\\"ä'", "\"a\\n\\0\\xFF\\\"ä\"");
    assert_answers(&bed, "{}", "{}");
    assert_answers(&bed, "{ 1, 'two', { 3 }, {} }", "{1, \"two\", {…}, {}}");
    assert_answers(&bed, "{ b = 1, a = 2, 5, ['a b'] = 3 }", "{5, [\"a b\"] = 3, a = 2, b = 1}");
    assert_answers(&bed, "{ [0] = 1, [true] = 2 == 3 }", "{[0] = 1, [true] = false}");
    assert_answers(&bed, "bad", "function tank.lua:9");
    assert_answers(&bed, "print", "function");
    assert_answers(&bed, "plc", "{speed = 1, start = function tank.lua:6, state = {…}}");
    unload(&bed);
}

static void variables_are_read_and_written(void **state)
{
    (void)state;
    struct bed bed;
    load(&bed, TANK);
    assert_answers(&bed, "mem.LIMIT", "7");
    assert_answers(&bed, "mem.LIMIT = 9", "");
    assert_answers(&bed, "mem.LIMIT, mem.NAME", "9\n\"P1\"");
    assert_true(view_is_changed(bed.view, program_plan(bed.program)->variables[1]->point));
    assert_answers(&bed, "mem.TEMPS[2] = 5 return mem.TEMPS", "{0, 5, 0}");
    assert_answers(&bed, "mem", "memory \"mem\"");
    assert_answers(&bed, "scan.time", "2.5");
    unload(&bed);
}

static void what_is_printed_comes_first(void **state)
{
    (void)state;
    struct bed bed;
    load(&bed, TANK);
    assert_answers(&bed, "print(1, 'x') print 'y' return 5", "1\tx\ny\n5");
    assert_answers(&bed, "for i = 1, 3 do print(i) end", "1\n2\n3");
    unload(&bed);
}

static void errors_have_a_line(void **state)
{
    (void)state;
    struct bed bed;
    load(&bed, TANK);
    assert_refuses(&bed, "mem.LIMT", "eval:1: mem.LIMT is not declared; did you mean LIMIT?");
    assert_refuses(&bed, "1 +", "eval:1: ");
    assert_refuses(&bed, "x = = 1", "eval:1: unexpected symbol near '='");
    assert_refuses(&bed, "x = 1", "eval:1: global \"x\" cannot be assigned any more");
    assert_refuses(&bed, "local x = bad()",
                   "tank.lua:11: attempt to index a nil value (local 't')\nstack");
    assert_refuses(&bed, "error({})", "eval:1: an error was raised with a table");
    assert_refuses(&bed, "('x'):rep(1 << 40)", "eval:1: out of memory");
    assert_refuses(&bed, "\x1bLua", "attempt to load a binary chunk");
    assert_answers(&bed, "1", "1");
    unload(&bed);
}

static void long_answers_are_cut(void **state)
{
    (void)state;
    struct bed bed;
    char *text;
    load(&bed, TANK);
    for (int i = 0; i < 3; i++) {
        static const char *const codes[] = {"('ä'):rep(1 << 20)",
                                            "for i = 1, 1e5 do print(('ä'):rep(50)) end",
                                            "table.unpack(table.move({}, 1, 0, 1, {}), 1, 100000)"};
        assert_true(program_eval(bed.program, codes[i], &CYCLE, &text, &bed.error));
        assert_non_null(strstr(text, i == 0 ? "ä" : i == 1 ? "ä\n" : "nil\n"));
        assert_non_null(strstr(text, "\n… (there is more than an answer holds)"));
        assert_in_range(strlen(text), 60000, 66000);
        free(text);
    }
    char *many = NULL;
    assert_true(program_eval(bed.program,
                             "local t = {} for i = 1, 1000 do t['k' .. i] = i end return t", &CYCLE,
                             &many, &bed.error));
    assert_non_null(strstr(many, ", …}"));
    free(many);
    unload(&bed);
}

static void assert_completes(struct bed *bed, const char *code, const char *expected)
{
    char *text = program_complete(bed->program, code);
    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
}

static void names_to_go_on_with(void **state)
{
    (void)state;
    struct bed bed;
    load(&bed, TANK);
    assert_completes(&bed, "mem.LE", "mem.LEVEL");
    assert_completes(&bed, "print(mem.L", "mem.LEVEL\nmem.LIMIT");
    assert_completes(&bed, "mem:du", "mem:dump");
    assert_completes(&bed, "mem:L", "");
    assert_completes(&bed, "pl", "plc\nplc_two");
    assert_completes(&bed, "x = plc.s", "plc.speed\nplc.start\nplc.state");
    assert_completes(&bed, "plc.state.", "plc.state.on");
    assert_completes(&bed, "plc:", "plc:start");
    assert_completes(&bed, "plc_two.s", "plc_two.stop");
    assert_completes(&bed, "link.re", "link.reconnected\nlink.request");
    assert_completes(&bed, "link:st", "link:start\nlink:stop");
    assert_completes(&bed, "string.re", "string.rep\nstring.reverse");
    assert_completes(&bed, "scan.o", "scan.overruns");
    assert_completes(&bed, "nothing.at.all", "");
    assert_completes(&bed, "'text'.", "");
    assert_completes(&bed, "mem.LEVEL.x", "");
    assert_completes(&bed, "tost", "tostring");
    assert_completes(&bed, "1 + mem", "mem\nmemory");
    unload(&bed);
}

/* ---- what it is made of ---- */

static char folder[] = "/tmp/test_program_eval.XXXXXX";

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int enter_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink("tank.lua");
    unlink("drivers/pump.lua");
    rmdir("drivers");
    return chdir("/") || rmdir(folder) ? -1 : 0;
}

static const char SCRIPT[] = "\xEF\xBB\xBF#!/usr/bin/msm\nlocal pump = require 'drivers.pump'\n"
                             "require 'msm.timer' mem.A = holding.word(0, { default = pump })";

static void a_program_keeps_its_texts(void **state)
{
    (void)state;
    const struct source *sources;
    struct bed bed, again;
    write_file("tank.lua", SCRIPT);
    mkdir("drivers", 0700);
    write_file("drivers/pump.lua", "return 5");
    assert_true(load_with(&bed, &(struct program_options){.path = "tank.lua"}));
    assert_int_equal(program_sources(bed.program, &sources), 2);
    assert_string_equal(sources[0].path, "tank.lua");
    assert_string_equal(sources[0].text, SCRIPT);
    assert_int_equal(sources[0].length, strlen(SCRIPT));
    assert_string_equal(sources[1].path, "drivers/pump.lua");
    assert_string_equal(sources[1].text, "return 5");

    write_file("tank.lua", "broken = =");
    write_file("drivers/pump.lua", "return 6");
    assert_true(load_with(&again, &(struct program_options){
                                      .path = "tank.lua", .sources = sources, .source_count = 2}));
    assert_answers(&again, "mem.A", "5");
    unload(&bed);
    assert_int_equal(program_sources(again.program, &sources), 2);
    assert_string_equal(sources[1].text, "return 5");
    unload(&again);

    const struct source only = {.path = "tank.lua", .text = SCRIPT, .length = strlen(SCRIPT)};
    assert_true(load_with(&again, &(struct program_options){
                                      .path = "tank.lua", .sources = &only, .source_count = 1}));
    assert_answers(&again, "mem.A", "6"); /* what was not given is read */
    unload(&again);
}

static void expect_sources(const char *path, const struct source *sources, const char *kept)
{
    struct bed bed;
    if (!load_with(&bed,
                   &(struct program_options){.path = path, .sources = sources, .source_count = 2}))
        fail_msg("%s", bed.error.text);
    assert_answers(&bed, "mem.A", "5");
    assert_int_equal(program_sources(bed.program, &sources), 2);
    assert_string_equal(sources[0].path, path);
    assert_string_equal(sources[1].path, kept);
    unload(&bed);
}

/* By another way than then: the files say something else. */
static void texts_are_found_however_the_script_is_named(void **state)
{
    (void)state;
    char path[128], pump[128];
    struct source sources[] = {{.path = "tank.lua", .text = SCRIPT, .length = strlen(SCRIPT)},
                               {.path = "drivers/pump.lua", .text = "return 5", .length = 8}};
    snprintf(path, sizeof path, "%s/tank.lua", folder);
    snprintf(pump, sizeof pump, "%s/drivers/pump.lua", folder);
    write_file("tank.lua", "broken = =");
    mkdir("drivers", 0700);
    write_file("drivers/pump.lua", "return 6");
    expect_sources("tank.lua", sources, "drivers/pump.lua");
    expect_sources("./tank.lua", sources, "./drivers/pump.lua");
    expect_sources(path, sources, pump);
    sources[0].path = "./tank.lua";
    sources[1].path = "./drivers/pump.lua";
    expect_sources("tank.lua", sources, "drivers/pump.lua");
    sources[0].path = path;
    sources[1].path = pump;
    expect_sources("./tank.lua", sources, "./drivers/pump.lua");
}

static void files_that_are_none(void **state)
{
    (void)state;
    struct bed bed;
    unlink("tank.lua");
    assert_false(load_with(&bed, &(struct program_options){.path = "tank.lua"}));
    assert_string_equal(bed.error.text, "cannot read tank.lua: No such file or directory");
    assert_false(load_with(&bed, &(struct program_options){.path = "/tmp"}));
    assert_string_equal(bed.error.text, "cannot read /tmp: Is a directory");
    assert_false(load_with(&bed, &(struct program_options){.path = "/dev/zero"}));
    assert_string_equal(bed.error.text,
                        "cannot read /dev/zero: it is a pipe or a device, not a file");
    write_file("tank.lua", "");
    assert_int_equal(truncate("tank.lua", 17 << 20), 0);
    assert_false(load_with(&bed, &(struct program_options){.path = "tank.lua"}));
    assert_string_equal(bed.error.text, "cannot read tank.lua: File too large");
    write_file("tank.lua", "\x1bLua");
    assert_false(load_with(&bed, &(struct program_options){.path = "tank.lua"}));
    assert_non_null(strstr(bed.error.text, "binary chunk"));
}

static void why_it_was_started(void **state)
{
    (void)state;
    static const char text[] = "why = {} on_start(function(w) why[1] = w end)";
    static const struct source source = {
        .path = "tank.lua", .text = text, .length = sizeof text - 1};
    static const char *const reasons[] = {NULL, "cold", "restart", "reload"};
    static const char *const told[] = {"{\"cold\"}", "{\"cold\"}", "{\"restart\"}", "{\"reload\"}"};
    for (int i = 0; i < 4; i++) {
        struct bed bed;
        assert_true(load_with(&bed, &(struct program_options){.path = "tank.lua",
                                                              .sources = &source,
                                                              .source_count = 1,
                                                              .why = reasons[i]}));
        assert_true(program_start(bed.program, &CYCLE, &bed.error));
        assert_answers(&bed, "why", told[i]);
        unload(&bed);
    }
}

/* stderr of loading a script that prints and logs, with a task that prints too much. */
static long logged(bool quiet)
{
    static const char text[] = "print 'x' log 'y' mem:dump()\n"
                               "every(1, function() for i = 1, 2000 do print(i) end end)";
    static const struct source source = {
        .path = "tank.lua", .text = text, .length = sizeof text - 1};
    struct bed bed;
    FILE *captured = tmpfile();
    int before = dup(STDERR_FILENO);
    assert_non_null(captured);
    dup2(fileno(captured), STDERR_FILENO);
    assert_true(load_with(
        &bed, &(struct program_options){
                  .path = "tank.lua", .sources = &source, .source_count = 1, .quiet = quiet}));
    assert_true(program_task(bed.program, 0, 1, &CYCLE, &bed.error));
    unload(&bed);
    dup2(before, STDERR_FILENO);
    close(before);
    fseek(captured, 0, SEEK_END);
    long length = ftell(captured);
    fclose(captured);
    return length;
}

static void a_quiet_one_says_nothing(void **state)
{
    (void)state;
    assert_true(logged(false) > 0);
    assert_int_equal(logged(true), 0);
}

/* Not by eval: a task's print goes where it always goes, and the answer's room is gone. */
static void prints_after_an_eval_go_to_the_log(void **state)
{
    (void)state;
    struct bed bed;
    load(&bed, "every(1, function() print 'from the task' end)");
    assert_answers(&bed, "print 'x'", "x");
    assert_true(program_task(bed.program, 0, 1, &CYCLE, &bed.error));
    unload(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_as_a_person_reads_them),
        cmocka_unit_test(variables_are_read_and_written),
        cmocka_unit_test(what_is_printed_comes_first),
        cmocka_unit_test(errors_have_a_line),
        cmocka_unit_test(long_answers_are_cut),
        cmocka_unit_test(names_to_go_on_with),
        cmocka_unit_test(a_program_keeps_its_texts),
        cmocka_unit_test(texts_are_found_however_the_script_is_named),
        cmocka_unit_test(files_that_are_none),
        cmocka_unit_test(why_it_was_started),
        cmocka_unit_test(a_quiet_one_says_nothing),
        cmocka_unit_test(prints_after_an_eval_go_to_the_log),
    };
    return cmocka_run_group_tests(tests, enter_folder, remove_folder);
}

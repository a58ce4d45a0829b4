/* Proves that a program which the watchdog ended can be called again as if nothing had been, that a
 * late signal after the end of a call does nothing, that code which is stuck inside one call of
 * Lua's own is told with its line from the signal handler, and that the body is watched. Skipped
 * under the thread sanitizer, which keeps signals back while Lua runs. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "base/thread.h"
#include "base/watchdog.h"
#include "image/image.h"
#include "program/program.h"

#ifdef __SANITIZE_THREAD__
#define SKIP_WITHOUT_SIGNALS() skip()
#else
#define SKIP_WITHOUT_SIGNALS() (void)0
#endif

static const int64_t MS = NS_PER_MS;

struct bed {
    struct program *program;
    struct image *image;
    struct view *view;
    struct watchdog *watchdog;
    struct error error;
};

static void load(struct bed *bed, const char *text)
{
    const struct source source = {.path = "tank.lua", .text = text, .length = strlen(text)};
    *bed = (struct bed){.program = NULL};
    bed->watchdog = watchdog_open(&bed->error);
    assert_non_null(bed->watchdog);
    bed->program = program_load(
        &(struct program_options){
            .path = "tank.lua", .sources = &source, .source_count = 1, .watchdog = bed->watchdog},
        &bed->error);
    if (!bed->program)
        return;
    bed->image = image_create(program_plan(bed->program), 0, &bed->error);
    assert_non_null(bed->image);
    program_apply(bed->program, bed->image, 0);
    bed->view = view_create(bed->image, &bed->error);
    assert_non_null(bed->view);
    program_attach(bed->program, bed->view);
}

static void unload(struct bed *bed)
{
    view_destroy(bed->view);
    program_destroy(bed->program);
    image_destroy(bed->image);
    watchdog_close(bed->watchdog);
}

static bool run_task(struct bed *bed, size_t task, int64_t deadline)
{
    const struct watchdog_hooks hooks = {bed->program, program_late, program_stuck};
    watchdog_begin(bed->watchdog, &hooks, deadline);
    bool ok = program_task(bed->program, task, 0.1, &(struct cycle){.count = 1}, &bed->error);
    watchdog_end(bed->watchdog);
    return ok;
}

static void assert_ended_at(const struct bed *bed, const char *line)
{
    static const char TEXT[] =
        ": watchdog: the program ran longer than 1 s (program { watchdog = … } "
        "changes that)\nstack traceback:\n";
    assert_memory_equal(bed->error.text, line, strlen(line));
    assert_memory_equal(bed->error.text + strlen(line), TEXT, strlen(TEXT));
}

static const char LOOPS[] =
    "program { watchdog = 1 }\n"
    "local n = 0\n"
    "every(1, function() while true do end end)\n"
    "every(1, function() n = n + 1 for i = 1, 1e5 do n = n + i % 2 end end)\n"
    "local co = coroutine.wrap(function()\n"
    "  while true do coroutine.yield() end\n"
    "end)\n"
    "every(1, function() while n >= 0 do co() end end)\n"
    "every(1, function() n = -1 co() pcall(error) end)\n";

static void the_next_call_begins_afresh(void **state)
{
    (void)state;
    SKIP_WITHOUT_SIGNALS();
    struct bed bed;
    load(&bed, LOOPS);
    assert_non_null(bed.program);
    for (int i = 0; i < 5; i++) {
        assert_false(run_task(&bed, 0, 5 * MS));
        assert_ended_at(&bed, "tank.lua:3");
        assert_true(run_task(&bed, 1, 3600 * (int64_t)NS_PER_S));
    }
    unload(&bed);
}

/* Its hook is set when it stands between two calls, or when it runs: both ways. */
static void a_coroutine_that_outlives_the_call(void **state)
{
    (void)state;
    SKIP_WITHOUT_SIGNALS();
    struct bed bed;
    load(&bed, LOOPS);
    assert_false(run_task(&bed, 2, 5 * MS));
    bool goes_on = run_task(&bed, 3, 3600 * (int64_t)NS_PER_S);
    if (!goes_on)
        assert_non_null(strstr(bed.error.text, "cannot resume dead coroutine"));
    unload(&bed);
}

/* What it still had to close would run where no hook can reach it. */
static void a_coroutine_that_was_ended_is_not_closed(void **state)
{
    (void)state;
    SKIP_WITHOUT_SIGNALS();
    struct bed bed;
    load(&bed, "program { watchdog = 1 }\n"
               "local forever = setmetatable({}, { __close = function() while true do end end })\n"
               "local co = coroutine.create(function()\n"
               "  local x <close> = forever\n"
               "  while true do end\n"
               "end)\n"
               "every(1, function() coroutine.resume(co) end)\n"
               "every(1, function() coroutine.close(co) end)\n"
               "every(1, function() assert(coroutine.resume(co)) end)\n");
    assert_false(run_task(&bed, 0, 5 * MS));
    assert_ended_at(&bed, "tank.lua:5");
    assert_false(run_task(&bed, 1, 3600 * (int64_t)NS_PER_S));
    assert_non_null(strstr(bed.error.text, "cannot close a coroutine that the watchdog ended"));
    assert_false(run_task(&bed, 2, 3600 * (int64_t)NS_PER_S));
    assert_non_null(strstr(bed.error.text, "cannot resume dead coroutine"));
    unload(&bed);
}

static void a_signal_between_two_calls(void **state)
{
    (void)state;
    struct bed bed;
    load(&bed, LOOPS);
    program_late(bed.program);
    program_stuck(bed.program);
    assert_string_equal(program_where(bed.program), "");
    assert_true(run_task(&bed, 1, 3600 * (int64_t)NS_PER_S));
    unload(&bed);
}

/* Each coroutine's signal comes when another one runs: where the resumed one gave the loop. */
static void every_hook_of_the_program_is_watched(void **state)
{
    (void)state;
    SKIP_WITHOUT_SIGNALS();
    struct bed bed;
    load(&bed, "program { watchdog = 1 } on_start(function() while true do end end)\n"
               "on_stop(function() repeat until false end)");
    const struct watchdog_hooks hooks = {bed.program, program_late, program_stuck};
    watchdog_begin(bed.watchdog, &hooks, MS);
    assert_false(program_start(bed.program, &(struct cycle){.count = 1}, &bed.error));
    assert_ended_at(&bed, "tank.lua:1");
    assert_false(program_stop(bed.program, &(struct cycle){.count = 1}, &bed.error));
    assert_ended_at(&bed, "tank.lua:2");
    char *text;
    assert_false(program_eval(bed.program, "(function() while true do end end)()",
                              &(struct cycle){.count = 1}, &text, &bed.error));
    assert_ended_at(&bed, "eval:1");
    watchdog_end(bed.watchdog);
    unload(&bed);
}

static void the_body_is_watched(void **state)
{
    (void)state;
    SKIP_WITHOUT_SIGNALS();
    struct bed bed;
    load(&bed, "\nwhile true do pcall(error) end");
    assert_null(bed.program);
    static const char TEXT[] = "tank.lua:2: watchdog: the script's body ran longer than 2 s";
    assert_memory_equal(bed.error.text, TEXT, strlen(TEXT));
    unload(&bed);
}

/* ---- stuck in C ---- */

struct stuck {
    struct bed bed;
    atomic_bool told;
};

static void on_late(void *context)
{
    program_late(((struct stuck *)context)->bed.program);
}

static void on_stuck(void *context)
{
    struct stuck *stuck = context;
    program_stuck(stuck->bed.program);
    atomic_store(&stuck->told, true);
}

/* The pattern takes longer each time, until it takes longer than twice the deadline. */
static const char PATTERNS[] = "program { watchdog = 1 }\n"
                               "local length = 20\n"
                               "local function try()\n"
                               "  length = length + 5\n"
                               "  return\n"
                               "    (('a'):rep(length)):find(('a-'):rep(5) .. 'b')\n"
                               "end\n"
                               "every(1, function() while true do try() end end)\n"
                               "every(1, function()\n"
                               "  local co = coroutine.wrap(string.find)\n"
                               "  length = length + 5\n"
                               "  co(('a'):rep(length), ('a-'):rep(5) .. 'b')\n"
                               "end)\n";

static void *run_stuck(void *argument)
{
    struct stuck *stuck = argument;
    const struct watchdog_hooks hooks = {stuck, on_late, on_stuck};
    struct bed *bed = &stuck->bed;
    load(bed, PATTERNS);
    for (size_t task = 0; task < 2; task++) {
        atomic_store(&stuck->told, false);
        for (bool ended = false; !ended;) {
            watchdog_begin(bed->watchdog, &hooks, 50 * MS);
            program_task(bed->program, task, 0.1, &(struct cycle){.count = 1}, &bed->error);
            watchdog_end(bed->watchdog);
            ended = atomic_load(&stuck->told);
        }
        assert_string_equal(program_where(bed->program), task ? "tank.lua:12" : "tank.lua:6");
    }
    unload(bed);
    return NULL;
}

static void a_pattern_without_end(void **state)
{
    (void)state;
    SKIP_WITHOUT_SIGNALS();
    struct stuck stuck = {.told = false};
    struct error error;
    pthread_t thread;
    assert_true(thread_start(&thread, "stuck", 1024 * 1024, run_stuck, &stuck, &error));
    pthread_join(thread, NULL);
    assert_true(stuck.told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_call_begins_afresh),
        cmocka_unit_test(a_coroutine_that_outlives_the_call),
        cmocka_unit_test(a_coroutine_that_was_ended_is_not_closed),
        cmocka_unit_test(a_signal_between_two_calls),
        cmocka_unit_test(every_hook_of_the_program_is_watched),
        cmocka_unit_test(the_body_is_watched),
        cmocka_unit_test(a_pattern_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

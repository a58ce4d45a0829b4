/* Test files run in a plain Lua state with all of Lua's libraries, beside the sandboxes of the
 * scripts that they test; lua/msm/test/runner.lua does the rest. */

#include "desk/test.h"

#include "base/clock.h"
#include "base/watchdog.h"
#include "desk/lua_plant.h"
#include "desk/replay.h"
#include "desk/test_files.h"
#include "desk/test_memory.h"
#include "base/embedded.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <string.h>

enum { FILES_MOST = 1000 };

struct order {
    const char *words[FILES_MOST]; /* files and folders, as typed */
    struct test_files files;
    const char *filter, *output, *report, *lua_root, *memory;
    size_t limit; /* of memory, MiB */
};

/* ---- the library ---- */

/* Arguments: a module's name; upvalue: the plants' options. Returns a loader, or why there is none.
 */
static int search(lua_State *L)
{
    const struct lua_plants *plants = lua_touserdata(L, lua_upvalueindex(1));
    const char *path = lua_pushfstring(L, "%s.lua", luaL_gsub(L, luaL_checkstring(L, 1), ".", "/"));
    const char *chunk = lua_pushfstring(L, "=%s", path);
    const struct embedded *file = embedded_lua;
    while (file->path && strcmp(file->path, path) != 0)
        file++;
    if (!file->path || plants->lua_root) {
        lua_pushfstring(L, "no %s in msm's own library", path);
        return 1;
    }
    if (luaL_loadbufferx(L, file->text, file->length, chunk, "t") != LUA_OK)
        return lua_error(L);
    return 1;
}

static void add_searcher(lua_State *L, struct lua_plants *plants, struct test_memory *memory)
{
    lua_getglobal(L, "package");
    if (plants->lua_root) {
        lua_getfield(L, -1, "path");
        lua_pushfstring(L, "%s/?.lua;%s", plants->lua_root, lua_tostring(L, -1));
        lua_setfield(L, -3, "path");
        lua_pop(L, 1);
    }
    lua_getfield(L, -1, "searchers");
    lua_pushlightuserdata(L, plants);
    lua_pushcclosure(L, search, 1);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    lua_pop(L, 1);
    lua_getfield(L, -1, "loaded");
    lua_plant_push(L, plants);
    test_memory_push(memory);
    lua_setfield(L, -2, "msm.test.core");
    lua_pop(L, 2);
}

/* ---- the run ---- */

static void push_order(lua_State *L, const struct order *order)
{
    lua_newtable(L);
    lua_createtable(L, (int)order->files.count, 0);
    for (size_t i = 0; i < order->files.count; i++) {
        lua_pushstring(L, order->files.paths[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "files");
    lua_pushstring(L, order->filter);
    lua_setfield(L, -2, "filter");
    lua_pushstring(L, order->output);
    lua_setfield(L, -2, "output");
    lua_pushstring(L, order->report ? order->report : "msm-test.xml");
    lua_setfield(L, -2, "report");
}

/* Arguments: the order. Returns how many tests did not succeed. */
static int run_tests(lua_State *L)
{
    const struct order *order = lua_touserdata(L, 1);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "msm.test.runner");
    lua_call(L, 1, 1);
    push_order(L, order);
    lua_call(L, 1, 1);
    return 1;
}

/* What is said in a table needs none. */
static int traceback(lua_State *L)
{
    if (lua_istable(L, 1))
        return 1;
    luaL_traceback(L, L, luaL_tolstring(L, 1, NULL), 1);
    return 1;
}

/* On top lies { problem = …, usage = true } or a text. */
static int say_problem(lua_State *L)
{
    if (!lua_istable(L, -1)) {
        command_say("%s", lua_tostring(L, -1));
        return EXIT_FAILED;
    }
    lua_getfield(L, -1, "problem");
    lua_getfield(L, -2, "usage");
    command_say("msm test: %s", lua_tostring(L, -2));
    return lua_toboolean(L, -1) ? EXIT_USAGE : EXIT_FAILED;
}

static int run_order(lua_State *L, const struct order *order)
{
    lua_pushcfunction(L, traceback);
    lua_pushcfunction(L, run_tests);
    lua_pushlightuserdata(L, (void *)order);
    if (lua_pcall(L, 1, 1, -3) != LUA_OK)
        return say_problem(L);
    return lua_tointeger(L, -1) == 0 ? EXIT_OK : EXIT_FAILED;
}

/* A report is junit's, so it needs not be said twice. */
static bool settle_output(struct order *order, struct error *error)
{
    if (!order->output)
        order->output = order->report ? "junit" : "text";
    bool is_junit = strcmp(order->output, "junit") == 0;
    if (!is_junit && strcmp(order->output, "text") != 0 && strcmp(order->output, "tap") != 0)
        return error_set(error, "--output is text, tap or junit, not \"%s\"", order->output);
    return is_junit || !order->report ||
           error_set(error, "--report is where junit goes; --output %s goes to the terminal",
                     order->output);
}

static bool settle(struct order *order, int count, struct error *error)
{
    if (!settle_output(order, error) || !test_memory_read(order->memory, &order->limit, error))
        return false;
    for (int i = 0; i < count; i++)
        if (!test_files_add(&order->files, order->words[i], error))
            return false;
    return true;
}

static int run_in_lua(const struct order *order)
{
    struct error error;
    struct lua_plants plants = {.lua_root = order->lua_root, .watchdog = watchdog_open(&error)};
    struct test_memory memory = {.limit = order->limit, .lua_root = order->lua_root};
    lua_State *L = plants.watchdog ? test_memory_open(&memory) : NULL;
    int result = EXIT_FAILED;
    if (L) {
        luaL_openlibs(L);
        add_searcher(L, &plants, &memory);
        result = run_order(L, order);
    } else {
        command_say("%s", plants.watchdog ? "not enough memory for Lua" : error.text);
    }
    test_memory_close(&memory);
    watchdog_close(plants.watchdog);
    return result;
}

static int replay(const struct order *order, const char *path, int count)
{
    struct error error;
    struct replay_options options = {
        .path = path, .script = count ? order->words[0] : NULL, .lua_root = order->lua_root};
    if (count > 1 || order->filter || order->output || order->report || order->memory) {
        command_say("msm test: --replay takes one script, or none for that which was recorded, "
                    "and only --lua-root with it");
        return EXIT_USAGE;
    }
    options.watchdog = watchdog_open(&error);
    enum replay_result result =
        options.watchdog ? replay_run(&options, stdout, &error) : REPLAY_FAILED;
    watchdog_close(options.watchdog);
    if (result == REPLAY_FAILED)
        command_say("msm test: %s", error.text);
    return result == REPLAY_SAME ? EXIT_OK : EXIT_FAILED;
}

int test_run(const struct command *command, int argc, char **argv)
{
    struct order order = {.filter = NULL};
    struct error error;
    const char *recording = NULL;
    struct command_operands operands = {.words = order.words, .least = 0, .most = FILES_MOST};
    const struct command_option options[] = {{"filter", NULL, &order.filter},
                                             {"lua-root", NULL, &order.lua_root},
                                             {"memory", NULL, &order.memory},
                                             {"output", NULL, &order.output},
                                             {"replay", NULL, &recording},
                                             {"report", NULL, &order.report},
                                             {NULL, NULL, NULL}};
    int result = command_read(command, argc, argv, options, &operands);
    if (result >= 0)
        return result;
    if (recording)
        return replay(&order, recording, operands.count);
    if (operands.count && settle(&order, operands.count, &error)) {
        result = run_in_lua(&order);
    } else {
        command_say("msm %s: %s", command->name, operands.count ? error.text : "which FILE?");
        result = EXIT_USAGE;
    }
    test_files_finish(&order.files);
    return result;
}

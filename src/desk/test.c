/* Test files run in a plain Lua state with all of Lua's libraries, beside the sandboxes of the
 * scripts that they test; lua/msm/test/runner.lua does the rest. */

#include "desk/test.h"

#include "base/clock.h"
#include "base/watchdog.h"
#include "desk/lua_plant.h"
#include "desk/replay.h"
#include "program/embedded.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <string.h>

enum { FILES_MOST = 1000 };

struct order {
    const char *files[FILES_MOST];
    int count;
    const char *filter, *output, *report, *lua_root;
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

static void add_searcher(lua_State *L, const struct lua_plants *plants)
{
    lua_getglobal(L, "package");
    if (plants->lua_root) {
        lua_getfield(L, -1, "path");
        lua_pushfstring(L, "%s/?.lua;%s", plants->lua_root, lua_tostring(L, -1));
        lua_setfield(L, -3, "path");
        lua_pop(L, 1);
    }
    lua_getfield(L, -1, "searchers");
    lua_pushlightuserdata(L, (void *)plants);
    lua_pushcclosure(L, search, 1);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    lua_pop(L, 1);
    lua_getfield(L, -1, "loaded");
    lua_plant_push(L, plants);
    lua_setfield(L, -2, "msm.test.core");
    lua_pop(L, 2);
}

/* ---- the run ---- */

static void push_order(lua_State *L, const struct order *order)
{
    lua_newtable(L);
    lua_createtable(L, order->count, 0);
    for (int i = 0; i < order->count; i++) {
        lua_pushstring(L, order->files[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "files");
    lua_pushstring(L, order->filter);
    lua_setfield(L, -2, "filter");
    lua_pushstring(L, order->output ? order->output : "text");
    lua_setfield(L, -2, "output");
    lua_pushstring(L, order->report ? order->report : "msm-test.xml");
    lua_setfield(L, -2, "report");
}

/* Arguments: the order. Returns how many tests did not succeed, and how many there were. */
static int run_tests(lua_State *L)
{
    const struct order *order = lua_touserdata(L, 1);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "msm.test.runner");
    lua_call(L, 1, 1);
    push_order(L, order);
    lua_call(L, 1, 2);
    return 2;
}

/* What is said in a table, { problem = … }, needs no traceback. */
static int traceback(lua_State *L)
{
    if (lua_istable(L, 1) && lua_getfield(L, 1, "problem") == LUA_TSTRING)
        return 1;
    lua_settop(L, 1);
    luaL_traceback(L, L, luaL_tolstring(L, 1, NULL), 1);
    return 1;
}

static int run_order(lua_State *L, const struct command *command, const struct order *order)
{
    lua_pushcfunction(L, traceback);
    lua_pushcfunction(L, run_tests);
    lua_pushlightuserdata(L, (void *)order);
    if (lua_pcall(L, 1, 2, -3) != LUA_OK) {
        command_say("%s", lua_tostring(L, -1));
        return EXIT_FAILED;
    }
    if (lua_tointeger(L, -1) > 0)
        return lua_tointeger(L, -2) == 0 ? EXIT_OK : EXIT_FAILED;
    command_say("msm %s: there is no test; tests are functions and tables named test… or Test…%s",
                command->name, order->filter ? ", and --filter left none of them" : "");
    return EXIT_USAGE;
}

static int replay(const struct command *command, const struct order *order, const char *path)
{
    struct error error;
    struct replay_options options = {
        .path = path, .script = order->files[0], .lua_root = order->lua_root};
    if (order->count > 1) {
        command_say("msm %s: --replay takes one script, or none for that which was recorded",
                    command->name);
        return EXIT_USAGE;
    }
    options.watchdog = watchdog_open(&error);
    enum replay_result result =
        options.watchdog ? replay_run(&options, stdout, &error) : REPLAY_FAILED;
    watchdog_close(options.watchdog);
    if (result == REPLAY_FAILED)
        command_say("msm %s: %s", command->name, error.text);
    return result == REPLAY_SAME ? EXIT_OK : EXIT_FAILED;
}

static bool is_format(const char *output)
{
    return !output || strcmp(output, "text") == 0 || strcmp(output, "tap") == 0 ||
           strcmp(output, "junit") == 0;
}

int test_run(const struct command *command, int argc, char **argv)
{
    struct order order = {.count = 0};
    const char *recording = NULL;
    struct command_operands operands = {.words = order.files, .least = 0, .most = FILES_MOST};
    const struct command_option options[] = {
        {"filter", NULL, &order.filter}, {"lua-root", NULL, &order.lua_root},
        {"output", NULL, &order.output}, {"replay", NULL, &recording},
        {"report", NULL, &order.report}, {NULL, NULL, NULL}};
    int result = command_read(command, argc, argv, options, &operands);
    if (result >= 0)
        return result;
    order.count = operands.count;
    if (recording)
        return replay(command, &order, recording);
    if (!order.count) {
        command_say("msm %s: which FILE? (msm %s --help)", command->name, command->name);
        return EXIT_USAGE;
    }
    if (!is_format(order.output)) {
        command_say("msm %s: --output is text, tap or junit, not \"%s\"", command->name,
                    order.output);
        return EXIT_USAGE;
    }
    struct error error;
    struct lua_plants plants = {.lua_root = order.lua_root, .watchdog = watchdog_open(&error)};
    lua_State *L = plants.watchdog ? luaL_newstate() : NULL;
    if (!L) {
        command_say("%s", plants.watchdog ? "not enough memory for Lua" : error.text);
        watchdog_close(plants.watchdog);
        return EXIT_FAILED;
    }
    luaL_openlibs(L);
    add_searcher(L, &plants);
    result = run_order(L, command, &order);
    lua_close(L);
    watchdog_close(plants.watchdog);
    return result;
}

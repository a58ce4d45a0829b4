/* every, on_start, on_stop and program: what runs when, and the program's own settings. */

#include "program/inside.h"

#include <string.h>

enum { LEAST_PERIOD = NS_PER_MS / 10 };

static void check_function(lua_State *L, int index, const char *what)
{
    if (lua_type(L, index) != LUA_TFUNCTION)
        complain(L, "%s takes a function, not %s", what, shown(L, index));
}

static void keep_task(lua_State *L, struct program *program)
{
    size_t size = (program->task_count + 1) * sizeof *program->tasks;
    int *tasks = lua_newuserdatauv(L, size, 0); /* anchored in the registry, below */
    if (program->task_count)
        memcpy(tasks, program->tasks, program->task_count * sizeof *tasks);
    lua_setfield(L, LUA_REGISTRYINDEX, "msm.tasks");
    program->tasks = tasks;
    tasks[program->task_count] = luaL_ref(L, LUA_REGISTRYINDEX); /* may raise: counted after it */
    program->task_count++;
}

/* every("100ms", function(dt) … end): a task, run at scan.time 0 and then each period (seconds or
 * text, at least 0.1 ms). `dt` is the time in seconds since it last ran; one period at first. Tasks
 * that are due together run in the order declared. Body only. */
static int every(lua_State *L)
{
    struct program *program = program_of(L);
    require_body(L, "every");
    int64_t period = check_duration(L, 1, "every");
    check_function(L, 2, "every(period, function)");
    if (lua_gettop(L) > 2)
        complain(L, "every takes a period and a function, not %d arguments", lua_gettop(L));
    if (period < LEAST_PERIOD)
        complain(L, "every: a period is at least 0.1 ms, not %s", shown(L, 1));
    struct task_spec task = {.period = period, .where = user_line(L)};
    keep_task(L, program);
    plan_task(program->plan, &task);
    return 0;
}

static int set_hook(lua_State *L, int *reference, const char *what)
{
    require_body(L, what);
    check_function(L, 1, what);
    if (*reference != LUA_NOREF)
        complain(L, "%s: there is one already; one function can call several", what);
    lua_settop(L, 1);
    *reference = luaL_ref(L, LUA_REGISTRYINDEX);
    return 0;
}

/* on_start(function(why) … end): called once, in the first scan, before its tasks. `why` is "cold".
 * Body only. */
static int on_start(lua_State *L)
{
    return set_hook(L, &program_of(L)->on_start, "on_start");
}

/* on_stop(function() … end): called at an ordered stop, before outputs with `safe` take that value.
 * Not after a fault. Body only. */
static int on_stop(lua_State *L)
{
    return set_hook(L, &program_of(L)->on_stop, "on_stop");
}

static bool set_name(lua_State *L, void *target)
{
    struct program *program = target;
    size_t length;
    if (lua_type(L, -1) != LUA_TSTRING)
        return false;
    const char *name = lua_tolstring(L, -1, &length);
    if (!length || length > 63 ||
        strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.") != length)
        return false;
    plan_rename(program->plan, name);
    return true;
}

static bool set_memory(lua_State *L, void *target)
{
    struct program *program = target;
    lua_Integer mib;
    if (!read_integer(L, -1, 1, 4096, &mib))
        return false;
    pool_set_cap(program->pool, (size_t)mib * 1024 * 1024);
    return true;
}

static const struct option OPTIONS[] = {
    {"memory", "the MiB that the script may use, 1..4096", set_memory},
    {"name", "letters, digits, _ - and ., up to 63", set_name},
    {NULL, NULL, NULL},
};

/* program { name = "plant", memory = 64 }: settings of the whole program. Body only. */
static int set_program(lua_State *L)
{
    require_body(L, "program");
    if (!lua_istable(L, 2))
        complain(L, "program takes a table of options, program { name = \"plant\" }");
    read_options(L, 2, OPTIONS, program_of(L), "program");
    return 0;
}

/* program.stop(): ends the program after this scan, as Ctrl-C does. */
static int stop(lua_State *L)
{
    program_of(L)->stop_wanted = true;
    return 0;
}

void open_task(lua_State *L)
{
    lua_register(L, "every", every);
    lua_register(L, "on_start", on_start);
    lua_register(L, "on_stop", on_stop);
    static const luaL_Reg functions[] = {{"stop", stop}, {NULL, NULL}};
    luaL_newlib(L, functions);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, set_program);
    lua_setfield(L, -2, "__call");
    lua_setmetatable(L, -2);
    lua_setglobal(L, "program");
}

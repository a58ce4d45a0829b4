/* every, on_start, on_stop and program: what runs when, and the program's own settings. */

#include "program/bind_memory.h"

#include <string.h>

enum { LEAST_PERIOD = NS_PER_MS / 10 };

static const int64_t MOST_STOP_TIMEOUT = INT64_C(60) * NS_PER_S;

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

static bool set_needs(lua_State *L, void *target)
{
    struct task_spec *task = target;
    if (!lua_istable(L, -1) || !lua_rawlen(L, -1))
        return false;
    size_t count = lua_rawlen(L, -1);
    uint32_t *needs = plan_alloc(program_of(L)->plan, count * sizeof *needs);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i + 1);
        needs[i] = (uint32_t)check_memory(L, -1, "every: option needs");
        lua_pop(L, 1);
    }
    task->needs = needs;
    task->need_count = count;
    return true;
}

static const struct option TASK[] = {
    {"needs", "a list of memories that clients mirror, { plc }", set_needs},
    {NULL, NULL, NULL},
};

/* every("100ms", function(dt) … end): a task, run at scan.time 0 and then each period (seconds or
 * text, at least 0.1 ms). `dt` is the time in seconds since it last ran; one period at first. Tasks
 * that are due together run in the order declared. With a third argument { needs = { plc } } it
 * runs only while the clients of those memories are online and everything that they poll is there;
 * after a time of not running `dt` is one period, and what was written meanwhile is still seen as
 * written. Body only. */
static int every(lua_State *L)
{
    struct program *program = program_of(L);
    require_body(L, "every");
    int64_t period = check_duration(L, 1, "every");
    check_function(L, 2, "every(period, function)");
    if (lua_gettop(L) > 3)
        complain(L, "every takes a period, a function and a table of options, not %d arguments",
                 lua_gettop(L));
    lua_settop(L, 3);
    if (period < LEAST_PERIOD)
        complain(L, "every: a period is at least 0.1 ms, not %s", shown(L, 1));
    struct task_spec task = {.period = period, .where = user_line(L)};
    read_options(L, 3, TASK, &task, "every");
    lua_settop(L, 2); /* keep_task takes the function off the top */
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

static bool set_stop_timeout(lua_State *L, void *target)
{
    struct program *program = target;
    int64_t timeout = check_duration(L, -1, "program: option stop_timeout");
    plan_set_stop_timeout(program->plan, timeout);
    return timeout <= MOST_STOP_TIMEOUT;
}

static const struct option OPTIONS[] = {
    {"memory", "the MiB that the script may use, 1..4096", set_memory},
    {"name", "letters, digits, _ - and ., up to 63", set_name},
    {"stop_timeout", "a duration, up to 1 min", set_stop_timeout},
    {NULL, NULL, NULL},
};

/* program { name = "plant", memory = 64, stop_timeout = "2s" }: settings of the whole program: the
 * name that commands find it by, the MiB that the script may use (1..4096, 64 unless stated), and
 * how long clients get at a stop to deliver safe values (0..1 min, 2 s unless stated). Body only.
 */
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

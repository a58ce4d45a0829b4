/* every, on_start and on_stop: what runs when. */

#include "program/bind_memory.h"

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
    if (lua_isfunction(L, 1))
        complain(L, "every takes the period first and then the function: "
                    "every(\"100ms\", function() … end)");
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

/* on_start(function(why) … end): called once, in the first scan, before its tasks. `why` is "cold",
 * "restart" (after a fault) or "reload". Body only. */
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

void open_task(lua_State *L)
{
    lua_register(L, "every", every);
    lua_register(L, "on_start", on_start);
    lua_register(L, "on_stop", on_stop);
    open_program(L);
}

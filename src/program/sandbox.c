/* What Lua's own libraries offer a script: enough to calculate, nothing that reaches the machine,
 * nothing that a frozen clock could not repeat. Globals belong to the body: the table of globals
 * stays empty and a guard stands in front of the real one, so that a misspelt name is an error
 * and a task cannot leave a global behind. */

#include "base/nearest.h"
#include "program/bind_memory.h"
#include "program/inside.h"

#include <math.h>
#include <string.h>

static const char *const REMOVED[] = {"collectgarbage", "dofile",  "loadfile", "warn", "io",
                                      "debug",          "package", NULL};
static const char *const KEPT_OF_OS[] = {"clock", "date", "difftime", "time", NULL};

/* setmetatable without finalizers: they would run at moments that no scan knows. */
static int set_metatable(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE); /* Lua's own would not know what it is called */
    if (lua_istable(L, 2)) {
        lua_pushliteral(L, "__gc");
        if (lua_rawget(L, 2) != LUA_TNIL)
            complain(L, "setmetatable: __gc is not available to scripts; use __close or on_stop");
        lua_pop(L, 1);
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

static int raw_set(lua_State *L)
{
    lua_settop(L, 3);
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_pushglobaltable(L);
    if (lua_rawequal(L, 1, -1))
        complain(L, "rawset: globals are assigned by name, in the script's body");
    lua_pop(L, 1);
    lua_rawset(L, 1);
    lua_pushvalue(L, 1);
    return 1;
}

/* What a script does instead, where it wants what is not there. */
struct instead {
    const char *name, *hint;
};

static const struct instead GLOBALS[] = {
    {"io", "a script reads and writes no files by itself; require \"msm.csv\" writes rows, keep "
           "remembers, print and log say something"},
    {"debug", "log.info(…) and `msm eval` show what goes on"},
    {"package", "require \"drivers.pump\" loads drivers/pump.lua beside the script"},
    {"dofile", "require \"drivers.pump\" loads drivers/pump.lua beside the script"},
    {"loadfile", "require \"drivers.pump\" loads drivers/pump.lua beside the script"},
    {"collectgarbage", "memory is cleaned up between scans"},
    {"warn", "there is log.warn(…)"},
    {"sleep", "a scan does not wait; require \"msm.timer\" has timers, and recipes of "
              "\"msm.sequence\" wait over many scans"},
    {"wait", "a scan does not wait; require \"msm.timer\" has timers, and recipes of "
             "\"msm.sequence\" wait over many scans"},
    {NULL, NULL},
};

static const struct instead OF_OS[] = {
    {"execute", "a script starts no programs; let another program watch a variable, over Modbus or "
                "the control socket"},
    {"exit", "program.stop() ends the program after this scan"},
    {"getenv", "a script does not see its environment; put settings into a module of their own, or "
               "into variables"},
    {"remove", "a script has no files of its own; require \"msm.csv\" writes rows"},
    {"rename", "a script has no files of its own; require \"msm.csv\" writes rows"},
    {"tmpname", "a script has no files of its own; require \"msm.csv\" writes rows"},
    {NULL, NULL},
};

static const char *find_hint(const struct instead *rows, const char *name)
{
    while (rows->name && strcmp(rows->name, name) != 0)
        rows++;
    return rows->hint;
}

static int refuse_of_os(lua_State *L)
{
    const char *name = key_text(L, 2), *hint = find_hint(OF_OS, name);
    return complain(L, "os.%s is not there: %s", name,
                    hint ? hint : "os has clock, date, difftime and time");
}

static lua_Integer frozen_seconds(lua_State *L)
{
    return (lua_Integer)floor(program_of(L)->cycle.utc);
}

/* Calls Lua's own function (the upvalue) with what is on the stack. */
static int call_original(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

/* os.time(): the frozen moment; with a table as in Lua. */
static int os_time(lua_State *L)
{
    if (!lua_isnoneornil(L, 1))
        return call_original(L);
    lua_pushinteger(L, frozen_seconds(L));
    return 1;
}

/* os.date(format, time): the frozen moment when no time is given. */
static int os_date(lua_State *L)
{
    lua_settop(L, 2);
    if (lua_isnil(L, 1)) {
        lua_pushliteral(L, "%c");
        lua_replace(L, 1);
    }
    if (lua_isnil(L, 2)) {
        lua_pushinteger(L, frozen_seconds(L));
        lua_replace(L, 2);
    }
    return call_original(L);
}

/* os.clock(): scan.time, since a script has no other. */
static int os_clock(lua_State *L)
{
    lua_pushnumber(L, program_of(L)->cycle.time);
    return 1;
}

/* math.randomseed(): without arguments seeds from the frozen clock, never from addresses. */
static int random_seed(lua_State *L)
{
    if (lua_isnoneornil(L, 1)) {
        lua_settop(L, 0);
        lua_pushinteger(L, (lua_Integer)(program_of(L)->cycle.utc * 1e6));
    }
    return call_original(L);
}

/* Replaces table[name] by a function that has the former one as its upvalue. */
static void wrap(lua_State *L, int table, const char *name, lua_CFunction function)
{
    table = lua_absindex(L, table);
    lua_getfield(L, table, name);
    lua_pushcclosure(L, function, 1);
    lua_setfield(L, table, name);
}

static void remove_field(lua_State *L, int table, const char *name)
{
    table = lua_absindex(L, table);
    lua_pushnil(L);
    lua_setfield(L, table, name);
}

static void limit_os(lua_State *L)
{
    lua_getglobal(L, "os");
    lua_newtable(L);
    for (int i = 0; KEPT_OF_OS[i]; i++) {
        lua_getfield(L, -2, KEPT_OF_OS[i]);
        lua_setfield(L, -2, KEPT_OF_OS[i]);
    }
    wrap(L, -1, "time", os_time);
    wrap(L, -1, "date", os_date);
    wrap(L, -1, "clock", os_clock);
    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, refuse_of_os);
    lua_setfield(L, -2, "__index");
    lua_pushliteral(L, "os");
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_setglobal(L, "os");
    lua_pop(L, 1);
}

static void limit_libraries(lua_State *L)
{
    lua_pushglobaltable(L);
    for (int i = 0; REMOVED[i]; i++)
        remove_field(L, -1, REMOVED[i]);
    wrap(L, -1, "rawset", raw_set);
    wrap(L, -1, "setmetatable", set_metatable);
    lua_getfield(L, -1, "string");
    remove_field(L, -1, "dump");
    lua_pop(L, 2);
    limit_os(L);
    open_load(L);
    open_protected(L);
    open_coroutines(L);
    open_lists(L);
}

static void seed_random(lua_State *L)
{
    lua_getglobal(L, "math");
    wrap(L, -1, "randomseed", random_seed);
    lua_getfield(L, -1, "randomseed");
    lua_call(L, 0, 0);
    lua_pop(L, 1);
}

/* Upvalue of the guard's functions: the real table of globals. */

static int refuse_unset(lua_State *L)
{
    const char *name = key_text(L, 2), *hint = find_hint(GLOBALS, name);
    const struct plan *plan = program_of(L)->plan;
    struct nearest nearest;
    if (program_of(L)->answer && push_memory(L, plan_find_memory(plan, name)))
        return 1; /* a script has it in a local, which whoever asks from outside cannot see */
    if (hint)
        complain(L, "%s is not there: %s", name, hint);
    for (size_t i = 0; i < plan->variable_count; i++) {
        if (strcmp(plan->variables[i]->name, name) == 0)
            complain(L, "global \"%s\" is not set; did you mean %s?", name,
                     plan->variables[i]->path);
    }
    nearest_init(&nearest, name);
    for (lua_pushnil(L); lua_next(L, lua_upvalueindex(1)); lua_pop(L, 1)) {
        if (lua_type(L, -2) == LUA_TSTRING)
            nearest_offer(&nearest, lua_tostring(L, -2));
    }
    const char *near = nearest_word(&nearest);
    return complain(
        L, near ? "global \"%s\" is not set; did you mean %s?" : "global \"%s\" is not set", name,
        near);
}

/* Names of msm's. A function that a script calls so would never be called by anybody. */
static const char *const OWN[] = {"client",  "coil", "discrete", "every",  "holding",  "input",
                                  "keep",    "log",  "mem",      "memory", "on_start", "on_stop",
                                  "program", "scan", "serial",   "server", "var",      NULL};

static void refuse_own(lua_State *L, const char *name)
{
    const char *const *own = OWN;
    while (*own && strcmp(*own, name) != 0)
        own++;
    if (!*own)
        return;
    if (strncmp(name, "on_", 3) == 0)
        complain(L,
                 "%s is called with a function, %s(function() … end); one that is called %s is "
                 "never run",
                 name, name, name);
    complain(L,
             "%s is a name of msm's and cannot be assigned; call yours otherwise, or declare it "
             "local",
             name);
}

static int assign_global(lua_State *L)
{
    lua_settop(L, 3);
    if (lua_type(L, 2) == LUA_TSTRING)
        refuse_own(L, lua_tostring(L, 2));
    if (!program_of(L)->declaring)
        complain(L,
                 "global \"%s\" cannot be assigned any more: globals belong to the script's "
                 "body; declare it local, or keep it in a table",
                 key_text(L, 2));
    lua_rawset(L, lua_upvalueindex(1));
    return 0;
}

static int next_global(lua_State *L)
{
    lua_settop(L, 2);
    return lua_next(L, lua_upvalueindex(1)) ? 2 : 0;
}

static int pairs_globals(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushcclosure(L, next_global, 1);
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
}

/* Moves all globals into a table behind the guard; pushes that table. */
static void move_globals(lua_State *L)
{
    lua_newtable(L);
    lua_pushglobaltable(L);
    for (lua_pushnil(L); lua_next(L, -2);) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, -5);
    }
    for (lua_pushnil(L); lua_next(L, -2);) {
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        lua_pushnil(L);
        lua_rawset(L, -4);
    }
    lua_pop(L, 1);
}

/* globals (empty) -> __index the real table -> __index an error. */
static void guard_globals(lua_State *L)
{
    static const luaL_Reg guard[] = {
        {"__newindex", assign_global}, {"__pairs", pairs_globals}, {NULL, NULL}};
    move_globals(L);
    lua_createtable(L, 0, 1);
    lua_pushvalue(L, -2);
    lua_pushcclosure(L, refuse_unset, 1);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);

    lua_pushglobaltable(L);
    lua_createtable(L, 0, 4);
    lua_pushvalue(L, -3);
    luaL_setfuncs(L, guard, 1);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pushliteral(L, "globals");
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_pop(L, 2);
}

void open_sandbox(lua_State *L)
{
    seed_random(L);
    if (program_of(L)->open)
        return;
    limit_libraries(L);
    guard_globals(L);
}

/* coroutine.resume, wrap and close as Lua has them, but so that it is known which coroutine runs,
 * and that the watchdog's error goes through all of them to the top. */

#include "program/inside.h"

#include <string.h>

static lua_State *check_coroutine(lua_State *L)
{
    lua_State *co = lua_tothread(L, 1);
    luaL_argexpected(L, co, 1, "coroutine");
    return co;
}

static int fail(lua_State *L, const char *text)
{
    lua_pushstring(L, text);
    return -1;
}

/* Lua's own words for it. The result is that of resume: how many values it left, or -1 and an
 * error on top. */
static int take_results(lua_State *L, lua_State *co, int status, int results)
{
    interrupt_check(L);
    if (status != LUA_OK && status != LUA_YIELD) {
        lua_xmove(co, L, 1);
        return -1;
    }
    if (!lua_checkstack(L, results + 1)) {
        lua_pop(co, results);
        return fail(L, "too many results to resume");
    }
    lua_xmove(co, L, results);
    return results;
}

static int resume_with(lua_State *L, lua_State *co, int count)
{
    struct program *program = program_of(L);
    struct running frame = {.L = co, .before = program->interrupt.running};
    int results = 0;
    if (!lua_checkstack(co, count))
        return fail(L, "too many arguments to resume");
    lua_xmove(L, co, count);
    interrupt_switch(program, &frame);
    int status = lua_resume(co, L, count, &results);
    interrupt_switch(program, frame.before);
    return take_results(L, co, status, results);
}

static int resume(lua_State *L)
{
    lua_State *co = check_coroutine(L);
    int results = resume_with(L, co, lua_gettop(L) - 1);
    lua_pushboolean(L, results >= 0);
    if (results < 0)
        results = 1;
    lua_insert(L, -(results + 1));
    return results + 1;
}

/* Runs what stands in the coroutine's variables marked <close>. It cannot raise. */
static int close_variables(lua_State *L, lua_State *co)
{
    struct program *program = program_of(L);
    struct running frame = {.L = co, .before = program->interrupt.running};
    interrupt_switch(program, &frame);
    int status = lua_resetthread(co);
    interrupt_switch(program, frame.before);
    interrupt_check(L);
    return status;
}

/* As Lua does, but not the same line twice: of coroutines inside one another it would fill the
 * message, and the cause would find no room. */
static void add_where(lua_State *L)
{
    luaL_where(L, 1);
    const char *where = lua_tostring(L, -1);
    if (strncmp(lua_tostring(L, -2), where, strlen(where)) == 0) {
        lua_pop(L, 1);
        return;
    }
    lua_insert(L, -2);
    lua_concat(L, 2);
}

/* Upvalue: the coroutine. */
static int call_wrapped(lua_State *L)
{
    lua_State *co = lua_tothread(L, lua_upvalueindex(1));
    int results = resume_with(L, co, lua_gettop(L));
    if (results >= 0)
        return results;
    int status = lua_status(co);
    if (status != LUA_OK && status != LUA_YIELD && !interrupt_ended(co)) {
        status = close_variables(L, co);
        lua_xmove(co, L, 1); /* the error that came last */
    }
    if (status != LUA_ERRMEM && lua_type(L, -1) == LUA_TSTRING)
        add_where(L);
    return lua_error(L);
}

static int wrap(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_State *co = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    lua_pushcclosure(L, call_wrapped, 1);
    return 1;
}

/* Lua counts its depth in each coroutine apart, and knows nothing of who closes it: a row of
 * coroutines that close each other would run through the end of the C stack. */
static int close_coroutine(lua_State *L)
{
    lua_State *co = check_coroutine(L);
    lua_Debug ar;
    if (co == L || (lua_status(co) == LUA_OK && lua_getstack(co, 0, &ar)))
        return luaL_error(L, "cannot close a %s coroutine", co == L ? "running" : "normal");
    interrupt_check(L);
    interrupt_check_stack(L);
    if (interrupt_ended(co))
        return luaL_error(L, "cannot close a coroutine that the watchdog ended");
    int status = close_variables(L, co);
    lua_pushboolean(L, status == LUA_OK);
    if (status == LUA_OK)
        return 1;
    lua_xmove(co, L, 1);
    return 2;
}

void open_coroutines(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"close", close_coroutine}, {"resume", resume}, {"wrap", wrap}, {NULL, NULL}};
    lua_getglobal(L, "coroutine");
    luaL_setfuncs(L, functions, 0);
    lua_pop(L, 1);
}

/* pcall and xpcall, which hold every error back but the watchdog's; and a message handler of the
 * script's does not get to see that one. */

#include "program/inside.h"

/* After the call, and where a coroutine went on in it. `below` values are not results. */
static int finish(lua_State *L, int status, lua_KContext below)
{
    if (status == LUA_OK || status == LUA_YIELD)
        return lua_gettop(L) - (int)below;
    interrupt_check(L);
    lua_pushboolean(L, false);
    lua_pushvalue(L, -2);
    return 2;
}

static int protected_call(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_pushboolean(L, true); /* the first result */
    lua_insert(L, 1);
    return finish(L, lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, 0, finish), 0);
}

/* Upvalue: the script's handler. */
static int handle(lua_State *L)
{
    if (interrupt_is_late(L))
        return 1;
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 1, 1);
    return 1;
}

/* xpcall(function, handler, …) */
static int handled_call(lua_State *L)
{
    int count = lua_gettop(L) - 2;
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_pushvalue(L, 2);
    lua_pushcclosure(L, handle, 1);
    lua_replace(L, 2);
    lua_pushboolean(L, true);
    lua_pushvalue(L, 1);
    lua_rotate(L, 3, 2); /* function, handler, true, function, … */
    return finish(L, lua_pcallk(L, count, LUA_MULTRET, 2, 2, finish), 2);
}

void open_protected(lua_State *L)
{
    lua_register(L, "pcall", protected_call);
    lua_register(L, "xpcall", handled_call);
}

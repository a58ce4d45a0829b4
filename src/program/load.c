/* load, for text alone: binary chunks can crash the interpreter. Lua reads the text in pieces, and
 * between two of them it is seen whether time is up. */

#include "program/inside.h"

enum { PIECE = 16 * 1024 };

/* Upvalues: the text, how much of it was read. */
static int next_piece(lua_State *L)
{
    size_t length;
    const char *text = lua_tolstring(L, lua_upvalueindex(1), &length);
    size_t read = (size_t)lua_tointeger(L, lua_upvalueindex(2));
    size_t piece = length - read < PIECE ? length - read : PIECE;
    interrupt_check(L);
    lua_pushlstring(L, text + read, piece);
    lua_pushinteger(L, (lua_Integer)(read + piece));
    lua_replace(L, lua_upvalueindex(2));
    return 1;
}

/* Upvalue: the script's own reader. */
static int next_read(lua_State *L)
{
    interrupt_check(L);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_call(L, 0, 1);
    return 1;
}

/* Replaces the first argument by a reader of ours. A text is its own name, a function has none. */
static void set_reader(lua_State *L)
{
    if (lua_isstring(L, 1)) {
        if (lua_isnil(L, 2)) {
            lua_pushvalue(L, 1);
            lua_replace(L, 2);
        }
        lua_pushvalue(L, 1);
        lua_tostring(L, -1); /* a number is one, too */
        lua_pushinteger(L, 0);
        lua_pushcclosure(L, next_piece, 2);
    } else {
        luaL_checktype(L, 1, LUA_TFUNCTION);
        lua_pushvalue(L, 1);
        lua_pushcclosure(L, next_read, 1);
    }
    lua_replace(L, 1);
}

/* load(chunk, name, mode, env). Upvalue: Lua's own. */
static int load(lua_State *L)
{
    int count = lua_gettop(L) < 3 ? 3 : lua_gettop(L);
    lua_settop(L, count);
    set_reader(L);
    lua_pushliteral(L, "t");
    lua_replace(L, 3);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, count, LUA_MULTRET);
    interrupt_check(L);
    return lua_gettop(L);
}

void open_load(lua_State *L)
{
    lua_getglobal(L, "load");
    lua_pushcclosure(L, load, 1);
    lua_setglobal(L, "load");
}

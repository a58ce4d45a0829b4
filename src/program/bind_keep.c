/* keep: plain data by name. What stands in it is the program's memory between scans that belongs to
 * a name and not to a function, so that a block like a timer can be found again. */

#include "program/inside.h"

#include <string.h>

static const char KEPT[] = "msm.kept"; /* registry: name -> table */
enum { DEEPEST = 16 };

/* A table that is met twice would be two tables after a copy; and checking each of its ways could
 * take for ever. `seen` is the stack index of those met. */
static void check_unshared(lua_State *L, int index, const char *name, int seen)
{
    lua_pushvalue(L, index);
    if (lua_rawget(L, seen) != LUA_TNIL)
        complain(L, "keep(\"%s\"): one table stands in two places; each place needs its own", name);
    lua_pop(L, 1);
    lua_pushvalue(L, index);
    lua_pushboolean(L, true);
    lua_rawset(L, seen);
}

static void check_plain(lua_State *L, int index, const char *name, int depth, int seen)
{
    int type = lua_type(L, index);
    if (type == LUA_TBOOLEAN || type == LUA_TNUMBER || type == LUA_TSTRING)
        return;
    if (type != LUA_TTABLE || lua_getmetatable(L, index))
        complain(L,
                 "keep(\"%s\"): plain data only (booleans, numbers, text and tables of them), "
                 "not %s",
                 name, type == LUA_TTABLE ? "a table with a metatable" : shown(L, index));
    if (depth > DEEPEST)
        complain(L, "keep(\"%s\"): tables inside tables, more than %d deep", name, DEEPEST);
    index = lua_absindex(L, index);
    luaL_checkstack(L, 8, "keep");
    check_unshared(L, index, name, seen);
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        check_plain(L, -2, name, depth + 1, seen);
        check_plain(L, -1, name, depth + 1, seen);
    }
}

/* keep("mixer", { step = 1 }): the table of that name; the second argument says what stands in it
 * at first. A name is an identity: it is used once. */
static int keep(lua_State *L)
{
    if (!plain_text(L, 1))
        complain(L, "keep takes a name first, keep(\"mixer\", { step = 1 }), not %s", shown(L, 1));
    const char *name = lua_tostring(L, 1);
    if (lua_isnoneornil(L, 2)) {
        lua_settop(L, 1);
        lua_newtable(L);
    }
    lua_settop(L, 2);
    if (!lua_istable(L, 2))
        complain(L, "keep(\"%s\"): the second argument is a table of first values, not %s", name,
                 shown(L, 2));
    lua_newtable(L);
    check_plain(L, 2, name, 0, 3);
    lua_settop(L, 2);
    lua_getfield(L, LUA_REGISTRYINDEX, KEPT);
    if (lua_getfield(L, -1, name) != LUA_TNIL)
        complain(L, "keep: \"%s\" is used already; a name is an identity and is used once", name);
    lua_pushvalue(L, 2);
    lua_setfield(L, 3, name);
    lua_settop(L, 2);
    return 1;
}

void open_keep(lua_State *L)
{
    lua_newtable(L);
    lua_setfield(L, LUA_REGISTRYINDEX, KEPT);
    lua_register(L, "keep", keep);
}

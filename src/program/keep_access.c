/* What Lua does with a keep as with a table: a field is read or set, its length asked for, it is
 * gone through. */

#include "program/keep.h"

static int get_field(lua_State *L)
{
    char text[KEEPS_TEXT_MAX];
    struct keep_place place;
    struct keeps_key key;
    if (!keep_resolve(L, 1, &place)) {
        lua_pushvalue(L, 2);
        lua_rawget(L, -2);
        return 1;
    }
    if (!keep_key(L, 2, &key)) {
        lua_pushnil(L);
        return 1;
    }
    struct keeps_value value = keeps_get_again(place.keeps, place.table, &key,
                                               keep_hint(lua_touserdata(L, 1), &key), text);
    if (value.type == KEEPS_TABLE)
        keep_push_child(L, 1, 2, value.table);
    else
        keep_push_scalar(L, &value);
    return 1;
}

static int get_length(lua_State *L)
{
    struct keep_place place;
    if (keep_resolve(L, 1, &place))
        lua_pushinteger(L, (lua_Integer)keeps_length(place.keeps, place.table));
    else
        lua_pushinteger(L, (lua_Integer)lua_rawlen(L, -1));
    return 1;
}

/* Upvalue: how far it is. */
static int next_field(lua_State *L)
{
    char text[KEEPS_TEXT_MAX];
    struct keep_place place;
    struct keeps_key key;
    struct keeps_value value;
    uint32_t at = (uint32_t)lua_tointeger(L, lua_upvalueindex(1));
    luaL_checkudata(L, 1, KEEP_OBJECT);
    lua_settop(L, 1);
    if (!keep_resolve(L, 1, &place) ||
        !keeps_next(place.keeps, place.table, &at, &key, &value, text))
        return 0;
    lua_pushinteger(L, at);
    lua_replace(L, lua_upvalueindex(1));
    keep_push_key(L, &key);
    if (value.type == KEEPS_TABLE)
        keep_push_child(L, 1, 2, value.table);
    else
        keep_push_scalar(L, &value);
    return 2;
}

/* next itself: it looks into a table and not at what the table says it holds. */
static int next(lua_State *L)
{
    if (is_keep(L, 1))
        complain(L, "next takes a table, not a keep; pairs(…) goes through one, in order");
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 2);
    if (lua_next(L, 1))
        return 2;
    lua_pushnil(L);
    return 1;
}

static int get_pairs(lua_State *L)
{
    struct keep_place place;
    if (!keep_resolve(L, 1, &place)) {
        lua_pushcfunction(L, next);
        lua_insert(L, -2);
        return 2;
    }
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, next_field, 1);
    lua_pushvalue(L, 1);
    return 2;
}

void open_keep_proxies(lua_State *L)
{
    static const luaL_Reg methods[] = {{"__index", get_field},
                                       {"__newindex", keep_assign},
                                       {"__len", get_length},
                                       {"__pairs", get_pairs},
                                       {NULL, NULL}};
    luaL_newmetatable(L, KEEP_OBJECT);
    luaL_setfuncs(L, methods, 0);
    lua_pushliteral(L, "keep");
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
    keep_open_caches(L);
    lua_register(L, "next", next);
}

/* What of Lua's table and string goes round a loop in C as often as the script says, which may be
 * for ever: "#" is what a script's __len says, and even a small table can seem to have 2^62
 * elements. As Lua has it, but each round looks whether time is up. What runs over bytes in memory,
 * or over the C stack, is bounded by that and stays Lua's. */

#include "program/inside.h"

#include <string.h>

enum { QUICK_SORT = 1000 }; /* elements that are sorted in no time */

/* Where the first argument is no table, Lua's own function says what it thinks of it. */
static int call_original(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

static void move_one(lua_State *L, lua_Integer from, lua_Integer to)
{
    interrupt_check(L);
    lua_geti(L, 1, from);
    lua_seti(L, 1, to);
}

/* table.insert(list, [position,] value) */
static int insert(lua_State *L)
{
    if (!lua_istable(L, 1) || lua_gettop(L) != 3)
        return call_original(L);
    lua_Integer end = (lua_Integer)((lua_Unsigned)luaL_len(L, 1) + 1);
    lua_Integer position = luaL_checkinteger(L, 2);
    luaL_argcheck(L, (lua_Unsigned)position - 1 < (lua_Unsigned)end, 2, "position out of bounds");
    for (lua_Integer i = end; i > position; i--)
        move_one(L, i - 1, i);
    lua_seti(L, 1, position);
    return 0;
}

/* table.remove(list [, position]) */
static int take_out(lua_State *L)
{
    if (!lua_istable(L, 1))
        return call_original(L);
    lua_Integer size = luaL_len(L, 1);
    lua_Integer position = luaL_optinteger(L, 2, size);
    if (position != size)
        luaL_argcheck(L, (lua_Unsigned)position - 1 <= (lua_Unsigned)size, 2,
                      "position out of bounds");
    lua_geti(L, 1, position);
    for (; position < size; position++)
        move_one(L, position + 1, position);
    lua_pushnil(L);
    lua_seti(L, 1, position);
    return 1;
}

static void copy_one(lua_State *L, lua_Integer from, lua_Integer to, int target)
{
    interrupt_check(L);
    lua_geti(L, 1, from);
    lua_seti(L, target, to);
}

/* table.move(list, first, last, to [, target]) */
static int move(lua_State *L)
{
    lua_Integer first = luaL_checkinteger(L, 2), last = luaL_checkinteger(L, 3);
    lua_Integer to = luaL_checkinteger(L, 4);
    int target = lua_isnoneornil(L, 5) ? 1 : 5;
    if (!lua_istable(L, 1) || !lua_istable(L, target))
        return call_original(L);
    if (last >= first) {
        luaL_argcheck(L, first > 0 || last < LUA_MAXINTEGER + first, 3,
                      "too many elements to move");
        luaL_argcheck(L, to <= LUA_MAXINTEGER - (last - first), 4, "destination wrap around");
        bool apart = to > last || to <= first || (target == 5 && !lua_rawequal(L, 1, 5));
        lua_Integer most = last - first;
        for (lua_Integer i = 0; apart && i <= most; i++)
            copy_one(L, first + i, to + i, target);
        for (lua_Integer i = most; !apart && i >= 0; i--)
            copy_one(L, first + i, to + i, target);
    }
    lua_pushvalue(L, target);
    return 1;
}

static void add_element(lua_State *L, luaL_Buffer *text, lua_Integer i)
{
    interrupt_check(L);
    lua_geti(L, 1, i);
    if (!lua_isstring(L, -1))
        luaL_error(L, "invalid value (at index %I) in table for 'concat'", (LUAI_UACINT)i);
    luaL_addvalue(text);
}

/* table.concat(list [, separator [, first [, last]]]) */
static int concat(lua_State *L)
{
    if (!lua_istable(L, 1))
        return call_original(L);
    lua_settop(L, 4);
    lua_Integer last = lua_isnil(L, 4) ? luaL_len(L, 1) : luaL_checkinteger(L, 4);
    size_t length;
    const char *separator = luaL_optlstring(L, 2, "", &length);
    lua_Integer i = luaL_optinteger(L, 3, 1);
    luaL_Buffer text;
    luaL_buffinit(L, &text);
    for (; i < last; i++) {
        add_element(L, &text, i);
        luaL_addlstring(&text, separator, length);
    }
    if (i == last)
        add_element(L, &text, i);
    luaL_pushresult(&text);
    return 1;
}

static int less(lua_State *L)
{
    interrupt_check(L);
    lua_pushboolean(L, lua_compare(L, 1, 2, LUA_OPLT));
    return 1;
}

/* Upvalue: the script's comparison. */
static int less_by(lua_State *L)
{
    interrupt_check(L);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 2, 1);
    return 1;
}

/* table.sort(list [, comparison]): Lua's own, with a comparison that looks at the time where Lua
 * has none of the script's to call. */
static int sort(lua_State *L)
{
    lua_settop(L, 2);
    bool compares = lua_type(L, 2) == LUA_TFUNCTION;
    bool quick = lua_type(L, 1) == LUA_TTABLE && lua_rawlen(L, 1) <= QUICK_SORT;
    if (quick && luaL_getmetafield(L, 1, "__len") != LUA_TNIL)
        quick = false;
    lua_settop(L, 2);
    if (compares && lua_iscfunction(L, 2))
        lua_pushcclosure(L, less_by, 1); /* takes it off */
    else if (lua_isnil(L, 2) && !quick)
        lua_pushcfunction(L, less);
    if (lua_gettop(L) > 2)
        lua_replace(L, 2);
    return call_original(L);
}

/* string.rep(text, count [, separator]): what is there is doubled, so that even much of the
 * shortest text takes few rounds. */
static int repeat(lua_State *L)
{
    size_t length, gap;
    const char *text = luaL_checklstring(L, 1, &length);
    lua_Integer count = luaL_checkinteger(L, 2);
    const char *separator = luaL_optlstring(L, 3, "", &gap);
    size_t unit = length + gap;
    if (count <= 0 || unit == 0) {
        lua_pushliteral(L, "");
        return 1;
    }
    if (unit < length || unit > LUA_MAXINTEGER / (size_t)count)
        return luaL_error(L, "resulting string too large");
    size_t total = unit * (size_t)count - gap;
    luaL_Buffer result;
    char *bytes = luaL_buffinitsize(L, &result, total);
    memcpy(bytes, text, length);
    if (total > length)
        memcpy(bytes + length, separator, gap);
    for (size_t filled = total > length ? unit : length, more; filled < total; filled += more) {
        more = filled < total - filled ? filled : total - filled;
        memcpy(bytes + filled, bytes, more);
    }
    luaL_pushresultsize(&result, total);
    return 1;
}

static void wrap(lua_State *L, const char *name, lua_CFunction function)
{
    lua_getfield(L, -1, name);
    lua_pushcclosure(L, function, 1);
    lua_setfield(L, -2, name);
}

void open_lists(lua_State *L)
{
    lua_getglobal(L, "string");
    wrap(L, "rep", repeat);
    lua_getglobal(L, "table");
    wrap(L, "concat", concat);
    wrap(L, "insert", insert);
    wrap(L, "move", move);
    wrap(L, "remove", take_out);
    wrap(L, "sort", sort);
    lua_pop(L, 2);
}

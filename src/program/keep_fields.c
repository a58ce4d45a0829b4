/* Several fields of a keep read or set in one call, for the library's blocks: to ask for one costs
 * more in the ways to and from Lua than to find it. What is not simply there goes the way of a
 * single one. */

#include "program/keep.h"

#define GONE "it was taken out of its place"

/* First upvalue: the metatable of keeps. */
static void check_keep(lua_State *L)
{
    if (lua_getmetatable(L, 1) && lua_rawequal(L, -1, lua_upvalueindex(1)) &&
        lua_isuserdata(L, 1)) {
        lua_pop(L, 1);
        return;
    }
    luaL_argerror(L, 1, "a keep is needed");
}

static void read_field(lua_State *L, const struct keep_place *place, int at)
{
    char text[KEEPS_TEXT_MAX];
    struct keeps_key key;
    struct keeps_value value = {.type = KEEPS_NIL};
    if (lua_type(L, at) == LUA_TSTRING && keep_key(L, at, &key))
        value = keeps_get_again(place->keeps, place->table, &key,
                                keep_hint(lua_touserdata(L, 1), &key), text);
    if (value.type == KEEPS_TABLE) {
        lua_pushvalue(L, at);
        lua_gettable(L, 1);
    } else {
        keep_push_scalar(L, &value);
    }
    lua_replace(L, at);
}

/* core.read(keep, "a", "b", …): the values of these fields. */
static int read_fields(lua_State *L)
{
    struct keep_place place;
    int count = lua_gettop(L);
    check_keep(L);
    if (!keep_resolve(L, 1, &place))
        return luaL_argerror(L, 1, GONE);
    for (int i = 2; i <= count; i++)
        read_field(L, &place, i);
    return count - 1;
}

static bool write_again(lua_State *L, const struct keep_place *place, int at)
{
    struct keeps_key key;
    struct keeps_value value;
    return lua_type(L, at) == LUA_TSTRING && keep_key(L, at, &key) &&
           keep_scalar(L, at + 1, &value) &&
           keeps_set_again(place->keeps, place->table, &key, keep_hint(lua_touserdata(L, 1), &key),
                           &value);
}

/* core.write(keep, "a", 1, "b", 2, …): sets these fields. */
static int write_fields(lua_State *L)
{
    struct keep_place place;
    int count = lua_gettop(L);
    check_keep(L);
    if (!keep_resolve(L, 1, &place))
        return luaL_argerror(L, 1, GONE);
    for (int i = 2; i < count; i += 2) {
        if (write_again(L, &place, i))
            continue;
        lua_pushvalue(L, i);
        lua_pushvalue(L, i + 1);
        lua_settable(L, 1);
    }
    return 0;
}

/* core.enter(keep): what each call of a block begins with: the keep's `assignments`; and
 * the scan in which a task runs, as a number, or false outside of tasks. */
static int enter(lua_State *L)
{
    const struct program *program = program_of(L);
    struct keep_place place;
    lua_settop(L, 1);
    check_keep(L);
    lua_pushvalue(L, lua_upvalueindex(2));
    if (!keep_resolve(L, 1, &place))
        return luaL_argerror(L, 1, GONE);
    read_field(L, &place, 2);
    if (program->in_task)
        lua_pushinteger(L, (lua_Integer)program->cycle.count);
    else
        lua_pushboolean(L, false);
    return 2;
}

void add_keep_fields(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"enter", enter}, {"read", read_fields}, {"write", write_fields}, {NULL, NULL}};
    luaL_getmetatable(L, KEEP_OBJECT);
    lua_pushliteral(L, "assignments");
    luaL_setfuncs(L, functions, 2);
}

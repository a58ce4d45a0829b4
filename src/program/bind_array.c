/* Arrays: a proxy for each, made once when it is declared, so that mem.TEMPS[3] makes no garbage.
 * Elements are counted from 1; one past the end reads as nil, which is how ipairs ends. */

#include "program/bind_memory.h"

static const char ARRAY[] = "msm.array";

/* For metamethods: the metatable is out of reach, so Lua calls them with arrays only. */
static const struct variable *own_variable(lua_State *L)
{
    return *(const struct variable *const *)lua_touserdata(L, 1);
}

static int array_length(lua_State *L)
{
    lua_pushinteger(L, own_variable(L)->count);
    return 1;
}

static int refuse_index(lua_State *L, const struct variable *v)
{
    return complain(L, "%s[%s]: elements are 1..%d", v->path, shown(L, 2), v->count);
}

/* The second argument where it is 1..most, or 0; Lua would take "2" for a number, too. */
static lua_Integer index_at(lua_State *L, lua_Integer most)
{
    lua_Integer i;
    return read_integer(L, 2, 1, most, &i) ? i : 0;
}

static int array_index(lua_State *L)
{
    const struct variable *v = own_variable(L);
    lua_Integer i = index_at(L, v->count + 1);
    if (!i)
        return refuse_index(L, v);
    if (i > v->count)
        lua_pushnil(L);
    else
        push_element(L, v, (size_t)i);
    return 1;
}

static int array_newindex(lua_State *L)
{
    const struct variable *v = own_variable(L);
    lua_Integer i = index_at(L, v->count);
    if (!i)
        return refuse_index(L, v);
    if (!assign_element(L, v, (size_t)i, 3))
        refuse_value(L, v, 3);
    return 0;
}

static int array_next(lua_State *L)
{
    const struct variable *v = array_variable(L, 1);
    lua_Integer i = lua_tointeger(L, 2);
    if (i < 0 || i >= v->count) /* a script may call this with anything */
        return 0;
    lua_pushinteger(L, i + 1);
    push_element(L, v, (size_t)i + 1);
    return 2;
}

static int array_pairs(lua_State *L)
{
    lua_pushcfunction(L, array_next);
    lua_pushvalue(L, 1);
    lua_pushinteger(L, 0);
    return 3;
}

static void create_metatable(lua_State *L)
{
    static const luaL_Reg meta[] = {{"__index", array_index},
                                    {"__len", array_length},
                                    {"__newindex", array_newindex},
                                    {"__pairs", array_pairs},
                                    {NULL, NULL}};
    luaL_setfuncs(L, meta, 0);
    lua_pushliteral(L, "array");
    lua_setfield(L, -2, "__metatable");
}

const struct variable **push_array(lua_State *L)
{
    const struct variable **proxy = lua_newuserdatauv(L, sizeof *proxy, 0);
    *proxy = NULL;
    luaL_setmetatable(L, ARRAY);
    return proxy;
}

/* Before the script runs: one that ran out of memory in here would leave half a metatable. */
void open_arrays(lua_State *L)
{
    luaL_newmetatable(L, ARRAY);
    create_metatable(L);
    lua_pop(L, 1);
}

bool is_array(lua_State *L, int index)
{
    return luaL_testudata(L, index, ARRAY) != NULL;
}

const struct variable *array_variable(lua_State *L, int index)
{
    return *(const struct variable *const *)luaL_checkudata(L, index, ARRAY);
}

/* The words of all elements, in a userdata that is left on the stack. All are made before the first
 * one is stored: nothing is half assigned, and an array can be moved within itself. */
static const uint16_t *convert_elements(lua_State *L, const struct variable *v, int index)
{
    uint16_t *words = lua_newuserdatauv(L, (size_t)v->count * v->words * sizeof *words, 0);
    for (int i = 1; i <= v->count; i++) {
        struct value value;
        struct error error;
        uint16_t *element = words + (size_t)(i - 1) * v->words;
        struct element place = variable_element(v, (size_t)i - 1);
        lua_geti(L, index, i);
        if (!to_value(L, -1, &value))
            complain(L, "%s[%d] takes a value, not %s", v->path, i, shown(L, -1));
        if (!variable_set(v, (size_t)i, &value, element, place.mask, &error))
            complain(L, "%s", error.text);
        lua_pop(L, 1);
    }
    return words;
}

void assign_array(lua_State *L, const struct variable *v, int index)
{
    if (!lua_istable(L, index) && !is_array(L, index))
        complain(L, "%s is an array of %d: it takes a table of %d values, not %s", v->path,
                 v->count, v->count, shown(L, index));
    lua_Integer given = luaL_len(L, index);
    if (given != v->count)
        complain(L, "%s takes exactly %d values, not %lld", v->path, v->count, (long long)given);
    check_direction(L, v);
    const uint16_t *words = convert_elements(L, v, index);
    for (size_t i = 1; i <= v->count; i++)
        store_element(program_of(L), v, i, words + (i - 1) * v->words);
}

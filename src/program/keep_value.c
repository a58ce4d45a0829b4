/* Lua's values into a store and back. A table is copied in with all that it holds: what cannot be
 * kept is refused with the path of the field that it would have been. */

#include "program/keep.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEPT_VALUES "booleans, numbers, text and tables of them"

void keep_refuse(lua_State *L, const char *name, const struct trail *field, const char *format, ...)
{
    char path[TRAIL_TEXT], text[TRAIL_TEXT];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (field)
        complain(L, "keep \"%s\": field %s%s", name, trail_text(field, path), text);
    complain(L, "keep \"%s\": the table of defaults%s", name, text);
}

bool keep_key(lua_State *L, int index, struct keeps_key *key)
{
    if (lua_type(L, index) == LUA_TSTRING) {
        key->is_text = true;
        key->bytes = lua_tolstring(L, index, &key->length);
        return true;
    }
    int exact;
    key->is_text = false;
    key->integer = lua_tointegerx(L, index, &exact);
    return exact && lua_type(L, index) == LUA_TNUMBER;
}

void keep_push_key(lua_State *L, const struct keeps_key *key)
{
    if (key->is_text)
        lua_pushlstring(L, key->bytes, key->length);
    else
        lua_pushinteger(L, key->integer);
}

bool keep_scalar(lua_State *L, int index, struct keeps_value *value)
{
    switch (lua_type(L, index)) {
    case LUA_TNIL:
        value->type = KEEPS_NIL;
        return true;
    case LUA_TBOOLEAN:
        value->type = KEEPS_BOOLEAN;
        value->boolean = lua_toboolean(L, index);
        return true;
    case LUA_TNUMBER:
        value->type = lua_isinteger(L, index) ? KEEPS_INTEGER : KEEPS_NUMBER;
        if (value->type == KEEPS_INTEGER)
            value->integer = lua_tointeger(L, index);
        else
            value->number = lua_tonumber(L, index);
        return true;
    case LUA_TSTRING:
        value->type = KEEPS_TEXT;
        value->text.bytes = lua_tolstring(L, index, &value->text.length);
        return true;
    default:
        return false;
    }
}

void keep_push_scalar(lua_State *L, const struct keeps_value *value)
{
    switch (value->type) {
    case KEEPS_BOOLEAN:
        lua_pushboolean(L, value->boolean);
        break;
    case KEEPS_INTEGER:
        lua_pushinteger(L, value->integer);
        break;
    case KEEPS_NUMBER:
        lua_pushnumber(L, value->number);
        break;
    case KEEPS_TEXT:
        lua_pushlstring(L, value->text.bytes, value->text.length);
        break;
    default:
        lua_pushnil(L);
    }
}

enum kind keep_kind(lua_State *L, int index)
{
    switch (lua_type(L, index)) {
    case LUA_TBOOLEAN:
        return KIND_BOOLEAN;
    case LUA_TNUMBER:
        return KIND_NUMBER;
    case LUA_TSTRING:
        return KIND_TEXT;
    case LUA_TTABLE:
        return KIND_TABLE;
    default:
        return is_keep(L, index) ? KIND_TABLE : KIND_NONE;
    }
}

/* Userdata of ours have a name, but for memories, whose metatables are each one's own. */
static const char *object_shown(lua_State *L, int index)
{
    if (is_keep(L, index))
        return "a table";
    if (luaL_getmetafield(L, index, "__name") != LUA_TSTRING)
        return "a memory";
    const char *name = lua_tostring(L, -1);
    name += strncmp(name, "msm.", 4) == 0 ? 4 : 0;
    return lua_pushfstring(L, "%s %s", strchr("aeiou", *name) ? "an" : "a", name);
}

const char *keep_shown(lua_State *L, int index)
{
    return lua_type(L, index) == LUA_TUSERDATA ? object_shown(L, index) : shown(L, index);
}

struct deposit {
    lua_State *L;
    const char *name;
    struct keeps *keeps;
    int seen; /* stack index of the tables met */
};

/* A table that is met twice would be two tables afterwards; and going each way through it could
 * take for ever. */
static void check_unshared(const struct deposit *d, int index, const struct trail *up)
{
    lua_State *L = d->L;
    lua_pushvalue(L, index);
    if (lua_rawget(L, d->seen) != LUA_TNIL)
        keep_refuse(L, d->name, up, ": one table stands in two places; each place needs its own");
    lua_pop(L, 1);
    lua_pushvalue(L, index);
    lua_pushboolean(L, true);
    lua_rawset(L, d->seen);
}

static void put(const struct deposit *d, int index, const struct trail *up,
                struct keeps_table table);

/* What another keep holds. */
static void put_keep(const struct deposit *d, int index, const struct trail *up,
                     struct keeps_table table)
{
    struct error error;
    struct keep_place from, to = {d->keeps, table};
    if (keep_resolve(d->L, index, &from)) {
        if (!keep_copy(to, from, &error))
            keep_refuse(d->L, d->name, up, ": %s", error.text);
        return;
    }
    put(d, lua_gettop(d->L), up, table);
    lua_pop(d->L, 1);
}

/* The value on top of the stack. */
static void put_field(const struct deposit *d, const struct keeps_key *key, const struct trail *up,
                      struct keeps_table table)
{
    lua_State *L = d->L;
    const struct trail field = {.up = up, .key = *key};
    struct keeps_value value;
    struct error error;
    if (!keep_scalar(L, -1, &value)) {
        if (keep_kind(L, -1) != KIND_TABLE)
            keep_refuse(L, d->name, &field, " takes " KEPT_VALUES ", not %s", keep_shown(L, -1));
        value.type = KEEPS_TABLE;
    }
    if (!keeps_set(d->keeps, table, key, &value, &error))
        keep_refuse(L, d->name, &field, ": %s", error.text);
    if (value.type == KEEPS_TABLE)
        put(d, lua_gettop(L), &field, value.table);
}

static int compare_keys(const void *a, const void *b)
{
    const struct keeps_key *left = a, *right = b;
    if (!left->is_text || !right->is_text)
        return left->is_text != right->is_text
                   ? left->is_text - right->is_text
                   : (left->integer > right->integer) - (left->integer < right->integer);
    size_t shorter = left->length < right->length ? left->length : right->length;
    int order = memcmp(left->bytes, right->bytes, shorter);
    return order ? order : (left->length > right->length) - (left->length < right->length);
}

/* Pushes the keys of a table, in order: Lua goes through it in another one each time that a script
 * is loaded. */
static struct keeps_key *push_keys(const struct deposit *d, int index, const struct trail *up,
                                   size_t *count)
{
    lua_State *L = d->L;
    size_t filled = 0;
    *count = 0;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1))
        ++*count;
    struct keeps_key *keys = lua_newuserdatauv(L, (*count + 1) * sizeof *keys, 0);
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        if (!keep_key(L, -2, &keys[filled++]))
            keep_refuse(L, d->name, up, ": its keys are text or integers, not %s",
                        keep_shown(L, -2));
    }
    qsort(keys, filled, sizeof *keys, compare_keys);
    return keys;
}

static void put(const struct deposit *d, int index, const struct trail *up,
                struct keeps_table table)
{
    lua_State *L = d->L;
    size_t count;
    luaL_checkstack(L, 8, "keep");
    if (is_keep(L, index)) {
        put_keep(d, index, up, table);
        return;
    }
    if (lua_getmetatable(L, index))
        keep_refuse(L, d->name, up, " takes " KEPT_VALUES ", not a table with a metatable");
    check_unshared(d, index, up);
    const struct keeps_key *keys = push_keys(d, index, up, &count);
    for (size_t i = 0; i < count; i++) {
        keep_push_key(L, &keys[i]);
        lua_rawget(L, index);
        put_field(d, &keys[i], up, table);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

void keep_deposit(lua_State *L, int index, const char *name, const struct trail *up,
                  struct keep_place to)
{
    index = lua_absindex(L, index);
    lua_newtable(L);
    const struct deposit d = {L, name, to.keeps, lua_gettop(L)};
    put(&d, index, up, to.table);
    lua_pop(L, 1);
}

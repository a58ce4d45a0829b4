/* A value as a person reads it. Tables are shown one level deep, lists first and then names in
 * alphabetical order, and no more of them than a screen holds. Nothing of the script's is called:
 * looking at a value changes nothing. */

#include "image/quote.h"
#include "program/bind_memory.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_SHOWN = 100, ESCAPED = 4 }; /* \xNN is four bytes for one */

static void add_text(struct answer *answer, const char *text)
{
    answer_add(answer, text, strlen(text));
}

static void add_quoted(lua_State *L, int index, struct answer *answer)
{
    size_t length;
    const char *bytes = lua_tolstring(L, index, &length);
    size_t taken = length < ANSWER_MOST ? length : ANSWER_MOST;
    size_t room = taken * ESCAPED + 16;
    char *text = lua_newuserdatauv(L, room, 0);
    add_text(answer, quote_text(bytes, taken, text, room));
    lua_pop(L, 1);
}

/* "function tank.lua:12" */
static void add_function(lua_State *L, int index, struct answer *answer)
{
    lua_Debug ar;
    lua_pushvalue(L, index);
    lua_getinfo(L, ">S", &ar);
    if (ar.linedefined > 0)
        lua_pushfstring(L, "function %s:%d", ar.short_src, ar.linedefined);
    else
        lua_pushliteral(L, "function");
    add_text(answer, lua_tostring(L, -1));
    lua_pop(L, 1);
}

/* What is no table, or a table inside another. */
static void add_one(lua_State *L, int index, struct answer *answer)
{
    switch (lua_type(L, index)) {
    case LUA_TSTRING:
        add_quoted(L, index, answer);
        return;
    case LUA_TFUNCTION:
        add_function(L, index, answer);
        return;
    case LUA_TTABLE:
        lua_pushnil(L);
        add_text(answer, lua_next(L, index) ? (lua_pop(L, 2), "{…}") : "{}");
        return;
    case LUA_TTHREAD:
        add_text(answer, "coroutine");
        return;
    default: /* userdata is the host's, and so is its __tostring */
        luaL_tolstring(L, index, NULL);
        add_text(answer, lua_tostring(L, -1));
        lua_pop(L, 1);
    }
}

static bool is_name(const char *text)
{
    static const char LETTERS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    static const char REST[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    return text && *text && strchr(LETTERS, *text) && text[strspn(text, REST)] == '\0';
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_separator(struct answer *answer, size_t *shown_count)
{
    if ((*shown_count)++)
        add_text(answer, ", ");
}

/* The list at the front of a table; returns its length. */
static lua_Integer add_list(lua_State *L, int index, struct answer *answer, size_t *shown_count)
{
    lua_Integer i = 1;
    for (; i <= MOST_SHOWN && lua_rawgeti(L, index, i) != LUA_TNIL; i++) {
        add_separator(answer, shown_count);
        add_one(L, lua_gettop(L), answer);
        lua_pop(L, 1);
    }
    if (i <= MOST_SHOWN)
        lua_pop(L, 1);
    return i - 1;
}

/* Gathers names, and shows what has another kind of key at once. False: there is more. */
static bool gather(lua_State *L, int index, lua_Integer listed, const char **names, size_t *count,
                   struct answer *answer, size_t *shown_count)
{
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        if (lua_isinteger(L, -2) && lua_tointeger(L, -2) >= 1 && lua_tointeger(L, -2) <= listed)
            continue;
        if (*count + *shown_count >= MOST_SHOWN) {
            lua_pop(L, 2);
            return false;
        }
        if (is_name(plain_text(L, -2))) {
            names[(*count)++] = lua_tostring(L, -2); /* the table keeps it */
            continue;
        }
        add_separator(answer, shown_count);
        add_text(answer, "[");
        add_one(L, lua_gettop(L) - 1, answer);
        add_text(answer, "] = ");
        add_one(L, lua_gettop(L), answer);
    }
    return true;
}

static void add_table(lua_State *L, int index, struct answer *answer)
{
    const char *names[MOST_SHOWN];
    size_t count = 0, shown_count = 0;
    add_text(answer, "{");
    lua_Integer listed = add_list(L, index, answer, &shown_count);
    bool whole = gather(L, index, listed, names, &count, answer, &shown_count);
    qsort(names, count, sizeof *names, compare_keys);
    for (size_t i = 0; i < count; i++) {
        add_separator(answer, &shown_count);
        add_text(answer, names[i]);
        add_text(answer, " = ");
        lua_pushstring(L, names[i]);
        lua_rawget(L, index);
        add_one(L, lua_gettop(L), answer);
        lua_pop(L, 1);
    }
    add_text(answer, whole ? "}" : ", …}");
}

static void add_array(lua_State *L, const struct variable *variable, struct answer *answer)
{
    add_text(answer, "{");
    for (size_t i = 1; i <= variable->count; i++) {
        add_text(answer, i > 1 ? ", " : "");
        push_element(L, variable, i);
        add_one(L, lua_gettop(L), answer);
        lua_pop(L, 1);
    }
    add_text(answer, "}");
}

void add_readable(lua_State *L, int index, struct answer *answer)
{
    index = lua_absindex(L, index);
    luaL_checkstack(L, 10, "a value");
    if (lua_istable(L, index))
        add_table(L, index, answer);
    else if (is_array(L, index))
        add_array(L, array_variable(L, index), answer);
    else
        add_one(L, index, answer);
}

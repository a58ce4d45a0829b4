/* Option tables against a template: an unknown key is refused and the nearest known one named; a
 * value of the wrong kind says what the option takes. Nothing is ignored. */

#include "base/nearest.h"
#include "program/inside.h"

#include <string.h>

static const struct option *find(const struct option *options, const char *name)
{
    for (; options->name; options++) {
        if (strcmp(options->name, name) == 0)
            return options;
    }
    return NULL;
}

static void refuse_unknown(lua_State *L, const struct option *options, const char *key,
                           const char *what)
{
    struct nearest nearest;
    nearest_init(&nearest, key);
    luaL_Buffer known;
    luaL_buffinit(L, &known);
    for (const struct option *row = options; row->name; row++) {
        nearest_offer(&nearest, row->name);
        luaL_addstring(&known, row == options ? "" : " ");
        luaL_addstring(&known, row->name);
    }
    luaL_pushresult(&known);
    if (nearest_word(&nearest))
        complain(L, "%s: unknown option \"%s\"; did you mean %s?", what, key,
                 nearest_word(&nearest));
    complain(L, "%s: unknown option \"%s\"; it takes: %s", what, key, lua_tostring(L, -1));
}

bool read_integer(lua_State *L, int index, lua_Integer least, lua_Integer most,
                  lua_Integer *integer)
{
    int exact;
    *integer = lua_tointegerx(L, index, &exact);
    return lua_type(L, index) == LUA_TNUMBER && exact && *integer >= least && *integer <= most;
}

bool read_text(lua_State *L, const char **text)
{
    const char *plain = plain_text(L, -1);
    if (!plain)
        return false;
    lua_getfield(L, LUA_REGISTRYINDEX, "msm.utf8.len");
    lua_pushvalue(L, -2);
    lua_call(L, 1, 1); /* nil for what is not UTF-8 */
    bool valid = !lua_isnil(L, -1);
    lua_pop(L, 1);
    if (valid)
        check_room(L, strlen(plain));
    *text = valid ? plan_string(program_of(L)->plan, plain) : NULL;
    return valid;
}

void open_options(lua_State *L)
{
    lua_getglobal(L, "utf8");
    lua_getfield(L, -1, "len");
    lua_setfield(L, LUA_REGISTRYINDEX, "msm.utf8.len");
    lua_pop(L, 1);
}

void read_options(lua_State *L, int index, const struct option *options, void *target,
                  const char *what)
{
    index = lua_absindex(L, index);
    if (lua_isnoneornil(L, index))
        return;
    if (!lua_istable(L, index))
        complain(L, "%s: options are one table, { key = value }, not %s", what, shown(L, index));
    lua_pushnil(L);
    while (lua_next(L, index)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            complain(L, "%s: options have names, { key = value }; %s has none", what, shown(L, -1));
        const char *key = lua_tostring(L, -2);
        const struct option *option = plain_text(L, -2) ? find(options, key) : NULL;
        if (!option)
            refuse_unknown(L, options, key, what);
        else if (!option->set(L, target))
            complain(L, "%s: option %s takes %s, not %s", what, key, option->takes, shown(L, -1));
        lua_pop(L, 1);
    }
}

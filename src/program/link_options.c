/* Options that all kinds of links take, and their names: each has one of its own, because commands,
 * the log and the HMI find it by that. */

#include "program/links.h"

#include "base/duration.h"

#include <string.h>

bool wish_line(lua_State *L, void *target)
{
    struct link_wish *wish = target;
    wish->line = serial_line(L, -1);
    return wish->line != NULL;
}

bool wish_memory(lua_State *L, void *target)
{
    struct link_wish *wish = target;
    wish->memory = check_memory(L, -2, lua_pushfstring(L, "%s: option mem", wish->what));
    lua_pop(L, 1);
    return true;
}

bool is_printable(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || *text == 127)
            return false;
    }
    return true;
}

bool wish_name(lua_State *L, void *target)
{
    struct link_wish *wish = target;
    return read_text(L, &wish->name) && *wish->name && is_printable(wish->name);
}

int64_t wish_duration(lua_State *L, const char *what, const char *option, int64_t least,
                      int64_t most)
{
    char low[32], high[32];
    const char *where = lua_pushfstring(L, "%s: option %s", what, option);
    int64_t duration = check_duration(L, -2, where);
    if (duration < least || duration > most)
        complain(L, "%s takes %s to %s, not %s", where, duration_format(least, low, sizeof low),
                 duration_format(most, high, sizeof high), shown(L, -2));
    lua_pop(L, 1);
    return duration;
}

bool wish_number(lua_State *L, lua_Integer least, lua_Integer most, uint16_t *number)
{
    lua_Integer integer;
    bool ok = read_integer(L, -1, least, most, &integer);
    *number = (uint16_t)integer;
    return ok;
}

void check_options(lua_State *L, const char *what, const char *example)
{
    if (!lua_istable(L, 1))
        complain(L, "%s takes one table of options, %s, not %s", what, example, shown(L, 1));
}

void require_line(lua_State *L, const struct link_wish *wish)
{
    if (!wish->line)
        complain(L,
                 "%s: line is missing; local bus = serial { device = \"/dev/ttyUSB0\" } makes "
                 "one, and %s { line = bus, … } takes it",
                 wish->what, wish->what);
}

const char *choose_name(lua_State *L, const struct link_wish *wish, const char *usual,
                        const char *memory)
{
    struct plan *plan = program_of(L)->plan;
    const char *first = wish->name ? plan_find_link(plan, wish->name) : NULL;
    if (first)
        complain(L,
                 "%s: a link named \"%s\" is already declared at %s; every link has a name of "
                 "its own",
                 wish->what, wish->name, first);
    if (wish->name)
        return wish->name;
    const char *name = usual;
    if (plan_find_link(plan, name))
        name = lua_pushfstring(L, "%s (%s)", usual, memory);
    for (int i = 2; plan_find_link(plan, name); i++) {
        lua_pop(L, 1); /* hundreds of links may want one name */
        name = lua_pushfstring(L, "%s (%s %d)", usual, memory, i);
    }
    return plan_string(plan, name);
}

/* Upvalue of both: "server" or "client". */

static int refuse_kind(lua_State *L)
{
    const char *what = lua_tostring(L, lua_upvalueindex(1));
    return complain(L, "%s.%s is not there; there are %s.tcp { … } and %s.rtu { … }", what,
                    key_text(L, 2), what, what);
}

static int refuse_call(lua_State *L)
{
    const char *what = lua_tostring(L, lua_upvalueindex(1));
    return complain(L, "%s needs its kind: %s.tcp { … } or %s.rtu { … }", what, what, what);
}

void name_kinds(lua_State *L, const char *what)
{
    static const luaL_Reg meta[] = {
        {"__index", refuse_kind}, {"__call", refuse_call}, {NULL, NULL}};
    lua_createtable(L, 0, 3);
    lua_pushstring(L, what);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "__metatable");
    luaL_setfuncs(L, meta, 1);
    lua_setmetatable(L, -2);
}

/* What a fault says: what happened and where, how the program came there, and what the failing
 * function had in its locals. All of it goes into one struct error: the first line whole, then the
 * locals, and of the traceback what there is room for. */

#include "program/inside.h"

#include <string.h>

enum { ROOM = sizeof((struct error *)0)->text - 1, MOST_LOCALS = 12 };

static const char LOCALS[] = "\nlocals: ";

/* Pushes "\nlocals: level = 12.5, pump = true" of the function, or "". Temporaries of Lua's own are
 * named "(for state)" and the like. */
static void push_locals(lua_State *L, const lua_Debug *ar)
{
    int base = lua_gettop(L), shown_count = 0;
    const char *name;
    lua_pushliteral(L, "");
    for (int i = 1; (name = lua_getlocal(L, ar, i)); i++) {
        if (*name == '(') {
            lua_settop(L, base + 1);
            continue;
        }
        if (++shown_count > MOST_LOCALS) {
            lua_settop(L, base + 1);
            lua_pushliteral(L, ", …");
            lua_concat(L, 2);
            return;
        }
        const char *value = shown(L, lua_gettop(L));
        lua_pushfstring(L, "%s%s%s = %s", lua_tostring(L, base + 1),
                        shown_count > 1 ? ", " : LOCALS, name, value);
        lua_replace(L, base + 1);
        lua_settop(L, base + 1);
    }
}

/* The length at which a text ends with a whole line within `room`. */
static size_t whole_lines(const char *text, size_t length, size_t room)
{
    if (length <= room)
        return length;
    while (room > 0 && text[room] != '\n')
        room--;
    return room;
}

/* The text that stands at `base`, with the traceback and the locals above it. */
static void join(lua_State *L, int base)
{
    size_t lengths[3];
    const char *texts[3];
    for (int i = 0; i < 3; i++)
        texts[i] = lua_tolstring(L, base + i, &lengths[i]);
    size_t room = lengths[0] < ROOM ? ROOM - lengths[0] : 0;
    lengths[2] = lengths[2] <= room ? lengths[2] : 0;
    lengths[1] = whole_lines(texts[1], lengths[1], room - lengths[2]);
    luaL_Buffer joined;
    luaL_buffinit(L, &joined);
    for (int i = 0; i < 3; i++)
        luaL_addlstring(&joined, texts[i], lengths[i]);
    luaL_pushresult(&joined);
}

void push_fault_text(lua_State *L, int level)
{
    int base = lua_gettop(L);
    lua_Debug ar;
    luaL_checkstack(L, 20, "fault");
    luaL_traceback(L, L, "", level); /* begins with a line break */
    if (find_user(L, &ar))
        push_locals(L, &ar);
    else
        lua_pushliteral(L, "");
    join(L, base);
    lua_replace(L, base);
    lua_settop(L, base);
}

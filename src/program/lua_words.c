/* Nothing here raises, but for arguments that are none, and nothing knows a program: states of
 * tests have none. */

#include "program/lua_words.h"

#include "base/duration.h"
#include "base/nearest.h"
#include "program/inside.h"

#include <string.h>

/* Who writes "100" may mean milliseconds: only 0 needs no unit. */
static bool is_bare_number(const char *text)
{
    return strpbrk(text, "123456789") && strlen(text) < 20 && !text[strspn(text, "0123456789.")];
}

bool to_duration(lua_State *L, int index, int64_t *ns, struct error *error)
{
    const char *text = plain_text(L, index);
    if (lua_type(L, index) == LUA_TNUMBER)
        return duration_from_seconds(lua_tonumber(L, index), ns, error);
    if (!text)
        return error_set(error, "a duration is seconds or text like \"100ms\", not %s",
                         shown(L, index));
    if (is_bare_number(text))
        return error_set(error,
                         "\"%s\" has no unit; \"%ss\", \"%sms\" and others have one, and a number "
                         "without quotes is in seconds",
                         text, text, text);
    return duration_parse(text, ns, error);
}

int push_nearest(lua_State *L)
{
    struct nearest nearest;
    nearest_init(&nearest, luaL_checkstring(L, 1));
    luaL_checktype(L, 2, LUA_TTABLE);
    for (lua_Integer i = 1; lua_geti(L, 2, i) == LUA_TSTRING; i++) {
        nearest_offer(&nearest, lua_tostring(L, -1));
        lua_pop(L, 1); /* the list holds it */
    }
    lua_pushstring(L, nearest_word(&nearest));
    return 1;
}

/* Errors belong to the line that the user can change: the innermost running Lua function that is
 * neither the embedded library's nor the host's. */

#include "image/quote.h"
#include "program/inside.h"
#include "program/lua_words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    SHOWN = 80,    /* room for a value within a message */
    SEARCHED = 200 /* levels of the stack */
};

/* Library chunks are named "=msm/…"; Lua's own "=[C]" and "=(tail call)" have no line. */
static bool is_users(const lua_Debug *ar)
{
    return ar->currentline > 0 && strncmp(ar->source, "=msm/", 5) != 0;
}

bool find_user(lua_State *L, lua_Debug *ar)
{
    for (int level = 0; lua_getstack(L, level, ar); level++) {
        lua_getinfo(L, "Sl", ar);
        if (is_users(ar))
            return true;
    }
    return false;
}

int complain(lua_State *L, const char *format, ...)
{
    struct error error;
    char text[sizeof error.text + 1]; /* with room to spare: error_set cuts, between characters */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    error_set(&error, "%s", text);
    lua_Debug ar;
    if (find_user(L, &ar))
        lua_pushfstring(L, "%s:%d: %s", ar.short_src, ar.currentline, error.text);
    else
        lua_pushstring(L, error.text);
    lua_error(L);
    __builtin_unreachable();
}

const char *user_line(lua_State *L)
{
    lua_Debug ar;
    char text[LUA_IDSIZE + 16] = "host";
    if (find_user(L, &ar))
        snprintf(text, sizeof text, "%s:%d", ar.short_src, ar.currentline);
    struct program *program = program_of(L);
    if (!program->last_line || strcmp(program->last_line, text) != 0)
        program->last_line = plan_string(program->plan, text);
    return program->last_line;
}

void check_room(lua_State *L, size_t size)
{
    const struct program *program = program_of(L);
    size_t limit = pool_cap(program->pool) * DECLARED_CAPS;
    if (plan_used(program->plan) + size > limit)
        complain(L,
                 "the declarations take more than %zu MiB, %d times what the script may use; "
                 "program { memory = … } in its body changes both",
                 limit / (1024 * 1024), DECLARED_CAPS);
}

void require_body(lua_State *L, const char *what)
{
    if (!program_of(L)->declaring)
        complain(L, "%s belongs in the script's body: declaring ends when the body has run", what);
    check_room(L, 0);
}

const char *shown(lua_State *L, int index)
{
    char text[SHOWN];
    size_t length;
    const char *bytes;
    switch (lua_type(L, index)) {
    case LUA_TNONE:
        return "nothing";
    case LUA_TNIL:
    case LUA_TBOOLEAN:
    case LUA_TNUMBER: /* without metatables in a sandbox: no script's code is called */
        return luaL_tolstring(L, index, NULL);
    case LUA_TSTRING:
        bytes = lua_tolstring(L, index, &length);
        return lua_pushstring(L, quote_text(bytes, length, text, sizeof text));
    default:
        return lua_pushfstring(L, "a %s", luaL_typename(L, index));
    }
}

const char *plain_text(lua_State *L, int index)
{
    size_t length;
    const char *text = lua_type(L, index) == LUA_TSTRING ? lua_tolstring(L, index, &length) : NULL;
    return text && strlen(text) == length ? text : NULL;
}

const char *key_text(lua_State *L, int index)
{
    const char *text = plain_text(L, index);
    return text ? text : shown(L, index);
}

static int to_text(lua_State *L)
{
    luaL_tolstring(L, 1, NULL);
    return 1;
}

/* An object with a text of its own says that, if it can; anything else is named. */
static const char *object_text(lua_State *L)
{
    if (luaL_getmetafield(L, 1, "__tostring") != LUA_TNIL) {
        lua_pushcfunction(L, to_text);
        lua_pushvalue(L, 1);
        if (lua_pcall(L, 1, 1, 0) == LUA_OK)
            return lua_tostring(L, -1);
    }
    return lua_pushfstring(L, "an error was raised with %s instead of a text", shown(L, 1));
}

bool is_out_of_memory(const char *text)
{
    static const char LUAS[] = "not enough memory";
    const char *rest = text + sizeof LUAS - 1; /* a traceback, or nothing */
    return strncmp(text, LUAS, sizeof LUAS - 1) == 0 && (!*rest || *rest == '\n');
}

/* Whether it begins with ":12:". */
static bool is_line(const char *text)
{
    size_t digits = *text == ':' ? strspn(text + 1, "0123456789") : 0;
    return digits && text[1 + digits] == ':';
}

/* Whether the text begins with a line of a running function, "tank.lua:12:". Lua finds a level by
 * counting from the top, so an overflown stack is not searched to its end. */
static bool names_line(lua_State *L, const char *text)
{
    lua_Debug ar;
    for (int level = 0; level < SEARCHED && lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "S", &ar);
        size_t length = strlen(ar.short_src);
        if (strncmp(text, ar.short_src, length) == 0 && is_line(text + length))
            return true;
    }
    return false;
}

const char *raised_text(lua_State *L)
{
    lua_Debug ar;
    const char *text = lua_type(L, 1) == LUA_TSTRING ? lua_tostring(L, 1) : object_text(L);
    if (lua_type(L, 1) == LUA_TSTRING && (names_line(L, text) || is_out_of_memory(text)))
        return text;
    return find_user(L, &ar) ? lua_pushfstring(L, "%s:%d: %s", ar.short_src, ar.currentline, text)
                             : text;
}

int traceback(lua_State *L)
{
    if (interrupt_is_late(L))
        return 1;
    lua_pushstring(L, raised_text(L));
    make_harmless(L);
    push_fault_text(L, 1);
    return 1;
}

/* In the body most errors are the main chunk's own, where a traceback would say nothing more than
 * the file and line in front of the text do. */
int body_traceback(lua_State *L)
{
    lua_Debug ar;
    if (interrupt_is_late(L))
        return 1;
    lua_pushstring(L, raised_text(L));
    make_harmless(L);
    const char *text = lua_tostring(L, -1);
    int depth = 0;
    for (int level = 0; depth < 2 && lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        depth += is_users(&ar);
    }
    if (depth > 1)
        luaL_traceback(L, L, text, 1);
    else
        lua_pushstring(L, text);
    return 1;
}

int64_t check_duration(lua_State *L, int index, const char *what)
{
    struct error error;
    int64_t ns = 0;
    if (!to_duration(L, index, &ns, &error))
        complain(L, "%s: %s", what, error.text);
    return ns;
}

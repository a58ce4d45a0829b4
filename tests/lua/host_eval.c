/* A line of code in a script beside the test: as src/program/eval.c runs it, but its values go from
 * the one Lua state into the other, so that a test compares numbers with numbers. */

#include "host.h"

#include "program/inside.h"
#include "run/generation.h"

#include <string.h>

struct evaluation {
    struct program *program;
    lua_State *to; /* gets the values */
    const char *code;
    int count;
};

static void copy_value(lua_State *L, int index, lua_State *to)
{
    size_t length;
    const char *text;
    switch (lua_type(L, index)) {
    case LUA_TNIL:
        lua_pushnil(to);
        return;
    case LUA_TBOOLEAN:
        lua_pushboolean(to, lua_toboolean(L, index));
        return;
    case LUA_TNUMBER:
        if (lua_isinteger(L, index))
            lua_pushinteger(to, lua_tointeger(L, index));
        else
            lua_pushnumber(to, lua_tonumber(L, index));
        return;
    case LUA_TSTRING:
        text = lua_tolstring(L, index, &length);
        lua_pushlstring(to, text, length);
        return;
    default:
        luaL_error(L, "value %d is a %s; only plain values come back", index,
                   luaL_typename(L, index));
    }
}

/* Argument: the evaluation. In the script's own state. */
static int call_code(lua_State *L)
{
    struct evaluation *evaluation = lua_touserdata(L, 1);
    lua_settop(L, 0);
    lua_pushfstring(L, "return %s", evaluation->code);
    if (luaL_loadbufferx(L, lua_tostring(L, 1), lua_rawlen(L, 1), "=eval", "t") != LUA_OK &&
        luaL_loadbufferx(L, evaluation->code, strlen(evaluation->code), "=eval", "t") != LUA_OK)
        return lua_error(L);
    lua_replace(L, 1);
    lua_settop(L, 1);
    lua_call(L, 0, LUA_MULTRET);
    int count = lua_gettop(L);
    if (!lua_checkstack(evaluation->to, count))
        return luaL_error(L, "too many values");
    for (int i = 1; i <= count; i++, evaluation->count++)
        copy_value(L, i, evaluation->to);
    return 0;
}

static bool evaluate(void *context, const struct cycle *cycle, struct error *error)
{
    struct evaluation *evaluation = context;
    struct program *program = evaluation->program;
    program->cycle = *cycle;
    lua_pushcfunction(program->L, call_code);
    lua_pushlightuserdata(program->L, evaluation);
    return program_call(program, 1, body_traceback, error);
}

int host_eval(lua_State *L, const char *code, struct generation *generation, struct instant now)
{
    struct error error;
    struct evaluation evaluation = {.program = generation->program, .to = L, .code = code};
    switch (scan_between(generation->scan, evaluate, &evaluation, now, &error)) {
    case SCAN_CALLED:
        return evaluation.count;
    case SCAN_EARLY:
        return luaL_error(L, "eval comes after the first scan, and after a pulse was seen");
    default:
        return luaL_error(L, "%s", error.text);
    }
}

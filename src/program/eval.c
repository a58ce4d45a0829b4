/* A line of code in the running program, for a person at the prompt: what it printed, then its
 * values, as text. It sees what a task sees, under the same watchdog. */

#include "program/inside.h"

#include <stdlib.h>
#include <string.h>

static const char NAME[] = "=eval";

/* Pushes the code as a function: as an expression where it is one. What cannot be either is told
 * as Lua tells it of statements. */
static void load_code(lua_State *L, const char *code)
{
    const char *expression = lua_pushfstring(L, "return %s", code);
    if (luaL_loadbufferx(L, expression, strlen(expression), NAME, "t") == LUA_OK)
        return;
    lua_settop(L, 1);
    if (luaL_loadbufferx(L, code, strlen(code), NAME, "t") != LUA_OK)
        lua_error(L);
}

/* Argument: the code (light userdata). */
static int run(lua_State *L)
{
    struct answer *answer = program_of(L)->answer;
    load_code(L, lua_touserdata(L, 1));
    lua_replace(L, 1);
    lua_settop(L, 1);
    lua_call(L, 0, LUA_MULTRET);
    int count = lua_gettop(L);
    for (int i = 1; i <= count && !answer->cut; i++) {
        interrupt_check(L);
        answer_line(answer);
        add_readable(L, i, answer);
    }
    return 0;
}

bool answer_by(struct program *program, lua_CFunction function, const char *code, char **text,
               struct error *error)
{
    struct answer answer;
    *text = NULL;
    if (!answer_begin(&answer))
        return error_set(error, "out of memory for an answer");
    program->answer = &answer;
    lua_pushcfunction(program->L, function);
    lua_pushlightuserdata(program->L, (void *)code);
    bool ok = program_call(program, 1, body_traceback, error);
    program->answer = NULL;
    *text = answer_end(&answer);
    if (ok)
        return true;
    free(*text);
    *text = NULL;
    return false;
}

bool program_eval(struct program *program, const char *code, const struct cycle *cycle, char **text,
                  struct error *error)
{
    program->cycle = *cycle;
    if (!answer_by(program, run, code, text, error))
        return false;
    if (program_settle(program, cycle, error)) /* who asks next sees what became of alarms */
        return true;
    free(*text);
    *text = NULL;
    return false;
}

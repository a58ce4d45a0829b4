/* msm.core: what the Lua library needs of the host and a script does not: the same durations, the
 * same complaints at the user's line, and what only the host knows of the run. */

#include "program/inside.h"
#include "program/lua_words.h"

#include <math.h>

/* core.duration("2s" [, what]): seconds as a number, so that durations are written the same
 * everywhere. Raises for what is none, with `what` in front. */
static int duration(lua_State *L)
{
    lua_pushnumber(L, (double)check_duration(L, 1, luaL_optstring(L, 2, "duration")) / NS_PER_S);
    return 1;
}

/* core.complain(text): raises it at the innermost line that the user can change. */
static int complain_at_user(lua_State *L)
{
    return complain(L, "%s", luaL_checkstring(L, 1));
}

/* core.line([what]): "tank.lua:12", that line. Body only; `what` is what was called. */
static int line(lua_State *L)
{
    require_body(L, luaL_optstring(L, 1, "this"));
    lua_pushstring(L, user_line(L));
    return 1;
}

/* core.dt(): what the running task was given as its dt, seconds; 0 outside of tasks. */
static int dt(lua_State *L)
{
    lua_pushnumber(L, program_of(L)->dt);
    return 1;
}

/* core.finite(a, b, …): whether all of them are numbers, and neither NaN nor infinite. */
static int finite_numbers(lua_State *L)
{
    bool all = true;
    for (int i = lua_gettop(L); i > 0 && all; i--)
        all = lua_type(L, i) == LUA_TNUMBER && isfinite(lua_tonumber(L, i));
    lua_pushboolean(L, all);
    return 1;
}

/* core.remark(text): what msm check says of the innermost line that the user can change. */
static int remark(lua_State *L)
{
    require_body(L, "core.remark");
    remark_text(L, luaL_checkstring(L, 1));
    return 0;
}

/* core.why(): "cold", "restart" or "reload": how this program came to run. */
static int why(lua_State *L)
{
    lua_pushstring(L, program_of(L)->why);
    return 1;
}

/* core.declaring(): whether the script's body runs. */
static int declaring(lua_State *L)
{
    lua_pushboolean(L, program_of(L)->declaring);
    return 1;
}

void push_core(lua_State *L)
{
    static const luaL_Reg functions[] = {{"complain", complain_at_user},
                                         {"declaring", declaring},
                                         {"dt", dt},
                                         {"duration", duration},
                                         {"finite", finite_numbers},
                                         {"line", line},
                                         {"nearest", push_nearest},
                                         {"remark", remark},
                                         {"why", why},
                                         {NULL, NULL}};
    luaL_newlib(L, functions);
    add_files(L);
    add_pages(L);
    add_alarms(L);
    add_keep_fields(L);
}

/* What serial { … } gives, and client.rtu and server.rtu take: a userdata around the plan's row. */

#include "program/links.h"

static const char LINE[] = "msm.line";

const struct line_spec **push_line(lua_State *L)
{
    const struct line_spec **line = lua_newuserdatauv(L, sizeof *line, 0);
    *line = NULL;
    luaL_setmetatable(L, LINE);
    return line;
}

const struct line_spec *serial_line(lua_State *L, int index)
{
    const struct line_spec **line = luaL_testudata(L, index, LINE);
    return line ? *line : NULL;
}

/* "serial line /dev/ttyUSB0, 9600 8E1" */
static int line_tostring(lua_State *L)
{
    const struct line_spec *line = serial_line(L, 1);
    const char parity[] = {line->parity, '\0'};
    lua_pushfstring(L, "serial line %s, %d 8%s%d", line->name, (int)line->baud, parity,
                    line->stop_bits);
    return 1;
}

void open_lines(lua_State *L)
{
    luaL_newmetatable(L, LINE);
    lua_pushcfunction(L, line_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pushliteral(L, "line");
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}

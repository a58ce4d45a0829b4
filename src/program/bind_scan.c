/* scan: what a script may know of the scan it runs in. Read only, and frozen for one scan. */

#include "base/nearest.h"
#include "program/inside.h"

static int push_time(lua_State *L, const struct cycle *cycle)
{
    lua_pushnumber(L, cycle->time);
    return 1;
}

static int push_now(lua_State *L, const struct cycle *cycle)
{
    lua_pushnumber(L, cycle->utc);
    return 1;
}

static int push_clock_ok(lua_State *L, const struct cycle *cycle)
{
    lua_pushboolean(L, cycle->clock_ok);
    return 1;
}

static int push_count(lua_State *L, const struct cycle *cycle)
{
    lua_pushinteger(L, (lua_Integer)cycle->count);
    return 1;
}

static int push_overruns(lua_State *L, const struct cycle *cycle)
{
    lua_pushinteger(L, (lua_Integer)cycle->overruns);
    return 1;
}

static const struct field {
    const char *name;
    int (*push)(lua_State *L, const struct cycle *cycle);
} FIELDS[] = {
    {"clock_ok", push_clock_ok}, /* false while the system clock has evidently never been set */
    {"count", push_count},       /* number of this scan; the first is 1, before it 0 */
    {"now", push_now},           /* seconds since 1970-01-01 UTC */
    {"overruns", push_overruns}, /* due times missed so far, over all tasks */
    {"time", push_time},         /* monotonic seconds since start */
    {NULL, NULL},
};

static int refuse_unknown(lua_State *L)
{
    const char *asked = key_text(L, 2);
    struct nearest nearest;
    nearest_init(&nearest, asked);
    for (const struct field *field = FIELDS; field->name; field++)
        nearest_offer(&nearest, field->name);
    if (nearest_word(&nearest))
        complain(L, "scan.%s is not known; did you mean %s?", asked, nearest_word(&nearest));
    return complain(L, "scan.%s is not known; clock_ok count now overruns time are", asked);
}

static int scan_index(lua_State *L)
{
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TLIGHTUSERDATA)
        return refuse_unknown(L);
    const struct field *field = lua_touserdata(L, -1);
    return field->push(L, &program_of(L)->cycle);
}

static int scan_newindex(lua_State *L)
{
    return complain(L, "scan.%s is read only", key_text(L, 2));
}

/* All of it, for who types "scan" at a prompt. */
static int scan_tostring(lua_State *L)
{
    luaL_Buffer text;
    luaL_buffinit(L, &text);
    for (const struct field *field = FIELDS; field->name; field++) {
        luaL_addstring(&text, field == FIELDS ? "{" : ", ");
        luaL_addstring(&text, field->name);
        luaL_addstring(&text, " = ");
        field->push(L, &program_of(L)->cycle);
        luaL_tolstring(L, -1, NULL);
        lua_remove(L, -2);
        luaL_addvalue(&text);
    }
    luaL_addchar(&text, '}');
    luaL_pushresult(&text);
    return 1;
}

void open_scan(lua_State *L)
{
    lua_newuserdatauv(L, 0, 0);
    lua_createtable(L, 0, 4);
    lua_newtable(L);
    for (const struct field *field = FIELDS; field->name; field++) {
        lua_pushlightuserdata(L, (void *)field);
        lua_setfield(L, -2, field->name);
    }
    lua_pushcclosure(L, scan_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, scan_newindex);
    lua_setfield(L, -2, "__newindex");
    lua_pushcfunction(L, scan_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pushliteral(L, "scan");
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_setglobal(L, "scan");
}

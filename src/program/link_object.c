/* Links in a script's hand: what is known about them, as latched with the values, and what can be
 * asked of them. */

#include "program/links.h"

#include "base/nearest.h"
#include "image/link.h"

static const char LINK[] = "msm.link";

struct link_object *push_link(lua_State *L)
{
    struct link_object *link = lua_newuserdatauv(L, sizeof *link, 0);
    *link = (struct link_object){0};
    luaL_setmetatable(L, LINK);
    return link;
}

const struct link_object *check_link(lua_State *L, const char *what)
{
    const struct link_object *link = luaL_testudata(L, 1, LINK);
    interrupt_check(L); /* as with keeps: links are the next program's by then */
    if (!link)
        complain(L,
                 "%s takes a link (what client.tcp, server.tcp and their like returned), not %s; "
                 "a colon calls it, as in link:stop()",
                 what, shown(L, 1));
    return link;
}

static size_t number_of(const struct program *program, const struct link_object *link)
{
    return link->index + (link->is_server ? program->plan->client_count : 0);
}

const char *object_name(lua_State *L, const struct link_object *link)
{
    const struct plan *plan = program_of(L)->plan;
    return link->is_server ? plan->servers[link->index].name : plan->clients[link->index].name;
}

/* In the body nothing has happened yet. */
static struct link_status status_of(const struct program *program, const struct link_object *link)
{
    return program->view ? *view_link(program->view, number_of(program, link))
                         : (struct link_status){0};
}

static int push_online(lua_State *L, const struct link_object *link)
{
    lua_pushboolean(L, status_of(program_of(L), link).online);
    return 1;
}

static int push_age(lua_State *L, const struct link_object *link)
{
    const struct program *program = program_of(L);
    int64_t answered = status_of(program, link).answered;
    double age = (double)(program->cycle.monotonic - answered) / NS_PER_S;
    if (answered)
        lua_pushnumber(L, age > 0 ? age : 0);
    else
        lua_pushnil(L);
    return 1;
}

static int push_errors(lua_State *L, const struct link_object *link)
{
    lua_pushinteger(L, (lua_Integer)status_of(program_of(L), link).errors);
    return 1;
}

static int push_last_error(lua_State *L, const struct link_object *link)
{
    const struct program *program = program_of(L);
    char text[LINK_ERROR_MAX];
    if (status_of(program, link).errors &&
        link_last_error(program->image, number_of(program, link), text))
        lua_pushstring(L, text);
    else
        lua_pushnil(L);
    return 1;
}

static int push_conflicts(lua_State *L, const struct link_object *link)
{
    lua_pushinteger(L, (lua_Integer)status_of(program_of(L), link).conflicts);
    return 1;
}

static int push_reconnected(lua_State *L, const struct link_object *link)
{
    const struct program *program = program_of(L);
    lua_pushboolean(L, status_of(program, link).reconnected > program->cycle.seen);
    return 1;
}

static int push_name(lua_State *L, const struct link_object *link)
{
    lua_pushstring(L, object_name(L, link));
    return 1;
}

static const struct property {
    const char *name;
    int (*push)(lua_State *L, const struct link_object *link);
} PROPERTIES[] = {
    {"age", push_age},               /* seconds since the last good answer; nil before the first */
    {"conflicts", push_conflicts},   /* local changes that lost against the device's */
    {"errors", push_errors},         /* requests that failed */
    {"last_error", push_last_error}, /* text of the last one, or nil */
    {"name", push_name},
    {"online", push_online},           /* a client: its device answers; a server: it listens */
    {"reconnected", push_reconnected}, /* true in a task's first run after the first good poll that
                                          followed a loss, as mem:written is */
    {NULL, NULL},
};

static int want(lua_State *L, const char *what, bool running)
{
    const struct link_object *link = check_link(L, what);
    const struct program *program = program_of(L);
    if (!program->view)
        complain(L, "%s: links run when the body has ended; on_start or a task can do this", what);
    link_want(program->image, number_of(program, link), running);
    return 0;
}

/* link:stop(): ends the communication until link:start(). A client's values turn stale, a server
 * closes its connections. At once, not at the end of the scan. In tasks, on_start and on_stop. */
static int link_stop(lua_State *L)
{
    return want(L, "link:stop", false);
}

/* link:start(): takes it up again. */
static int link_start(lua_State *L)
{
    return want(L, "link:start", true);
}

static const luaL_Reg METHODS[] = {
    {"request", link_request}, {"start", link_start}, {"stop", link_stop}, {NULL, NULL}};

static int refuse_unknown(lua_State *L)
{
    const char *asked = key_text(L, 2);
    struct nearest nearest;
    nearest_init(&nearest, asked);
    for (const struct property *row = PROPERTIES; row->name; row++)
        nearest_offer(&nearest, row->name);
    for (const luaL_Reg *row = METHODS; row->name; row++)
        nearest_offer(&nearest, row->name);
    if (nearest_word(&nearest))
        complain(L, "link.%s is not known; did you mean %s?", asked, nearest_word(&nearest));
    return complain(L,
                    "link.%s is not known; a link has: age conflicts errors last_error name "
                    "online reconnected, and :request :start :stop",
                    asked);
}

/* Upvalue: what there is, by name. */
static int object_index(lua_State *L)
{
    const struct link_object *link = check_link(L, "link");
    lua_pushvalue(L, 2);
    int type = lua_rawget(L, lua_upvalueindex(1));
    if (type == LUA_TFUNCTION)
        return 1;
    if (type != LUA_TLIGHTUSERDATA)
        return refuse_unknown(L);
    const struct property *property = lua_touserdata(L, -1);
    return property->push(L, link);
}

static int object_newindex(lua_State *L)
{
    return complain(L,
                    "link.%s is read only; link:stop() and link:start() are what a script can do",
                    key_text(L, 2));
}

static int object_tostring(lua_State *L)
{
    const struct link_object *link = check_link(L, "link");
    lua_pushfstring(L, "%s link \"%s\"", link->is_server ? "server" : "client",
                    object_name(L, link));
    return 1;
}

void open_links(lua_State *L)
{
    luaL_newmetatable(L, LINK);
    luaL_newlib(L, METHODS);
    for (const struct property *row = PROPERTIES; row->name; row++) {
        lua_pushlightuserdata(L, (void *)row);
        lua_setfield(L, -2, row->name);
    }
    lua_pushcclosure(L, object_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, object_newindex);
    lua_setfield(L, -2, "__newindex");
    lua_pushcfunction(L, object_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pushliteral(L, "link");
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}

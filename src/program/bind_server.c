/* server.tcp { … }: who may reach a memory over Modbus TCP, and how. Only noted in the plan; the
 * socket is opened when the body has run and the values are in the image. */

#include "program/bind_memory.h"

#include <arpa/inet.h>
#include <string.h>

enum {
    DEFAULT_PORT = 502,
    MAX_CONNECTIONS = 64,
    MAX_CONNECTIONS_PER_ADDRESS = 16,
    MOST_CONNECTIONS = 10000
};

/* What the options say, until it is known that they fit together. */
struct wish {
    struct server_spec spec;
    int memory; /* UNIT_NONE until stated */
    int unit;   /* likewise */
    bool has_units;
};

static bool set_allow(lua_State *L, void *target)
{
    struct wish *wish = target;
    if (!lua_istable(L, -1))
        return false;
    size_t count = lua_rawlen(L, -1);
    struct cidr *list = plan_alloc(program_of(L)->plan, (count + 1) * sizeof *list);
    for (size_t i = 0; i < count; i++) {
        struct error error;
        lua_rawgeti(L, -1, (lua_Integer)i + 1);
        if (!plain_text(L, -1))
            return lua_pop(L, 1), false;
        if (!cidr_parse(lua_tostring(L, -1), &list[i], &error))
            complain(L, "server.tcp: allow: %s", error.text);
        lua_pop(L, 1);
    }
    /* An empty list would read as "nobody" and work as "everyone". */
    if (!count)
        return false;
    wish->spec.allow = list;
    wish->spec.allow_count = count;
    return true;
}

static bool set_bind(lua_State *L, void *target)
{
    struct wish *wish = target;
    unsigned char address[16];
    const char *text = plain_text(L, -1);
    if (!text)
        return false;
    wish->spec.bind = plan_string(program_of(L)->plan, text);
    return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

static bool set_idle_timeout(lua_State *L, void *target)
{
    ((struct wish *)target)->spec.idle_timeout =
        check_duration(L, -1, "server.tcp: option idle_timeout");
    return true;
}

static bool set_max(lua_State *L, uint32_t *limit)
{
    lua_Integer number;
    bool ok = read_integer(L, -1, 1, MOST_CONNECTIONS, &number);
    *limit = (uint32_t)number;
    return ok;
}

static bool set_max_connections(lua_State *L, void *target)
{
    return set_max(L, &((struct wish *)target)->spec.max_connections);
}

static bool set_max_per_address(lua_State *L, void *target)
{
    return set_max(L, &((struct wish *)target)->spec.max_connections_per_address);
}

static bool set_mem(lua_State *L, void *target)
{
    ((struct wish *)target)->memory = check_memory(L, -1, "server.tcp: option mem");
    return true;
}

static bool set_name(lua_State *L, void *target)
{
    return read_text(L, &((struct wish *)target)->spec.name);
}

static bool set_port(lua_State *L, void *target)
{
    lua_Integer port;
    bool ok = read_integer(L, -1, 0, UINT16_MAX, &port);
    ((struct wish *)target)->spec.port = (uint16_t)port;
    return ok;
}

static bool set_read_only(lua_State *L, void *target)
{
    ((struct wish *)target)->spec.read_only = lua_toboolean(L, -1);
    return lua_type(L, -1) == LUA_TBOOLEAN;
}

static bool set_unit(lua_State *L, void *target)
{
    lua_Integer unit;
    bool ok = read_integer(L, -1, 0, UNIT_IDS - 1, &unit);
    ((struct wish *)target)->unit = (int)unit;
    return ok;
}

static bool set_units(lua_State *L, void *target)
{
    struct wish *wish = target;
    if (!lua_istable(L, -1))
        return false;
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        lua_Integer unit;
        if (!read_integer(L, -2, 0, UNIT_IDS - 1, &unit))
            complain(L, "server.tcp: option units: %s is no unit id; those are numbers, 0..255",
                     shown(L, -2));
        wish->spec.memory_of[unit] = (int16_t)check_memory(L, -1, "server.tcp: option units");
        wish->has_units = true;
    }
    if (!wish->has_units)
        complain(L, "server.tcp: option units is empty; { [1] = m1, [2] = m2 } says which memory "
                    "answers which unit id");
    return true;
}

static const struct option OPTIONS[] = {
    {"allow", "a list of networks like { \"10.0.0.0/24\" }", set_allow},
    {"bind", "an IP address of this machine, \"0.0.0.0\" or \"::\" for all of them", set_bind},
    {"idle_timeout", "a duration", set_idle_timeout},
    {"max_connections", "a number, 1..10000", set_max_connections},
    {"max_connections_per_address", "a number, 1..10000", set_max_per_address},
    {"mem", "a memory", set_mem},
    {"name", "UTF-8 text", set_name},
    {"port", "a number, 1..65535, or 0 for any free one", set_port},
    {"read_only", "true or false", set_read_only},
    {"unit", "a unit id, 0..255", set_unit},
    {"units", "a table of memories by unit id, { [1] = m1, [2] = m2 }", set_units},
    {NULL, NULL, NULL},
};

static void assign_units(lua_State *L, struct wish *wish)
{
    if (wish->has_units && (wish->memory != UNIT_NONE || wish->unit != UNIT_NONE))
        complain(L, "server.tcp: units says which memory answers which unit; mem and unit are for "
                    "servers of one memory");
    int memory = wish->memory == UNIT_NONE ? 0 : wish->memory;
    for (int unit = 0; unit < UNIT_IDS && !wish->has_units; unit++) {
        if (wish->unit == UNIT_NONE || wish->unit == unit)
            wish->spec.memory_of[unit] = (int16_t)memory;
    }
}

/* server.tcp { port = 1502, … }: serves a memory (`mem` unless told otherwise) on loopback (unless
 * `bind` says otherwise), for all unit ids (unless `unit` or `units` say otherwise). Body only.
 * Source: MODBUS Messaging on TCP/IP Implementation Guide V1.0b. */
static int server_tcp(lua_State *L)
{
    struct program *program = program_of(L);
    struct error error;
    struct wish wish = {
        .spec = {.bind = "127.0.0.1",
                 .port = DEFAULT_PORT,
                 .max_connections = MAX_CONNECTIONS,
                 .max_connections_per_address = MAX_CONNECTIONS_PER_ADDRESS},
        .memory = UNIT_NONE,
        .unit = UNIT_NONE,
    };
    lua_settop(L, 1);
    require_body(L, "server.tcp");
    for (int unit = 0; unit < UNIT_IDS; unit++)
        wish.spec.memory_of[unit] = UNIT_NONE;
    read_options(L, 1, OPTIONS, &wish, "server.tcp");
    assign_units(L, &wish);
    wish.spec.where = user_line(L);
    if (!wish.spec.name)
        wish.spec.name = plan_string(
            program->plan, lua_pushfstring(L, "tcp:%s:%d", wish.spec.bind, wish.spec.port));
    if (plan_server(program->plan, &wish.spec, &error) < 0)
        complain(L, "%s", error.text);
    return 0;
}

void open_server(lua_State *L)
{
    static const luaL_Reg functions[] = {{"tcp", server_tcp}, {NULL, NULL}};
    luaL_newlib(L, functions);
    lua_setglobal(L, "server");
}

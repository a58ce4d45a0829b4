/* server.tcp { … } and server.rtu { … }: who may reach a memory over Modbus TCP or a serial line,
 * and how. Only noted in the plan; socket and device are opened when the body has run and the
 * values are in the image. */

#include "program/links.h"

#include <arpa/inet.h>
#include <string.h>

enum {
    DEFAULT_PORT = 502,
    UNITS_SERIAL = 247,
    MAX_CONNECTIONS = 64,
    MAX_CONNECTIONS_PER_ADDRESS = 16,
    MOST_CONNECTIONS = 10000
};

/* What the options say, until it is known that they fit together. */
struct wish {
    struct link_wish link; /* first: setters of link_options.c see no more */
    struct server_spec spec;
    int least_unit, most_unit;
    int unit; /* UNIT_NONE until stated */
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

static bool set_stale(lua_State *L, void *target)
{
    const char *text = plain_text(L, -1);
    ((struct wish *)target)->spec.serve_stale = true;
    return text && strcmp(text, "serve") == 0;
}

static bool read_unit(lua_State *L, int index, const struct wish *wish, lua_Integer *unit)
{
    return read_integer(L, index, wish->least_unit, wish->most_unit, unit);
}

static bool set_unit(lua_State *L, void *target)
{
    struct wish *wish = target;
    lua_Integer unit;
    bool ok = read_unit(L, -1, wish, &unit);
    wish->unit = (int)unit;
    return ok;
}

static bool set_units(lua_State *L, void *target)
{
    struct wish *wish = target;
    if (!lua_istable(L, -1))
        return false;
    const char *what = lua_pushfstring(L, "%s: option units", wish->link.what);
    lua_insert(L, -2);
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        lua_Integer unit;
        if (!read_unit(L, -2, wish, &unit))
            complain(L, "%s: %s is no unit id; those are numbers, %d..%d", what, shown(L, -2),
                     wish->least_unit, wish->most_unit);
        wish->spec.memory_of[unit] = (int16_t)check_memory(L, -1, what);
        wish->has_units = true;
    }
    lua_remove(L, -2);
    if (!wish->has_units)
        complain(L,
                 "%s: option units is empty; { [1] = m1, [2] = m2 } says which memory answers "
                 "which unit id",
                 wish->link.what);
    return true;
}

/* The template's rows that both kinds have. */
#define MEM                                                                                        \
    {                                                                                              \
        "mem", "a memory", wish_memory                                                             \
    }
#define NAME                                                                                       \
    {                                                                                              \
        "name", "UTF-8 text", wish_name                                                            \
    }
#define READ_ONLY                                                                                  \
    {                                                                                              \
        "read_only", "true or false", set_read_only                                                \
    }
#define STALE                                                                                      \
    {                                                                                              \
        "stale", "\"serve\": answer what is stale as it is", set_stale                             \
    }
#define UNITS                                                                                      \
    {                                                                                              \
        "units", "a table of memories by unit id, { [1] = m1, [2] = m2 }", set_units               \
    }

static const struct option TCP[] = {
    {"allow", "a list of networks like { \"10.0.0.0/24\" }", set_allow},
    {"bind", "an IP address of this machine, \"0.0.0.0\" or \"::\" for all of them", set_bind},
    {"idle_timeout", "a duration", set_idle_timeout},
    {"max_connections", "a number, 1..10000", set_max_connections},
    {"max_connections_per_address", "a number, 1..10000", set_max_per_address},
    MEM,
    NAME,
    {"port", "a number, 1..65535, or 0 for any free one", set_port},
    READ_ONLY,
    STALE,
    {"unit", "a unit id, 0..255", set_unit},
    UNITS,
    {NULL, NULL, NULL},
};

static const struct option RTU[] = {
    {"line", LINK_LINE, wish_line},
    MEM,
    NAME,
    READ_ONLY,
    STALE,
    {"unit", "a unit id, 1..247", set_unit},
    UNITS,
    {NULL, NULL, NULL},
};

/* Fills in which memory answers which unit; returns the first one that answers any. */
static int assign_units(lua_State *L, struct wish *wish)
{
    int memory = wish->link.memory == UNIT_NONE ? 0 : wish->link.memory;
    if (wish->has_units && (wish->link.memory != UNIT_NONE || wish->unit != UNIT_NONE))
        complain(L,
                 "%s: units says which memory answers which unit; mem and unit are for servers "
                 "of one memory",
                 wish->link.what);
    for (int unit = 0; unit < UNIT_IDS && !wish->has_units; unit++) {
        if (wish->unit == UNIT_NONE || wish->unit == unit)
            wish->spec.memory_of[unit] = (int16_t)memory;
    }
    for (int unit = 0; wish->has_units && unit < UNIT_IDS; unit++) {
        if (wish->spec.memory_of[unit] != UNIT_NONE)
            return wish->spec.memory_of[unit];
    }
    return memory;
}

static struct wish begin(lua_State *L, const char *what)
{
    struct wish wish = {
        .link = {.what = what, .memory = UNIT_NONE}, .most_unit = UNIT_IDS - 1, .unit = UNIT_NONE};
    lua_settop(L, 1);
    require_body(L, what);
    for (int unit = 0; unit < UNIT_IDS; unit++)
        wish.spec.memory_of[unit] = UNIT_NONE;
    return wish;
}

/* Adds what was wished to the plan and returns the link. */
static int add_server(lua_State *L, struct wish *wish, const char *usual)
{
    struct plan *plan = program_of(L)->plan;
    struct error error;
    int memory = assign_units(L, wish);
    wish->spec.name = choose_name(L, &wish->link, usual, plan->memories[memory].name);
    wish->spec.where = user_line(L);
    struct link_object *link = push_link(L);
    int index = plan_server(plan, &wish->spec, &error);
    if (index < 0)
        complain(L, "%s", error.text);
    *link = (struct link_object){.is_server = true, .index = (uint32_t)index};
    return 1;
}

/* server.tcp { port = 1502, … }: serves a memory (`mem` unless told otherwise) on loopback (unless
 * `bind` says otherwise), for all unit ids (unless `unit` or `units` say otherwise). What is stale
 * in a memory that a client mirrors is answered with exception 0B (unless `stale = "serve"`).
 * Returns a link. Body only. Source: MODBUS Messaging on TCP/IP Implementation Guide V1.0b. */
static int server_tcp(lua_State *L)
{
    struct wish wish = begin(L, "server.tcp");
    wish.spec.bind = "127.0.0.1";
    wish.spec.port = DEFAULT_PORT;
    wish.spec.max_connections = MAX_CONNECTIONS;
    wish.spec.max_connections_per_address = MAX_CONNECTIONS_PER_ADDRESS;
    read_options(L, 1, TCP, &wish, "server.tcp");
    return add_server(L, &wish, lua_pushfstring(L, "tcp:%s:%d", wish.spec.bind, wish.spec.port));
}

/* server.rtu { line = bus, unit = 17, … }: serves a memory (`mem` unless told otherwise) on a
 * serial line, for one `unit` (1..247) or for several (`units`); of these one must be stated,
 * because all devices of a line hear everything, and who is not meant is silent. Returns a link.
 * Body only. Source: MODBUS over Serial Line V1.02, 2.1 and 2.2. */
static int server_rtu(lua_State *L)
{
    struct wish wish = begin(L, "server.rtu");
    wish.least_unit = 1;
    wish.most_unit = UNITS_SERIAL;
    check_options(L, "server.rtu", "server.rtu { line = bus, unit = 17 }");
    read_options(L, 1, RTU, &wish, "server.rtu");
    require_line(L, &wish.link);
    if (wish.unit == UNIT_NONE && !wish.has_units)
        complain(L, "server.rtu: unit is missing: the number, 1..247, that this server answers; or "
                    "units for several, { [1] = m1, [2] = m2 }");
    wish.spec.line = wish.link.line;
    return add_server(L, &wish, lua_pushfstring(L, "rtu:%s", wish.spec.line->name));
}

void open_server(lua_State *L)
{
    static const luaL_Reg functions[] = {{"rtu", server_rtu}, {"tcp", server_tcp}, {NULL, NULL}};
    luaL_newlib(L, functions);
    name_kinds(L, "server");
    lua_setglobal(L, "server");
}

/* client.tcp { … } and client.rtu { … }: a memory is kept exchanged with one unit of a remote
 * device. Only noted in the plan; the links run when the body's values are in the image. */

#include "program/links.h"

#include <arpa/inet.h>
#include <string.h>

enum { DEFAULT_PORT = 502, UNITS_SERIAL = 247, DEFAULT_GAP = 10, NO_UNIT = -1 };

static const int64_t DEFAULT_PERIOD = INT64_C(200) * NS_PER_MS;
static const int64_t DEFAULT_TIMEOUT = NS_PER_S;
static const int64_t HOUR = INT64_C(3600) * NS_PER_S;
static const int64_t DAY = INT64_C(86400) * NS_PER_S;

/* What the options say. */
struct wish {
    struct link_wish link; /* first: setters of link_options.c see no more */
    struct client_spec spec;
    int unit; /* NO_UNIT until stated */
};

static struct client_spec *spec_of(void *target)
{
    return &((struct wish *)target)->spec;
}

static bool is_address(int family, const char *text)
{
    unsigned char address[16];
    char plain[64];
    size_t length = strcspn(text, "%"); /* "fe80::1%eth0": a scope may follow */
    if (length >= sizeof plain)
        return false;
    memcpy(plain, text, length);
    plain[length] = '\0';
    return inet_pton(family, plain, address) == 1;
}

/* "10.0.0.7:502" and "[fd00::7]:502" are what people know from browsers. */
static void refuse_port(lua_State *L, const char *what, const char *host)
{
    const char *colon = strrchr(host, ':');
    const char *end = colon;
    if (*host == '[') {
        const char *bracket = strchr(host, ']');
        end = bracket ? bracket : host + strlen(host);
        colon = bracket && bracket[1] == ':' ? bracket + 1 : NULL;
        host++;
    }
    lua_pushlstring(L, host, (size_t)(end - host));
    const char *port = colon && colon[1] ? lua_pushfstring(L, ", port = %s", colon + 1) : "";
    complain(L, "%s: option host takes the name or address alone; host = \"%s\"%s says the same",
             what, lua_tostring(L, *port ? -2 : -1), port);
}

static bool set_host(lua_State *L, void *target)
{
    struct wish *wish = target;
    const char *host;
    if (!read_text(L, &host) || !*host || strpbrk(host, " \"/") || !is_printable(host))
        return false;
    if (*host == '[' || (strchr(host, ':') && !is_address(AF_INET6, host)))
        refuse_port(L, wish->link.what, host);
    wish->spec.host = host;
    return true;
}

static bool set_delay(lua_State *L, void *target)
{
    spec_of(target)->delay = wish_duration(L, ((struct wish *)target)->link.what, "delay", 0, HOUR);
    return true;
}

static bool set_period(lua_State *L, void *target)
{
    spec_of(target)->period =
        wish_duration(L, ((struct wish *)target)->link.what, "period", NS_PER_MS, DAY);
    return true;
}

static bool set_stale_after(lua_State *L, void *target)
{
    spec_of(target)->stale_after =
        wish_duration(L, ((struct wish *)target)->link.what, "stale_after", NS_PER_MS, 2 * DAY);
    return true;
}

static bool set_timeout(lua_State *L, void *target)
{
    spec_of(target)->timeout =
        wish_duration(L, ((struct wish *)target)->link.what, "timeout", NS_PER_MS, HOUR);
    return true;
}

static bool set_alarm(lua_State *L, void *target)
{
    spec_of(target)->silent = !lua_toboolean(L, -1);
    return lua_type(L, -1) == LUA_TBOOLEAN;
}

static bool set_depth(lua_State *L, void *target)
{
    return wish_number(L, 1, DEPTH_MOST, &spec_of(target)->depth);
}

static bool set_max_gap(lua_State *L, void *target)
{
    return wish_number(L, 0, READ_MOST, &spec_of(target)->max_gap);
}

static bool set_max_read(lua_State *L, void *target)
{
    return wish_number(L, 1, READ_MOST, &spec_of(target)->max_read);
}

static bool set_max_write(lua_State *L, void *target)
{
    return wish_number(L, 1, WRITE_MOST, &spec_of(target)->max_write);
}

static bool set_port(lua_State *L, void *target)
{
    return wish_number(L, 1, UINT16_MAX, &spec_of(target)->port);
}

static bool read_unit(lua_State *L, struct wish *wish, lua_Integer most)
{
    lua_Integer unit;
    bool ok = read_integer(L, -1, 0, most, &unit);
    wish->unit = (int)unit;
    return ok;
}

static bool set_unit_tcp(lua_State *L, void *target)
{
    return read_unit(L, target, UNIT_IDS - 1);
}

static bool set_unit_rtu(lua_State *L, void *target)
{
    return read_unit(L, target, UNITS_SERIAL);
}

/* The template's rows that both kinds have. */
#define ALARM                                                                                      \
    {                                                                                              \
        "alarm", "true or false", set_alarm                                                        \
    }
#define DELAY                                                                                      \
    {                                                                                              \
        "delay", "a duration", set_delay                                                           \
    }
#define MAX_GAP                                                                                    \
    {                                                                                              \
        "max_gap", "a number of registers, 0..125", set_max_gap                                    \
    }
#define MAX_READ                                                                                   \
    {                                                                                              \
        "max_read", "a number of registers, 1..125", set_max_read                                  \
    }
#define MAX_WRITE                                                                                  \
    {                                                                                              \
        "max_write", "a number of registers, 1..123", set_max_write                                \
    }
#define MEM                                                                                        \
    {                                                                                              \
        "mem", "a memory", wish_memory                                                             \
    }
#define NAME                                                                                       \
    {                                                                                              \
        "name", "UTF-8 text", wish_name                                                            \
    }
#define PERIOD                                                                                     \
    {                                                                                              \
        "period", "a duration", set_period                                                         \
    }
#define STALE_AFTER                                                                                \
    {                                                                                              \
        "stale_after", "a duration", set_stale_after                                               \
    }
#define TIMEOUT                                                                                    \
    {                                                                                              \
        "timeout", "a duration", set_timeout                                                       \
    }

static const struct option TCP[] = {
    ALARM,
    DELAY,
    {"depth", "a number of requests in flight, 1..16", set_depth},
    {"host", "a name or an address, \"10.0.0.7\"", set_host},
    MAX_GAP,
    MAX_READ,
    MAX_WRITE,
    MEM,
    NAME,
    PERIOD,
    {"port", "a number, 1..65535", set_port},
    STALE_AFTER,
    TIMEOUT,
    {"unit", "a unit id, 0..255", set_unit_tcp},
    {NULL, NULL, NULL},
};

static const struct option RTU[] = {
    ALARM,
    DELAY,
    {"line", LINK_LINE, wish_line},
    MAX_GAP,
    MAX_READ,
    MAX_WRITE,
    MEM,
    NAME,
    PERIOD,
    STALE_AFTER,
    TIMEOUT,
    {"unit", "a unit id, 1..247, or 0 to broadcast what is written", set_unit_rtu},
    {NULL, NULL, NULL},
};

static struct wish begin(lua_State *L, const char *what, const char *example)
{
    struct wish wish = {
        .link = {.what = what, .memory = UNIT_NONE},
        .spec = {.port = DEFAULT_PORT,
                 .period = DEFAULT_PERIOD,
                 .timeout = DEFAULT_TIMEOUT,
                 .depth = 1,
                 .max_read = READ_MOST,
                 .max_write = WRITE_MOST,
                 .max_gap = DEFAULT_GAP},
        .unit = NO_UNIT,
    };
    lua_settop(L, 1);
    require_body(L, what);
    check_options(L, what, example);
    return wish;
}

/* Adds what was wished to the plan and returns the link. */
static int add_client(lua_State *L, struct wish *wish, const char *usual)
{
    struct plan *plan = program_of(L)->plan;
    struct client_spec *spec = &wish->spec;
    struct error error;
    if (spec->stale_after && spec->stale_after < spec->period)
        complain(L,
                 "%s: stale_after is shorter than period: every value would be stale before it "
                 "is read again",
                 wish->link.what);
    spec->memory = (uint32_t)(wish->link.memory == UNIT_NONE ? 0 : wish->link.memory);
    spec->name = choose_name(L, &wish->link, usual, plan->memories[spec->memory].name);
    spec->unit = (uint8_t)wish->unit;
    spec->where = user_line(L);
    struct link_object *link = push_link(L);
    refuse_early(L, spec);
    int index = plan_client(plan, spec, &error);
    if (index < 0)
        complain(L, "%s", error.text);
    link->index = (uint32_t)index;
    return 1;
}

/* client.tcp { host = "10.0.0.7", mem = plc, … }: keeps a memory (`mem` unless told otherwise)
 * exchanged with unit 1 (`unit`, 0..255) of the device at that address, port 502 (`port`). It is
 * polled every 0.2 s (`period`, 1 ms..1 day) and has 1 s to answer (`timeout`, 1 ms..1 h), with
 * `delay` (0..1 h) between an answer and the next request and `depth` (1..16) requests in flight;
 * a request reads at most `max_read` (125) and writes at most `max_write` (123) registers, and
 * reads up to `max_gap` (10) registers in between that nobody declared. A value is stale after 2
 * periods and the timeout (`stale_after`, not below the period). Returns a link. Body only. Source:
 * MODBUS Messaging on TCP/IP Implementation Guide V1.0b. */
static int client_tcp(lua_State *L)
{
    struct wish wish = begin(L, "client.tcp", "client.tcp { host = \"10.0.0.7\" }");
    read_options(L, 1, TCP, &wish, "client.tcp");
    if (!wish.spec.host)
        complain(L, "client.tcp: host is missing; client.tcp { host = \"10.0.0.7\" } names the "
                    "device");
    if (wish.unit == NO_UNIT)
        wish.unit = 1;
    bool bare = !strchr(wish.spec.host, ':');
    return add_client(L, &wish,
                      lua_pushfstring(L, bare ? "%s:%d unit %d" : "[%s]:%d unit %d", wish.spec.host,
                                      wish.spec.port, wish.unit));
}

/* client.rtu { line = bus, unit = 3, mem = meter3, … }: the same over a serial line, one request at
 * a time. `unit` (1..247) must be stated; 0 broadcasts what is written and reads nothing. Returns a
 * link. Body only. Source: MODBUS over Serial Line V1.02, 2.1 and 2.2. */
static int client_rtu(lua_State *L)
{
    struct wish wish = begin(L, "client.rtu", "client.rtu { line = bus, unit = 3 }");
    read_options(L, 1, RTU, &wish, "client.rtu");
    require_line(L, &wish.link);
    if (wish.unit == NO_UNIT)
        complain(L, "client.rtu: unit is missing; it is the number, 1..247, that is set in the "
                    "device");
    wish.spec.line = wish.link.line;
    return add_client(L, &wish, lua_pushfstring(L, "%s unit %d", wish.link.line->name, wish.unit));
}

void open_client(lua_State *L)
{
    static const luaL_Reg functions[] = {{"rtu", client_rtu}, {"tcp", client_tcp}, {NULL, NULL}};
    luaL_newlib(L, functions);
    name_kinds(L, "client");
    lua_setglobal(L, "client");
}

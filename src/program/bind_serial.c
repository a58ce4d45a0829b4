/* serial { … }: a serial line, on which clients or servers stand. Only noted in the plan; the
 * device is opened when the body has run. */

#include "program/links.h"

#include "base/duration.h"
#include "image/line_rates.h"

#include <string.h>

static const char EXAMPLE[] = "serial { device = \"/dev/ttyUSB0\" }";

#define IN_WORDS(n) " " #n
#define NUMBER(n) n,

static const uint32_t RATES[] = {LINE_RATES(NUMBER)};

enum { DEFAULT_BAUD = 19200 };

static const int64_t MOST_RTS_DELAY = NS_PER_S;

/* A driver that cannot do one of them is told at start. */
static bool set_baud(lua_State *L, void *target)
{
    struct line_spec *line = target;
    lua_Integer baud;
    if (!read_integer(L, -1, 1, UINT32_MAX, &baud))
        return false;
    line->baud = (uint32_t)baud;
    for (size_t i = 0; i < sizeof RATES / sizeof RATES[0]; i++)
        if (RATES[i] == line->baud)
            return true;
    return false;
}

static bool set_device(lua_State *L, void *target)
{
    struct line_spec *line = target;
    return read_text(L, &line->device) && line->device[0] == '/' && is_printable(line->device);
}

static bool set_name(lua_State *L, void *target)
{
    struct line_spec *line = target;
    return read_text(L, &line->name) && *line->name;
}

/* One of three words by the letter that stands for it; 0 for anything else. */
static char choose(lua_State *L, const char *const words[], const char *letters)
{
    const char *text = plain_text(L, -1);
    for (int i = 0; text && words[i]; i++) {
        if (strcmp(text, words[i]) == 0)
            return letters[i];
    }
    return 0;
}

static bool set_parity(lua_State *L, void *target)
{
    struct line_spec *line = target;
    line->parity = choose(L, (const char *const[]){"even", "odd", "none", NULL}, "EON");
    return line->parity != 0;
}

static bool set_rs485(lua_State *L, void *target)
{
    ((struct line_spec *)target)->rs485 = lua_toboolean(L, -1);
    return lua_type(L, -1) == LUA_TBOOLEAN;
}

static bool set_rts(lua_State *L, void *target)
{
    struct line_spec *line = target;
    line->rts = choose(L, (const char *const[]){"up", "down", NULL}, "UD");
    return line->rts != 0;
}

static bool set_rts_delay(lua_State *L, void *target)
{
    struct line_spec *line = target;
    line->rts_delay = wish_duration(L, "serial", "rts_delay", 0, MOST_RTS_DELAY);
    return true;
}

static bool set_stop(lua_State *L, void *target)
{
    lua_Integer bits;
    bool ok = read_integer(L, -1, 1, 2, &bits);
    ((struct line_spec *)target)->stop_bits = (uint8_t)bits;
    return ok;
}

static const struct option OPTIONS[] = {
    {"baud", "one of the rates that serial devices know," LINE_RATES(IN_WORDS), set_baud},
    {"device", "the path of a device, \"/dev/ttyUSB0\"", set_device},
    {"name", "UTF-8 text", set_name},
    {"parity", "\"even\", \"odd\" or \"none\"", set_parity},
    {"rs485", "true or false", set_rs485},
    {"rts", "\"up\" or \"down\", which RTS is while sending", set_rts},
    {"rts_delay", "a duration", set_rts_delay},
    {"stop", "1 or 2", set_stop},
    {NULL, NULL, NULL},
};

/* Of options that only make sense with others. */
static void check_line(lua_State *L, const struct line_spec *line)
{
    if (!line->device)
        complain(L, "serial: device is missing; %s names it", EXAMPLE);
    if (line->rs485 && line->rts)
        complain(L,
                 "serial: rs485 lets the driver switch the direction, rts lets msm do it; one of "
                 "them is enough");
    if (line->rts_delay && !line->rts)
        complain(L, "serial: rts_delay is the time between switching RTS and sending, and needs "
                    "rts = \"up\" or \"down\"");
}

/* serial { device = "/dev/ttyUSB0", baud = 9600, parity = "even" }: a serial line for client.rtu
 * or server.rtu, never both. Without options 19200 baud, 8 data bits, even parity, 1 stop bit, the
 * protocol's own default; without parity devices often want stop = 2. `rs485` leaves the direction
 * to the driver, `rts` to msm, with `rts_delay` (0..1 s) before and after sending. Body only.
 * Source: MODBUS over Serial Line V1.02, 2.5.1 and 3.3. */
static int serial(lua_State *L)
{
    struct program *program = program_of(L);
    struct error error;
    struct line_spec spec = {.baud = DEFAULT_BAUD, .parity = 'E', .stop_bits = 1};
    lua_settop(L, 1);
    require_body(L, "serial");
    check_options(L, "serial", EXAMPLE);
    read_options(L, 1, OPTIONS, &spec, "serial");
    check_line(L, &spec);
    spec.where = user_line(L);
    spec.name = spec.name ? spec.name : spec.device;
    const struct line_spec **line = push_line(L);
    int index = plan_line(program->plan, &spec, &error);
    if (index < 0)
        complain(L, "%s", error.text);
    *line = program->plan->lines[index];
    return 1;
}

void open_serial(lua_State *L)
{
    open_lines(L);
    lua_register(L, "serial", serial);
}

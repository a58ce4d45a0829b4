/* program: settings of the whole program, and its end. */

#include "program/bind_memory.h"

#include "image/audit.h"

#include <stdio.h>
#include <string.h>

static const int64_t MOST_WATCHDOG = INT64_C(3600) * NS_PER_S;
static const int64_t MOST_STOP_TIMEOUT = INT64_C(60) * NS_PER_S;
static const int64_t MOST_WAIT = INT64_C(86400) * NS_PER_S; /* probation, retain, restart */

enum { LEAST_WATCHDOG = NS_PER_MS, LEAST_RETAIN = 10 * NS_PER_MS };

/* What one call asks for: taken over when all of it is known to be right. */
struct wish {
    const char *name; /* or NULL */
    struct settings settings;
    bool restart_after; /* stated */
};

static bool set_name(lua_State *L, void *target)
{
    size_t length;
    if (lua_type(L, -1) != LUA_TSTRING)
        return false;
    const char *name = lua_tolstring(L, -1, &length);
    if (!length || length > 63 ||
        strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.") != length)
        return false;
    ((struct wish *)target)->name = name;
    return true;
}

static struct settings *settings_of(void *target)
{
    return &((struct wish *)target)->settings;
}

static bool set_memory(lua_State *L, void *target)
{
    lua_Integer memory;
    if (!read_integer(L, -1, 1, 4096, &memory))
        return false;
    settings_of(target)->memory = (uint16_t)memory;
    return true;
}

/* The duration on top; false outside of the range. */
static bool read_duration(lua_State *L, const char *what, int64_t least, int64_t most,
                          int64_t *duration)
{
    *duration = check_duration(L, -1, what);
    return *duration >= least && *duration <= most;
}

static bool set_probation(lua_State *L, void *target)
{
    return read_duration(L, "program: option probation", 0, MOST_WAIT,
                         &settings_of(target)->probation);
}

static bool set_restart_after(lua_State *L, void *target)
{
    ((struct wish *)target)->restart_after = true;
    return read_duration(L, "program: option restart_after", 0, MOST_WAIT,
                         &settings_of(target)->restart_after);
}

static bool set_retain_interval(lua_State *L, void *target)
{
    return read_duration(L, "program: option retain_interval", LEAST_RETAIN, MOST_WAIT,
                         &settings_of(target)->retain_interval);
}

static bool set_stop_timeout(lua_State *L, void *target)
{
    return read_duration(L, "program: option stop_timeout", 0, MOST_STOP_TIMEOUT,
                         &settings_of(target)->stop_timeout);
}

static bool set_watchdog(lua_State *L, void *target)
{
    return read_duration(L, "program: option watchdog", LEAST_WATCHDOG, MOST_WATCHDOG,
                         &settings_of(target)->watchdog);
}

static bool set_audit(lua_State *L, void *target)
{
    settings_of(target)->audit_stated = true;
    static const char *const levels[] = {
        [AUDIT_OFF] = "off", [AUDIT_CHANGES] = "changes", [AUDIT_ALL] = "all"};
    const char *text = plain_text(L, -1);
    for (uint8_t i = 0; text && i < sizeof levels / sizeof *levels; i++) {
        settings_of(target)->audit = i;
        if (strcmp(text, levels[i]) == 0)
            return true;
    }
    return false;
}

static bool set_on_fault(lua_State *L, void *target)
{
    const char *text = plain_text(L, -1);
    settings_of(target)->restarts = text && strcmp(text, "restart") == 0;
    return text && (settings_of(target)->restarts || strcmp(text, "stop") == 0);
}

static bool set_diagnostics_input(lua_State *L, void *target)
{
    struct error error;
    uint16_t address;
    lua_Integer number;
    if (plain_text(L, -1)) {
        if (!table_parse_modicon(TABLE_INPUT, lua_tostring(L, -1), &address, &error))
            complain(L, "program: option diagnostics: %s", error.text);
        number = address;
    } else if (!read_integer(L, -1, 0, UINT16_MAX, &number)) {
        return false;
    }
    settings_of(target)->diagnostics = (int32_t)number;
    settings_of(target)->diagnostics_where = user_line(L);
    return true;
}

static bool set_diagnostics(lua_State *L, void *target)
{
    static const struct option rows[] = {
        {"input", "an address, 0..65535 or text like \"39001\"", set_diagnostics_input},
        {NULL, NULL, NULL},
    };
    if (!lua_istable(L, -1))
        return false;
    settings_of(target)->diagnostics = -1;
    read_options(L, -1, rows, target, "program: option diagnostics");
    return settings_of(target)->diagnostics >= 0;
}

static const struct option OPTIONS[] = {
    {"audit", "\"off\", \"changes\" or \"all\"", set_audit},
    {"diagnostics", "a table with the address of its first input register, { input = 9000 }",
     set_diagnostics},
    {"memory", "the MiB that the script may use, 1..4096", set_memory},
    {"name", "letters, digits, _ - and ., up to 63", set_name},
    {"on_fault", "\"stop\" or \"restart\"", set_on_fault},
    {"probation", "a duration, up to 1 d", set_probation},
    {"restart_after", "a duration, up to 1 d", set_restart_after},
    {"retain_interval", "a duration, 10 ms to 1 d", set_retain_interval},
    {"stop_timeout", "a duration, up to 1 min", set_stop_timeout},
    {"watchdog", "a duration, 1 ms to 1 h", set_watchdog},
    {NULL, NULL, NULL},
};

/* program { name = "plant", watchdog = "50ms" }: settings of the whole program. Durations are
 * seconds or text, "100ms".
 * - audit: which writes from outside the audit log names: "off", "changes" (unless stated) or
 *   "all", which is also those that changed nothing
 * - diagnostics: { input = 9000 }: state, times and links of the program in input registers of mem
 *   from that address on; none unless stated
 * - memory: MiB that the script may use, 1..4096; 64 unless stated
 * - name: by which commands find the program; the script's file name unless stated
 * - on_fault: "stop" (unless stated), or "restart" after restart_after (0..1 d, 5 s unless stated)
 * - probation: for how long after a reload the former program is kept, to be brought back by a
 *   fault: 0..1 d, 5 s unless stated
 * - retain_interval: least time between two writes of what is retained: 10 ms..1 d, 1 s unless
 *   stated
 * - stop_timeout: how long clients get at a stop to deliver safe values: 0..1 min, 2 s unless
 *   stated
 * - watchdog: what all tasks of one scan may take: 1 ms..1 h; unless stated 10 periods of the
 *   fastest task, at least 0.1 s
 * Body only. */
static int set_program(lua_State *L)
{
    struct program *program = program_of(L);
    require_body(L, "program");
    if (!lua_istable(L, 2))
        complain(L, "program takes a table of options, program { name = \"plant\" }");
    struct wish wish = {.settings = *plan_settings(program->plan)};
    read_options(L, 2, OPTIONS, &wish, "program");
    if (wish.restart_after && !wish.settings.restarts)
        complain(L, "program: option restart_after is for on_fault = \"restart\"; without it "
                    "nothing is restarted");
    if (wish.name && !program->named) {
        plan_rename(program->plan, wish.name);
        wish.settings.named = true;
    }
    wish.settings.where = user_line(L);
    *plan_settings(program->plan) = wish.settings;
    pool_set_cap(program->pool, (size_t)wish.settings.memory * MIB);
    return 0;
}

/* program.stop(): ends the program after this scan, as Ctrl-C does. */
static int stop(lua_State *L)
{
    struct program *program = program_of(L);
    lua_Debug ar;
    if (!program->stop_wanted && find_user(L, &ar))
        snprintf(program->stop_where, sizeof program->stop_where, "%s:%d", ar.short_src,
                 ar.currentline);
    program->stop_wanted = true;
    return 0;
}

void open_program(lua_State *L)
{
    static const luaL_Reg functions[] = {{"stop", stop}, {NULL, NULL}};
    luaL_newlib(L, functions);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, set_program);
    lua_setfield(L, -2, "__call");
    lua_setmetatable(L, -2);
    lua_setglobal(L, "program");
}

/* Functions of msm.core for the library's alarms: which ones the declarations ask for, and telling
 * those outside of Lua what became of any. */

#include "program/settle.h"

#include <stdio.h>
#include <string.h>
#include "image/link.h"

/* ---- what is declared ---- */

static void set_number(lua_State *L, const char *key, double number)
{
    lua_pushnumber(L, number);
    lua_setfield(L, -2, key);
}

static void set_text(lua_State *L, const char *key, const char *text)
{
    if (!text || !*text)
        return;
    lua_pushstring(L, text);
    lua_setfield(L, -2, key);
}

/* As commands name it: those of `mem` need no memory. */
static void set_name(lua_State *L, const struct program *program, const struct variable *v,
                     size_t element)
{
    const char *memory = program->plan->memories[v->memory].name;
    bool is_mem = strcmp(memory, "mem") == 0;
    lua_pushfstring(L, "%s%s%s", is_mem ? "" : memory, is_mem ? "" : ".", v->name);
    if (element) {
        lua_pushfstring(L, "%s[%d]", lua_tostring(L, -1), (int)element);
        lua_replace(L, -2);
    }
    lua_setfield(L, -2, "name");
}

static const char *priority_word(uint8_t priority)
{
    static const char *const words[] = {[0] = "medium",
                                        [PRIORITY_URGENT] = "urgent",
                                        [PRIORITY_HIGH] = "high",
                                        [PRIORITY_MEDIUM] = "medium",
                                        [PRIORITY_LOW] = "low"};
    return words[priority];
}

/* A table: name, what people call it, unit, decimals, priority, limits, deadband and delays. */
static void push_limits(lua_State *L, const struct program *program, const struct settle_row *row)
{
    const struct variable *v = row->variable;
    lua_createtable(L, 0, 8);
    set_name(L, program, v, row->element);
    set_text(L, "title", v->desc);
    set_text(L, "unit", v->unit);
    set_text(L, "where", v->where);
    set_text(L, "priority", priority_word(v->people.priority));
    if (v->decimals >= 0)
        set_number(L, "decimals", v->decimals);
    for (int level = 0; level < LEVEL_COUNT; level++)
        if (v->people.has[level])
            set_number(L, people_level_name((enum alarm_level)level), v->people.limit[level]);
    set_number(L, "deadband", v->people.deadband);
    set_number(L, "on_delay", (double)v->people.on_delay / NS_PER_S);
    set_number(L, "off_delay", (double)v->people.off_delay / NS_PER_S);
}

/* core.alarms(): a list of what is declared: tables of limits, and { link = name } for each link.
 */
static int push_alarms(lua_State *L)
{
    const struct program *program = program_of(L);
    const struct settle *settle = program->settle;
    lua_createtable(L, settle ? (int)settle->count : 0, 0);
    for (size_t i = 0; settle && i < settle->count; i++) {
        const struct settle_row *row = &settle->rows[i];
        if (row->variable) {
            push_limits(L, program, row);
        } else {
            lua_createtable(L, 0, 1);
            set_text(L, "link", link_name(program->plan, row->link));
        }
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/* ---- what became of them ---- */

/* Cut between characters where it is too long. */
static void take_text(lua_State *L, const char *key, char *text, size_t size)
{
    struct error cut;
    lua_getfield(L, -1, key);
    const char *given = lua_tostring(L, -1);
    error_set(&cut, "%s", given ? given : "");
    size_t length = strlen(cut.text);
    while (length >= size || (length < strlen(cut.text) && (cut.text[length] & 0xC0) == 0x80))
        length--;
    memset(text, 0, size);
    memcpy(text, cut.text, length);
    lua_pop(L, 1);
}

static bool take_number(lua_State *L, const char *key, double *number)
{
    lua_getfield(L, -1, key);
    bool is_number = lua_isnumber(L, -1);
    *number = lua_tonumber(L, -1);
    lua_pop(L, 1);
    return is_number;
}

static bool take_flag(lua_State *L, const char *key)
{
    lua_getfield(L, -1, key);
    bool flag = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return flag;
}

static uint8_t take_priority(lua_State *L)
{
    uint8_t priority = PRIORITY_URGENT;
    lua_getfield(L, -1, "priority");
    const char *word = luaL_optstring(L, -1, "medium");
    while (priority < PRIORITY_LOW && strcmp(priority_word(priority), word) != 0)
        priority++;
    lua_pop(L, 1);
    return priority;
}

/* core.alarm_row(index, row): what all see of it from now on; `row` as alarm.list() has them. */
static int put_row(lua_State *L)
{
    const struct program *program = program_of(L);
    struct alarm_row row;
    memset(&row, 0, sizeof row); /* rows are compared as bytes */
    lua_Integer index = luaL_checkinteger(L, 1);
    lua_settop(L, 2);
    take_text(L, "name", row.name, sizeof row.name);
    take_text(L, "text", row.text, sizeof row.text);
    take_text(L, "state", row.state, sizeof row.state);
    take_text(L, "level", row.level, sizeof row.level);
    take_text(L, "group", row.group, sizeof row.group);
    take_text(L, "by", row.by, sizeof row.by);
    take_text(L, "reason", row.reason, sizeof row.reason);
    row.priority = take_priority(L);
    row.active = take_flag(L, "active");
    row.first = take_flag(L, "first");
    row.has_value = take_number(L, "value", &row.value);
    take_number(L, "since", &row.since);
    take_number(L, "shelved_until", &row.until);
    if (program->settle && program->settle->alarms && index > 0)
        alarms_put(program->settle->alarms, (size_t)index - 1, &row);
    return 0;
}

/* core.alarm_event(event): something happened to an alarm: { name, what, text, priority, level,
 * value, who, reason }. */
static int put_event(lua_State *L)
{
    struct program *program = program_of(L);
    struct alarm_event event;
    memset(&event, 0, sizeof event);
    lua_settop(L, 1);
    event.time = (int64_t)(program->cycle.utc * NS_PER_S);
    take_text(L, "name", event.name, sizeof event.name);
    take_text(L, "what", event.what, sizeof event.what);
    take_text(L, "text", event.text, sizeof event.text);
    take_text(L, "level", event.level, sizeof event.level);
    take_text(L, "who", event.who, sizeof event.who);
    take_text(L, "reason", event.reason, sizeof event.reason);
    event.priority = take_priority(L);
    event.has_value = take_number(L, "value", &event.value);
    alarm_events_put(program->alarm_events, &event);
    if (program->settle)
        program->settle->changed = true;
    return 0;
}

/* core.has_alarms(): the script makes some. Body only. */
static int note_alarms(lua_State *L)
{
    program_of(L)->has_alarms = true;
    return 0;
}

void add_alarms(lua_State *L)
{
    static const luaL_Reg functions[] = {{"alarm_event", put_event},
                                         {"alarm_row", put_row},
                                         {"alarms", push_alarms},
                                         {"has_alarms", note_alarms},
                                         {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}

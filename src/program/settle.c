/* Most values stay where they are between their limits, so each is looked at here, and Lua, where
 * the rules of alarms are, is asked only when something about it is new or a delay runs. A value
 * that is not good is no reason for an alarm, nor for the end of one: its link has an alarm of its
 * own. */

#include "program/settle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "image/link.h"

/* ---- what is looked at ---- */

static bool is_beyond(int level, double limit, double value)
{
    return level >= LEVEL_HI ? value >= limit : value <= limit;
}

/* A bit for each limit that it is beyond, and for each that it has not left by the deadband. */
static uint8_t place_of(const struct people *people, double value)
{
    uint8_t place = 0;
    for (int level = 0; level < LEVEL_COUNT; level++) {
        if (!people->has[level])
            continue;
        double inside = level >= LEVEL_HI ? -people->deadband : people->deadband;
        place |= (uint8_t)(is_beyond(level, people->limit[level], value) << level);
        place |= (uint8_t)(is_beyond(level, people->limit[level] + inside, value)
                           << (LEVEL_COUNT + level));
    }
    return place;
}

static double number_of(const struct value *value)
{
    return value->kind == VALUE_NUMBER ? value->number : (double)value->integer;
}

/* False where it is not known. */
static bool read_value(const struct program *program, const struct settle_row *row, double *value)
{
    const struct point *point = &program->plan->points[row->point];
    if (view_marks(program->view)[row->point].quality != QUALITY_GOOD)
        return false;
    struct value read =
        variable_get(row->variable, program->cells + point->cell, point->mask, NULL);
    *value = number_of(&read);
    return isfinite(*value);
}

static bool is_down(const struct program *program, size_t link)
{
    return link_wanted(program->image, link) && !view_link(program->view, link)->online;
}

/* Whether Lua has to be asked. */
static bool look(const struct program *program, struct settle_row *row, double *value)
{
    uint8_t seen;
    if (row->variable) {
        if (!read_value(program, row, value))
            return false;
        seen = place_of(&row->variable->people, *value);
    } else {
        seen = is_down(program, row->link);
        *value = seen;
    }
    bool is_news = seen != row->seen || row->busy;
    row->seen = seen;
    return is_news;
}

/* ---- asking ---- */

/* handle(i, value or condition) is true as long as it wants to be asked each time. */
static void ask(lua_State *L, const struct settle *settle, size_t index, double value)
{
    struct settle_row *row = &settle->rows[index];
    lua_rawgeti(L, LUA_REGISTRYINDEX, settle->handle);
    lua_pushinteger(L, (lua_Integer)index + 1);
    if (row->variable)
        lua_pushnumber(L, value);
    else
        lua_pushboolean(L, value != 0);
    lua_call(L, 2, 1);
    row->busy = lua_toboolean(L, -1);
    lua_pop(L, 1);
}

/* What people did may have begun or ended a shelf. */
static void wake_all(struct settle *settle)
{
    for (size_t i = 0; settle->changed && i < settle->count; i++)
        settle->rows[i].busy = true;
}

static int settle_all(lua_State *L)
{
    struct program *program = program_of(L);
    struct settle *settle = program->settle;
    double value;
    wake_all(settle);
    for (size_t i = 0; i < settle->count; i++)
        if (look(program, &settle->rows[i], &value))
            ask(L, settle, i, value);
    if (!settle->changed && settle->told)
        return 0;
    lua_rawgeti(L, LUA_REGISTRYINDEX, settle->tell);
    lua_pushboolean(L, !settle->told);
    settle->changed = false;
    settle->told = true;
    lua_call(L, 1, 0);
    return 0;
}

/* Without asking anybody. */
static bool has_news(const struct program *program)
{
    const struct settle *settle = program->settle;
    double value;
    for (size_t i = 0; i < settle->count; i++) {
        struct settle_row row = settle->rows[i];
        if (look(program, &row, &value))
            return true;
    }
    return settle->changed || !settle->told;
}

bool program_settle(void *context, const struct cycle *cycle, struct error *error)
{
    struct program *program = context;
    if (!program->settle || !has_news(program))
        return true;
    program->cycle = *cycle;
    lua_pushcfunction(program->L, settle_all);
    return program_call(program, 0, traceback, error);
}

struct alarms *program_alarms(const struct program *program)
{
    return program->settle ? program->settle->alarms : NULL;
}

/* ---- making ---- */

static size_t count_limits(const struct plan *plan)
{
    size_t count = 0;
    for (size_t i = 0; i < plan->variable_count; i++)
        if (people_has_limits(&plan->variables[i]->people))
            count += variable_elements(plan->variables[i]);
    return count;
}

/* Who only broadcasts has no answer to miss. */
static bool has_alarm(const struct client_spec *client)
{
    return !client->silent && !(client->line && client->unit == 0);
}

/* In the order in which bind_alarms.c names them. */
static void fill_rows(struct settle *settle, const struct plan *plan)
{
    struct settle_row *row = settle->rows;
    for (size_t i = 0; i < plan->variable_count; i++) {
        const struct variable *v = plan->variables[i];
        size_t elements = people_has_limits(&v->people) ? variable_elements(v) : 0;
        for (size_t k = 0; k < elements; k++)
            *row++ =
                (struct settle_row){.variable = v, .element = v->count ? k + 1 : 0, .busy = true};
    }
    for (size_t i = 0; i < plan->client_count; i++)
        if (has_alarm(&plan->clients[i]))
            *row++ = (struct settle_row){.link = i};
    settle->count = (size_t)(row - settle->rows);
}

/* Points are known once the plan is sealed. */
void settle_seal(struct program *program)
{
    struct settle *settle = program->settle;
    for (size_t i = 0; settle && i < settle->count; i++) {
        struct settle_row *row = &settle->rows[i];
        if (row->variable)
            row->point = row->variable->point + (uint32_t)(row->element ? row->element - 1 : 0);
    }
}

static struct settle *create(const struct plan *plan)
{
    struct settle *settle = calloc(1, sizeof *settle);
    size_t most = count_limits(plan) + plan->client_count;
    if (settle)
        settle->rows = calloc(most + 1, sizeof *settle->rows);
    if (!settle || !settle->rows) {
        settle_finish(settle);
        return NULL;
    }
    settle->handle = settle->tell = LUA_NOREF;
    fill_rows(settle, plan);
    return settle;
}

void settle_finish(struct settle *settle)
{
    if (!settle)
        return;
    alarms_destroy(settle->alarms);
    free(settle->rows);
    free(settle);
}

/* declared.make() gives handle, tell and how many alarms there are. */
void settle_make(lua_State *L, bool links)
{
    struct program *program = program_of(L);
    struct error error;
    bool has_alarms = program->has_alarms || count_limits(program->plan);
    if (!has_alarms && !(links && program->plan->client_count))
        return;
    program->settle = create(program->plan);
    if (!program->settle)
        complain(L, "out of memory for alarms");
    lua_getfield(L, LUA_REGISTRYINDEX, "msm.require");
    lua_pushliteral(L, "msm.alarm.declared");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "make");
    lua_call(L, 0, 3);
    program->settle->alarms = alarms_create((size_t)lua_tointeger(L, -1), &error);
    lua_pop(L, 1);
    program->settle->tell = luaL_ref(L, LUA_REGISTRYINDEX);
    program->settle->handle = luaL_ref(L, LUA_REGISTRYINDEX);
    if (!program->settle->alarms)
        complain(L, "%s", error.text);
    plan_needs_settling(program->plan);
}

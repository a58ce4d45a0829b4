/* The methods of a memory: m:raw, m:declare, m:written, m:quality, m:age; m:dump and m:state have
 * files of their own. */

#include "program/bind_memory.h"

#include <stdlib.h>
#include <string.h>

const struct variable *check_variable(lua_State *L, int memory, int index)
{
    if (lua_type(L, index) != LUA_TSTRING)
        complain(L,
                 "a variable is found by its name, not by %s; the name is text, \"LEVEL\", and "
                 "mem.LEVEL would be its value",
                 shown(L, index));
    const char *name = variable_name(L, index);
    struct plan *plan = program_of(L)->plan;
    int variable = plan_find_variable(plan, (uint32_t)memory, name);
    if (variable < 0)
        refuse_undeclared(L, memory, name);
    return plan->variables[variable];
}

struct run check_points(lua_State *L, int memory, int index, const struct variable **variable)
{
    struct run points = {.count = 1};
    *variable = NULL;
    if (check_raw_word(L, memory, index, &points.first))
        return points;
    *variable = check_variable(L, memory, index);
    return (struct run){(*variable)->point, (uint32_t)variable_elements(*variable)};
}

static const struct option RAW[] = {
    RAW_OPTIONS,
    {NULL, NULL, NULL},
};

/* m:raw { holding = 8, coil = { 100, 16 } }: declares words without names. Body only. */
static int memory_raw(lua_State *L)
{
    int memory = check_memory(L, 1, "mem:raw");
    require_body(L, "mem:raw");
    if (!lua_istable(L, 2))
        complain(L, "mem:raw takes a table, mem:raw { holding = 8 }, not %s", shown(L, 2));
    read_options(L, 2, RAW, NULL, "mem:raw");
    declare_raw(L, (uint32_t)memory, 2);
    return 0;
}

/* m:written "NAME": true in a task's first run after a remote wrote the variable (for an array,
 * any element), whatever the value. False in the body. */
static int memory_written(lua_State *L)
{
    int memory = check_memory(L, 1, "mem:written");
    const struct variable *v = check_variable(L, memory, 2);
    const struct program *program = program_of(L);
    bool written = false;
    for (size_t i = 0; program->view && i < variable_elements(v); i++)
        written |= view_marks(program->view)[v->point + i].written > program->cycle.seen;
    lua_pushboolean(L, written);
    return 1;
}

const char *quality_name(uint8_t quality)
{
    static const char *const names[] = {"good", "stale", "never", "range", "invalid"};
    return names[quality];
}

/* m:quality "NAME", or m:quality("holding", 5) for a raw word: "good", "stale" (not heard of for
 * too long), "never" (not heard of yet), "range" (outside of its limits) or "invalid" (the device
 * has no value); for an array the worst.
 */
static int memory_quality(lua_State *L)
{
    int memory = check_memory(L, 1, "mem:quality");
    const struct variable *v;
    struct run points = check_points(L, memory, 2, &v);
    const struct program *program = program_of(L);
    uint8_t worst = QUALITY_GOOD;
    for (uint32_t i = 0; program->view && i < points.count; i++) {
        uint8_t quality = view_marks(program->view)[points.first + i].quality;
        worst = quality > worst ? quality : worst;
    }
    lua_pushstring(L, quality_name(worst));
    return 1;
}

/* m:declare(TABLE, { prefix = "M1_", base = 100 }): declares a template's variables, in the order
 * of their names, so that the same script always makes the same plan. */
struct placement {
    const char *prefix;
    uint32_t base;
};

static bool set_prefix(lua_State *L, void *target)
{
    const char *prefix = plain_text(L, -1);
    ((struct placement *)target)->prefix = prefix;
    return prefix != NULL;
}

static bool set_base(lua_State *L, void *target)
{
    lua_Integer base;
    bool ok = read_integer(L, -1, 0, UINT16_MAX, &base);
    ((struct placement *)target)->base = (uint32_t)base;
    return ok;
}

static const struct option PLACEMENT[] = {
    {"prefix", "text to put before each name", set_prefix},
    {"base", "an address to add, 0..65535", set_base},
    {NULL, NULL, NULL},
};

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names of the template at index 2, sorted, in a userdata that is left on the stack. */
static const char **template_names(lua_State *L, size_t *count)
{
    size_t n = 0;
    for (lua_pushnil(L); lua_next(L, 2); lua_pop(L, 1))
        n++;
    const char **names = lua_newuserdatauv(L, (n + 1) * sizeof *names, 0);
    *count = n;
    n = 0;
    for (lua_pushnil(L); lua_next(L, 2); lua_pop(L, 1)) {
        if (!plain_text(L, -2) || !is_declaration(L, -1))
            complain(L, "mem:declare: a template is a table of declarations by name, "
                        "{ SPEED = holding.word(0) }");
        names[n++] = lua_tostring(L, -2);
    }
    qsort(names, n, sizeof *names, compare_names);
    return names;
}

static int memory_declare(lua_State *L)
{
    lua_settop(L, 3);
    int memory = check_memory(L, 1, "mem:declare");
    require_body(L, "mem:declare");
    if (!lua_istable(L, 2))
        complain(L, "mem:declare takes a table of declarations by name, not %s", shown(L, 2));
    struct placement placement = {.prefix = ""};
    read_options(L, 3, PLACEMENT, &placement, "mem:declare");
    size_t count;
    const char **names = template_names(L, &count);
    for (size_t i = 0; i < count; i++) {
        const char *name = lua_pushfstring(L, "%s%s", placement.prefix, names[i]);
        if (memory_reserves(name))
            complain(L, "mem:declare: \"%s\" is a word of memories and cannot be a variable", name);
        lua_getfield(L, 2, names[i]);
        declare(L, (uint32_t)memory, name, lua_gettop(L), placement.base);
        lua_pop(L, 2);
    }
    return 0;
}

/* Where the value of a variable with `from` comes from in the end. */
static const struct variable *origin(const struct plan *plan, const struct variable *v)
{
    for (size_t i = plan->follower_count; v->from && i > 0; i--) { /* sources stand before */
        const struct follower *follower = &plan->followers[i - 1];
        if (plan->variables[follower->target] == v)
            v = plan->variables[follower->source];
    }
    return v;
}

/* m:age "NAME", or m:age("holding", 5) for a raw word: seconds since the value last arrived or was
 * published, with `from` at its source; nil while its quality is "never", and in the body. */
static int memory_age(lua_State *L)
{
    int memory = check_memory(L, 1, "mem:age");
    const struct variable *v;
    struct run points = check_points(L, memory, 2, &v);
    const struct program *program = program_of(L);
    int64_t newest = INT64_MIN;
    if (v && program->view)
        points.first = origin(program->plan, v)->point;
    for (uint32_t point = points.first; program->view && point < points.first + points.count;
         point++) {
        int64_t time = view_time(program->view, point);
        if (view_marks(program->view)[point].quality != QUALITY_NEVER && time > newest)
            newest = time;
    }
    if (newest == INT64_MIN) {
        lua_pushnil(L);
        return 1;
    }
    double age = (double)(program->cycle.monotonic - newest) / NS_PER_S;
    lua_pushnumber(L, age > 0 ? age : 0);
    return 1;
}

static const luaL_Reg METHODS[] = {
    {"age", memory_age},         {"declare", memory_declare},
    {"dump", memory_dump},       {"quality", memory_quality},
    {"raw", memory_raw},         {"state", memory_state},
    {"written", memory_written}, {NULL, NULL},
};

void push_methods(lua_State *L)
{
    luaL_newlib(L, METHODS);
}

/* Names: which memory a userdata is, which descriptor a name has, which names there can be, and
 * the messages about those that there are not. */

#include "program/bind_memory.h"

#include "base/nearest.h"

#include <string.h>

static const char MEMORIES[] = "msm.memories";       /* registry: userdata -> index in the plan */
static const char DESCRIPTORS[] = "msm.descriptors"; /* registry: index -> table by name */

static const char *const RESERVED[] = {"coil",  "discrete", "holding", "input", "raw",
                                       "dump",  "declare",  "quality", "age",   "written",
                                       "state", "name",     NULL};

void open_names(lua_State *L)
{
    lua_newtable(L);
    lua_setfield(L, LUA_REGISTRYINDEX, MEMORIES);
    lua_newtable(L);
    lua_setfield(L, LUA_REGISTRYINDEX, DESCRIPTORS);
}

void keep_memory(lua_State *L, int memory)
{
    lua_getfield(L, LUA_REGISTRYINDEX, MEMORIES);
    lua_pushvalue(L, -2);
    lua_pushinteger(L, memory);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

bool push_memory(lua_State *L, int memory)
{
    lua_getfield(L, LUA_REGISTRYINDEX, MEMORIES);
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        if (lua_tointeger(L, -1) != memory)
            continue;
        lua_pop(L, 1);
        lua_remove(L, -2);
        return true;
    }
    lua_pop(L, 1);
    return false;
}

void keep_descriptors(lua_State *L, int memory)
{
    lua_getfield(L, LUA_REGISTRYINDEX, DESCRIPTORS);
    lua_insert(L, -2);
    lua_rawseti(L, -2, memory);
    lua_pop(L, 1);
}

int check_memory(lua_State *L, int index, const char *what)
{
    int type = LUA_TNIL, memory = 0;
    if (lua_type(L, index) == LUA_TUSERDATA) {
        index = lua_absindex(L, index);
        lua_getfield(L, LUA_REGISTRYINDEX, MEMORIES);
        lua_pushvalue(L, index);
        type = lua_rawget(L, -2);
        memory = (int)lua_tointeger(L, -1);
        lua_pop(L, 2);
    }
    if (type != LUA_TNUMBER)
        complain(L, "%s takes a memory (mem, or what memory(\"name\") returned), not %s%s", what,
                 shown(L, index),
                 strncmp(what, "mem:", 4) == 0 ? "; a colon calls it, as in mem:dump()" : "");
    return memory;
}

const struct memory *memory_row(lua_State *L, int memory)
{
    return &program_of(L)->plan->memories[memory];
}

void push_descriptors(lua_State *L, int memory)
{
    lua_getfield(L, LUA_REGISTRYINDEX, DESCRIPTORS);
    lua_rawgeti(L, -1, memory);
    lua_remove(L, -2);
}

/* Raw tables that were never declared have their own word. */
static void refuse_raw(lua_State *L, const char *memory, const char *name)
{
    static const char *const raw[] = {"holding", "input", "coil", "discrete"};
    for (size_t i = 0; i < sizeof raw / sizeof *raw; i++) {
        if (strcmp(name, raw[i]) == 0)
            complain(L, "%s.%s has no raw words; %s:raw { %s = 8 } would declare 0..7", memory,
                     name, memory, name);
    }
}

static bool is_diagnostic(const struct plan *plan, const struct variable *v)
{
    return v->where == plan->settings.diagnostics_where;
}

/* Those come after the script's own declarations, and are not for the script. */
static void refuse_diagnostic(lua_State *L, int memory, const char *name)
{
    const struct plan *plan = program_of(L)->plan;
    int variable = plan_find_variable(plan, (uint32_t)memory, name);
    if (variable >= 0 && is_diagnostic(plan, plan->variables[variable]))
        complain(L,
                 "%s.%s is a diagnostic, for masters and msm get; a script has scan.count, "
                 "scan.overruns, link.online and the like",
                 memory_row(L, memory)->name, name);
}

/* Raises where a variable of the memory has a name like it. */
static void refuse_near(lua_State *L, int memory, const char *name)
{
    const struct plan *plan = program_of(L)->plan;
    struct nearest nearest;
    nearest_init(&nearest, name);
    for (size_t i = 0; i < plan->variable_count; i++) {
        const struct variable *v = plan->variables[i];
        if (v->memory == (uint32_t)memory && !is_diagnostic(plan, v))
            nearest_offer(&nearest, v->name);
    }
    if (nearest_word(&nearest))
        complain(L, "%s.%s is not declared; did you mean %s?", memory_row(L, memory)->name, name,
                 nearest_word(&nearest));
}

int refuse_undeclared(lua_State *L, int memory, const char *name)
{
    const char *memory_name = memory_row(L, memory)->name;
    refuse_raw(L, memory_name, name);
    refuse_diagnostic(L, memory, name);
    refuse_near(L, memory, name);
    return complain(L, "%s.%s is not declared", memory_name, name);
}

/* A declaration that could take the value, or NULL. */
static const char *declaration_for(lua_State *L, int index)
{
    switch (lua_type(L, index)) {
    case LUA_TBOOLEAN:
        return "coil(0)";
    case LUA_TNUMBER:
        return lua_isinteger(L, index) ? "holding.int16(0)" : "holding.float32(0)";
    case LUA_TSTRING:
        return "holding.string(0, { length = 16 })";
    default:
        return NULL;
    }
}

int refuse_first(lua_State *L, int memory, const char *name, int index)
{
    const char *memory_name = memory_row(L, memory)->name;
    const char *made = uncalled_declaration(L, index), *fitting = declaration_for(L, index);
    if (made)
        complain(L, "%s.%s is not declared: a declaration is a call, %s.%s = %s", memory_name, name,
                 memory_name, name, made);
    refuse_raw(L, memory_name, name);
    refuse_diagnostic(L, memory, name);
    refuse_near(L, memory, name);
    if (fitting)
        complain(L, "%s.%s is not declared; %s.%s = %s, in the script's body, would declare it",
                 memory_name, name, memory_name, name, fitting);
    return complain(L, "%s.%s is not declared", memory_name, name);
}

const char *variable_name(lua_State *L, int index)
{
    if (lua_type(L, index) != LUA_TSTRING)
        complain(L,
                 "a variable is found by its name, not by %s; raw words are in .holding, "
                 ".input, .coil and .discrete",
                 shown(L, index));
    if (!plain_text(L, index))
        complain(L, "%s is not the name of a variable: it has a NUL byte", shown(L, index));
    return lua_tostring(L, index);
}

bool memory_reserves(const char *name)
{
    for (int i = 0; RESERVED[i]; i++) {
        if (strcmp(name, RESERVED[i]) == 0)
            return true;
    }
    return false;
}

void check_name(lua_State *L, const char *name, const char *what)
{
    size_t length = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
    if (!*name || name[length] || (*name >= '0' && *name <= '9') || length > 63)
        complain(L, "%s: \"%s\" is not a name; letters, digits and _ are, up to 63, no digit first",
                 what, name);
}

bool reserve_name(lua_State *L, uint32_t memory, const char *name)
{
    luaL_checkstack(L, 8, "names");
    push_descriptors(L, (int)memory);
    lua_pushstring(L, name);
    lua_pushvalue(L, -1);
    bool is_new = lua_rawget(L, -3) == LUA_TNIL;
    lua_pop(L, 1);
    if (is_new) {
        lua_pushvalue(L, -1);
        lua_pushboolean(L, false);
        lua_rawset(L, -4);
    }
    return is_new;
}

void release_name(lua_State *L, bool is_new)
{
    if (is_new) {
        lua_pushvalue(L, -1);
        lua_pushnil(L);
        lua_rawset(L, -4);
    }
    lua_pop(L, 3);
}

void describe(lua_State *L)
{
    lua_pushvalue(L, -3);
    lua_rawset(L, -3);
    lua_pop(L, 2);
}

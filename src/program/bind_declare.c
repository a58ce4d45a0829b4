/* coil(…), discrete(…), holding.TYPE(…), input.TYPE(…), var.TYPE{…}: each call makes a declaration,
 * a value that becomes a variable when it is assigned to a name of a memory. */

#include "base/nearest.h"
#include "program/bind_memory.h"

#include <string.h>

static const char DECLARATION[] = "msm.declaration";

bool is_declaration(lua_State *L, int index)
{
    return lua_type(L, index) == LUA_TUSERDATA && luaL_testudata(L, index, DECLARATION);
}

/* "holding.float32", as messages begin. */
static const char *constructor(lua_State *L, enum table table, enum type type)
{
    if (table_is_bits(table))
        return table_name(table);
    return lua_pushfstring(L, "%s.%s", table_name(table), codec_type_name(type));
}

static void refuse_address(lua_State *L, enum table table, lua_Integer number, const char *what)
{
    struct error error;
    uint16_t address;
    if (table_parse_modicon(table, lua_pushfstring(L, "%I", number), &address, &error))
        complain(L,
                 "%s: address %lld is out of range 0..65535; \"%lld\" in quotes would be the "
                 "Modicon form of %u",
                 what, (long long)number, (long long)number, address);
    complain(L, "%s: address %lld is out of range 0..65535", what, (long long)number);
}

static uint16_t check_address(lua_State *L, int index, enum table table, const char *what)
{
    struct error error;
    uint16_t address;
    if (lua_type(L, index) == LUA_TSTRING) {
        if (!table_parse_modicon(table, lua_tostring(L, index), &address, &error))
            complain(L, "%s: %s", what, error.text);
        return address;
    }
    int exact;
    lua_Integer number = lua_tointegerx(L, index, &exact);
    if (lua_type(L, index) != LUA_TNUMBER || !exact)
        complain(L, "%s takes an address first, 0..65535 or text like \"40001\", not %s", what,
                 shown(L, index));
    if (number < 0 || number > UINT16_MAX)
        refuse_address(L, table, number, what);
    return (uint16_t)number;
}

static uint8_t check_bit(lua_State *L, int index, enum type type, const char *what)
{
    int exact, most = type == TYPE_BOOL ? 15 : 1;
    lua_Integer number = lua_tointegerx(L, index, &exact);
    if (lua_type(L, index) != LUA_TNUMBER || !exact || number < 0 || number > most)
        complain(L,
                 type == TYPE_BOOL
                     ? "%s takes an address and a bit, 0..15, where 0 is the lowest"
                     : "%s takes an address and a half, 0 for the low byte, 1 for the high one",
                 what);
    return (uint8_t)(type == TYPE_BOOL ? number : number * 8);
}

/* Upvalues: table, type. Arguments: address, bit or half where the type has one, options. */
static int construct(lua_State *L)
{
    enum table table = (enum table)lua_tointeger(L, lua_upvalueindex(1));
    enum type type = (enum type)lua_tointeger(L, lua_upvalueindex(2));
    struct variable v = {.table = table, .type = type, .scale = 1, .decimals = -1};
    int next = 1, given = lua_gettop(L);
    lua_settop(L, given < 3 ? 3 : given); /* what is not given is nil, not what is pushed next */
    const char *what = constructor(L, table, type);
    require_body(L, what);
    if (table != TABLE_VAR)
        v.address = check_address(L, next++, table, what);
    if (table != TABLE_VAR && !table_is_bits(table) && (type == TYPE_BOOL || type == TYPE_BYTE))
        v.bit = check_bit(L, next++, type, what);
    if (given > next)
        complain(L, "%s takes %d argument%s and a table of options, not %d", what, next - 1,
                 next == 2 ? "" : "s", given);
    if (given >= next)
        read_declaration(L, next, &v, what);
    v.where = user_line(L);
    struct variable *declaration = lua_newuserdatauv(L, sizeof v, 0);
    *declaration = v;
    luaL_setmetatable(L, DECLARATION);
    return 1;
}

static void inherit(const struct memory *memory, struct variable *v)
{
    if (!v->has_order && memory->has_order)
        v->order = memory->order;
}

static void place(lua_State *L, struct variable *v)
{
    struct program *program = program_of(L);
    struct error error;
    int64_t cell = draft_cell(program->draft, v->memory, v->table, v->address, &error);
    if (cell < 0)
        complain(L, "%s", error.text);
    program->cells = draft_cells(program->draft);
    v->cell = (uint32_t)cell;
    if (!v->has_default) /* what overlaps it may have been assigned already */
        return;
    for (size_t i = 0; i < variable_elements(v); i++) {
        struct element element = variable_element(v, i);
        uint16_t *cells = program->cells + cell + element.cell;
        uint16_t first = variable_move(v->initial_words[0], v->mask, element.mask);
        cells[0] = (uint16_t)((cells[0] & ~element.mask) | first);
        memcpy(cells + 1, v->initial_words + 1, (v->words - 1u) * sizeof *cells);
    }
}

void declare(lua_State *L, uint32_t memory, const char *name, int declaration, uint32_t base)
{
    struct plan *plan = program_of(L)->plan;
    struct variable v = *(const struct variable *)lua_touserdata(L, declaration);
    const struct memory *row = &plan->memories[memory];
    struct error error;
    check_name(L, name, row->name);
    v.memory = memory;
    v.name = plan_string(plan, name);
    v.path = plan_string(plan, lua_pushfstring(L, "%s.%s", row->name, name));
    lua_pop(L, 1);
    if (v.address + base > UINT16_MAX)
        complain(L, "%s: address %u and base %u are beyond 65535", v.path, v.address, base);
    v.address = (uint16_t)(v.address + base);
    inherit(row, &v);
    /* The cells first: once the plan has the row nothing may fail any more. */
    if (draft_cell(program_of(L)->draft, memory, v.table, 0, &error) < 0)
        complain(L, "%s", error.text);
    program_of(L)->cells = draft_cells(program_of(L)->draft);
    int index = plan_variable(plan, &v, &error);
    if (index < 0)
        complain(L, "%s", error.text);
    struct variable *declared = plan->variables[index];
    place(L, declared);
    if (declared->count)
        push_array(L, declared);
    else
        lua_pushlightuserdata(L, declared);
    describe(L, memory, name);
}

static void add_constructor(lua_State *L, enum table table, enum type type, const char *name)
{
    lua_pushinteger(L, table);
    lua_pushinteger(L, type);
    lua_pushcclosure(L, construct, 2);
    lua_setfield(L, -2, name);
}

static int unknown_type(lua_State *L)
{
    const char *table = lua_tostring(L, lua_upvalueindex(1));
    const char *asked = key_text(L, 2);
    struct nearest nearest;
    nearest_init(&nearest, asked);
    for (int type = 0; type < TYPE_COUNT; type++)
        nearest_offer(&nearest, codec_type_name((enum type)type));
    nearest_offer(&nearest, "word");
    if (nearest_word(&nearest))
        complain(L, "%s.%s: unknown type; did you mean %s?", table, asked, nearest_word(&nearest));
    return complain(L,
                    "%s.%s: unknown type; bool byte word int16 uint16 int32 uint32 int64 uint64 "
                    "float32 float64 string are known",
                    table, asked);
}

/* holding, input, var: a table of constructors that knows what it does not have. */
static void add_types(lua_State *L, enum table table)
{
    lua_createtable(L, 0, TYPE_COUNT + 1);
    for (int type = 0; type < TYPE_COUNT; type++)
        add_constructor(L, table, (enum type)type, codec_type_name((enum type)type));
    add_constructor(L, table, TYPE_UINT16, "word");
    lua_createtable(L, 0, 1);
    lua_pushstring(L, table_name(table));
    lua_pushcclosure(L, unknown_type, 1);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_setglobal(L, table_name(table));
}

void open_declare(lua_State *L)
{
    luaL_newmetatable(L, DECLARATION);
    lua_pushliteral(L, "declaration");
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
    lua_pushglobaltable(L);
    add_constructor(L, TABLE_COIL, TYPE_BOOL, "coil");
    add_constructor(L, TABLE_DISCRETE, TYPE_BOOL, "discrete");
    lua_pop(L, 1);
    add_types(L, TABLE_HOLDING);
    add_types(L, TABLE_INPUT);
    add_types(L, TABLE_VAR);
}

/* coil(…), discrete(…), holding.TYPE(…), input.TYPE(…), var.TYPE{…}: each call makes a declaration,
 * a value that becomes a variable when it is assigned to a name of a memory. */

#include "base/nearest.h"
#include "program/bind_memory.h"

#include <string.h>
#include <strings.h>

static const char DECLARATION[] = "msm.declaration";

/* The variable stands first: messages and templates see nothing else. */
struct declaration {
    struct variable variable;
    struct remark *unused; /* NULL once it became a variable */
};

bool is_declaration(lua_State *L, int index)
{
    return lua_type(L, index) == LUA_TUSERDATA && luaL_testudata(L, index, DECLARATION);
}

/* "holding.float32", as the plan's messages begin. */
static const char *constructor(lua_State *L, enum table table, enum type type)
{
    if (table_is_bits(table))
        return table_name(table);
    return lua_pushfstring(L, "%s.%s", table_name(table), codec_type_name(type));
}

/* A call of it that is right, for messages. */
static const char *example(lua_State *L, enum table table, enum type type, const char *what)
{
    const char *length = type == TYPE_STRING ? "{ length = 16 }" : NULL;
    if (table == TABLE_VAR)
        return lua_pushfstring(L, "%s %s", what, length ? length : "{}");
    if (!table_is_bits(table) && (type == TYPE_BOOL || type == TYPE_BYTE))
        return lua_pushfstring(L, "%s(0, 0)", what);
    return length ? lua_pushfstring(L, "%s(0, %s)", what, length)
                  : lua_pushfstring(L, "%s(0)", what);
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
    static const char *const modicon[] = {[TABLE_COIL] = "00001",
                                          [TABLE_DISCRETE] = "10001",
                                          [TABLE_HOLDING] = "40001",
                                          [TABLE_INPUT] = "30001"};
    struct error error;
    uint16_t address;
    if (plain_text(L, index)) {
        if (!table_parse_modicon(table, lua_tostring(L, index), &address, &error))
            complain(L, "%s: %s", what, error.text);
        return address;
    }
    lua_Integer number;
    if (!read_integer(L, index, LUA_MININTEGER, LUA_MAXINTEGER, &number))
        complain(L, "%s takes an address first, 0..65535 or text like \"%s\", not %s", what,
                 modicon[table], shown(L, index));
    if (number < 0 || number > UINT16_MAX)
        refuse_address(L, table, number, what);
    return (uint16_t)number;
}

static uint8_t check_bit(lua_State *L, int index, enum type type, const char *what)
{
    lua_Integer number;
    if (!read_integer(L, index, 0, type == TYPE_BOOL ? 15 : 1, &number))
        complain(L,
                 type == TYPE_BOOL
                     ? "%s takes an address and then a bit, 0..15 with 0 the lowest, not %s"
                     : "%s takes an address and then a half, 0 for the low byte or 1 for the high "
                       "one, not %s",
                 what, shown(L, index));
    return (uint8_t)(type == TYPE_BOOL ? number : number * 8);
}

/* Upvalues: table, type, and what the script wrote, "holding.word". Arguments: address, bit or half
 * where the type has one, options. */
static int construct(lua_State *L)
{
    enum table table = (enum table)lua_tointeger(L, lua_upvalueindex(1));
    enum type type = (enum type)lua_tointeger(L, lua_upvalueindex(2));
    struct variable v = {.table = table, .type = type, .scale = 1, .decimals = -1};
    int next = 1, given = lua_gettop(L);
    lua_settop(L, given < 3 ? 3 : given); /* what is not given is nil, not what is pushed next */
    const char *what = lua_tostring(L, lua_upvalueindex(3));
    require_body(L, what);
    if (table != TABLE_VAR) {
        v.modicon = lua_type(L, next) == LUA_TSTRING;
        v.address = check_address(L, next++, table, what);
    }
    if (table != TABLE_VAR && !table_is_bits(table) && (type == TYPE_BOOL || type == TYPE_BYTE))
        v.bit = check_bit(L, next++, type, what);
    if (table == TABLE_VAR && given && !lua_istable(L, 1) && !lua_isnil(L, 1))
        complain(L, "%s has no address; it takes a table of options, %s, not %s", what,
                 example(L, table, type, what), shown(L, 1));
    if (given > next)
        complain(L, "%s takes %d argument%s and a table of options, not %d", what, next - 1,
                 next == 2 ? "" : "s", given);
    if (given >= next)
        read_declaration(L, next, &v, what);
    v.where = user_line(L);
    struct declaration *declaration = lua_newuserdatauv(L, sizeof *declaration, 1);
    *declaration = (struct declaration){v, remark_declaration(L, what, v.where)};
    lua_pushvalue(L, lua_upvalueindex(3));
    lua_setiuservalue(L, -2, 1);
    luaL_setmetatable(L, DECLARATION);
    return 1;
}

static void inherit(const struct memory *memory, struct variable *v)
{
    if (!v->has_order && memory->has_order)
        v->order = memory->order;
}

/* A default gives way to what the body assigned already, to something that overlaps. */
static void place_word(struct program *program, uint32_t cell, uint16_t mask, uint16_t word)
{
    uint16_t *place = &program->cells[cell];
    mask &= (uint16_t)~draft_assigned(program->draft, cell);
    *place = (uint16_t)((*place & ~mask) | (word & mask));
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
    for (size_t i = 0; v->has_default && i < variable_elements(v); i++) {
        struct element element = variable_element(v, i);
        uint32_t first = v->cell + element.cell;
        place_word(program, first, element.mask,
                   variable_move(v->initial_words[0], v->mask, element.mask));
        for (uint16_t k = 1; k < v->words; k++)
            place_word(program, first + k, UINT16_MAX, v->initial_words[k]);
    }
}

/* The plan knows no "word": what the script wrote takes the place of the type's own name. */
static void refuse(lua_State *L, int declaration, const struct variable *v, const char *text)
{
    lua_getiuservalue(L, declaration, 1);
    const char *written = lua_tostring(L, -1);
    const char *own = constructor(L, v->table, v->type);
    size_t length = strlen(own);
    if (strncmp(text, own, length) == 0 && text[length] == ':')
        complain(L, "%s%s", written, text + length);
    complain(L, "%s", text);
}

/* Pushes the descriptor of a variable that is still to come. */
static const struct variable **push_descriptor(lua_State *L, const struct variable *v)
{
    if (v->count)
        return push_array(L);
    lua_pushnil(L);
    return NULL;
}

/* The row comes last of what may fail: Lua's memory, then cells, then the plan. */
static void add_variable(lua_State *L, int declaration, const struct variable *v)
{
    struct program *program = program_of(L);
    struct error error;
    const struct variable **proxy = push_descriptor(L, v);
    bool is_new = reserve_name(L, v->memory, v->name);
    bool ok = draft_cell(program->draft, v->memory, v->table, 0, &error) >= 0;
    program->cells = draft_cells(program->draft);
    int index = ok ? plan_variable(program->plan, v, &error) : -1;
    if (index < 0) {
        release_name(L, is_new);
        refuse(L, declaration, v, error.text);
    }
    struct variable *row = program->plan->variables[index];
    place(L, row);
    if (proxy) {
        *proxy = row;
    } else {
        lua_pushlightuserdata(L, row);
        lua_replace(L, -4); /* under the two of reserve_name */
    }
    describe(L);
}

void declare(lua_State *L, uint32_t memory, const char *name, int declaration, uint32_t base)
{
    struct plan *plan = program_of(L)->plan;
    struct declaration *made = lua_touserdata(L, declaration);
    struct variable v = made->variable;
    const struct memory *row = &plan->memories[memory];
    check_name(L, name, row->name);
    check_room(L, 0); /* a template has many */
    v.memory = memory;
    v.name = plan_string(plan, name);
    v.path = plan_string(plan, lua_pushfstring(L, "%s.%s", row->name, name));
    lua_pop(L, 1);
    if (v.address + base > UINT16_MAX)
        complain(L, "%s: address %u and base %u are beyond 65535", v.path, v.address, base);
    v.address = (uint16_t)(v.address + base);
    inherit(row, &v);
    add_variable(L, declaration, &v);
    remark_declared(made->unused);
    made->unused = NULL;
}

/* holding(0): which type is left open. Upvalue: the table's name. */
static int call_without_type(lua_State *L)
{
    const char *table = lua_tostring(L, lua_upvalueindex(1));
    return complain(L,
                    "%s needs a type, %s.int16(0) for instance; bool byte word int16 uint16 int32 "
                    "uint32 int64 uint64 float32 float64 string are known",
                    table, table);
}

const char *uncalled_declaration(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    if (lua_tocfunction(L, index) == construct) {
        lua_getupvalue(L, index, 1);
        lua_getupvalue(L, index, 2);
        lua_getupvalue(L, index, 3);
        return example(L, (enum table)lua_tointeger(L, -3), (enum type)lua_tointeger(L, -2),
                       lua_tostring(L, -1));
    }
    if (!lua_istable(L, index) || luaL_getmetafield(L, index, "__call") == LUA_TNIL ||
        lua_tocfunction(L, -1) != call_without_type)
        return NULL;
    lua_getupvalue(L, -1, 1);
    const char *table = lua_tostring(L, -1);
    return lua_pushfstring(L, strcmp(table, "var") ? "%s.uint16(0)" : "%s.uint16 {}", table);
}

static void add_constructor(lua_State *L, enum table table, enum type type, const char *name)
{
    lua_pushinteger(L, table);
    lua_pushinteger(L, type);
    if (table_is_bits(table))
        lua_pushstring(L, name);
    else
        lua_pushfstring(L, "%s.%s", table_name(table), name);
    lua_pushcclosure(L, construct, 3);
    lua_setfield(L, -2, name);
}

/* What other languages call a type of ours, or NULL. */
static const char *type_meant(const char *asked)
{
    static const char *const rows[][2] = {
        {"bit", "bool"},     {"real", "float32"}, {"lreal", "float64"}, {"double", "float64"},
        {"int", "int16"},    {"short", "int16"},  {"uint", "uint16"},   {"dint", "int32"},
        {"long", "int32"},   {"udint", "uint32"}, {"dword", "uint32"},  {"lint", "int64"},
        {"ulint", "uint64"}, {"lword", "uint64"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcasecmp(asked, rows[i][0]) == 0)
            return rows[i][1];
    }
    return NULL;
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
    const char *meant = type_meant(asked) ? type_meant(asked) : nearest_word(&nearest);
    if (meant)
        complain(L, "%s.%s: unknown type; did you mean %s?", table, asked, meant);
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
    lua_pushstring(L, table_name(table));
    lua_pushcclosure(L, call_without_type, 1);
    lua_setfield(L, -2, "__call");
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

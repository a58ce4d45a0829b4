/* Raw words and bits: mem.holding[5], counted from 0 as the protocol does, only where declared. */

#include "program/bind_memory.h"

#include <string.h>

static const char RAW[] = "msm.raw";
enum { RAW_TABLES = 4 };

struct proxy {
    uint32_t memory;
    enum table table;
};

struct found {
    const struct raw *raw;
    uint32_t offset; /* of the address in its range */
};

/* The metatable is out of reach, so Lua calls its functions with proxies only. */
static const struct proxy *own_proxy(lua_State *L)
{
    return lua_touserdata(L, 1);
}

static const char *proxy_path(lua_State *L, const struct proxy *proxy)
{
    return lua_pushfstring(L, "%s.%s", program_of(L)->plan->memories[proxy->memory].name,
                           table_name(proxy->table));
}

/* The raw word whose address stands at `index`. */
static struct found find_word(lua_State *L, uint32_t memory, enum table table, int index)
{
    const struct plan *plan = program_of(L)->plan;
    const char *name = plan->memories[memory].name;
    lua_Integer address;
    bool is_address = read_integer(L, index, 0, UINT16_MAX, &address);
    for (size_t i = 0; is_address && i < plan->raw_count; i++) {
        const struct raw *raw = &plan->raws[i];
        if (raw->memory == memory && raw->table == table && address >= raw->address &&
            address < raw->address + (lua_Integer)raw->count)
            return (struct found){raw, (uint32_t)(address - raw->address)};
    }
    complain(L, "%s.%s[%s] is not declared as raw; %s:raw { %s = { first, count } } declares it",
             name, table_name(table), shown(L, index), name, table_name(table));
}

static struct found find(lua_State *L, const struct proxy *proxy)
{
    return find_word(L, proxy->memory, proxy->table, 2);
}

bool check_raw_word(lua_State *L, int memory, int index, uint32_t *point)
{
    const char *text = plain_text(L, index);
    int table = 0;
    while (text && table < TABLE_VAR && strcmp(text, table_name((enum table)table)) != 0)
        table++;
    if (!text || table == TABLE_VAR)
        return false;
    struct found found = find_word(L, (uint32_t)memory, (enum table)table, index + 1);
    *point = found.raw->point + found.offset;
    return true;
}

/* Where the word lies now: in the draft while the body runs, then in the view. */
static uint32_t cell_of(lua_State *L, const struct found *found)
{
    struct program *program = program_of(L);
    const struct raw *raw = found->raw;
    if (program->view)
        return program->plan->points[raw->point + found->offset].cell;
    struct error error;
    int64_t cell = draft_cell(program->draft, raw->memory, raw->table, raw->address, &error);
    if (cell < 0)
        complain(L, "%s", error.text);
    program->cells = draft_cells(program->draft);
    return (uint32_t)cell + found->offset;
}

static int raw_index(lua_State *L)
{
    const struct proxy *proxy = own_proxy(L);
    struct found found = find(L, proxy);
    uint32_t cell = cell_of(L, &found);
    uint16_t word = program_of(L)->cells[cell];
    if (table_is_bits(proxy->table))
        lua_pushboolean(L, word);
    else
        lua_pushinteger(L, word);
    return 1;
}

static uint16_t check_word(lua_State *L, const struct proxy *proxy)
{
    if (table_is_bits(proxy->table)) {
        if (lua_type(L, 3) != LUA_TBOOLEAN)
            complain(L, "%s[%s] takes true or false, not %s", proxy_path(L, proxy), shown(L, 2),
                     shown(L, 3));
        return (uint16_t)lua_toboolean(L, 3);
    }
    lua_Integer word;
    if (!read_integer(L, 3, 0, UINT16_MAX, &word))
        complain(L, "%s[%s] = %s: a raw word takes an integer 0..65535", proxy_path(L, proxy),
                 shown(L, 2), shown(L, 3));
    return (uint16_t)word;
}

/* What a client brings is not the program's to write; in the body the client may still come. */
static void check_feeder(lua_State *L, const struct proxy *proxy)
{
    if (table_takes_writes(proxy->table))
        return;
    const char *path = lua_pushfstring(L, "%s[%s]", proxy_path(L, proxy), shown(L, 2));
    if (program_of(L)->plan->memories[proxy->memory].client >= 0)
        refuse_fed(L, proxy->memory, path, "");
    if (!program_of(L)->view)
        note_early(L, proxy->memory, path);
}

static int raw_newindex(lua_State *L)
{
    const struct proxy *proxy = own_proxy(L);
    struct found found = find(L, proxy);
    check_feeder(L, proxy);
    uint16_t word = check_word(L, proxy);
    uint32_t cell = cell_of(L, &found);
    struct program *program = program_of(L);
    program->cells[cell] = word;
    note_assigned(program, found.raw->point + found.offset, cell, 1,
                  table_is_bits(proxy->table) ? 1 : 0xFFFF);
    return 0;
}

/* Words up to the highest raw one: 8 after mem:raw { holding = 8 }. */
static int raw_length(lua_State *L)
{
    const struct proxy *proxy = own_proxy(L);
    const struct plan *plan = program_of(L)->plan;
    lua_Integer length = 0;
    for (size_t i = 0; i < plan->raw_count; i++) {
        const struct raw *raw = &plan->raws[i];
        lua_Integer end = raw->address + (lua_Integer)raw->count;
        if (raw->memory == proxy->memory && raw->table == proxy->table && end > length)
            length = end;
    }
    lua_pushinteger(L, length);
    return 1;
}

static void create_metatable(lua_State *L)
{
    static const luaL_Reg meta[] = {
        {"__index", raw_index}, {"__len", raw_length}, {"__newindex", raw_newindex}, {NULL, NULL}};
    luaL_setfuncs(L, meta, 0);
    lua_pushliteral(L, "raw");
    lua_setfield(L, -2, "__metatable");
}

static void push_raw(lua_State *L, uint32_t memory, enum table table)
{
    struct proxy *proxy = lua_newuserdatauv(L, sizeof *proxy, 0);
    *proxy = (struct proxy){memory, table};
    luaL_setmetatable(L, RAW);
}

/* As open_arrays. */
void open_raw(lua_State *L)
{
    luaL_newmetatable(L, RAW);
    create_metatable(L);
    lua_pop(L, 1);
}

/* -1 for what is no integer. */
static lua_Integer integer_at(lua_State *L, int index)
{
    lua_Integer integer;
    return read_integer(L, index, 0, LUA_MAXINTEGER, &integer) ? integer : -1;
}

static bool read_range(lua_State *L, struct raw *raw)
{
    lua_Integer first = 0, count;
    if (lua_istable(L, -1)) {
        lua_rawgeti(L, -1, 1);
        lua_rawgeti(L, -2, 2);
        first = integer_at(L, -2);
        count = integer_at(L, -1);
        lua_pop(L, 2);
    } else {
        count = integer_at(L, -1);
    }
    if (first < 0 || first > UINT16_MAX || count < 1 || count > UINT16_MAX + 1 - first)
        return false;
    raw->address = (uint16_t)first;
    raw->count = (uint32_t)count;
    return true;
}

bool check_raw(lua_State *L, void *target)
{
    struct raw raw = {0};
    (void)target;
    return read_range(L, &raw);
}

static void declare_range(lua_State *L, struct raw *raw)
{
    struct error error;
    if (!read_range(L, raw))
        complain(L, "raw %s takes " RAW_RANGE, table_name(raw->table));
    push_raw(L, raw->memory, raw->table);
    bool is_new = reserve_name(L, raw->memory, table_name(raw->table));
    if (plan_raw(program_of(L)->plan, raw, &error) < 0) {
        release_name(L, is_new);
        complain(L, "%s", error.text);
    }
    describe(L);
}

void declare_raw(lua_State *L, uint32_t memory, int index)
{
    for (int table = 0; table < RAW_TABLES; table++) {
        lua_pushstring(L, table_name((enum table)table));
        if (lua_rawget(L, index) != LUA_TNIL) {
            struct raw raw = {.memory = memory, .table = (enum table)table, .where = user_line(L)};
            declare_range(L, &raw);
        }
        lua_pop(L, 1);
    }
}

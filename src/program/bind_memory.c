/* `mem` and its sisters: an empty userdata for each memory whose metamethods find the descriptor
 * of a name by one raw look-up in a table kept as upvalue. A descriptor is the variable itself
 * (light userdata), an array or raw proxy, a method, or the memory's name. */

#include "program/bind_memory.h"

/* Called by Lua alone (the metatable is out of reach), so with exactly two values on the stack. A
 * name that is not there goes on to the descriptors' own __index, which refuses it. */
static int memory_index(lua_State *L)
{
    if (lua_gettable(L, lua_upvalueindex(1)) == LUA_TLIGHTUSERDATA)
        push_variable(L, lua_touserdata(L, -1));
    return 1;
}

/* Upvalue: the memory's index. Arguments: the descriptors, the name. */
static int unknown_name(lua_State *L)
{
    return refuse_undeclared(L, (int)lua_tointeger(L, lua_upvalueindex(1)), variable_name(L, 2));
}

static void assign_other(lua_State *L, int memory, const char *name, int type)
{
    const char *memory_name = memory_row(L, memory)->name;
    if (memory_reserves(name))
        complain(L, "%s.%s: \"%s\" is a word of memories and cannot be a variable", memory_name,
                 name, name);
    if (is_declaration(L, 3)) {
        require_body(L, "a declaration");
        declare(L, (uint32_t)memory, name, 3, 0);
    } else if (type == LUA_TNIL) {
        refuse_first(L, memory, name, 3);
    } else if (type == LUA_TLIGHTUSERDATA) {
        refuse_value(L, lua_touserdata(L, -1), 3);
    } else {
        assign_array(L, array_variable(L, -1), 3);
    }
}

static int memory_newindex(lua_State *L)
{
    lua_pushvalue(L, 2);
    int type = lua_rawget(L, lua_upvalueindex(1));
    if (type == LUA_TLIGHTUSERDATA && assign_variable(L, lua_touserdata(L, -1), 3))
        return 0;
    assign_other(L, (int)lua_tointeger(L, lua_upvalueindex(2)), variable_name(L, 2), type);
    return 0;
}

static int memory_tostring(lua_State *L)
{
    lua_pushfstring(L, "memory \"%s\"",
                    memory_row(L, (int)lua_tointeger(L, lua_upvalueindex(2)))->name);
    return 1;
}

static void push_metatable(lua_State *L, int memory)
{
    static const luaL_Reg meta[] = {{"__index", memory_index},
                                    {"__newindex", memory_newindex},
                                    {"__tostring", memory_tostring},
                                    {NULL, NULL}};
    lua_createtable(L, 0, 4);
    push_descriptors(L, memory);
    lua_pushinteger(L, memory);
    luaL_setfuncs(L, meta, 2);
    lua_pushliteral(L, "memory");
    lua_setfield(L, -2, "__metatable");
}

static void register_memory(lua_State *L, int memory, const char *name)
{
    push_methods(L);
    lua_pushstring(L, name);
    lua_setfield(L, -2, "name");
    lua_createtable(L, 0, 1);
    lua_pushinteger(L, memory);
    lua_pushcclosure(L, unknown_name, 1);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    keep_descriptors(L, memory);
}

/* Takes a prepared row; pushes the new memory. */
static int create_memory(lua_State *L, const struct memory *row)
{
    struct error error;
    int memory = plan_memory(program_of(L)->plan, row, &error);
    if (memory < 0)
        complain(L, "%s", error.text);
    register_memory(L, memory, row->name);
    lua_newuserdatauv(L, 0, 0);
    push_metatable(L, memory);
    lua_setmetatable(L, -2);
    keep_memory(L, memory);
    return memory;
}

static bool set_order(lua_State *L, void *target)
{
    struct memory *row = target;
    row->has_order = true;
    return read_order(L, &row->order);
}

static bool set_wins(lua_State *L, void *target)
{
    return read_winner(L, &((struct memory *)target)->wins);
}

static const struct option OPTIONS[] = {
    {"order", "\"CDAB\", \"ABCD\", \"BADC\" or \"DCBA\"", set_order},
    {"wins", "\"remote\" or \"program\"", set_wins},
    RAW_OPTIONS,
    {NULL, NULL, NULL},
};

/* memory("plc", { order = "ABCD", holding = 20 }): another memory. `order` is that of variables
 * which state none, `wins` who wins where script and remote write in the same scan; the rest as in
 * mem:raw. Body only. */
static int new_memory(lua_State *L)
{
    lua_settop(L, 2);
    if (!plain_text(L, 1))
        complain(L, "memory takes a name first, memory(\"plc\"), not %s", shown(L, 1));
    require_body(L, "memory");
    struct plan *plan = program_of(L)->plan;
    struct memory row = {.name = plan_string(plan, lua_tostring(L, 1)), .where = user_line(L)};
    check_name(L, row.name, "memory");
    read_options(L, 2, OPTIONS, &row, "memory");
    int memory = create_memory(L, &row);
    if (lua_istable(L, 2))
        declare_raw(L, (uint32_t)memory, 2);
    return 1;
}

void open_memory(lua_State *L)
{
    open_names(L);
    open_arrays(L);
    open_raw(L);
    create_memory(L, &(struct memory){.name = "mem", .where = "the host"});
    lua_setglobal(L, "mem");
    lua_register(L, "memory", new_memory);
}

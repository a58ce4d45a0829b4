/* What a script holds in its hand: a keep, or a table in one. It remembers where its table was last
 * and looks there; when keeps were exchanged beneath it, it finds the way again from the name,
 * field by field. A table that the script takes out of its place, as table.remove and table.sort
 * do, goes on in its hand as a copy, which belongs to no keep. */

#include "program/keep.h"

static const char WEAK[] = "msm.keep.weak"; /* registry: metatable of the caches */

bool is_keep(lua_State *L, int index)
{
    return lua_type(L, index) == LUA_TUSERDATA && luaL_testudata(L, index, KEEP_OBJECT);
}

/* The name of the keep; `rows` become the trail of the table at `index`. Leaves values on the
 * stack. */
const char *keep_trail(lua_State *L, int index, struct trail rows[KEEPS_DEPTH_MAX],
                       const struct trail **trail)
{
    struct trail *last = NULL;
    *trail = NULL;
    luaL_checkstack(L, 2 * KEEPS_DEPTH_MAX + 8, "keep");
    for (int i = 0; lua_getiuservalue(L, index, PARENT) != LUA_TSTRING; i++) {
        int parent = lua_gettop(L);
        lua_getiuservalue(L, index, KEY);
        keep_key(L, -1, &rows[i].key);
        rows[i].up = NULL;
        if (last)
            last->up = &rows[i];
        else
            *trail = &rows[i];
        last = &rows[i];
        index = parent;
    }
    return lua_tostring(L, -1);
}

static bool is_there(struct program *program, const struct proxy *proxy)
{
    return proxy->epoch == program->kept.epoch && keeps_is(program->kept.now, proxy->table);
}

/* Finds the way again. */
static bool find(lua_State *L, int index, struct proxy *proxy)
{
    struct program *program = program_of(L);
    struct keeps *keeps = program->kept.now;
    struct keeps_value value = {.type = KEEPS_NIL};
    char text[KEEPS_TEXT_MAX];
    if (is_there(program, proxy))
        return true;
    if (proxy->copied)
        return false;
    luaL_checkstack(L, 4, "keep");
    int top = lua_gettop(L);
    if (lua_getiuservalue(L, index, PARENT) == LUA_TSTRING) {
        if (keeps_find(keeps, lua_tostring(L, -1), false, &value.table))
            value.type = KEEPS_TABLE;
    } else {
        struct proxy *parent = lua_touserdata(L, -1);
        struct keeps_key key;
        lua_getiuservalue(L, index, KEY);
        if (keep_key(L, -1, &key) && find(L, top + 1, parent))
            value = keeps_get(keeps, parent->table, &key, text);
    }
    lua_settop(L, top);
    if (value.type != KEEPS_TABLE)
        return false;
    proxy->table = value.table;
    proxy->epoch = program->kept.epoch;
    return true;
}

static void refuse_gone(lua_State *L, int index)
{
    char path[TRAIL_TEXT];
    struct trail rows[KEEPS_DEPTH_MAX];
    const struct trail *trail;
    const char *name = keep_trail(L, index, rows, &trail);
    complain(L, "keep \"%s\": the table %s is not there any more", name, trail_text(trail, path));
}

bool keep_resolve(lua_State *L, int index, struct keep_place *place)
{
    interrupt_check(L); /* a thread that was given up may come back, when others have the keeps */
    struct proxy *proxy = lua_touserdata(L, index);
    *place = (struct keep_place){program_of(L)->kept.now, proxy->table};
    if (is_there(program_of(L), proxy))
        return true;
    index = lua_absindex(L, index);
    if (find(L, index, proxy)) {
        place->table = proxy->table;
        return true;
    }
    if (!proxy->copied)
        refuse_gone(L, index);
    lua_getiuservalue(L, index, COPY);
    return false;
}

/* Pushes a new one; the value on top becomes its PARENT and is taken off. */
static struct proxy *push(lua_State *L, struct keeps_table table, struct keeps_table kinds)
{
    struct proxy *proxy = lua_newuserdatauv(L, sizeof *proxy, USER_VALUES);
    *proxy = (struct proxy){.epoch = program_of(L)->kept.epoch, .table = table, .kinds = kinds};
    luaL_setmetatable(L, KEEP_OBJECT);
    lua_insert(L, -2);
    lua_setiuservalue(L, -2, PARENT);
    return proxy;
}

void keep_push_root(lua_State *L, const char *name)
{
    struct keeps_table table = NO_TABLE, kinds = NO_TABLE;
    keeps_find(program_of(L)->kept.now, name, false, &table);
    keeps_find(program_of(L)->kept.defaults, name, false, &kinds);
    lua_pushstring(L, name);
    push(L, table, kinds);
}

/* Pushes the cache of those held in the one at `index`. */
static void push_children(lua_State *L, int index, struct proxy *proxy)
{
    if (lua_getiuservalue(L, index, CHILDREN) == LUA_TTABLE)
        return;
    lua_pop(L, 1);
    lua_newtable(L);
    lua_getfield(L, LUA_REGISTRYINDEX, WEAK);
    lua_setmetatable(L, -2);
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, index, CHILDREN);
    proxy->has_children = true;
}

/* What kind a field is of, by the defaults. A field under an integer is an element, and free. */
struct keeps_value keep_default(struct program *program, const struct proxy *proxy,
                                const struct keeps_key *key, char *text)
{
    if (proxy->kinds.id == UINT32_MAX || !key->is_text)
        return (struct keeps_value){.type = KEEPS_NIL};
    return keeps_get(program->kept.defaults, proxy->kinds, key, text);
}

/* Whether the one that was held under this key is of this table: it is, or it was found before
 * keeps were exchanged, and is at this place. */
static bool is_child(struct program *program, struct proxy *child, struct keeps_table table)
{
    if (!child || (child->copied && !keep_is_same(child->table, table)))
        return false;
    if (child->epoch != program->kept.epoch) {
        child->epoch = program->kept.epoch;
        child->table = table;
    }
    return keep_is_same(child->table, table);
}

/* Pushes the table in the field whose key is at index `at`. */
void keep_push_child(lua_State *L, int index, int at, struct keeps_table table)
{
    char text[KEEPS_TEXT_MAX];
    struct program *program = program_of(L);
    struct proxy *proxy = lua_touserdata(L, index);
    struct keeps_key key;
    push_children(L, index, proxy);
    lua_pushvalue(L, at);
    lua_rawget(L, -2);
    if (is_child(program, lua_touserdata(L, -1), table)) {
        lua_remove(L, -2);
        return;
    }
    lua_pop(L, 1);
    keep_key(L, at, &key);
    struct keeps_value kinds = keep_default(program, proxy, &key, text);
    lua_pushvalue(L, index);
    push(L, table, kinds.type == KEEPS_TABLE ? kinds.table : NO_TABLE);
    lua_pushvalue(L, at);
    lua_setiuservalue(L, -2, KEY);
    lua_pushvalue(L, at);
    lua_pushvalue(L, -2);
    lua_rawset(L, -4);
    lua_remove(L, -2);
}

static void copy_out(lua_State *L, int index);

/* Pushes a table with all that a table of keeps holds; those of its tables that are held, by the
 * cache at `children` (0: none), are taken along. */
static void push_copy(lua_State *L, struct keep_place place, int children)
{
    char text[KEEPS_TEXT_MAX];
    struct keeps_key key;
    struct keeps_value value;
    uint32_t at = 0;
    luaL_checkstack(L, 8, "keep");
    lua_newtable(L);
    while (keeps_next(place.keeps, place.table, &at, &key, &value, text)) {
        keep_push_key(L, &key);
        if (value.type != KEEPS_TABLE) {
            keep_push_scalar(L, &value);
            lua_rawset(L, -3);
            continue;
        }
        struct proxy *child = NULL;
        if (children) {
            lua_pushvalue(L, -1);
            lua_rawget(L, children);
            child = lua_touserdata(L, -1);
        }
        if (is_child(program_of(L), child, value.table)) {
            copy_out(L, lua_gettop(L));
        } else {
            if (children)
                lua_pop(L, 1);
            push_copy(L, (struct keep_place){place.keeps, value.table}, 0);
        }
        lua_rawset(L, -3);
    }
}

/* The table of the one at `index` is about to go from its place. */
static void copy_out(lua_State *L, int index)
{
    struct proxy *proxy = lua_touserdata(L, index);
    int children = 0;
    if (lua_getiuservalue(L, index, CHILDREN) == LUA_TTABLE)
        children = lua_gettop(L);
    push_copy(L, (struct keep_place){program_of(L)->kept.now, proxy->table}, children);
    lua_setiuservalue(L, index, COPY);
    proxy->copied = true;
    lua_pop(L, 1);
}

/* Before the field whose key is at index 2 is set anew. */
void keep_release(lua_State *L, const struct keep_place *place, const struct keeps_key *key)
{
    char text[KEEPS_TEXT_MAX];
    const struct proxy *proxy = lua_touserdata(L, 1);
    if (!proxy->has_children)
        return;
    struct keeps_value value = keeps_get(place->keeps, place->table, key, text);
    if (value.type != KEEPS_TABLE)
        return;
    lua_getiuservalue(L, 1, CHILDREN);
    lua_pushvalue(L, 2);
    lua_rawget(L, -2);
    if (is_child(program_of(L), lua_touserdata(L, -1), value.table))
        copy_out(L, lua_gettop(L));
    lua_pop(L, 2);
}

void keep_open_caches(lua_State *L)
{
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "v");
    lua_setfield(L, -2, "__mode");
    lua_setfield(L, LUA_REGISTRYINDEX, WEAK);
}

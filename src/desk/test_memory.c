/* Lua calls no message handler when memory is out, so the line is noted when that happens. Lua
 * collects its garbage then and asks again: a place counts only where an error follows. */

#include "desk/test_memory.h"

#include "program/pool.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const size_t MIB = 1024 * 1024;
static const size_t RESERVE = 32; /* MiB, to report with */

/* As lua/msm/test/lines.lua has it. */
static bool is_users(const struct test_memory *memory, const lua_Debug *ar)
{
    size_t length = memory->lua_root ? strlen(memory->lua_root) : 0;
    bool is_library = length ? strncmp(ar->source + 1, memory->lua_root, length) == 0
                             : strncmp(ar->source, "=msm/", 5) == 0;
    return ar->currentline > 0 && !is_library && !strstr(ar->source, "luaunit.lua");
}

static void note(void *context)
{
    struct test_memory *memory = context;
    lua_Debug ar;
    memory->place[0] = '\0';
    for (int level = 0; memory->L && lua_getstack(memory->L, level, &ar); level++) {
        lua_getinfo(memory->L, "Sl", &ar);
        if (!is_users(memory, &ar))
            continue;
        snprintf(memory->place, sizeof memory->place, "%s:%d", ar.short_src, ar.currentline);
        return;
    }
}

bool test_memory_read(const char *text, size_t *limit, struct error *error)
{
    char *end = NULL;
    long number = text ? strtol(text, &end, 10) : TEST_MEMORY;
    *limit = (size_t)number;
    return !text || (*end == '\0' && number >= 1 && number <= TEST_MEMORY_MOST) ||
           error_set(error, "--memory is 1..%d MiB, not \"%s\"", TEST_MEMORY_MOST, text);
}

lua_State *test_memory_open(struct test_memory *memory)
{
    memory->pool = pool_create((memory->limit + RESERVE) * MIB, note, memory);
    memory->L = memory->pool ? lua_newstate(pool_realloc, memory->pool) : NULL;
    return memory->L;
}

void test_memory_close(struct test_memory *memory)
{
    lua_State *L = memory->L;
    memory->L = NULL;
    if (L)
        lua_close(L);
    pool_destroy(memory->pool);
}

static int limited(lua_State *L)
{
    const struct test_memory *memory = lua_touserdata(L, lua_upvalueindex(1));
    size_t reserve = lua_toboolean(L, 1) ? 0 : RESERVE;
    pool_set_cap(memory->pool, (memory->limit + reserve) * MIB);
    return 0;
}

static int short_at(lua_State *L)
{
    const struct test_memory *memory = lua_touserdata(L, lua_upvalueindex(1));
    lua_pushstring(L, memory->place);
    lua_pushinteger(L, (lua_Integer)memory->limit);
    return 2;
}

void test_memory_push(struct test_memory *memory)
{
    static const luaL_Reg functions[] = {
        {"limited", limited}, {"short_at", short_at}, {NULL, NULL}};
    lua_pushlightuserdata(memory->L, memory);
    luaL_setfuncs(memory->L, functions, 1);
}

/* How a word at the prompt could go on: what tables have, and what objects of the host's answer to.
 * It looks and never calls: a name that only a function of the script's knows is not found. */

#include "base/memory.h"
#include "program/inside.h"

#include <stdlib.h>
#include <string.h>

static const char LETTERS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";

static bool is_letter(char byte)
{
    return byte && strchr(LETTERS, byte);
}

static bool is_of_word(char byte)
{
    return is_letter(byte) || byte == '.' || byte == ':';
}

/* Where the last word begins: "mem.LE" in "print(mem.LE". */
static const char *last_word(const char *code)
{
    const char *word = code + strlen(code);
    while (word > code && is_of_word(word[-1]))
        word--;
    return word;
}

/* Pushes the table in which the __index of the value at an index looks: a table, or the first
 * upvalue of a function of the host's; nil where there is none. */
static void push_index_table(lua_State *L, int value)
{
    lua_pushnil(L);
    if (!lua_getmetatable(L, value))
        return;
    lua_pushliteral(L, "__index");
    lua_rawget(L, -2);
    if (lua_iscfunction(L, -1) && !lua_getupvalue(L, -1, 1))
        lua_pushnil(L);
    if (lua_istable(L, -1))
        lua_replace(L, value + 1);
    lua_settop(L, value + 1);
}

/* With a value on top, two above it: the tables that have its names, or nil. */
static void push_tables(lua_State *L)
{
    int value = lua_gettop(L);
    push_index_table(L, value);
    if (lua_istable(L, value))
        lua_pushvalue(L, value);
    else
        lua_pushnil(L);
}

/* Replaces the value on top by what it has under a name, nil where that is not known. */
static void step_into(lua_State *L, const char *name, size_t length)
{
    int value = lua_gettop(L);
    push_tables(L);
    for (int table = value + 2; table > value; table--) {
        if (!lua_istable(L, table))
            continue;
        lua_pushlstring(L, name, length);
        if (lua_rawget(L, table) != LUA_TNIL)
            break;
        lua_settop(L, value + 2);
    }
    if (lua_gettop(L) == value + 2)
        lua_pushnil(L);
    lua_replace(L, value);
    lua_settop(L, value);
}

/* Into the table at `found`: the names in a table which begin so. */
static void gather(lua_State *L, int table, const char *begin, bool methods, int found)
{
    size_t length = strlen(begin);
    if (!lua_istable(L, table))
        return;
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
        const char *name = plain_text(L, -2);
        if (!name || strncmp(name, begin, length) != 0 || strncmp(name, "__", 2) == 0 || !*name ||
            name[strspn(name, LETTERS)] || (methods && !lua_isfunction(L, -1)))
            continue;
        lua_pushvalue(L, -2);
        lua_pushboolean(L, true);
        lua_rawset(L, found);
    }
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The keys of the table at `found`, each with the first bytes of the word in front. */
static void answer_names(lua_State *L, int found, const char *word, size_t front)
{
    struct answer *answer = program_of(L)->answer;
    size_t count = 0, i = 0;
    for (lua_pushnil(L); lua_next(L, found); lua_pop(L, 1))
        count++;
    const char **names = lua_newuserdatauv(L, (count + 1) * sizeof *names, 0);
    for (lua_pushnil(L); lua_next(L, found); lua_pop(L, 1))
        names[i++] = lua_tostring(L, -2);
    qsort(names, count, sizeof *names, compare);
    for (i = 0; i < count; i++) {
        answer_line(answer);
        answer_add(answer, word, front);
        answer_add(answer, names[i], strlen(names[i]));
    }
}

/* Argument: the code (light userdata). */
static int complete(lua_State *L)
{
    const char *word = last_word(lua_touserdata(L, 1)), *part = word;
    bool methods = false;
    lua_newtable(L);
    int found = lua_gettop(L);
    lua_pushglobaltable(L);
    for (size_t length; part[length = strspn(part, LETTERS)]; part += length + 1) {
        methods = part[length] == ':';
        step_into(L, part, length);
    }
    int value = lua_gettop(L);
    push_tables(L);
    gather(L, value + 1, part, methods, found);
    gather(L, value + 2, part, methods, found);
    answer_names(L, found, word, (size_t)(part - word));
    return 0;
}

char *program_complete(struct program *program, const char *code)
{
    char *names;
    struct error error;
    return answer_by(program, complete, code, &names, &error) ? names : memory_string("");
}

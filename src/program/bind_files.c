/* Lines for files, of the functions of msm.core: the script's part ends in a queue, so that the
 * scan never waits for a disk. A program on trial, a check and a test have no queue: their lines go
 * nowhere. */

#include "base/text_queue.h"
#include "program/inside.h"

#include <string.h>

enum { FILES_MOST = 32, SPARES_MOST = 1000 };

#define KEPT_MOST 3155760000.0 /* s; in ns it still is a number of 64 bits */

static const char FILE_OBJECT[] = "msm.file";
static const char COUNT[] = "msm.files"; /* registry: how many there are */

static bool is_name(const char *name)
{
    static const char FIT[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    size_t length = name ? strlen(name) : 0;
    return length && length <= TEXT_NAME_MAX && strspn(name, FIT) == length;
}

static const char *check_name(lua_State *L)
{
    const char *name = plain_text(L, 1);
    if (!is_name(name))
        complain(L,
                 "a file is named with letters, digits, \"_\" and \"-\", %d of them at most, not "
                 "%s",
                 TEXT_NAME_MAX, shown(L, 1));
    return name;
}

static const char *check_header(lua_State *L)
{
    const char *header = plain_text(L, 2);
    if (!header || strlen(header) > TEXT_HEADER_MAX)
        complain(L, "a file's first line is text of at most %d bytes without NUL", TEXT_HEADER_MAX);
    return header;
}

/* They lie outside the memory that Lua counts. */
static void count_file(lua_State *L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, COUNT);
    lua_Integer count = lua_tointeger(L, -1);
    if (count == FILES_MOST)
        complain(L, "a program writes at most %d files", FILES_MOST);
    lua_pushinteger(L, count + 1);
    lua_setfield(L, LUA_REGISTRYINDEX, COUNT);
}

/* core.file(name, header, size, files, turn): lines for "PROGRAM.name.csv" in the state folder,
 * where one with more than `size` bytes is turned over and `files` full ones are kept; a new one is
 * begun at each multiple of `turn` seconds in UTC, too, unless that is 0. Body only. */
static int make_file(lua_State *L)
{
    lua_Integer size, files;
    double turn = lua_tonumber(L, 5);
    struct error error;
    require_body(L, "a file");
    struct text_file_spec spec = {.name = check_name(L), .header = check_header(L)};
    if (!read_integer(L, 3, 1, INT64_MAX / 2, &size) ||
        !read_integer(L, 4, 1, SPARES_MOST, &files) ||
        !(turn == 0 || (turn >= 1 && turn * (double)files <= KEPT_MOST)))
        complain(L,
                 "a file has 1 byte or more, 1..%d full ones, and a turn of 1 s or more, or 0; "
                 "all of them together are kept for at most 100 years",
                 SPARES_MOST);
    count_file(L);
    spec.size = size;
    spec.files = (unsigned)files;
    spec.turn = (int64_t)(turn * NS_PER_S);
    struct text_file **file = lua_newuserdatauv(L, sizeof *file, 0);
    *file = NULL;
    luaL_setmetatable(L, FILE_OBJECT);
    *file = text_file_create(&spec, &error);
    return *file ? 1 : complain(L, "%s", error.text);
}

static struct text_file *check_file(lua_State *L)
{
    return *(struct text_file **)luaL_checkudata(L, 1, FILE_OBJECT);
}

/* core.put(file, line): false where there is no room for it just now, which is counted. */
static int put_line(lua_State *L)
{
    struct program *program = program_of(L);
    struct text_file *file = check_file(L);
    size_t length;
    const char *line = luaL_checklstring(L, 2, &length);
    interrupt_check(L); /* a thread that was given up may come back */
    if (program->declaring)
        complain(L, "a line is written in a task, not in the script's body, which a reload runs "
                    "again");
    if (length < 1 || length > TEXT_LINE_MAX)
        complain(
            L, "a line of a file has at most %d bytes, not %zu; write it in parts, as several rows",
            TEXT_LINE_MAX, length);
    lua_pushboolean(L, !program->texts || text_queue_put(program->texts, file, line, length));
    return 1;
}

/* core.lines(file): how many lines are in the file, and how many were lost, since the program was
 * loaded. */
static int count_lines(lua_State *L)
{
    struct text_file *file = check_file(L);
    lua_pushinteger(L, (lua_Integer)atomic_load(&file->written));
    lua_pushinteger(L, (lua_Integer)atomic_load(&file->lost));
    return 2;
}

static int drop_file(lua_State *L)
{
    struct text_file **file = lua_touserdata(L, 1);
    text_file_unref(*file);
    *file = NULL;
    return 0;
}

void add_files(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"file", make_file}, {"lines", count_lines}, {"put", put_line}, {NULL, NULL}};
    luaL_newmetatable(L, FILE_OBJECT);
    lua_pushcfunction(L, drop_file);
    lua_setfield(L, -2, "__gc");
    lua_pushliteral(L, "file");
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
    luaL_setfuncs(L, functions, 0);
}

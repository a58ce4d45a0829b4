/* require: the Lua library from the binary (or a folder, for those who work on it), then text
 * modules in the script's own folder. Modules are part of the body: they are loaded while it runs
 * and may declare. */

#include "base/nearest.h"
#include "base/embedded.h"
#include "program/inside.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char LOADED[] = "msm.loaded"; /* registry: name -> what the module returned */

/* "msm.timer" to "msm/timer.lua"; names that could leave the folder are no module names. */
static const char *module_path(lua_State *L, const char *name)
{
    if (!*name || strstr(name, "..") || strpbrk(name, "/\\") || *name == '.')
        complain(L, "require: %s is not a module name; names have dots, \"drivers.pump\"",
                 shown(L, 1));
    return lua_pushfstring(L, "%s.lua", luaL_gsub(L, name, ".", "/"));
}

static const struct embedded *find_embedded(const char *path)
{
    for (const struct embedded *file = embedded_lua; file->path; file++) {
        if (strcmp(file->path, path) == 0)
            return file;
    }
    return NULL;
}

/* Where the module is a file, or would be. */
static const char *module_place(lua_State *L, const char *path)
{
    const struct program *program = program_of(L);
    if (program->lua_root && (find_embedded(path) || strncmp(path, "msm/", 4) == 0))
        return lua_pushfstring(L, "%s/%s", program->lua_root, path);
    return lua_pushfstring(L, "%s%s", program->directory, path);
}

/* Modules that Lua's users know, and what is here in their place. */
static const char *instead_of(const char *name)
{
    static const char *const rows[][2] = {
        {"socket",
         "; links go over client.tcp and server.tcp, other programs over the control socket"},
        {"lfs", "; a script has no files of its own, and require \"msm.csv\" writes rows"},
        {"posix", "; a script sees nothing of the machine"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t length = strlen(rows[i][0]);
        if (strncmp(name, rows[i][0], length) == 0 && (!name[length] || name[length] == '.'))
            return rows[i][1];
    }
    return "";
}

/* A module of the library that may be meant, "; did you mean msm.timer?", or "". Pushes. */
static const char *nearest_module(lua_State *L, const char *name)
{
    struct nearest with, without; /* "msm." */
    nearest_init(&with, name);
    nearest_init(&without, name);
    for (const struct embedded *file = embedded_lua; file->path; file++) {
        const char *slash = strchr(file->path, '/'), *point = strrchr(file->path, '.');
        if (!slash || !point || strchr(slash + 1, '/'))
            continue;
        luaL_checkstack(L, 4, "modules");
        const char *module = lua_pushlstring(L, slash + 1, (size_t)(point - slash - 1));
        nearest_offer(&without, module);
        nearest_offer(&with, lua_pushfstring(L, "msm.%s", module));
    }
    if (nearest_word(&with))
        return lua_pushfstring(L, "; did you mean %s?", nearest_word(&with));
    return nearest_word(&without)
               ? lua_pushfstring(L, "; did you mean msm.%s?", nearest_word(&without))
               : "";
}

/* Pushes the loaded chunk, or an error message, as luaL_load… do. Library chunks are named so that
 * messages point past them, at the user's line. */
static int load_module(lua_State *L, const char *path)
{
    const struct embedded *file = find_embedded(path);
    if (file && !program_of(L)->lua_root)
        return luaL_loadbufferx(L, file->text, file->length, lua_pushfstring(L, "=%s", path), "t");
    const char *place = module_place(L, path);
    const struct source *source = sources_take(program_of(L), place);
    if (!source) {
        const char *problem = lua_pushstring(L, sources_problem());
        const char *hint = instead_of(lua_tostring(L, 1));
        complain(L, "require: no module %s: the library has none, and %s: %s%s", path, place,
                 problem, *hint ? hint : nearest_module(L, lua_tostring(L, 1)));
    }
    return sources_load(L, source);
}

/* Tests find Debian's modules, too, where neither the library nor the script's folder has one of
 * that name. Upvalue: Lua's own require. */
static bool is_luas(lua_State *L, const char *path)
{
    return program_of(L)->open && !find_embedded(path) && access(module_place(L, path), R_OK) != 0;
}

static int require_of_lua(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushvalue(L, 1);
    lua_call(L, 1, 1);
    return 1;
}

static int require(lua_State *L)
{
    if (!plain_text(L, 1))
        complain(L, "require takes a module's name, require \"drivers.pump\", not %s", shown(L, 1));
    const char *name = lua_tostring(L, 1);
    lua_settop(L, 1);
    lua_getfield(L, LUA_REGISTRYINDEX, LOADED);
    int type = lua_getfield(L, 2, name);
    if (type == LUA_TBOOLEAN && !lua_toboolean(L, -1))
        complain(L,
                 "require: \"%s\" requires itself, directly or through others, or it failed "
                 "before",
                 name);
    if (type != LUA_TNIL)
        return 1;
    const char *path = module_path(L, name);
    if (is_luas(L, path))
        return require_of_lua(L);
    require_body(L, "require of a module that is not loaded yet");
    if (load_module(L, path) != LUA_OK)
        complain(L, "%s", lua_tostring(L, -1));
    lua_pushboolean(L, false);
    lua_setfield(L, 2, name);
    lua_pushvalue(L, 1);
    lua_call(L, 1, 1);
    if (lua_isnil(L, -1) || (lua_isboolean(L, -1) && !lua_toboolean(L, -1))) {
        lua_pop(L, 1);
        lua_pushboolean(L, true);
    }
    lua_pushvalue(L, -1);
    lua_setfield(L, 2, name);
    return 1;
}

void open_require(lua_State *L)
{
    lua_newtable(L);
    push_core(L);
    lua_setfield(L, -2, "msm.core");
    lua_setfield(L, LUA_REGISTRYINDEX, LOADED);
    lua_getglobal(L, "require");
    lua_pushcclosure(L, require, 1);
    lua_pushvalue(L, -1);
    lua_setfield(L, LUA_REGISTRYINDEX, "msm.require"); /* for the host, whatever the script does */
    lua_setglobal(L, "require");
}

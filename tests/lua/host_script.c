/* Scripts beside the test file, each a sandboxed program of its own as `msm run` would load it,
 * from a file in a folder that the test owns. They are named by what the test calls them, so that
 * messages are "script.lua:3: …".
 *
 * host.file(name, text)          writes a module; a name may have folders in it
 * host.check(text)               loads text as script.lua; returns nil or the error's text
 * host.run(text, scans)          loads it and runs scans in virtual time, then stops it; returns
 * the fault or error, or nil; then what was logged; then the scans made; then the most bytes that
 * Lua had in use between two scans
 *
 * host.check_watched, host.run_watched: the same under a watchdog, as in `msm run`: by real time,
 * so for code that does not end. What does not heed it for ten seconds ends the test
 * host.interrupts                whether a watchdog can end a loop: not under the thread
 * sanitizer, which keeps signals back until the next system call
 *
 * host.quiet(f, …)               calls f; returns what was written to stderr, then its results
 *
 * host.play, for scripts that go on through reloads and restarts: see host_play.c */

#include "host.h"

#include "base/watchdog.h"
#include "image/image.h"
#include "program/inside.h"
#include "scan/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/lua_host.XXXXXX"; /* a test host is one process for one file */

static void give_up(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

void host_enter_folder(void)
{
    if (!mkdtemp(folder) || chdir(folder))
        give_up(folder);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

void host_remove_folder(void)
{
    if (chdir("/") || nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS))
        give_up(folder);
}

void host_write_file(const char *path, const char *text, size_t length)
{
    FILE *file = fopen(path, "w");
    if (!file || fwrite(text, 1, length, file) != length || fclose(file))
        give_up(path);
}

static int file(lua_State *L)
{
    size_t length;
    const char *path = luaL_checkstring(L, 1), *text = luaL_checklstring(L, 2, &length);
    const char *slash = strchr(path, '/');
    if (slash) {
        lua_pushlstring(L, path, (size_t)(slash - path));
        if (mkdir(lua_tostring(L, -1), 0700) && errno != EEXIST)
            give_up(path);
    }
    host_write_file(path, text, length);
    return 0;
}

/* One sandboxed program and what it runs in. */
struct script {
    struct program *program;
    struct image *image;
    struct scan *scan;
    struct watchdog *watchdog;
    int barks;          /* since its work began */
    size_t most_used;   /* bytes, after a scan */
    struct error error; /* its text is "" as long as all is well */
};

/* In a signal handler. */
static void late(void *context)
{
    static const char TEXT[] = "the script does not heed the watchdog\n";
    struct script *script = context;
    program_late(script->program);
    if (++script->barks < 1000)
        return;
    (void)!write(STDOUT_FILENO, TEXT, sizeof TEXT - 1);
    _exit(EXIT_FAILURE);
}

static void watch(struct script *script)
{
    const struct watchdog_hooks hooks = {.context = script, .late = late};
    script->barks = 0;
    if (script->watchdog)
        watchdog_begin(script->watchdog, &hooks, plan_watchdog(program_plan(script->program)));
}

static void unwatch(struct script *script)
{
    if (script->watchdog)
        watchdog_end(script->watchdog);
}

static bool start(void *context, const struct cycle *cycle, struct error *error)
{
    struct script *script = context;
    watch(script);
    bool ok = program_start(script->program, cycle, error);
    unwatch(script);
    return ok;
}

static bool run_task(void *context, size_t task, double dt, const struct cycle *cycle,
                     struct error *error)
{
    struct script *script = context;
    watch(script);
    bool ok = program_task(script->program, task, dt, cycle, error);
    unwatch(script);
    return ok;
}

static bool stop(void *context, const struct cycle *cycle, struct error *error)
{
    struct script *script = context;
    watch(script);
    bool ok = program_stop(script->program, cycle, error);
    unwatch(script);
    return ok;
}

static bool stop_wanted(void *context)
{
    return program_stop_wanted(((struct script *)context)->program);
}

static void rest(void *context)
{
    program_rest(((struct script *)context)->program);
}

static void fault(void *context, const struct error *error)
{
    ((struct script *)context)->error = *error;
}

static bool load(struct script *script, const char *text, size_t length, bool watched)
{
    struct program_options options = {.path = "script.lua", .now = HOST_BEGIN};
    host_write_file(options.path, text, length);
    *script = (struct script){0};
    script->watchdog = options.watchdog = watched ? watchdog_open(&script->error) : NULL;
    if (watched && !script->watchdog)
        return false;
    script->program = program_load(&options, &script->error);
    return script->program != NULL;
}

static bool attach(struct script *script)
{
    const struct scan_hooks hooks = {.context = script,
                                     .start = start,
                                     .task = run_task,
                                     .stop = stop,
                                     .stop_wanted = stop_wanted,
                                     .rest = rest,
                                     .fault = fault};
    int64_t now = HOST_BEGIN.monotonic;
    script->image = image_create(program_plan(script->program), now, &script->error);
    if (!script->image)
        return false;
    program_apply(script->program, script->image, now);
    script->scan = scan_create(script->image, &hooks, HOST_BEGIN, &script->error);
    if (!script->scan)
        return false;
    program_attach(script->program, scan_view(script->scan));
    return true;
}

static void destroy(struct script *script)
{
    scan_destroy(script->scan);
    program_destroy(script->program);
    image_destroy(script->image);
    watchdog_close(script->watchdog);
}

static int check_script(lua_State *L, bool watched)
{
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    struct script script;
    bool ok = load(&script, text, length, watched);
    destroy(&script);
    if (ok)
        return 0;
    lua_pushstring(L, script.error.text);
    return 1;
}

/* Returns how many scans it made. */
static long run_scans(struct script *script, long most)
{
    struct instant now = HOST_BEGIN;
    long made = 0;
    while (made < most && !scan_stop_wanted(script->scan) && !*script->error.text) {
        now.utc += scan_due(script->scan) - now.monotonic;
        now.monotonic = scan_due(script->scan);
        scan_step(script->scan, now);
        scan_ended(script->scan, now.monotonic);
        size_t used = pool_used(script->program->pool);
        script->most_used = used > script->most_used ? used : script->most_used;
        made++;
    }
    scan_stop(script->scan, now);
    return made;
}

/* stderr into a file without a name, and back. */
static int begin_capture(FILE **captured)
{
    int before = dup(STDERR_FILENO);
    *captured = tmpfile();
    if (before < 0 || !*captured || dup2(fileno(*captured), STDERR_FILENO) < 0)
        give_up("stderr");
    return before;
}

/* Pushes what was written. */
static void end_capture(lua_State *L, FILE *captured, int before)
{
    char part[4096];
    size_t length;
    fflush(stderr);
    dup2(before, STDERR_FILENO);
    close(before);
    rewind(captured);
    luaL_Buffer text;
    luaL_buffinit(L, &text);
    while ((length = fread(part, 1, sizeof part, captured)) > 0)
        luaL_addlstring(&text, part, length);
    luaL_pushresult(&text);
    fclose(captured);
}

static int run_script(lua_State *L, bool watched)
{
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    long most = (long)luaL_optinteger(L, 2, 1), made = 0;
    struct script script;
    FILE *captured;
    int before = begin_capture(&captured);
    if (load(&script, text, length, watched) && attach(&script))
        made = run_scans(&script, most);
    destroy(&script);
    if (*script.error.text)
        lua_pushstring(L, script.error.text);
    else
        lua_pushnil(L);
    end_capture(L, captured, before);
    lua_pushinteger(L, made);
    lua_pushinteger(L, (lua_Integer)script.most_used);
    return 4;
}

static int check(lua_State *L)
{
    return check_script(L, false);
}

static int check_watched(lua_State *L)
{
    return check_script(L, true);
}

static int run(lua_State *L)
{
    return run_script(L, false);
}

static int run_watched(lua_State *L)
{
    return run_script(L, true);
}

static int quiet(lua_State *L)
{
    FILE *captured;
    luaL_checktype(L, 1, LUA_TFUNCTION);
    int before = begin_capture(&captured);
    int result = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0);
    end_capture(L, captured, before);
    lua_insert(L, 1);
    return result == LUA_OK ? lua_gettop(L) : lua_error(L);
}

void host_add_scripts(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"check", check}, {"check_watched", check_watched}, {"file", file}, {"quiet", quiet},
        {"run", run},     {"run_watched", run_watched},     {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
#ifdef __SANITIZE_THREAD__
    lua_pushboolean(L, false);
#else
    lua_pushboolean(L, true);
#endif
    lua_setfield(L, -2, "interrupts");
}

/* A script's life: everything that may raise runs in a protected call, every failure comes back as
 * one text with file and line. Garbage is collected generationally and never during a scan. */

#include "program/program.h"
#include "program/settle.h"

#include "base/memory.h"
#include "base/watchdog.h"
#include "image/plan_diagnostics.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LEAST_GROWTH = 256 * 1024, /* between two full collections of a small script */
    DEEP = 20000               /* calls inside one another: more than anybody means */
};

/* Room in the body's file names: "scripts/" of "scripts/tank.lua". */
static char *directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return strndup(path, slash ? (size_t)(slash - path) + 1 : 0);
}

/* "tank" of "scripts/tank.lua". */
static char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    const char *dot = strrchr(base, '.');
    return strndup(base, dot && dot != base ? (size_t)(dot - base) : strlen(base));
}

/* Lua calls no message handler when memory is out, so the line is noted when it happens. */
static void note_out_of_memory(void *context)
{
    struct program *program = context;
    lua_Debug ar;
    program->out_of_memory_at[0] = '\0';
    program->out_of_memory_deep = program->L && lua_getstack(program->L, DEEP, &ar);
    for (int level = 0; program->L && lua_getstack(program->L, level, &ar); level++) {
        lua_getinfo(program->L, "Sl", &ar);
        if (ar.currentline <= 0)
            continue;
        snprintf(program->out_of_memory_at, sizeof program->out_of_memory_at,
                 "%s:%d: ", ar.short_src, ar.currentline);
        return;
    }
}

static void fail_out_of_memory(struct program *program, struct error *error)
{
    error_set(error, "%sout of memory: the script may use %zu MiB; %s", program->out_of_memory_at,
              pool_cap(program->pool) / (1024 * 1024),
              program->out_of_memory_deep
                  ? "functions call one another there without end (stack overflow)"
                  : "program { memory = … } in its body changes that");
}

/* Takes function and arguments off, and leaves `results` where it went well. */
static bool call_for(struct program *program, int count, int results, lua_CFunction handler,
                     struct error *error)
{
    lua_State *L = program->L;
    int base = lua_gettop(L) - count;
    program->out_of_memory_at[0] = '\0';
    lua_pushcfunction(L, handler);
    lua_insert(L, base);
    interrupt_begin(program);
    int status = lua_pcall(L, count, results, base);
    bool ended = interrupt_end(program, error);
    if (status == LUA_OK && !ended) {
        lua_remove(L, base);
        return true;
    }
    if (!ended && is_out_of_memory(lua_tostring(L, -1)))
        fail_out_of_memory(program, error);
    else if (!ended)
        error_set(error, "%s", lua_tostring(L, -1));
    lua_settop(L, base - 1);
    return false;
}

bool program_call(struct program *program, int count, lua_CFunction handler, struct error *error)
{
    return call_for(program, count, 0, handler, error);
}

static int open_libraries(lua_State *L)
{
    luaL_openlibs(L);
    open_options(L);
    open_declare(L);
    open_memory(L);
    open_links(L);
    open_requests(L);
    open_serial(L);
    open_client(L);
    open_server(L);
    open_task(L);
    open_scan(L);
    open_log(L);
    open_keep(L);
    open_require(L);
    open_sandbox(L);
    return 0;
}

/* Returns the script as a function. */
static int load_body(lua_State *L)
{
    struct program *program = program_of(L);
    const struct source *source = sources_take(program, program->path);
    if (!source) {
        lua_pushfstring(L, "cannot read %s: %s", program->path, sources_problem());
        return lua_error(L);
    }
    return sources_load(L, source) == LUA_OK ? 1 : lua_error(L);
}

/* Called from here, not from load_body: no traceback is to show the host. */
static bool run_body(struct program *program, struct error *error)
{
    lua_State *L = program->L;
    lua_pushcfunction(L, load_body);
    if (!call_for(program, 0, 1, body_traceback, error) ||
        !call_for(program, 0, 1, body_traceback, error))
        return false;
    program->is_module = !lua_isnil(L, -1);
    lua_pop(L, 1);
    return true;
}

/* What the declarations ask for is made as if the script had done so. */
static int finish_body(lua_State *L)
{
    settle_make(L, lua_toboolean(L, 1));
    return 0;
}

static bool run_all(struct program *program, const struct program_options *options,
                    struct error *error)
{
    if (!run_body(program, error))
        return false;
    lua_pushcfunction(program->L, finish_body);
    lua_pushboolean(program->L, options->link_alarms);
    return program_call(program, 1, body_traceback, error);
}

struct body {
    struct program *program;
    const struct program_options *options;
};

static void body_late(void *context)
{
    program_late(((struct body *)context)->program);
}

static void body_stuck(void *context)
{
    const struct body *body = context;
    program_stuck(body->program);
    if (body->options->stuck)
        body->options->stuck(body->options->context, program_where(body->program));
}

static bool run_watched(struct program *program, const struct program_options *options,
                        struct error *error)
{
    struct body body = {program, options};
    const struct watchdog_hooks hooks = {&body, body_late, body_stuck};
    if (!options->watchdog)
        return run_all(program, options, error);
    watchdog_begin(options->watchdog, &hooks, WATCHDOG_BODY);
    bool ok = run_all(program, options, error);
    watchdog_end(options->watchdog);
    return ok;
}

static struct program *create(const struct program_options *options, struct error *error)
{
    struct program *program = calloc(1, sizeof *program);
    if (!program)
        goto no_memory;
    program->path = memory_string(options->path);
    program->directory = directory_of(options->path);
    program->lua_root = options->lua_root ? memory_string(options->lua_root) : NULL;
    program->why = memory_string(options->why ? options->why : "cold");
    program->sources.given = options->sources;
    program->sources.given_count = options->source_count;
    program->sources.patch = options->patch;
    program->open = options->open;
    program->quiet = options->quiet;
    program->texts = options->quiet ? NULL : options->texts;
    program->alarm_events = options->quiet ? NULL : options->alarm_events;
    program->declaring = true;
    program->on_start = program->on_stop = LUA_NOREF;
    program->cycle = (struct cycle){.monotonic = options->now.monotonic,
                                    .time = options->running.time,
                                    .count = options->running.count,
                                    .overruns = options->running.overruns,
                                    .utc = (double)options->now.utc / NS_PER_S,
                                    .clock_ok = clock_is_set(options->now.utc)};
    program->named = options->name;
    char *name = base_name(options->path);
    program->plan = plan_create(options->name ? options->name : name);
    free(name);
    if (program->plan)
        plan_settings(program->plan)->simulated = options->simulated;
    program->draft = draft_create(error);
    if (program->plan)
        program->pool = pool_create((size_t)plan_settings(program->plan)->memory * MIB,
                                    note_out_of_memory, program);
    if (!program->plan || !program->draft || !program->pool ||
        !keep_init(program, options->keeps, error))
        goto no_memory;
    program->L = lua_newstate(pool_realloc, program->pool);
    if (!program->L)
        goto no_memory;
    *(struct program **)lua_getextraspace(program->L) = program;
    return program;

no_memory:
    error_set(error, "out of memory for a program");
    program_destroy(program);
    return NULL;
}

/* Collects garbage of any age, and again when the memory in use has doubled (Lua's own measure), or
 * half of what is left below the cap is gone: at the cap Lua would do it in the middle of a scan.
 */
static void collect_all(struct program *program)
{
    lua_gc(program->L, LUA_GCCOLLECT);
    size_t used = pool_used(program->pool), cap = pool_cap(program->pool);
    size_t growth = used > LEAST_GROWTH ? used : LEAST_GROWTH;
    size_t left = used < cap ? (cap - used) / 2 : 0;
    program->collect_at = used + (growth < left ? growth : left);
}

struct program *program_load(const struct program_options *options, struct error *error)
{
    struct program *program = create(options, error);
    if (!program)
        return NULL;
    lua_State *L = program->L;
    lua_pushcfunction(L, open_libraries);
    if (!program_call(program, 0, traceback, error) || !run_watched(program, options, error))
        goto failed;
    program->declaring = false;
    program->sources.given = NULL;
    program->sources.patch = NULL;
    if (!plan_diagnostics(program->plan, error) || !plan_seal(program->plan, error)) {
        remark_nothing_declared(program, error);
        goto failed;
    }
    settle_seal(program);
    lua_gc(L, LUA_GCGEN, 0, 0);
    lua_gc(L, LUA_GCSTOP);
    collect_all(program);
    return program;

failed:
    program_destroy(program);
    return NULL;
}

void program_destroy(struct program *program)
{
    if (!program)
        return;
    finish_print(program);
    if (program->L)
        lua_close(program->L);
    pool_destroy(program->pool);
    draft_destroy(program->draft);
    keep_finish(program);
    settle_finish(program->settle);
    plan_unref(program->plan);
    free(program->path);
    free(program->directory);
    free(program->lua_root);
    free(program->why);
    sources_free(&program->sources);
    free(program);
}

const char *program_why(const struct program *program)
{
    return program->why;
}

struct plan *program_plan(const struct program *program)
{
    return program->plan;
}

void program_apply(struct program *program, struct image *image, int64_t now)
{
    program->image = image;
    draft_apply(program->draft, image, now);
    draft_destroy(program->draft);
    program->draft = NULL;
    program->cells = NULL;
}

void program_attach(struct program *program, struct view *view)
{
    program->view = view;
    program->cells = view_cells(view);
}

/* Argument: the function. The text is made in here, because making it may raise. */
static int run_start(lua_State *L)
{
    lua_pushstring(L, program_of(L)->why);
    lua_call(L, 1, 0);
    return 0;
}

bool program_start(void *context, const struct cycle *cycle, struct error *error)
{
    struct program *program = context;
    program->cycle = *cycle;
    if (program->on_start == LUA_NOREF)
        return true;
    lua_pushcfunction(program->L, run_start);
    lua_rawgeti(program->L, LUA_REGISTRYINDEX, program->on_start);
    return program_call(program, 1, traceback, error);
}

bool program_task(void *context, size_t task, double dt, const struct cycle *cycle,
                  struct error *error)
{
    struct program *program = context;
    program->cycle = *cycle;
    lua_rawgeti(program->L, LUA_REGISTRYINDEX, program->tasks[task]);
    lua_pushnumber(program->L, dt);
    program->dt = dt;
    program->in_task = true;
    bool ok = program_call(program, 1, traceback, error);
    program->dt = 0;
    program->in_task = false;
    return ok;
}

bool program_stop(void *context, const struct cycle *cycle, struct error *error)
{
    struct program *program = context;
    program->cycle = *cycle;
    bool ok = true;
    if (program->on_stop != LUA_NOREF) {
        lua_rawgeti(program->L, LUA_REGISTRYINDEX, program->on_stop);
        ok = program_call(program, 0, traceback, error);
    }
    finish_print(program);
    return ok;
}

bool program_stop_wanted(void *context)
{
    return ((struct program *)context)->stop_wanted;
}

const char *program_stop_where(const struct program *program)
{
    return *program->stop_where ? program->stop_where : program->path;
}

/* A young collection after each scan takes microseconds, because it looks at what is new only; but
 * what has outlived two of them, as in a window that slides over the last samples, it never looks
 * at again, and a forced step of Lua's makes no other kind. So we count what old garbage may have
 * gathered. */
void program_rest(void *context)
{
    struct program *program = context;
    lua_gc(program->L, LUA_GCSTEP, 0);
    if (pool_used(program->pool) >= program->collect_at)
        collect_all(program);
}

void program_memory(const struct program *program, size_t *used, size_t *cap)
{
    *used = pool_used(program->pool);
    *cap = pool_cap(program->pool);
}

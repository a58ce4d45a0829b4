/* Runs LuaUnit tests inside the real thing: the test file is loaded as a program (with all of Lua's
 * libraries), gets an image and a scan, and its test functions are called between two scans of it.
 * No thread, no network, no clock: time passes only through host.advance.
 *
 * usage: lua_host FILE [LUAUNIT-ARGUMENT…]
 *
 * - host.advance(s): moves the clock and runs each scan that comes due, on time
 * - host.late(s): moves the clock and runs one scan at its end, as after a long stall
 * - host.write(mem, "holding", 0, { 1, 2 }): a master's write; returns the exception code, 0 for
 *   none
 * - host.mask(mem, "holding", 0, and, or): the same with masks, as FC 22
 * - host.read(mem, "holding", 0, 2): a master's read; returns words, or nil and the code
 * - host.quiet(f, …): calls f with stderr kept away; returns what was written there, then f's
 *   results
 * - host.file, host.check, host.run: see host_script.c; host.play: see host_play.c
 * - host.link, host.device, host.pending, host.deliver, host.asked, host.answer, host.fail: see
 *   host_link.c
 *
 * What a test assigns to mem is published by the next of these calls, as at the end of a scan. */

#include "host.h"

#include "image/image.h"
#include "image/view.h"
#include "program/bind_memory.h"
#include "scan/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_WORDS = 2000 };

struct host {
    struct program *program;
    struct image *image;
    struct scan *scan;
    struct instant now;
    struct cycle cycle; /* of the last scan: what a test sees between two */
    struct error fault;
};

static struct host *host_of(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

static bool start(void *context, const struct cycle *cycle, struct error *error)
{
    struct host *host = context;
    host->cycle = *cycle;
    return program_start(host->program, &host->cycle, error);
}

static bool run_task(void *context, size_t task, double dt, const struct cycle *cycle,
                     struct error *error)
{
    struct host *host = context;
    host->cycle = *cycle;
    return program_task(host->program, task, dt, &host->cycle, error);
}

static bool stop(void *context, const struct cycle *cycle, struct error *error)
{
    struct host *host = context;
    host->cycle = *cycle;
    return program_stop(host->program, &host->cycle, error);
}

static bool stop_wanted(void *context)
{
    return program_stop_wanted(((struct host *)context)->program);
}

static void rest(void *context)
{
    program_rest(((struct host *)context)->program);
}

static void fault(void *context, const struct error *error)
{
    ((struct host *)context)->fault = *error;
}

static void publish(struct host *host)
{
    view_publish(scan_view(host->scan), host->now.monotonic);
}

static void step(struct host *host)
{
    scan_step(host->scan, host->now);
    scan_ended(host->scan, host->now.monotonic);
}

static void move_clock(struct host *host, int64_t monotonic)
{
    host->now.utc += monotonic - host->now.monotonic;
    host->now.monotonic = monotonic;
}

static int64_t moment_after(lua_State *L, const struct host *host)
{
    lua_Number seconds = luaL_checknumber(L, 1);
    luaL_argcheck(L, seconds >= 0 && seconds < 1e6, 1, "time goes forward");
    return host->now.monotonic + (int64_t)(seconds * NS_PER_S + 0.5);
}

static int report_fault(lua_State *L, const struct host *host)
{
    return *host->fault.text ? luaL_error(L, "fault: %s", host->fault.text) : 0;
}

static int advance(lua_State *L)
{
    struct host *host = host_of(L);
    int64_t end = moment_after(L, host);
    publish(host);
    while (scan_due(host->scan) <= end && !*host->fault.text) {
        move_clock(host, scan_due(host->scan));
        step(host);
    }
    move_clock(host, end);
    return report_fault(L, host);
}

static int late(lua_State *L)
{
    struct host *host = host_of(L);
    int64_t end = moment_after(L, host);
    publish(host);
    move_clock(host, end);
    step(host);
    return report_fault(L, host);
}

static enum table check_table(lua_State *L, int index)
{
    static const char *const tables[] = {"coil", "discrete", "holding", "input", NULL};
    return (enum table)luaL_checkoption(L, index, NULL, tables);
}

static uint16_t word_at(lua_State *L, int index)
{
    return (uint16_t)(lua_isboolean(L, index) ? lua_toboolean(L, index)
                                              : luaL_checkinteger(L, index));
}

/* Arguments: memory, table, address. */
static struct request write_request(lua_State *L, const char *what)
{
    struct request request = {.memory = (uint32_t)check_memory(L, 1, what)};
    request.write.table = check_table(L, 2);
    request.write.address = (uint16_t)luaL_checkinteger(L, 3);
    return request;
}

static int push_exception(lua_State *L, const struct request *request)
{
    struct host *host = host_of(L);
    publish(host);
    lua_pushinteger(L, image_request(host->image, request, host->now.monotonic));
    return 1;
}

static int write_words(lua_State *L)
{
    uint16_t words[MOST_WORDS];
    struct request request = write_request(L, "host.write");
    luaL_checktype(L, 4, LUA_TTABLE);
    request.write.count = (uint16_t)lua_rawlen(L, 4);
    luaL_argcheck(L, request.write.count && request.write.count <= MOST_WORDS, 4, "1..2000 words");
    for (int i = 0; i < request.write.count; i++) {
        lua_geti(L, 4, i + 1);
        words[i] = word_at(L, -1);
        lua_pop(L, 1);
    }
    request.write.words = words;
    return push_exception(L, &request);
}

static int write_mask(lua_State *L)
{
    struct request request = write_request(L, "host.mask");
    uint16_t masks[] = {word_at(L, 4), word_at(L, 5)};
    request.write.count = 1;
    request.write.masked = true;
    request.write.words = masks;
    return push_exception(L, &request);
}

static int read_words(lua_State *L)
{
    struct host *host = host_of(L);
    uint16_t words[MOST_WORDS];
    struct request request = {.memory = (uint32_t)check_memory(L, 1, "host.read")};
    request.read.table = check_table(L, 2);
    request.read.address = (uint16_t)luaL_checkinteger(L, 3);
    request.read.count = (uint16_t)luaL_optinteger(L, 4, 1);
    request.read.words = words;
    luaL_argcheck(L, request.read.count && request.read.count <= MOST_WORDS, 4, "1..2000 words");
    publish(host);
    enum exception exception = image_request(host->image, &request, host->now.monotonic);
    if (exception) {
        lua_pushnil(L);
        lua_pushinteger(L, exception);
        return 2;
    }
    lua_createtable(L, request.read.count, 0);
    for (int i = 0; i < request.read.count; i++) {
        lua_pushinteger(L, words[i]);
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

int64_t host_now(lua_State *L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, "host");
    struct host *host = lua_touserdata(L, -1);
    lua_pop(L, 1);
    publish(host);
    return host->now.monotonic;
}

static void add_host(lua_State *L, struct host *host)
{
    static const luaL_Reg functions[] = {{"advance", advance},   {"late", late},
                                         {"mask", write_mask},   {"read", read_words},
                                         {"write", write_words}, {NULL, NULL}};
    lua_pushlightuserdata(L, host);
    lua_setfield(L, LUA_REGISTRYINDEX, "host");
    luaL_newlibtable(L, functions);
    lua_pushlightuserdata(L, host);
    luaL_setfuncs(L, functions, 1);
    host_add_scripts(L);
    host_add_play(L);
    host_add_links(L, host->image);
    lua_setglobal(L, "host");
}

static bool load(struct host *host, const char *path, struct error *error)
{
    const struct scan_hooks hooks = {.context = host,
                                     .start = start,
                                     .task = run_task,
                                     .stop = stop,
                                     .stop_wanted = stop_wanted,
                                     .rest = rest,
                                     .fault = fault};
    const struct program_options options = {.path = path, .open = true, .now = host->now};
    host->program = program_load(&options, error);
    if (!host->program)
        return false;
    host->image = image_create(program_plan(host->program), host->now.monotonic, error);
    if (!host->image)
        return false;
    program_apply(host->program, host->image, host->now.monotonic);
    host->scan = scan_create(host->image, &hooks, host->now, error);
    if (!host->scan)
        return false;
    program_attach(host->program, scan_view(host->scan));
    return true;
}

/* Arguments: host, argc, argv. Calls LuaUnit with what follows the file's name and returns how many
 * tests did not succeed. */
static int run_tests(lua_State *L)
{
    struct host *host = lua_touserdata(L, 1);
    int argc = (int)lua_tointeger(L, 2);
    char **argv = lua_touserdata(L, 3);
    luaL_checkstack(L, argc + LUA_MINSTACK, "arguments");
    lua_pushcfunction(L, luaopen_base); /* Lua's own print, for LuaUnit: not limited, on stdout */
    lua_call(L, 0, 0);
    add_host(L, host);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "luaunit");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "LuaUnit");
    lua_getfield(L, -1, "run");
    lua_pushliteral(L, "-v");
    for (int i = 2; i < argc; i++)
        lua_pushstring(L, argv[i]);
    lua_call(L, argc - 1, 1);
    return 1;
}

/* The first scan is run at once, so that each host.advance by a period runs one more. */
static int run(struct host *host, int argc, char **argv)
{
    lua_State *L = host->program->L;
    step(host);
    if (*host->fault.text) {
        fprintf(stderr, "%s\n", host->fault.text);
        return EXIT_FAILURE;
    }
    lua_pushcfunction(L, traceback);
    lua_pushcfunction(L, run_tests);
    lua_pushlightuserdata(L, host);
    lua_pushinteger(L, argc);
    lua_pushlightuserdata(L, argv);
    if (lua_pcall(L, 3, 1, -5) != LUA_OK) {
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
        return EXIT_FAILURE;
    }
    return lua_tointeger(L, -1) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    struct host host = {.now = HOST_BEGIN};
    struct error error;
    int status = EXIT_FAILURE;
    if (argc < 2) {
        fprintf(stderr, "usage: %s FILE [LUAUNIT-ARGUMENT...]\n", argv[0]);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    setenv("TZ", "UTC", 1);
    if (load(&host, argv[1], &error)) {
        host_enter_folder();
        status = run(&host, argc, argv);
        host_remove_folder();
    } else {
        fprintf(stderr, "%s\n", error.text);
    }
    scan_destroy(host.scan);
    program_destroy(host.program);
    image_destroy(host.image);
    return status;
}

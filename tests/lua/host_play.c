/* A sandboxed script beside the test file that goes on from call to call, through reloads and
 * restarts: a plant of src/desk, as the tests of the library want to see it.
 *
 * host.play(text)         loads text as script.lua; no scan is run. Raises the error where it is
 *                         refused. Returns a play, which has a virtual clock of its own:
 * play:run(scans)         runs so many scans (1 unless stated), each when it is due; raises a fault
 * play:advance(s)         moves the clock and runs each scan that comes due, the end included
 * play:late(s)            moves the clock and runs one scan at its end, as after a long stall; with
 *                         any s, so for scans of any length
 * play:eval(code)         runs a line of code in the script between two scans, as `msm eval` does,
 *                         after the first scan: it sees the script's globals (which the body alone
 *                         assigns), and what it assigns to variables is there in the next scan.
 *                         Returns the values (plain ones), raises its error
 *
 * play:reload(text)       other text, or the same one without; raises where it is refused, and what
 *                         ran goes on
 *
 * play:back()             a rollback: what ran before the last reload takes over again, as it was
 *
 * play:restart(text)      on_stop, then the process begins anew at this moment, with other text or
 *                         the same: only what is retained lasts
 *
 * What is logged goes to stderr: host.quiet(function() play:run() end) returns it. */

#include "host.h"

#include "desk/plant_inside.h"

#include <lauxlib.h>

static const char PLAY[] = "host.play";
static const char PATH[] = "script.lua";

static struct plant *check_play(lua_State *L)
{
    struct plant **play = luaL_checkudata(L, 1, PLAY);
    luaL_argcheck(L, *play, 1, "a play that was loaded");
    return *play;
}

/* The new text lies in the script's file from here on; without one it stays as it is. */
static void take_text(lua_State *L, int index)
{
    size_t length;
    const char *text = luaL_optlstring(L, index, NULL, &length);
    if (text)
        host_write_file(PATH, text, length);
}

static int result(lua_State *L, bool ok, const struct error *error)
{
    return ok ? 0 : luaL_error(L, "%s", error->text);
}

static int reload(lua_State *L)
{
    struct plant *play = check_play(L);
    struct error error;
    take_text(L, 2);
    return result(L, plant_reload(play, NULL, &error), &error);
}

static int back(lua_State *L)
{
    struct error error;
    return result(L, plant_back(check_play(L), &error), &error);
}

static int restart(lua_State *L)
{
    struct plant *play = check_play(L);
    struct error error;
    take_text(L, 2);
    return result(L, plant_restart(play, false, &error), &error);
}

/* ---- scans ---- */

static bool goes_on(const struct plant *play)
{
    return !plant_fault(play) && !plant_is_over(play);
}

static int report_fault(lua_State *L, const struct plant *play)
{
    return plant_fault(play) ? luaL_error(L, "fault: %s", plant_fault(play)) : 0;
}

static int run(lua_State *L)
{
    struct plant *play = check_play(L);
    struct error error;
    for (lua_Integer left = luaL_optinteger(L, 2, 1); left > 0 && goes_on(play); left--)
        plant_next(play, &error);
    return report_fault(L, play);
}

static int64_t moment_after(lua_State *L, const struct plant *play)
{
    lua_Number seconds = luaL_checknumber(L, 2);
    luaL_argcheck(L, seconds >= 0 && seconds < 1e8, 2, "time goes forward");
    return plant_now(play).monotonic + (int64_t)(seconds * NS_PER_S + 0.5);
}

static int advance(lua_State *L)
{
    struct plant *play = check_play(L);
    int64_t end = moment_after(L, play);
    struct error error;
    while (goes_on(play) && plant_due(play) <= end)
        plant_next(play, &error);
    plant_run(play, end, &error);
    return report_fault(L, play);
}

static int late(lua_State *L)
{
    struct plant *play = check_play(L);
    int64_t end = moment_after(L, play);
    struct error error;
    if (goes_on(play))
        plant_late(play, end, &error);
    return report_fault(L, play);
}

static int eval(lua_State *L)
{
    const struct plant *play = check_play(L);
    return host_eval(L, luaL_checkstring(L, 2), play->current, plant_now(play));
}

/* ---- a play ---- */

static int collect(lua_State *L)
{
    struct plant **play = luaL_checkudata(L, 1, PLAY);
    plant_destroy(*play);
    *play = NULL;
    return 0;
}

static int new_play(lua_State *L)
{
    const struct plant_options options = {.path = PATH, .begin = HOST_BEGIN, .remembers = true};
    struct error error;
    luaL_checkstring(L, 1);
    take_text(L, 1);
    struct plant **play = lua_newuserdatauv(L, sizeof *play, 0);
    *play = NULL;
    luaL_setmetatable(L, PLAY);
    *play = plant_load(&options, &error);
    return *play ? 1 : luaL_error(L, "%s", error.text);
}

void host_add_play(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"advance", advance}, {"back", back},       {"eval", eval}, {"late", late},
        {"reload", reload},   {"restart", restart}, {"run", run},   {NULL, NULL}};
    luaL_newmetatable(L, PLAY);
    lua_pushcfunction(L, collect);
    lua_setfield(L, -2, "__gc");
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    lua_pushcfunction(L, new_play);
    lua_setfield(L, -2, "play");
}

/* Arguments are checked by lua/msm/test.lua; here only what would crash. */

#include "desk/lua_plant.h"

#include "control/script.h"
#include "desk/lua_plant_inside.h"
#include "program/lua_words.h"

#include <math.h>
#include <string.h>

/* Monotonic, of each plant's load. */
static const int64_t BEGIN = INT64_C(1000) * NS_PER_S;

static const char PLANT[] = "msm.plant";

enum { PLANTS_PER_COLLECTION = 8 };

struct plant *lua_plant_check(lua_State *L)
{
    struct plant **plant = luaL_checkudata(L, 1, PLANT);
    luaL_argcheck(L, *plant, 1, "the plant is gone");
    return *plant;
}

int lua_plant_fail(lua_State *L, const struct error *error)
{
    lua_pushnil(L);
    lua_pushstring(L, error->text);
    return 2;
}

int lua_plant_result(lua_State *L, bool ok, const struct error *error)
{
    if (!ok)
        return lua_plant_fail(L, error);
    lua_pushboolean(L, true);
    return 1;
}

static int64_t nanoseconds(lua_State *L, int index)
{
    lua_Number seconds = luaL_checknumber(L, index);
    luaL_argcheck(L, fabs(seconds) < 9e9, index, "that is more than 200 years");
    return (int64_t)llround(seconds * NS_PER_S);
}

/* ---- life ---- */

static bool option(lua_State *L, const char *name, bool unless_stated)
{
    bool value = lua_getfield(L, 2, name) == LUA_TNIL ? unless_stated : lua_toboolean(L, -1);
    lua_pop(L, 1);
    return value;
}

/* A plant is large and looks small to Lua, so those that nobody has any more would gather. */
static void collect_others(lua_State *L, struct lua_plants *plants)
{
    if (++plants->loaded % PLANTS_PER_COLLECTION == 0)
        lua_gc(L, LUA_GCCOLLECT);
}

static int load(lua_State *L)
{
    struct lua_plants *plants = lua_touserdata(L, lua_upvalueindex(1));
    struct plant_options options = {.path = luaL_checkstring(L, 1),
                                    .lua_root = plants->lua_root,
                                    .watchdog = plants->watchdog,
                                    .stuck = script_give_up};
    struct error error;
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_getfield(L, 2, "utc");
    options.begin = (struct instant){.monotonic = BEGIN, .utc = nanoseconds(L, -1)};
    options.quiet = option(L, "quiet", false);
    options.strict = option(L, "strict", true);
    struct plant **plant = lua_newuserdatauv(L, sizeof *plant, 0);
    *plant = NULL;
    luaL_setmetatable(L, PLANT);
    collect_others(L, plants);
    *plant = plant_load(&options, &error);
    return *plant ? 1 : lua_plant_fail(L, &error);
}

static int collect(lua_State *L)
{
    struct plant **plant = luaL_checkudata(L, 1, PLANT);
    plant_destroy(*plant);
    *plant = NULL;
    return 0;
}

static int reload(lua_State *L)
{
    struct error error;
    return lua_plant_result(L, plant_reload(lua_plant_check(L), luaL_optstring(L, 2, NULL), &error),
                            &error);
}

static int restart(lua_State *L)
{
    struct error error;
    return lua_plant_result(L, plant_restart(lua_plant_check(L), lua_toboolean(L, 2), &error),
                            &error);
}

static int fault(lua_State *L)
{
    lua_pushstring(L, plant_fault(lua_plant_check(L)));
    return 1;
}

/* ---- time ---- */

/* duration(value): seconds of 0.1 or "100ms". */
static int duration(lua_State *L)
{
    struct error error;
    int64_t ns = 0;
    if (!to_duration(L, 1, &ns, &error))
        return lua_plant_fail(L, &error);
    lua_pushnumber(L, (double)ns / NS_PER_S);
    return 1;
}

static int run(lua_State *L)
{
    struct plant *plant = lua_plant_check(L);
    int64_t until = plant_now(plant).monotonic + nanoseconds(L, 2);
    struct error error;
    return lua_plant_result(L, plant_run(plant, until, &error), &error);
}

static int next(lua_State *L)
{
    struct error error;
    return lua_plant_result(L, plant_next(lua_plant_check(L), &error), &error);
}

static int step(lua_State *L)
{
    struct error error;
    return lua_plant_result(L, plant_step(lua_plant_check(L), &error), &error);
}

static int moment(lua_State *L)
{
    const struct plant *plant = lua_plant_check(L);
    struct instant now = plant_now(plant);
    lua_pushnumber(L, (double)(now.monotonic - BEGIN) / NS_PER_S);
    lua_pushnumber(L, (double)(plant_due(plant) - now.monotonic) / NS_PER_S);
    lua_pushnumber(L, (double)now.utc / NS_PER_S);
    return 3;
}

static int set_clock(lua_State *L)
{
    plant_set_clock(lua_plant_check(L), nanoseconds(L, 2));
    return 0;
}

static int scans(lua_State *L)
{
    static const char *const states[] = {"ready", "running", "fault", "stopped"};
    const struct plant *plant = lua_plant_check(L);
    const struct scan *scan = plant_scan(plant);
    struct scan_stats stats = scan_statistics(scan);
    lua_pushinteger(L, (lua_Integer)stats.count);
    lua_pushinteger(L, (lua_Integer)stats.overruns);
    lua_pushstring(L, states[scan_state(scan)]);
    lua_pushinteger(L, (lua_Integer)plant_restarts(plant));
    return 4;
}

void lua_plant_push(lua_State *L, struct lua_plants *plants)
{
    static const luaL_Reg functions[] = {
        {"duration", duration},
        {"load", load},
        {"fault", fault},
        {"moment", moment},
        {"nearest", push_nearest},
        {"reload", reload},
        {"restart", restart},
        {"next", next},
        {"run", run},
        {"scans", scans},
        {"step", step},
        {"set_clock", set_clock},
        {NULL, NULL},
    };
    luaL_newmetatable(L, PLANT);
    lua_pushcfunction(L, collect);
    lua_setfield(L, -2, "__gc");
    lua_pop(L, 1);
    luaL_newlibtable(L, functions);
    lua_pushlightuserdata(L, plants);
    luaL_setfuncs(L, functions, 1);
    lua_plant_add_values(L);
    lua_plant_add_devices(L);
}

#pragma once
/* Plants (plant.h) as the Lua of test files sees them: the table that lua/msm/test.lua is built on.
 */

#include <lua.h>
#include <stddef.h>

struct watchdog;

/* What all plants of one Lua state share. Outlives it. */
struct lua_plants {
    const char *lua_root;      /* folder of the Lua library, or NULL */
    struct watchdog *watchdog; /* of this thread, or NULL */
    size_t loaded;             /* how many there ever were */
};

/* Pushes a table with `load`, and with the functions that take what load returned:
 *
 * duration(value)                       seconds of 0.1 or "100ms"
 * nearest(word, words)                  the one of them that is likely to be meant, or nil
 * load(path, { utc = seconds, quiet = false, strict = true })
 * run(plant, seconds), step(plant)      time passes; next(plant): up to the next scan, with it
 * moment(plant)                         seconds since load, seconds to the next scan, UTC seconds
 * set_clock(plant, utc)
 * scans(plant)                          count, overruns, state, restarts after a fault
 * get(plant, name), set(plant, name, value), quality(plant, name), unit(plant, name)
 * typed(plant, name, text)             the value that a person means who types this
 * force(plant, name, value), unforce(plant, name)
 * memories(plant), clients(plant)       lists of names; clients': each link's and its memory's
 * client(plant, name)                   number of the client of this name or memory
 * client_memory(plant, client)          its memory's name
 * device_get(plant, client, name), device_set(plant, client, name, value)
 * device_manners(plant, client, { offline =, silent =, wrong =, delay = seconds })
 * device_refuse(plant, client, name, code), device_round(plant, client, name, step)
 * exception(code)                       what it means, or nil where Modbus has none
 * reload(plant, path), restart(plant, crash), fault(plant)
 *
 * What goes wrong is returned as nil and a text, never raised, so that who calls can say where. */
void lua_plant_push(lua_State *L, struct lua_plants *plants);

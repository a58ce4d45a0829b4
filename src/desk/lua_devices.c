/* A device's values have the names and units that the script declares for them. */

#include "desk/lua_plant_inside.h"

#include "image/exception.h"
#include "virtual/device.h"

#include <string.h>

static uint32_t check_client(lua_State *L, const struct plant *plant)
{
    lua_Integer client = luaL_checkinteger(L, 2);
    const struct plan *plan = image_plan(plant_image(plant));
    luaL_argcheck(L, client >= 1 && (size_t)client <= plan->client_count, 2,
                  "there is no such one");
    return (uint32_t)client - 1;
}

static struct device *check_device(lua_State *L)
{
    const struct plant *plant = lua_plant_check(L);
    return plant_device(plant, check_client(L, plant));
}

/* By the link's name or by that of its memory. */
static int client(lua_State *L)
{
    const struct plan *plan = image_plan(plant_image(lua_plant_check(L)));
    const char *name = luaL_checkstring(L, 2);
    for (size_t i = 0; i < plan->client_count; i++) {
        const struct client_spec *spec = &plan->clients[i];
        if (strcmp(spec->name, name) != 0 && strcmp(plan->memories[spec->memory].name, name) != 0)
            continue;
        lua_pushinteger(L, (lua_Integer)i + 1);
        return 1;
    }
    return 0;
}

static int clients(lua_State *L)
{
    const struct plan *plan = image_plan(plant_image(lua_plant_check(L)));
    lua_createtable(L, 2 * (int)plan->client_count, 0);
    for (size_t i = 0; i < plan->client_count; i++) {
        lua_pushstring(L, plan->clients[i].name);
        lua_rawseti(L, -2, 2 * (lua_Integer)i + 1);
        lua_pushstring(L, plan->memories[plan->clients[i].memory].name);
        lua_rawseti(L, -2, 2 * (lua_Integer)i + 2);
    }
    return 1;
}

static int client_memory(lua_State *L)
{
    const struct plant *plant = lua_plant_check(L);
    const struct plan *plan = image_plan(plant_image(plant));
    lua_pushstring(L, plan->memories[plan->clients[check_client(L, plant)].memory].name);
    return 1;
}

static int device_get(lua_State *L)
{
    struct device *device = check_device(L);
    struct target target;
    struct error error;
    if (!target_find(device_plan(device), luaL_checkstring(L, 3), &target, &error))
        return lua_plant_fail(L, &error);
    view_latch(device_view(device));
    lua_value_push(L, &target, view_cells(device_view(device)));
    return 1;
}

static bool put(void *context, uint32_t point, const uint16_t *words, struct error *error)
{
    struct device *device = context;
    (void)error;
    lua_value_assign(device_view(device), device_plan(device), point, words);
    return true;
}

bool lua_device_set(lua_State *L, struct plant *plant, uint32_t number, const char *name, int index,
                    struct error *error)
{
    struct device *device = plant_device(plant, number);
    struct target target, declared; /* a device has no labels */
    if (!target_find(device_plan(device), name, &target, error) ||
        !target_find(image_plan(plant_image(plant)), name, &declared, error))
        return false;
    view_latch(device_view(device));
    bool ok = lua_value_take(L, index, &target, declared.declared, put, device, error);
    if (ok)
        view_publish(device_view(device), plant_now(plant).monotonic);
    else
        view_revert(device_view(device)); /* of a list some elements may have been taken */
    return ok;
}

static int device_set(lua_State *L)
{
    struct plant *plant = lua_plant_check(L);
    struct error error;
    bool ok = lua_device_set(L, plant, check_client(L, plant), luaL_checkstring(L, 3), 4, &error);
    return lua_plant_result(L, ok, &error);
}

static bool flag(lua_State *L, const char *name, bool unless_stated)
{
    bool value = lua_getfield(L, 3, name) == LUA_TNIL ? unless_stated : lua_toboolean(L, -1);
    lua_pop(L, 1);
    return value;
}

enum { DELAY_MOST = 24 * 60 * 60 }; /* s */

static int set_manners(lua_State *L)
{
    struct device_manners *manners = device_manners(check_device(L));
    luaL_checktype(L, 3, LUA_TTABLE);
    manners->offline = flag(L, "offline", manners->offline);
    manners->silent = flag(L, "silent", manners->silent);
    manners->wrong = flag(L, "wrong", manners->wrong);
    if (lua_getfield(L, 3, "delay") == LUA_TNUMBER) {
        double delay = lua_tonumber(L, -1);
        luaL_argcheck(L, delay >= 0 && delay <= DELAY_MOST, 3, "a delay is 0 s to a day");
        manners->delay = (int64_t)(delay * NS_PER_S + 0.5);
    }
    return 0;
}

/* For each point of the name at index 3: what the number at index 4 says. */
static int set_habit(lua_State *L, bool (*set)(struct device *device, uint32_t point, double value,
                                               struct error *error))
{
    struct device *device = check_device(L);
    struct target target;
    struct error error;
    double value = luaL_checknumber(L, 4);
    if (!target_find(device_plan(device), luaL_checkstring(L, 3), &target, &error))
        return lua_plant_fail(L, &error);
    bool ok = true;
    for (uint32_t i = 0; ok && i < target.count; i++)
        ok = set(device, target.first + i, value, &error);
    return lua_plant_result(L, ok, &error);
}

/* exception(code): what it means, or nil where Modbus has none. */
static int exception(lua_State *L)
{
    lua_Integer code = luaL_checkinteger(L, 1);
    const char *text = code > 0 && code <= UINT8_MAX ? exception_text((uint8_t)code) : NULL;
    lua_pushstring(L, text && strcmp(text, exception_text(0)) != 0 ? text : NULL);
    return 1;
}

static bool refuse_point(struct device *device, uint32_t point, double code, struct error *error)
{
    if (!(code >= 0 && code <= UINT8_MAX))
        return error_set(error, "an exception code is 0 (no more) to 255");
    return device_refuse(device, point, (int)code, error);
}

static int set_refusal(lua_State *L)
{
    return set_habit(L, refuse_point);
}

static int set_rounding(lua_State *L)
{
    return set_habit(L, device_round);
}

void lua_plant_add_devices(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"client", client},
        {"client_memory", client_memory},
        {"clients", clients},
        {"device_get", device_get},
        {"device_manners", set_manners},
        {"device_refuse", set_refusal},
        {"device_round", set_rounding},
        {"device_set", device_set},
        {"exception", exception},
        {NULL, NULL},
    };
    luaL_setfuncs(L, functions, 0);
}

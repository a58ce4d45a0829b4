/* A test may set anything. What masters may write is written as theirs, so that it is news to the
 * script; what a device feeds is set in the device and comes with the next poll; what only the
 * program writes is put in its place. */

#include "desk/lua_plant_inside.h"

#include "control/value_json.h"
#include "image/point_name.h"
#include "program/lua_value.h"

#include <string.h>

static uint16_t mask_of(const struct plan *plan, uint32_t point)
{
    return plan->points[point].mask;
}

static void push_point(lua_State *L, const struct target *target, const struct variable *v,
                       uint32_t point, const uint16_t *cells)
{
    char text[VARIABLE_MAX_LENGTH];
    const struct plan *plan = target->plan;
    struct value value =
        variable_get(v, cells + plan->points[point].cell, mask_of(plan, point), text);
    push_value(L, &value);
}

void lua_value_push(lua_State *L, const struct target *target, const uint16_t *cells)
{
    struct variable room;
    char path[TARGET_NAME];
    const struct variable *v = target_variable(target, &room, path);
    if (!target_is_list(target)) {
        push_point(L, target, v, target->first, cells);
        return;
    }
    lua_createtable(L, (int)target->count, 0);
    for (uint32_t i = 0; i < target->count; i++) {
        push_point(L, target, v, target->first + i, cells);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

/* As `msm set` takes it: words that mean a value of this variable. A number as text is none. */
static void read_word(lua_State *L, int index, const struct variable *v, struct value *value)
{
    const char *text = value->kind == VALUE_STRING ? lua_tostring(L, index) : NULL;
    if (text && strlen(text) == value->string.length)
        value_json_word(v, text, value);
}

static bool words_of(lua_State *L, int index, const struct plan *plan, const struct variable *v,
                     uint32_t point, size_t element, uint16_t *words, struct error *error)
{
    struct value value;
    if (!to_value(L, index, &value))
        return error_set(error, "%s takes no %s", v->path, luaL_typename(L, index));
    read_word(L, index, v, &value);
    if (variable_set(v, element, &value, words, mask_of(plan, point), error))
        return true;
    value_json_advise(v, &value, true, error);
    return false;
}

/* Its variable, with the labels of what was declared elsewhere for the same thing. */
static struct variable labelled(const struct target *target, const struct variable *declared,
                                char path[TARGET_NAME])
{
    struct variable room;
    struct variable v = *target_variable(target, &room, path);
    if (declared) {
        v.labels = declared->labels;
        v.label_count = declared->label_count;
    }
    return v;
}

/* All of a list is looked at before any of it is taken: `take` NULL. */
static bool each_element(lua_State *L, int index, const struct target *target,
                         const struct variable *v, lua_value_taker *take, void *context,
                         struct error *error)
{
    uint16_t words[VARIABLE_MAX_WORDS];
    for (uint32_t i = 0; i < target->count; i++) {
        lua_rawgeti(L, index, (lua_Integer)i + 1);
        bool ok = words_of(L, -1, target->plan, v, target->first + i, i + 1, words, error) &&
                  (!take || take(context, target->first + i, words, error));
        lua_pop(L, 1);
        if (!ok)
            return false;
    }
    return true;
}

bool lua_value_take(lua_State *L, int index, const struct target *target,
                    const struct variable *declared, lua_value_taker *take, void *context,
                    struct error *error)
{
    char path[TARGET_NAME];
    uint16_t words[VARIABLE_MAX_WORDS];
    const struct variable v = labelled(target, declared, path);
    if (!target_is_list(target))
        return words_of(L, index, target->plan, &v, target->first, target->element, words, error) &&
               take(context, target->first, words, error);
    if (lua_type(L, index) != LUA_TTABLE || lua_rawlen(L, index) != target->count)
        return error_set(error, "%s takes a list of %u values", v.path, target->count);
    return each_element(L, index, target, &v, NULL, NULL, error) &&
           each_element(L, index, target, &v, take, context, error);
}

void lua_value_assign(struct view *view, const struct plan *plan, uint32_t point,
                      const uint16_t *words)
{
    const struct point *p = &plan->points[point];
    uint16_t *cells = view_cells(view) + p->cell;
    cells[0] = (uint16_t)((cells[0] & ~p->mask) | words[0]);
    for (uint16_t i = 1; i < p->words; i++)
        cells[i] = words[i];
    view_assign(view, point);
}

/* ---- the plant's variables ---- */

/* The name at index 2; false with nil and the text pushed. */
static bool find(lua_State *L, struct plant *plant, struct target *target)
{
    struct error error;
    if (target_find(image_plan(plant_image(plant)), luaL_checkstring(L, 2), target, &error))
        return true;
    lua_plant_fail(L, &error);
    return false;
}

static int get(lua_State *L)
{
    struct plant *plant = lua_plant_check(L);
    struct target target;
    if (!find(L, plant, &target))
        return 2;
    view_latch(plant_hand(plant));
    lua_value_push(L, &target, view_cells(plant_hand(plant)));
    return 1;
}

static bool put(void *context, uint32_t point, const uint16_t *words, struct error *error)
{
    struct plant *plant = context;
    struct image *image = plant_image(plant);
    const struct plan *plan = image_plan(image);
    char name[POINT_NAME];
    int64_t now = plant_now(plant).monotonic;
    if (!plan_point_is_settable(plan, point)) {
        lua_value_assign(plant_hand(plant), plan, point, words);
        return true;
    }
    enum exception exception = image_set(image, point, words, NULL, now);
    return !exception ||
           error_set(error, "%s: refused with exception %02X, as a master would be now",
                     point_name(plan, point, name), (unsigned)exception);
}

static int set(lua_State *L)
{
    struct plant *plant = lua_plant_check(L);
    const struct plan *plan = image_plan(plant_image(plant));
    struct target target;
    struct error error;
    if (!find(L, plant, &target))
        return 2;
    if (target.declared && target.declared->from) {
        error_set(&error, "%s follows %s and cannot be set: set that", lua_tostring(L, 2),
                  target.declared->from);
        return lua_plant_fail(L, &error);
    }
    if (plan_point_is_fed(plan, target.first))
        return lua_plant_result(L,
                                lua_device_set(L, plant,
                                               (uint32_t)plan_point_client(plan, target.first),
                                               lua_tostring(L, 2), 3, &error),
                                &error);
    view_latch(plant_hand(plant));
    bool ok = lua_value_take(L, 3, &target, NULL, put, plant, &error);
    if (ok)
        view_publish(plant_hand(plant), plant_now(plant).monotonic);
    else
        view_revert(plant_hand(plant)); /* of a list some elements may have been taken */
    return lua_plant_result(L, ok, &error);
}

/* What a text means that somebody has typed: "12.5", "RUN", "on". */
static int typed(lua_State *L)
{
    struct target target;
    struct variable room;
    char path[TARGET_NAME];
    const char *text = luaL_checkstring(L, 3);
    if (!find(L, lua_plant_check(L), &target))
        return 2;
    struct value value = value_json_type(target_variable(&target, &room, path), text);
    push_value(L, &value);
    return 1;
}

static int quality(lua_State *L)
{
    static const char *const names[] = {"good", "stale", "never", "range", "invalid"};
    struct plant *plant = lua_plant_check(L);
    struct target target;
    if (!find(L, plant, &target))
        return 2;
    view_latch(plant_hand(plant));
    lua_pushstring(L, names[view_marks(plant_hand(plant))[target.first].quality]);
    return 1;
}

static int unit(lua_State *L)
{
    struct target target;
    struct variable room;
    char path[TARGET_NAME];
    if (!find(L, lua_plant_check(L), &target))
        return 2;
    lua_pushstring(L, target_variable(&target, &room, path)->unit);
    return 1;
}

static bool force_point(void *context, uint32_t point, const uint16_t *words, struct error *error)
{
    const struct plant *plant = context;
    (void)error;
    image_force(plant_image(plant), point, words, NULL, plant_now(plant).monotonic);
    return true;
}

static int force(lua_State *L)
{
    struct plant *plant = lua_plant_check(L);
    struct target target;
    struct error error;
    if (!find(L, plant, &target))
        return 2;
    return lua_plant_result(L, lua_value_take(L, 3, &target, NULL, force_point, plant, &error),
                            &error);
}

static int unforce(lua_State *L)
{
    struct plant *plant = lua_plant_check(L);
    struct target target;
    if (!find(L, plant, &target))
        return 2;
    for (uint32_t i = 0; i < target.count; i++)
        image_unforce(plant_image(plant), target.first + i, true, NULL, plant_now(plant).monotonic);
    return lua_plant_result(L, true, NULL);
}

static int memories(lua_State *L)
{
    const struct plan *plan = image_plan(plant_image(lua_plant_check(L)));
    lua_createtable(L, (int)plan->memory_count, 0);
    for (size_t i = 0; i < plan->memory_count; i++) {
        lua_pushstring(L, plan->memories[i].name);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

void lua_plant_add_values(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"force", force},     {"get", get},         {"memories", memories},
        {"quality", quality}, {"typed", typed},     {"unit", unit},
        {"set", set},         {"unforce", unforce}, {NULL, NULL},
    };
    luaL_setfuncs(L, functions, 0);
}

#pragma once
/* What the files of lua_plant share: lua_plant.c (life and time), lua_values.c (the plant's
 * variables), lua_devices.c (its simulated devices). */

#include <lauxlib.h>
#include <stdbool.h>
#include "base/error.h"
#include "control/target.h"
#include "desk/plant.h"

struct plant *lua_plant_check(lua_State *L); /* at index 1; raises */

/* nil and the text; or true. */
int lua_plant_fail(lua_State *L, const struct error *error);
int lua_plant_result(lua_State *L, bool ok, const struct error *error);

/* lua_values.c. The value of what was found, from cells; a list for a whole array. */
void lua_value_push(lua_State *L, const struct target *target, const uint16_t *cells);

/* Gets a point with its words, and may refuse. */
typedef bool lua_value_taker(void *context, uint32_t point, const uint16_t *words,
                             struct error *error);

/* The value at a stack index for what was found, element by element. Labels are values, too: those
 * of `declared`, or where that is NULL its own. False with an error: where a value does not fit
 * nothing was taken, where `take` refused only what came before. */
bool lua_value_take(lua_State *L, int index, const struct target *target,
                    const struct variable *declared, lua_value_taker *take, void *context,
                    struct error *error);

/* A view's point becomes these words, to be published. */
void lua_value_assign(struct view *view, const struct plan *plan, uint32_t point,
                      const uint16_t *words);

/* lua_devices.c. What the device of a client has under this name; false with an error. */
bool lua_device_set(lua_State *L, struct plant *plant, uint32_t client, const char *name, int index,
                    struct error *error);

/* Put their functions into the table on top. */
void lua_plant_add_values(lua_State *L);
void lua_plant_add_devices(lua_State *L);

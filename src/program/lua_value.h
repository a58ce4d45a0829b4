#pragma once
/* A variable's value as Lua has it. */

#include <lua.h>
#include <stdbool.h>
#include "image/codec.h"

/* The value at a stack index, which may point into Lua's text; false for what is no value of a
 * variable: nil, tables, functions. */
bool to_value(lua_State *L, int index, struct value *value);

void push_value(lua_State *L, const struct value *value);

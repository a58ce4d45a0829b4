#pragma once
/* What scripts and tests of scripts write alike: durations, and words that are nearly right. */

#include <lua.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"

/* The value at a stack index in ns: seconds, or text with a unit (duration.h); as text "0" alone
 * needs none. False with an error; may leave values on the stack. */
bool to_duration(lua_State *L, int index, int64_t *ns, struct error *error);

/* A function of Lua: nearest(word, list) is the word of the list that was most likely meant, or
 * nil. */
int push_nearest(lua_State *L);

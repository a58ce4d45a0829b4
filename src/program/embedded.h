#pragma once
/* The Lua library (lua/ in the source tree), compiled into the binary. */

#include <stddef.h>

struct embedded {
    const char *path; /* "msm/timer.lua"; NULL ends the table */
    const char *text;
    size_t length;
};

extern const struct embedded embedded_lua[];

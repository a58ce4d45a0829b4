#pragma once
/* Files that are compiled into the binary (embed.cmake makes the tables): the Lua library, the
 * pages. */

#include <stddef.h>

struct embedded {
    const char *path; /* within its folder, "msm/timer.lua"; NULL ends the table */
    const char *text;
    size_t length;
};

extern const struct embedded embedded_lua[];   /* lua/ */
extern const struct embedded embedded_pages[]; /* src/hmi/page/ */

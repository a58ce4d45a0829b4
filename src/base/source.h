#pragma once
/* A program's text as it was read. */

#include <stddef.h>

struct source {
    const char *path; /* as messages show it */
    const char *text;
    size_t length;
};

#pragma once
/* A program's text as it was read. */

#include <stddef.h>
#include "base/file_identity.h"

struct source {
    const char *path; /* as messages show it */
    const char *text;
    size_t length;
    struct file_identity file; /* when its text was read; none: the text is not from a file */
};

#pragma once
/* What something is that stands where a file is to be. */

#include <sys/stat.h>

/* "a folder", "a pipe", …; NULL for a file. */
const char *file_kind(mode_t mode);

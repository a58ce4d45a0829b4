#pragma once
/* Folders for files that are made when they are needed. */

#include <stdbool.h>
#include "base/error.h"

/* Makes the folder and those above it where they are missing, mode 0700. */
bool folder_make(const char *path, struct error *error);

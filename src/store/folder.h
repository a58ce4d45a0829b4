#pragma once
/* Folders for files that are made when they are needed. */

#include <stdbool.h>
#include "base/error.h"

/* Makes the folder and those above it where they are missing, mode 0700. */
bool folder_make(const char *path, struct error *error);

/* Opens the folder in which a file lies: a descriptor to close, or -1 with errno. */
int folder_open_of(const char *file);

/* What was renamed or made in the folder of this file is on the disk; waits for it. */
void folder_sync_of(const char *file);

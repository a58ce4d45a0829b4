#pragma once
/* Who has a file. */

#include "base/error.h"

/* "PATH is in use by process N", or "… by another process" where that cannot be found out. */
void store_holder_name(const char *path, struct error *error);

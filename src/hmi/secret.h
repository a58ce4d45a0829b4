#pragma once
/* A password as a person types it, without its being shown; or the first line of what is not a
 * terminal. */

#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"

/* On a terminal asked for twice. The end of the line is not part of it. */
bool secret_read(const char *whose, char *secret, size_t size, struct error *error);

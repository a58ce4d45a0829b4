#pragma once
/* A line as a request, pure: JSON, one object, each field once. */

#include <jansson.h>
#include <stddef.h>
#include "base/error.h"

/* NULL with an error that can be answered. */
json_t *request_read(const char *line, size_t length, struct error *error);

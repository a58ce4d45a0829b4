#pragma once
/* Where in the program's files a refusal finds something wrong: "tank.lua:12: …". */

#include <jansson.h>
#include "base/source.h"

/* A list of {"file", "line", "text"}, of one or none; `file` as in the sources, where it is one. */
json_t *marks_of(const char *text, const struct source *sources, size_t count);

#pragma once
/* Patterns for names: "*" stands for any characters, "?" for one, all else for itself. */

#include <stdbool.h>

bool glob_match(const char *pattern, const char *name);

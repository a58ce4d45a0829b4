#pragma once
/* The value of a cookie in the header Cookie: "a=1; b=2". */

#include <stdbool.h>
#include <stddef.h>

/* False: it is not there, is too long, or there are several of that name, of which one may be
 * anybody's. `header` NULL is accepted. */
bool cookie_find(const char *header, const char *name, char *value, size_t size);

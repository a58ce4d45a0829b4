#pragma once
/* What is UTF-8 and what is not (RFC 3629). */

#include <stdbool.h>
#include <stddef.h>

/* Length of the whole, valid character at the front of `length` > 0 bytes, or 0. */
size_t utf8_character(const char *bytes, size_t length);
bool utf8_is_valid(const char *bytes, size_t length);

#pragma once
/* Bytes from anywhere as text that can be shown: quoted, control characters and whatever is not
 * UTF-8 escaped, cut with "…" where the room ends. */

#include <stddef.h>

/* Returns text, always ended and always valid UTF-8; empty where size is below 8. */
const char *quote_text(const char *bytes, size_t length, char *text, size_t size);

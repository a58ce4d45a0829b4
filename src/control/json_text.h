#pragma once
/* JSON as a text, for the socket and for what is printed. */

#include <jansson.h>

/* In one line (malloc; NULL when memory is short). Numbers have the fewest digits that read back as
 * the same; nothing in it is a control character, also not of those that JSON would let through. */
char *json_text(const json_t *value);

/* The same in many lines, for persons too. */
char *json_text_lines(const json_t *value);

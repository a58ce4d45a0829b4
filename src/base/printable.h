#pragma once
/* Bytes from anywhere for a terminal, or for a line that has to stay one: nothing of them moves the
 * cursor, changes the terminal or ends the line. */

#include <stddef.h>

enum { PRINTABLE_PIECE = 8 }; /* room for any character or escape, with its NUL */

/* The next piece of `length` > 0 bytes: a character as it is, or "\n", "\x1B" for a control
 * character (of the second set, too) and for a byte that is not UTF-8. Returns how many bytes it
 * stands for. */
size_t printable_piece(const char *bytes, size_t length, char piece[PRINTABLE_PIECE]);

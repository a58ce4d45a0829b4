/* Works piece by piece, a piece being one character or one escape, so that a cut never leaves
 * half of either behind. */

#include "image/quote.h"

#include <stdio.h>
#include <string.h>
#include "base/printable.h"

enum { TAIL = sizeof "…\"" }; /* what must still fit after any piece, with the NUL */

/* What would end the quotes or begin an escape, and what Lua has a letter for. */
static const char *own_escape(char byte)
{
    switch (byte) {
    case '\0':
        return "\\0";
    case '\r':
        return "\\r";
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    default:
        return NULL;
    }
}

/* The next piece as text; returns how many bytes it stands for. */
static size_t next_piece(const char *bytes, size_t length, char piece[PRINTABLE_PIECE])
{
    const char *escape = own_escape(bytes[0]);
    if (!escape)
        return printable_piece(bytes, length, piece);
    snprintf(piece, PRINTABLE_PIECE, "%s", escape);
    return 1;
}

const char *quote_text(const char *bytes, size_t length, char *text, size_t size)
{
    const char *rest = bytes, *end = bytes + length;
    const char *cut = "";
    size_t used = 1;
    if (size < PRINTABLE_PIECE) {
        if (size > 0)
            text[0] = '\0';
        return text;
    }
    text[0] = '"';
    while (rest < end && *cut == '\0') {
        char piece[PRINTABLE_PIECE];
        size_t taken = next_piece(rest, (size_t)(end - rest), piece);
        size_t wide = strlen(piece);
        if (used + wide + TAIL > size) {
            cut = "…";
            break;
        }
        memcpy(text + used, piece, wide);
        used += wide;
        rest += taken;
    }
    snprintf(text + used, size - used, "%s\"", cut);
    return text;
}

/* Control characters of the second set (U+0080..U+009F) are two bytes, of which each gets its own
 * escape: what is shown are the bytes, in whatever way they are wrong. */

#include "base/printable.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "base/utf8.h"

static bool is_control(const unsigned char *at)
{
    return at[0] < ' ' || at[0] == 0x7F || (at[0] == 0xC2 && at[1] < 0xA0);
}

static const char *known_escape(char byte)
{
    switch (byte) {
    case '\n':
        return "\\n";
    case '\t':
        return "\\t";
    default:
        return NULL;
    }
}

size_t printable_piece(const char *bytes, size_t length, char piece[PRINTABLE_PIECE])
{
    const char *escape = known_escape(bytes[0]);
    size_t size = utf8_character(bytes, length);
    if (size > 0 && !is_control((const unsigned char *)bytes)) {
        memcpy(piece, bytes, size);
        piece[size] = '\0';
        return size;
    }
    if (escape)
        snprintf(piece, PRINTABLE_PIECE, "%s", escape);
    else
        snprintf(piece, PRINTABLE_PIECE, "\\x%02X", (unsigned char)bytes[0]);
    return 1;
}

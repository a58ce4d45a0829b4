/* Works piece by piece, a piece being one character or one escape, so that a cut never leaves
 * half of either behind. */

#include "image/quote.h"

#include <stdio.h>
#include <string.h>

enum { PIECE = 8, TAIL = sizeof "…\"" }; /* what must still fit after any piece, with the NUL */

/* Bytes of the UTF-8 sequence that a byte announces; 0 where none begins with it. */
static size_t announced(unsigned char byte)
{
    if (byte < 0x80)
        return 1;
    if (byte >= 0xC2 && byte <= 0xDF)
        return 2;
    if (byte >= 0xE0 && byte <= 0xEF)
        return 3;
    return byte >= 0xF0 && byte <= 0xF4 ? 4 : 0;
}

/* Overlong forms, surrogates and what lies beyond U+10FFFF show in the second byte. */
static int second_fits(unsigned char first, unsigned char second)
{
    switch (first) {
    case 0xE0:
        return second >= 0xA0;
    case 0xED:
        return second < 0xA0;
    case 0xF0:
        return second >= 0x90;
    case 0xF4:
        return second < 0x90;
    default:
        return 1;
    }
}

/* Length of the whole, valid character at the front, or 0. */
static size_t character(const unsigned char *bytes, size_t length)
{
    size_t size = announced(bytes[0]);
    if (size == 0 || size > length || (size > 1 && !second_fits(bytes[0], bytes[1])))
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((bytes[i] & 0xC0) != 0x80)
            return 0;
    return size;
}

static const char *known_escape(unsigned char byte)
{
    switch (byte) {
    case '\0':
        return "\\0";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    default:
        return NULL;
    }
}

/* The next piece as text; returns how many bytes it stands for. */
static size_t next_piece(const unsigned char *bytes, size_t length, char *piece)
{
    const char *escape = known_escape(bytes[0]);
    size_t size = character(bytes, length);
    if (escape != NULL) {
        snprintf(piece, PIECE, "%s", escape);
        return 1;
    }
    if (size == 0 || bytes[0] < 0x20 || bytes[0] == 0x7F) {
        snprintf(piece, PIECE, "\\x%02X", bytes[0]);
        return 1;
    }
    memcpy(piece, bytes, size);
    piece[size] = '\0';
    return size;
}

const char *quote_text(const char *bytes, size_t length, char *text, size_t size)
{
    const unsigned char *rest = (const unsigned char *)bytes;
    const unsigned char *end = rest + length;
    const char *cut = "";
    size_t used = 1;
    if (size < PIECE) {
        if (size > 0)
            text[0] = '\0';
        return text;
    }
    text[0] = '"';
    while (rest < end && *cut == '\0') {
        char piece[PIECE];
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

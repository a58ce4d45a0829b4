/* Text is counted in characters, of which each takes a column. (Those that take two are cut by the
 * terminal.) */

#include "control/screen_inside.h"

static bool follows(unsigned char byte)
{
    return (byte & 0xC0) == 0x80;
}

size_t screen_columns(const char *text)
{
    size_t columns = 0;
    for (; *text; text++)
        columns += !follows((unsigned char)*text);
    return columns;
}

size_t screen_bytes(const char *text, size_t columns)
{
    size_t bytes = 0;
    for (; text[bytes]; bytes++)
        if (!follows((unsigned char)text[bytes]) && columns-- == 0)
            break;
    return bytes;
}

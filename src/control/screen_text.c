/* Text for a terminal: nothing in it may move the cursor or change the terminal, and it is counted
 * in characters, of which each takes a column. (Those that take two are cut by the terminal.) */

#include "control/screen_inside.h"

static bool follows(unsigned char byte)
{
    return (byte & 0xC0) == 0x80;
}

/* Bytes of the UTF-8 character there, 0 for a control character (of the second set, too) and for
 * what is none. */
static size_t character(const unsigned char *at, size_t left)
{
    size_t length = *at < 0x80 ? 1 : *at >= 0xF0 ? 4 : *at >= 0xE0 ? 3 : 2;
    if (*at < ' ' || *at == 0x7F || (*at >= 0x80 && *at < 0xC2) || *at > 0xF4 || length > left)
        return 0;
    for (size_t i = 1; i < length; i++)
        if (!follows(at[i]))
            return 0;
    return *at == 0xC2 && at[1] < 0xA0 ? 0 : length;
}

void screen_clean(char *text, size_t length)
{
    for (size_t i = 0; i < length;) {
        size_t count = character((unsigned char *)text + i, length - i);
        if (!count)
            text[i] = '?';
        i += count ? count : 1;
    }
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

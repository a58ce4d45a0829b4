/* One buffer, filled once and grown only at its front: a text is formatted aside first, so that
 * the old text may be among the arguments of the new one. */

#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A cut can fall into a character of several bytes; the rest of it would make the text invalid
 * UTF-8, which JSON refuses as a whole. */
static void drop_broken_tail(char *text, size_t length)
{
    size_t start = length;
    while (start > 0 && length - start < 3 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0)
        return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (size > 1 && length - start + 1 < size)
        text[start - 1] = '\0';
}

static void format_into(char *text, size_t size, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

static void format_into(char *text, size_t size, const char *format, va_list arguments)
{
    int length = vsnprintf(text, size, format, arguments);
    if (length < 0)
        text[0] = '\0';
    else if ((size_t)length >= size)
        drop_broken_tail(text, size - 1);
}

bool error_set(struct error *error, const char *format, ...)
{
    char text[sizeof error->text];
    va_list arguments;
    va_start(arguments, format);
    format_into(text, sizeof text, format, arguments);
    va_end(arguments);
    memcpy(error->text, text, strlen(text) + 1);
    return false;
}

bool error_prefix(struct error *error, const char *format, ...)
{
    char text[sizeof error->text];
    va_list arguments;
    va_start(arguments, format);
    format_into(text, sizeof text, format, arguments);
    va_end(arguments);
    size_t front = strlen(text);
    size_t kept = strlen(error->text);
    size_t room = sizeof error->text - 1 - front;
    bool cut = kept > room;
    if (cut)
        kept = room;
    memmove(error->text + front, error->text, kept);
    memcpy(error->text, text, front);
    error->text[front + kept] = '\0';
    if (cut)
        drop_broken_tail(error->text, front + kept);
    return false;
}

/* The library writes 17 digits, and leaves DEL and the second set of control characters as they
 * are. So what it wrote is gone over once more. */

#include "control/json_text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "image/number.h"

static const char *put_number(FILE *file, const char *at)
{
    size_t length = strspn(at, "+-.0123456789eE");
    if (strspn(at, "+-0123456789") == length) { /* looks no further than the number */
        fwrite(at, 1, length, file);
        return at + length;
    }
    char text[NUMBER_TEXT];
    number_text(strtod(at, NULL), text);
    fprintf(file, "%s%s", text, strpbrk(text, ".e") ? "" : ".0");
    return at + length;
}

/* One byte or escape of a string, or the control character that begins there. */
static const char *put_character(FILE *file, const char *at)
{
    const unsigned char *bytes = (const unsigned char *)at;
    size_t length = *at == '\\' ? 2 : 1;
    if (bytes[0] == 0x7F) {
        fputs("\\u007f", file);
    } else if (bytes[0] == 0xC2 && bytes[1] < 0xA0) {
        fprintf(file, "\\u%04x", (unsigned)bytes[1]);
        length = 2;
    } else {
        fwrite(at, 1, length, file);
    }
    return at + length;
}

static const char *put_string(FILE *file, const char *at)
{
    putc(*at++, file);
    while (*at != '"')
        at = put_character(file, at);
    putc(*at, file);
    return at + 1;
}

static void put_all(FILE *file, const char *at)
{
    while (*at) {
        if (*at == '"')
            at = put_string(file, at);
        else if (*at == '-' || (*at >= '0' && *at <= '9'))
            at = put_number(file, at);
        else
            putc(*at++, file);
    }
}

static char *text_of(const json_t *value, size_t form)
{
    char *text = NULL, *dump = json_dumps(value, JSON_ENCODE_ANY | form);
    size_t length;
    FILE *file = dump ? open_memstream(&text, &length) : NULL;
    if (file) {
        put_all(file, dump);
        bool written = !ferror(file);
        if (fclose(file) != 0 || !written) {
            free(text);
            text = NULL;
        }
    }
    free(dump);
    return text;
}

char *json_text(const json_t *value)
{
    return text_of(value, JSON_COMPACT);
}

char *json_text_lines(const json_t *value)
{
    return text_of(value, JSON_INDENT(2));
}

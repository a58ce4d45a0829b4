/* Names stand as they are, numbers in brackets, everything else quoted, with \xNN for bytes that a
 * terminal could not show. */

#include "image/keep_path.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/utf8.h"

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_in_name(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9');
}

static bool is_name(const struct keeps_key *key)
{
    if (key->length == 0 || !is_letter(key->bytes[0]))
        return false;
    for (size_t i = 1; i < key->length; i++)
        if (!is_in_name(key->bytes[i]))
            return false;
    return true;
}

static size_t add_quoted(char *path, size_t used, const struct keeps_key *key)
{
    bool plain = utf8_is_valid(key->bytes, key->length);
    used += (size_t)sprintf(path + used, "[\"");
    for (size_t i = 0; i < key->length; i++) {
        unsigned char byte = (unsigned char)key->bytes[i];
        if (byte == '"' || byte == '\\')
            path[used++] = '\\';
        if (byte < 0x20 || byte == 0x7F || (byte > 0x7F && !plain))
            used += (size_t)sprintf(path + used, "\\x%02X", byte);
        else
            path[used++] = (char)byte;
    }
    return used + (size_t)sprintf(path + used, "\"]");
}

size_t keep_path_add(char path[KEEP_PATH], size_t used, const struct keeps_key *key)
{
    if (!key->is_text)
        return used + (size_t)sprintf(path + used, "[%" PRId64 "]", key->integer);
    if (!is_name(key))
        return add_quoted(path, used, key);
    return used +
           (size_t)sprintf(path + used, "%s%.*s", used ? "." : "", (int)key->length, key->bytes);
}

static bool read_name(const char **path, struct keeps_key *key, char *text)
{
    const char *at = *path;
    size_t length = 0;
    for (; is_in_name(at[length]) && length < KEEPS_KEY_MAX; length++)
        text[length] = at[length];
    *key = (struct keeps_key){.is_text = true, .bytes = text, .length = length};
    *path = at + length;
    return length > 0 && is_letter(*at);
}

static bool read_integer(const char **path, struct keeps_key *key)
{
    char *end;
    errno = 0;
    *key = (struct keeps_key){.integer = strtoll(*path, &end, 10)};
    bool ok = end != *path && *end == ']' && errno == 0;
    *path = ok ? end + 1 : *path;
    return ok;
}

/* One byte of a quoted key. */
static bool read_byte(const char **path, char *byte)
{
    unsigned code;
    int used = 0;
    const char *at = *path;
    if (at[0] == '\0')
        return false;
    *byte = *at++;
    if (at[-1] == '\\') {
        if (at[0] == 'x' && sscanf(at + 1, "%2x%n", &code, &used) == 1 && used == 2)
            *byte = (char)code;
        else if (at[0] == '"' || at[0] == '\\')
            *byte = at[0];
        else
            return false;
        at += 1 + used;
    }
    *path = at;
    return true;
}

static bool read_quoted(const char **path, struct keeps_key *key, char *text)
{
    size_t length = 0;
    while (**path != '"') {
        if (length == KEEPS_KEY_MAX || !read_byte(path, &text[length]))
            return false;
        length++;
    }
    *key = (struct keeps_key){.is_text = true, .bytes = text, .length = length};
    bool ok = (*path)[1] == ']';
    *path += ok ? 2 : 0;
    return ok;
}

bool keep_path_next(const char **path, struct keeps_key *key, char *text)
{
    const char *at = *path;
    if (at[0] == '[' && at[1] == '"')
        return *path += 2, read_quoted(path, key, text);
    if (at[0] == '[')
        return ++*path, read_integer(path, key);
    *path += at[0] == '.';
    return read_name(path, key, text);
}

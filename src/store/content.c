/* Numbers are numbers and texts are texts, so that `sqlite3 NAME.state` shows what a plant had; the
 * few values that would not survive that are stored as their bytes. */

#include "store/content.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/utf8.h"

void content_integer(struct content *content, int64_t integer)
{
    *content = (struct content){.kind = CONTENT_INTEGER, .integer = integer};
}

void content_unsigned(struct content *content, uint64_t integer)
{
    content_integer(content, (int64_t)integer);
    if (integer <= INT64_MAX)
        return;
    content->kind = CONTENT_TEXT;
    content->integer = 0;
    content->length = (size_t)snprintf(content->own, sizeof content->own, "%" PRIu64, integer);
    content->bytes = content->own;
}

static void set_bits(struct content *content, uint64_t bits, size_t size)
{
    *content = (struct content){.kind = CONTENT_BLOB, .length = size};
    for (size_t i = 0; i < size; i++)
        content->own[i] = (char)(bits >> 8 * (size - 1 - i));
    content->bytes = content->own;
}

static bool get_bits(const struct content *content, size_t size, uint64_t *bits)
{
    if (content->kind != CONTENT_BLOB || content->length != size)
        return false;
    *bits = 0;
    for (size_t i = 0; i < size; i++)
        *bits = *bits << 8 | (unsigned char)content->bytes[i];
    return true;
}

static bool is_plain(double number)
{
    return !isnan(number) && !(number == 0 && signbit(number));
}

void content_real(struct content *content, double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    if (is_plain(number))
        *content = (struct content){.kind = CONTENT_REAL, .real = number};
    else
        set_bits(content, bits, sizeof bits);
}

/* Not through float where it is a NaN: that may change its bits. */
void content_real32(struct content *content, uint32_t bits)
{
    float number;
    memcpy(&number, &bits, sizeof number);
    if (!isnan(number) && is_plain((double)number))
        *content = (struct content){.kind = CONTENT_REAL, .real = (double)number};
    else
        set_bits(content, bits, sizeof bits);
}

void content_bytes(struct content *content, const char *bytes, size_t length)
{
    bool is_text = utf8_is_valid(bytes, length) && !memchr(bytes, '\0', length);
    *content = (struct content){
        .kind = is_text ? CONTENT_TEXT : CONTENT_BLOB, .bytes = bytes, .length = length};
}

bool content_to_integer(const struct content *content, int64_t *integer)
{
    *integer = content->integer;
    return content->kind == CONTENT_INTEGER;
}

bool content_to_unsigned(const struct content *content, uint64_t *integer)
{
    char text[24], *end;
    *integer = (uint64_t)content->integer;
    if (content->kind == CONTENT_INTEGER)
        return content->integer >= 0;
    if (content->kind != CONTENT_TEXT || content->length == 0 || content->length >= sizeof text)
        return false;
    memcpy(text, content->bytes, content->length);
    text[content->length] = '\0';
    errno = 0;
    *integer = strtoull(text, &end, 10);
    return *end == '\0' && errno == 0 && text[0] >= '0' && text[0] <= '9';
}

bool content_to_real(const struct content *content, double *number)
{
    uint64_t bits;
    *number = content->real;
    if (content->kind == CONTENT_REAL)
        return true;
    if (!get_bits(content, sizeof bits, &bits))
        return false;
    memcpy(number, &bits, sizeof bits);
    return true;
}

bool content_to_real32(const struct content *content, uint32_t *bits)
{
    uint64_t wide;
    float number = (float)content->real;
    memcpy(bits, &number, sizeof number);
    if (content->kind == CONTENT_REAL)
        return (double)number == content->real;
    if (!get_bits(content, sizeof *bits, &wide))
        return false;
    *bits = (uint32_t)wide;
    return true;
}

bool content_to_bytes(const struct content *content, const char **bytes, size_t *length)
{
    *bytes = content->bytes;
    *length = content->length;
    return content->kind == CONTENT_TEXT || content->kind == CONTENT_BLOB;
}

bool content_same(const struct content *a, const struct content *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == CONTENT_INTEGER)
        return a->integer == b->integer;
    if (a->kind == CONTENT_REAL)
        return memcmp(&a->real, &b->real, sizeof a->real) == 0;
    return a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0;
}

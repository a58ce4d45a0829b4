/* Decodes what the first byte announces and then looks whether the number needed that many bytes:
 * overlong forms, surrogates and what lies beyond U+10FFFF do not come through. */

#include "base/utf8.h"

#include <stdint.h>

static size_t announced(unsigned char byte)
{
    if (byte < 0x80)
        return 1;
    if (byte >> 5 == 6)
        return 2;
    if (byte >> 4 == 14)
        return 3;
    return byte >> 3 == 30 ? 4 : 0;
}

size_t utf8_character(const char *bytes, size_t length)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)bytes[0];
    size_t size = announced(first);
    if (size <= 1 || size > length)
        return size == 1;
    uint32_t code = first & (0x7Fu >> size);
    for (size_t i = 1; i < size; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (byte >> 6 != 2)
            return 0;
        code = code << 6 | (byte & 0x3Fu);
    }
    bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    return code >= least[size] && code <= 0x10FFFF && !surrogate ? size : 0;
}

bool utf8_is_valid(const char *bytes, size_t length)
{
    for (size_t at = 0; at < length;) {
        size_t size = utf8_character(bytes + at, length - at);
        if (size == 0)
            return false;
        at += size;
    }
    return true;
}

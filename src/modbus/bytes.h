#pragma once
/* Words as they travel: 16 bits, high byte first, at any alignment. Inline, because every request
 * and every answer is made of them. */

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t bytes_get(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static inline void bytes_put(uint8_t *bytes, uint16_t word)
{
    bytes[0] = (uint8_t)(word >> 8);
    bytes[1] = (uint8_t)word;
}

/* memcpy of two bytes is one plain load or store; it only keeps the compiler honest about
 * alignment. */
static inline void bytes_get_words(const uint8_t *bytes, uint16_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint16_t wire;
        memcpy(&wire, bytes + 2 * i, 2);
        words[i] = be16toh(wire);
    }
}

static inline void bytes_put_words(uint8_t *bytes, const uint16_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint16_t wire = htobe16(words[i]);
        memcpy(bytes + 2 * i, &wire, 2);
    }
}

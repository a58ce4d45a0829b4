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

/* Eight words at a time, which every processor of interest turns in a few instructions; compilers
 * do not find that by themselves at -O2. memcpy of a fixed size is a plain load or store that
 * does not mind alignment. */
static inline void bytes_turn(uint8_t *to, const uint8_t *from, size_t count)
{
    typedef uint16_t eight_words __attribute__((vector_size(16)));
    for (; count >= 8; count -= 8, to += 16, from += 16) {
        eight_words words;
        memcpy(&words, from, 16);
        words = words << 8 | words >> 8;
        memcpy(to, &words, 16);
    }
    for (; count > 0; count--, to += 2, from += 2) {
        uint8_t high = from[1];
        to[1] = from[0];
        to[0] = high;
    }
}

/* Many words in or out of host order. */
static inline void bytes_copy_words(void *to, const void *from, size_t count)
{
    if (htobe16(1) == 1)
        memcpy(to, from, 2 * count);
    else
        bytes_turn((uint8_t *)to, (const uint8_t *)from, count);
}

static inline void bytes_get_words(const uint8_t *bytes, uint16_t *words, size_t count)
{
    bytes_copy_words(words, bytes, count);
}

static inline void bytes_put_words(uint8_t *bytes, const uint16_t *words, size_t count)
{
    bytes_copy_words(bytes, words, count);
}

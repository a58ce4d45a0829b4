#pragma once
/* Numbers in few bytes: seven bits of one in each byte, the low ones first, and the eighth says
 * that there are more. Pure. What does not fit, or is not there, is remembered and looked at once,
 * at the end. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct packer {
    uint8_t *bytes;
    size_t used, room;
    bool full; /* something did not fit; `used` is what came before */
};

void pack_byte(struct packer *packer, uint8_t byte);
void pack_number(struct packer *packer, uint64_t number);
void pack_signed(struct packer *packer, int64_t number); /* small ones in few bytes, also below 0 */
void pack_word(struct packer *packer, uint16_t word);    /* two bytes */
void pack_bytes(struct packer *packer, const void *bytes, size_t length);
void pack_text(struct packer *packer, const char *text, size_t length); /* its length before it */

struct unpacker {
    const uint8_t *at, *end;
    bool short_of; /* more was asked for than is there; what was given then is 0 */
};

uint8_t unpack_byte(struct unpacker *unpacker);
uint64_t unpack_number(struct unpacker *unpacker);
int64_t unpack_signed(struct unpacker *unpacker);
uint16_t unpack_word(struct unpacker *unpacker);
const uint8_t *unpack_bytes(struct unpacker *unpacker, size_t length); /* NULL: not there */
const char *unpack_text(struct unpacker *unpacker, size_t *length);    /* without an end */

/* Four bytes, the low one first. */
void packed_put_low_first(uint8_t *bytes, uint32_t number);
uint32_t packed_low_first(const uint8_t *bytes);

/* A number that another one of some bytes gives, to find out whether they are still the same
 * (FNV-1a, 32 bits). */
uint32_t packed_sum(const uint8_t *bytes, size_t length);
#define PACKED_SUM 2166136261U /* of nothing, to go on from */
uint32_t packed_sum_on(uint32_t sum, const void *bytes, size_t length);

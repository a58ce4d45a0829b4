/* The form is LEB128, with signed numbers folded so that -1 is 1, 1 is 2, -2 is 3. */

#include "base/packed.h"

#include <string.h>

void pack_bytes(struct packer *packer, const void *bytes, size_t length)
{
    if (packer->full || packer->room - packer->used < length) {
        packer->full = true;
        return;
    }
    if (length)
        memcpy(packer->bytes + packer->used, bytes, length);
    packer->used += length;
}

void pack_byte(struct packer *packer, uint8_t byte)
{
    pack_bytes(packer, &byte, 1);
}

void pack_number(struct packer *packer, uint64_t number)
{
    uint8_t bytes[10];
    size_t count = 0;
    while (number >= 0x80) {
        bytes[count++] = (uint8_t)(number | 0x80);
        number >>= 7;
    }
    bytes[count++] = (uint8_t)number;
    pack_bytes(packer, bytes, count);
}

void pack_signed(struct packer *packer, int64_t number)
{
    uint64_t twice = (uint64_t)number << 1;
    pack_number(packer, number < 0 ? ~twice : twice);
}

void pack_word(struct packer *packer, uint16_t word)
{
    const uint8_t bytes[] = {(uint8_t)word, (uint8_t)(word >> 8)};
    pack_bytes(packer, bytes, sizeof bytes);
}

void pack_text(struct packer *packer, const char *text, size_t length)
{
    pack_number(packer, length);
    pack_bytes(packer, text, length);
}

/* ---- and back ---- */

const uint8_t *unpack_bytes(struct unpacker *unpacker, size_t length)
{
    const uint8_t *bytes = unpacker->at;
    if (unpacker->short_of || (size_t)(unpacker->end - unpacker->at) < length) {
        unpacker->short_of = true;
        return NULL;
    }
    unpacker->at += length;
    return bytes;
}

uint8_t unpack_byte(struct unpacker *unpacker)
{
    const uint8_t *byte = unpack_bytes(unpacker, 1);
    return byte ? *byte : 0;
}

/* Ten bytes hold 64 bits; whatever goes on longer is no number of ours. */
uint64_t unpack_number(struct unpacker *unpacker)
{
    uint64_t number = 0;
    for (int shift = 0; shift < 70; shift += 7) {
        uint8_t byte = unpack_byte(unpacker);
        if (shift < 64)
            number |= (uint64_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80))
            return unpacker->short_of ? 0 : number;
    }
    unpacker->short_of = true;
    return 0;
}

int64_t unpack_signed(struct unpacker *unpacker)
{
    uint64_t folded = unpack_number(unpacker);
    uint64_t half = folded >> 1;
    return (int64_t)(folded & 1 ? ~half : half);
}

uint16_t unpack_word(struct unpacker *unpacker)
{
    const uint8_t *bytes = unpack_bytes(unpacker, 2);
    return bytes ? (uint16_t)(bytes[0] | bytes[1] << 8) : 0;
}

const char *unpack_text(struct unpacker *unpacker, size_t *length)
{
    uint64_t stated = unpack_number(unpacker);
    *length = stated <= SIZE_MAX / 2 ? (size_t)stated : SIZE_MAX / 2;
    const char *text = (const char *)unpack_bytes(unpacker, *length);
    if (!text)
        *length = 0;
    return text ? text : "";
}

void packed_put_low_first(uint8_t *bytes, uint32_t number)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(number >> 8 * i);
}

uint32_t packed_low_first(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

uint32_t packed_sum_on(uint32_t sum, const void *data, size_t length)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < length; i++)
        sum = (sum ^ bytes[i]) * 16777619U;
    return sum;
}

uint32_t packed_sum(const uint8_t *bytes, size_t length)
{
    return packed_sum_on(PACKED_SUM, bytes, length);
}

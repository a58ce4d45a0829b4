/* Moments as the change of their distance; values as the bits that differ, without the zero bytes
 * at both ends: a byte says how many there are, and how many zeros follow them. */

#include "store/block.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLE_MOST = 10 + 1 + 8, FIRST_ROOM = 64 };

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double value_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

double block_last(const struct block *block)
{
    return value_of(block->bits);
}

void block_finish(struct block *block)
{
    free(block->bytes);
    *block = (struct block){.bytes = NULL};
}

static bool make_room(struct block *block)
{
    if (block->used + SAMPLE_MOST <= block->room)
        return true;
    size_t room = block->room ? 2 * block->room : FIRST_ROOM;
    uint8_t *bytes = realloc(block->bytes, room);
    if (!bytes)
        return false;
    block->bytes = bytes;
    block->room = room;
    return true;
}

static void pack_bits(struct packer *packer, uint64_t bits)
{
    uint8_t bytes[8];
    unsigned zeros = 0, count = 0;
    while (bits && !(bits & 0xFF)) {
        bits >>= 8;
        zeros++;
    }
    for (; bits; bits >>= 8)
        bytes[count++] = (uint8_t)bits;
    pack_byte(packer, (uint8_t)(zeros << 4 | count));
    pack_bytes(packer, bytes, count);
}

static uint64_t unpack_bits(struct unpacker *unpacker)
{
    uint8_t head = unpack_byte(unpacker);
    unsigned zeros = head >> 4, count = head & 0xF;
    uint64_t bits = 0;
    const uint8_t *bytes = count <= 8 ? unpack_bytes(unpacker, count) : NULL;
    if (!bytes || zeros + count > 8) {
        unpacker->short_of = true;
        return 0;
    }
    for (unsigned i = 0; i < count; i++)
        bits |= (uint64_t)bytes[i] << 8 * (zeros + i);
    return bits;
}

bool block_add(struct block *block, const struct sample *sample)
{
    if (!make_room(block))
        return false;
    struct packer packer = {.bytes = block->bytes, .used = block->used, .room = block->room};
    uint64_t bits = bits_of(sample->value);
    int64_t step = sample->time - block->end;
    if (!block->count)
        *block = (struct block){.bytes = block->bytes,
                                .room = block->room,
                                .begin = sample->time,
                                .low = NAN,
                                .high = NAN};
    pack_signed(&packer, step - block->step);
    pack_bits(&packer, bits ^ block->bits);
    block->step = block->count ? step : 0; /* the first one is no step */
    block->used = packer.used;
    block->end = sample->time;
    block->bits = bits;
    block->low = fmin(block->low, sample->value);
    block->high = fmax(block->high, sample->value);
    block->count++;
    return true;
}

void block_read(struct block_reader *reader, const void *bytes, size_t length)
{
    const uint8_t *at = bytes;
    *reader = (struct block_reader){.unpacker = {.at = at, .end = at + length}};
}

bool block_next(struct block_reader *reader, struct sample *sample)
{
    if (reader->unpacker.at == reader->unpacker.end)
        return false;
    int64_t change = unpack_signed(&reader->unpacker);
    uint64_t bits = unpack_bits(&reader->unpacker);
    if (reader->unpacker.short_of)
        return false;
    int64_t step = (int64_t)((uint64_t)reader->step + (uint64_t)change);
    reader->time = (int64_t)((uint64_t)reader->time + (uint64_t)step);
    reader->step = reader->begun ? step : 0;
    reader->begun = true;
    reader->bits ^= bits;
    *sample = (struct sample){reader->time, value_of(reader->bits)};
    return true;
}

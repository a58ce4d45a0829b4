#pragma once
/* Many samples of one name in few bytes: what a row of the history holds. A moment takes a byte or
 * two as long as samples come at a steady pace, a number as many as differ from the one before.
 * Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/packed.h"

/* Holds until the next one; NaN: from here on nothing is known. */
struct sample {
    int64_t time; /* UTC, ms */
    double value;
};

/* A block that grows; zeroed memory is an empty one. */
struct block {
    uint8_t *bytes;
    size_t used, room;
    uint32_t count;
    int64_t begin, end, step; /* moments; the last two's distance */
    uint64_t bits;            /* of the last value */
    double low, high;         /* of its numbers; NaN where there is none */
};

/* False when memory is short; nothing is changed then. */
bool block_add(struct block *block, const struct sample *sample);
double block_last(const struct block *block);
void block_finish(struct block *block); /* an empty one again */

struct block_reader {
    struct unpacker unpacker;
    int64_t time, step;
    uint64_t bits;
    bool begun;
};

void block_read(struct block_reader *reader, const void *bytes, size_t length);
bool block_next(struct block_reader *reader, struct sample *sample); /* false at the end */

#pragma once
/* What reads.c (joined, divided) and reads_inherit.c (taken over from another program) share. */

#include "modbus/reads.h"

struct reads_item {
    enum table table;
    uint32_t address, words;
    int64_t period;
    uint32_t group;
};

struct reads {
    const struct plan *plan;
    const struct client_spec *client;
    size_t count;
    struct read *rows; /* room for one to a group */
    uint32_t *groups;
    size_t group_count;
};

struct reads_item reads_item(const struct reads *reads, uint32_t group);

/* Different groups have no bit in common and those of several words have all of theirs, so the last
 * one ends last; bits of one word are groups of the same address. */
static inline uint32_t reads_end(const struct reads_item *item)
{
    return item->address + item->words;
}

/* A read of these groups, with nothing known about it yet. */
struct read reads_of(const struct reads *reads, const uint32_t *groups, size_t count);

/* The read of as many groups from `start` on as it may take. */
struct read reads_widest(const struct reads *reads, size_t start);

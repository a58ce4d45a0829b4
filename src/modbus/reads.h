#pragma once
/* What a client asks for: the polled groups of its memory joined into the fewest requests. Pure.
 * Groups of one table and one period are joined while the request stays within max_read and no gap
 * is longer than max_gap (for bits 16 times as many of either); a group is never divided. What has
 * `poll = false` is not read, nor is anything by a broadcast (unit 0 of a serial line). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "image/plan.h"

struct read {
    enum table table;
    uint16_t address, count;
    uint32_t group_count;
    const uint32_t *groups; /* indices in the plan, by address */
    uint32_t cell;          /* of `address` */
    int64_t period;
    /* kept by the client */
    int64_t due, answered; /* monotonic ns; answered 0: never */
    bool asked, stale, refused;
};

struct reads;

/* NULL when there is no memory for it. */
struct reads *reads_create(const struct plan *plan, uint32_t client);
void reads_destroy(struct reads *reads); /* NULL is accepted */
size_t reads_count(const struct reads *reads);
struct read *reads_at(struct reads *reads, size_t index);

/* The device has refused a joined request: makes two of it, at its largest gap, without one near
 * the middle, in its place (those behind move up by one). Both keep its times, and neither counts
 * as asked or refused. False when it cannot be divided: one group, or only bits of one word. */
bool reads_split(struct reads *reads, size_t index);

/* Joined again as at first: the device may be another one after a loss. Nothing counts as asked or
 * refused then, times are kept: of those that become one the earliest due, the oldest answer. */
void reads_join(struct reads *reads);

/* Right after reads_create: goes on with what the reads of another program found out about the same
 * device. `groups` gives for each group of our plan the one in theirs, or MATCH_NONE. Where they
 * had to divide, we divide; what they knew to be refused is asked for by itself, no sooner than
 * they would have. Times are kept, but for what has another period, or what they did not read: that
 * is due `now`. */
void reads_inherit(struct reads *reads, const struct reads *before, const uint32_t *groups,
                   int64_t now);

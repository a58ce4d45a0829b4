#pragma once
/* Counts durations in buckets of growing width (16 to each doubling, so a percentile is at most
 * 1/16 too high), in fixed memory and without sorting: the scan can afford it every time. */

#include <stdint.h>

enum { STATS_BUCKETS = 16 * 45 };

struct stats {
    uint64_t count;
    int64_t last, max, sum;          /* nanoseconds */
    uint32_t buckets[STATS_BUCKETS]; /* saturating */
};

/* What `scan` knows about itself; durations and latencies in nanoseconds. */
struct scan_figures {
    int64_t last, mean, p50, p99, p999, max;
};

struct scan_stats {
    uint64_t count, overruns;
    int64_t period; /* of the fastest task */
    struct scan_figures duration, latency;
};

void stats_add(struct stats *stats, int64_t nanoseconds); /* below 0 counts as 0 */

/* A copy to look at while another thread adds. It may lack part of the newest values, which is
 * nothing to a statistic and spares the scan a lock. */
void stats_copy(const struct stats *from, struct stats *to);

int64_t stats_mean(const struct stats *stats);

/* Upper edge of the bucket below which `share` (0..1) of all lie, at most max. 0 when empty. */
int64_t stats_percentile(const struct stats *stats, double share);

struct scan_figures stats_figures(const struct stats *stats);

/* A histogram whose buckets grow with the value: the four bits below the highest one set choose
 * the bucket within a doubling, so that adding costs one bit scan and an increment, and the error
 * is the same few percent for a microsecond as for a minute. */

#include "scan/stats.h"

#include <math.h>

enum { STEPS_BITS = 4, STEPS = 1 << STEPS_BITS };

static int bucket_of(uint64_t value)
{
    if (value < STEPS)
        return (int)value;
    int shift = 63 - __builtin_clzll(value) - STEPS_BITS;
    int bucket = (shift + 1) * STEPS + (int)((value >> shift) & (STEPS - 1));
    return bucket < STATS_BUCKETS ? bucket : STATS_BUCKETS - 1;
}

static int64_t upper_edge(int bucket)
{
    if (bucket < STEPS)
        return bucket;
    int shift = bucket / STEPS - 1;
    return ((int64_t)(STEPS + bucket % STEPS + 1) << shift) - 1;
}

/* One thread adds, others may look: every field is stored and loaded whole, and that is all. */
#define STORE(field, value) __atomic_store_n(&(field), value, __ATOMIC_RELAXED)
#define LOAD(field) __atomic_load_n(&(field), __ATOMIC_RELAXED)

void stats_add(struct stats *stats, int64_t nanoseconds)
{
    int64_t value = nanoseconds > 0 ? nanoseconds : 0;
    uint32_t *bucket = &stats->buckets[bucket_of((uint64_t)value)];
    if (*bucket < UINT32_MAX)
        STORE(*bucket, *bucket + 1);
    STORE(stats->count, stats->count + 1);
    STORE(stats->last, value);
    STORE(stats->sum, stats->sum + value);
    if (value > stats->max)
        STORE(stats->max, value);
}

void stats_copy(const struct stats *from, struct stats *to)
{
    for (int i = 0; i < STATS_BUCKETS; i++)
        to->buckets[i] = LOAD(from->buckets[i]);
    to->count = LOAD(from->count);
    to->last = LOAD(from->last);
    to->sum = LOAD(from->sum);
    to->max = LOAD(from->max);
}

int64_t stats_mean(const struct stats *stats)
{
    return stats->count ? stats->sum / (int64_t)stats->count : 0;
}

/* What the buckets hold, which is less than `count` once one of them is full: a percentile of
 * the rest stays right, one of `count` would run off the end. */
static uint64_t held(const struct stats *stats)
{
    uint64_t total = 0;
    for (int i = 0; i < STATS_BUCKETS; i++)
        total += stats->buckets[i];
    return total;
}

int64_t stats_percentile(const struct stats *stats, double share)
{
    double rank = ceil(share * (double)held(stats));
    uint64_t below = 0;
    for (int i = 0; i < STATS_BUCKETS - 1; i++) {
        below += stats->buckets[i];
        if (below > 0 && (double)below >= rank) {
            int64_t edge = upper_edge(i);
            return edge < stats->max ? edge : stats->max;
        }
    }
    return stats->max; /* the last bucket has no upper edge */
}

struct scan_figures stats_figures(const struct stats *stats)
{
    return (struct scan_figures){
        .last = stats->last,
        .mean = stats_mean(stats),
        .p50 = stats_percentile(stats, 0.5),
        .p99 = stats_percentile(stats, 0.99),
        .p999 = stats_percentile(stats, 0.999),
        .max = stats->max,
    };
}

/* Proves the histogram: exact below 32, percentiles at most 1/16 too high and never above the
 * maximum, and what happens at the edges (empty, negative, longer than the last bucket, a full
 * bucket). */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "scan/stats.h"

static int setup(void **state)
{
    *state = test_calloc(1, sizeof(struct stats));
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    test_free(*state);
    return 0;
}

static void empty_is_zero(void **state)
{
    struct stats *stats = *state;
    assert_int_equal(stats_mean(stats), 0);
    assert_int_equal(stats_percentile(stats, 0.5), 0);
    assert_int_equal(stats_figures(stats).max, 0);
}

static void small_values_are_exact(void **state)
{
    struct stats *stats = *state;
    for (int i = 1; i <= 20; i++)
        stats_add(stats, i);
    assert_int_equal(stats_percentile(stats, 0.05), 1);
    assert_int_equal(stats_percentile(stats, 0.5), 10);
    assert_int_equal(stats_percentile(stats, 0.95), 19);
    assert_int_equal(stats_percentile(stats, 1), 20);
}

static void figures_name_the_right_ones(void **state)
{
    struct stats *stats = *state;
    for (int i = 1; i <= 2000; i++)
        stats_add(stats, i % 2 ? 10 : 20);
    stats_add(stats, 31);
    stats_add(stats, 15);
    struct scan_figures figures = stats_figures(stats);
    assert_int_equal(figures.last, 15);
    assert_int_equal(figures.max, 31);
    assert_int_equal(figures.mean, 15);
    assert_int_equal(figures.p50, 15);
    assert_int_equal(figures.p99, 20);
    assert_int_equal(figures.p999, 20);
    assert_int_equal(stats->count, 2002);
}

static void assert_near(struct stats *stats, double share, int64_t exact)
{
    int64_t found = stats_percentile(stats, share);
    assert_true(found >= exact);
    assert_true((double)(found - exact) <= (double)exact / 16);
}

static void percentiles_are_near(void **state)
{
    struct stats *stats = *state;
    for (int64_t i = 1; i <= 100000; i++)
        stats_add(stats, i * 1000);
    assert_near(stats, 0.5, 50000000);
    assert_near(stats, 0.99, 99000000);
    assert_near(stats, 0.999, 99900000);
    assert_int_equal(stats_percentile(stats, 1), 100000000);
    assert_int_equal(stats_mean(stats), 50000500);
}

static void every_doubling_has_its_buckets(void **state)
{
    struct stats *stats = *state;
    for (int bit = 0; bit < 47; bit++) {
        int64_t value = INT64_C(1) << bit;
        stats_add(stats, value);
        stats_add(stats, INT64_C(1) << 47); /* so that the maximum does not hide the edge */
        double share = (double)(bit + 1) / (double)stats->count;
        assert_near(stats, share, value);
    }
}

static void never_above_the_maximum(void **state)
{
    struct stats *stats = *state;
    stats_add(stats, 1000001);
    assert_int_equal(stats_percentile(stats, 0.5), 1000001);
    assert_int_equal(stats_percentile(stats, 0.999), 1000001);
}

static void negative_counts_as_zero(void **state)
{
    struct stats *stats = *state;
    stats_add(stats, -5);
    assert_int_equal(stats->count, 1);
    assert_int_equal(stats->last, 0);
    assert_int_equal(stats->sum, 0);
    assert_int_equal(stats_percentile(stats, 1), 0);
}

static void days_go_into_the_last_bucket(void **state)
{
    struct stats *stats = *state;
    int64_t week = INT64_C(7) * 24 * 3600 * 1000000000;
    stats_add(stats, week);
    assert_int_equal(stats->buckets[STATS_BUCKETS - 1], 1);
    assert_int_equal(stats_percentile(stats, 0.5), week);
}

static void a_full_bucket_does_not_wrap(void **state)
{
    struct stats *stats = *state;
    stats->buckets[10] = UINT32_MAX;
    stats->count = UINT64_C(3) * UINT32_MAX; /* most of them no longer fit */
    stats_add(stats, 10);
    stats_add(stats, 1000);
    assert_int_equal(stats->buckets[10], UINT32_MAX);
    assert_int_equal(stats_percentile(stats, 0.99), 10);
    assert_int_equal(stats_percentile(stats, 1), 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(empty_is_zero, setup, teardown),
        cmocka_unit_test_setup_teardown(small_values_are_exact, setup, teardown),
        cmocka_unit_test_setup_teardown(figures_name_the_right_ones, setup, teardown),
        cmocka_unit_test_setup_teardown(percentiles_are_near, setup, teardown),
        cmocka_unit_test_setup_teardown(every_doubling_has_its_buckets, setup, teardown),
        cmocka_unit_test_setup_teardown(never_above_the_maximum, setup, teardown),
        cmocka_unit_test_setup_teardown(negative_counts_as_zero, setup, teardown),
        cmocka_unit_test_setup_teardown(days_go_into_the_last_bucket, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_bucket_does_not_wrap, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

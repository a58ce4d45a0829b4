/* Proves what becomes of samples on their way to a chart: few come as they are; of many each
 * stretch of time keeps its lowest and highest value, with what held when it began; gaps stay gaps;
 * and a block that is added as one gives the same points as its samples. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>
#include <cmocka.h>
#include "store/trend.h"

/* "0:1/2/1 100:-" */
static void assert_points(struct trend *trend, const char *expected)
{
    char text[1024] = "";
    size_t used = 0;
    for (size_t i = 0; i < trend->count; i++) {
        const struct trend_point *p = &trend->points[i];
        used +=
            (size_t)snprintf(text + used, sizeof text - used, "%s%d:", i ? " " : "", (int)p->time);
        if (isnan(p->last))
            used += (size_t)snprintf(text + used, sizeof text - used, "-");
        else
            used += (size_t)snprintf(text + used, sizeof text - used, "%g/%g/%g", p->low, p->high,
                                     p->last);
    }
    assert_string_equal(text, expected);
    trend_finish(trend);
}

static void few_come_as_they_are(void **state)
{
    struct trend trend;
    (void)state;
    trend_begin(&trend, 1000, 2000, 0);
    trend_add(&trend, 500, 7);
    trend_add(&trend, 900, 8);
    trend_add(&trend, 1100, 9);
    trend_add(&trend, 1200, NAN);
    trend_add(&trend, 1300, NAN); /* still the same gap */
    trend_add(&trend, 1500, 5);
    trend_add(&trend, 2500, 6); /* later than anybody asked */
    assert_true(trend_end(&trend, 3000));
    assert_points(&trend, "1000:8/8/8 1100:9/9/9 1200:- 1500:5/5/5 2000:5/5/5");
}

static void what_holds_is_carried_to_both_ends(void **state)
{
    struct trend trend;
    (void)state;
    trend_begin(&trend, 1000, 2000, 0);
    trend_add(&trend, 10, 7);
    assert_true(trend_end(&trend, 3000));
    assert_points(&trend, "1000:7/7/7 2000:7/7/7");

    trend_begin(&trend, 1000, 2000, 0);
    trend_add(&trend, 10, 7);
    assert_true(trend_end(&trend, 1500)); /* known so far */
    assert_points(&trend, "1000:7/7/7 1500:7/7/7");

    trend_begin(&trend, 1000, 2000, 0);
    trend_add(&trend, 10, 7);
    trend_add(&trend, 20, NAN);
    assert_true(trend_end(&trend, 3000));
    assert_points(&trend, "");
}

static void a_stretch_keeps_its_spike(void **state)
{
    struct trend trend;
    (void)state;
    trend_begin(&trend, 0, 1000, 4);
    for (int i = 1; i <= 1000; i++)
        trend_add(&trend, i, i == 333 ? 99 : i == 700 ? -99 : 1);
    assert_true(trend_end(&trend, 1000));
    assert_points(&trend, "1:1/1/1 250:1/99/1 500:-99/1/1 750:1/1/1 1000:1/1/1");
}

static void what_held_before_belongs_to_a_stretch(void **state)
{
    struct trend trend;
    (void)state;
    trend_begin(&trend, 0, 1000, 2);
    trend_add(&trend, -5, 100);
    trend_add(&trend, 900, 0);
    assert_true(trend_end(&trend, 1000));
    assert_points(&trend, "0:100/100/100 900:0/100/0 1000:0/0/0");
}

static void gaps_stay_gaps(void **state)
{
    struct trend trend;
    (void)state;
    trend_begin(&trend, 0, 1000, 10);
    trend_add(&trend, 10, 1);
    trend_add(&trend, 20, NAN);
    trend_add(&trend, 30, 2); /* too short to be seen */
    trend_add(&trend, 150, 3);
    trend_add(&trend, 160, NAN);
    trend_add(&trend, 170, NAN);
    trend_add(&trend, 800, 4);
    trend_add(&trend, 801, NAN);
    assert_true(trend_end(&trend, 1000));
    assert_points(&trend, "10:1/2/2 150:2/3/3 160:- 800:4/4/4 801:-");
}

static void a_block_is_as_good_as_its_samples(void **state)
{
    struct trend one, all;
    (void)state;
    trend_begin(&one, 0, 1000, 2);
    trend_add(&one, 10, 5);
    trend_add(&one, 20, 9);
    trend_add(&one, 30, 4);
    trend_add(&one, 600, 3);
    trend_begin(&all, 0, 1000, 2);
    assert_true(trend_is_one(&all, 10, 30));
    assert_false(trend_is_one(&all, 10, 500)); /* the next one's */
    assert_false(trend_is_one(&all, 0, 10));   /* its first sample may be what held before */
    assert_false(trend_is_one(&all, 900, 1001));
    trend_add_all(&all, 10, 30, 4, 9, 4);
    trend_add(&all, 600, 3);
    assert_true(trend_end(&one, 1000) && trend_end(&all, 1000));
    assert_points(&one, "10:4/9/4 600:3/4/3 1000:3/3/3");
    assert_points(&all, "10:4/9/4 600:3/4/3 1000:3/3/3");

    trend_begin(&all, 0, 1000, 2);
    trend_add_all(&all, 10, 30, 4, 9, NAN); /* its last one is a gap */
    assert_true(trend_end(&all, 1000));
    assert_points(&all, "10:4/9/9 30:-");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_come_as_they_are),
        cmocka_unit_test(what_holds_is_carried_to_both_ends),
        cmocka_unit_test(a_stretch_keeps_its_spike),
        cmocka_unit_test(what_held_before_belongs_to_a_stretch),
        cmocka_unit_test(gaps_stay_gaps),
        cmocka_unit_test(a_block_is_as_good_as_its_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Proves that the clocks count nanoseconds, each of its own kind, and that time does not go back;
 * that a clock that was never set is told from one that was; and that nothing of a time is lost on
 * its way to the system. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <time.h>
#include "base/clock.h"

static void test_monotonic(void **state)
{
    (void)state;
    int64_t previous = clock_monotonic();
    for (int i = 0; i < 1000; i++) {
        struct instant now = clock_now();
        assert_true(now.monotonic >= previous);
        previous = clock_monotonic();
        assert_true(previous >= now.monotonic);
    }
}

static void test_utc(void **state)
{
    (void)state;
    int64_t before = (int64_t)time(NULL) - 1; /* time may be a tick behind */
    int64_t now = clock_now().utc / NS_PER_S;
    assert_in_range(now, before, (int64_t)time(NULL) + 1);
}

static void test_is_set(void **state)
{
    (void)state;
    assert_false(clock_is_set(0));
    assert_false(clock_is_set(INT64_C(1735689599) * NS_PER_S)); /* 2024-12-31 23:59:59 */
    assert_true(clock_is_set(INT64_C(1735689600) * NS_PER_S));
}

static void test_processor(void **state)
{
    (void)state;
    int64_t moment = clock_monotonic(), begun = clock_processor();
    while (clock_processor() == begun)
        continue;
    int64_t used = clock_processor() - begun;
    assert_true(used > 0 && used <= clock_monotonic() - moment + NS_PER_MS);
}

static void test_timespec(void **state)
{
    (void)state;
    struct timespec least = clock_timespec(0);
    assert_true(least.tv_sec == 0 && least.tv_nsec == 0);
    struct timespec some = clock_timespec(INT64_C(7000000123));
    assert_true(some.tv_sec == 7 && some.tv_nsec == 123);
    struct timespec most = clock_timespec(INT64_MAX);
    assert_true(most.tv_sec == INT64_MAX / NS_PER_S && most.tv_nsec == INT64_MAX % NS_PER_S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_monotonic), cmocka_unit_test(test_utc),
        cmocka_unit_test(test_is_set),    cmocka_unit_test(test_processor),
        cmocka_unit_test(test_timespec),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

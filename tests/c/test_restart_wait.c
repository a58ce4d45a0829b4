/* Proves how long a program in FAULT waits for its next start: from its restart_after on twice as
 * long each time, from a tenth of a second on, up to a minute or to what was stated beyond that. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/clock.h"
#include "image/plan.h"
#include "run/restart_wait.h"

static const int64_t S = NS_PER_S;

static void check(int64_t after, const int64_t *waits, size_t count)
{
    const struct settings settings = {.restart_after = after};
    int64_t wait = 0;
    for (size_t i = 0; i < count; i++) {
        wait = restart_wait(&settings, wait);
        assert_int_equal(wait, waits[i]);
    }
}

static void it_doubles_up_to_a_minute(void **state)
{
    const int64_t waits[] = {5 * S, 10 * S, 20 * S, 40 * S, 60 * S, 60 * S};
    (void)state;
    check(5 * S, waits, sizeof waits / sizeof *waits);
}

static void at_once_is_not_without_end(void **state)
{
    const int64_t waits[] = {S / 10, S / 5, 2 * S / 5};
    (void)state;
    check(0, waits, sizeof waits / sizeof *waits);
}

static void what_was_stated_is_the_least(void **state)
{
    const int64_t waits[] = {3600 * S, 3600 * S};
    (void)state;
    check(3600 * S, waits, sizeof waits / sizeof *waits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_doubles_up_to_a_minute),
        cmocka_unit_test(at_once_is_not_without_end),
        cmocka_unit_test(what_was_stated_is_the_least),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

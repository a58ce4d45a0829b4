/* Proves that durations are read exactly, that nothing is clamped or guessed, that errors name
 * the text, and that what duration_format writes is exact and can be read back. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/duration.h"

static const int64_t LIMIT = INT64_C(10000) * 86400 * NS_PER_S;

static void reads(const char *text, int64_t expected)
{
    struct error error = {""};
    int64_t value = -1;
    if (!duration_parse(text, &value, &error))
        fail_msg("\"%s\" was refused: %s", text, error.text);
    if (value != expected)
        fail_msg("\"%s\" gave %lld instead of %lld", text, (long long)value, (long long)expected);
}

static void refuses(const char *text, const char *because)
{
    struct error error = {""};
    int64_t value = 77;
    if (duration_parse(text, &value, &error))
        fail_msg("\"%s\" was read as %lld", text, (long long)value);
    assert_int_equal(value, 77);
    if (!strstr(error.text, because) || !strstr(error.text, text) || !strstr(error.text, "1h30m"))
        fail_msg("\"%s\": the error is \"%s\"", text, error.text);
}

static void test_parse(void **state)
{
    (void)state;
    reads("0", 0);
    reads("0.1", 100 * NS_PER_MS);
    reads(".5", 500 * NS_PER_MS);
    reads("2", INT64_C(2) * NS_PER_S);
    reads("250us", 250 * NS_PER_US);
    reads("7ns", 7);
    reads("100ms", 100 * NS_PER_MS);
    reads("2s", INT64_C(2) * NS_PER_S);
    reads("10m", INT64_C(600) * NS_PER_S);
    reads("1h30m", INT64_C(5400) * NS_PER_S);
    reads("1d", INT64_C(86400) * NS_PER_S);
    reads("1d2h3m4s5ms6us7ns", INT64_C(93784005006007));
    reads("10 min", INT64_C(600) * NS_PER_S);
    reads(" 1h 30m ", INT64_C(5400) * NS_PER_S);
    reads("0.3", 300 * NS_PER_MS);
    reads("0.123456789", 123456789);
    reads("0.1234567894", 123456789);
    reads("0.1234567896", 123456790);
    reads("0.1d", INT64_C(8640) * NS_PER_S);
    reads("9999999.999999999", INT64_C(9999999999999999));
    reads("10000d", LIMIT);
}

static void test_refuse(void **state)
{
    (void)state;
    const char *malformed[] = {"",   " ",     "s",    ".",    "x",    "1x",  "1S",
                               "1M", "1.2.3", "1h30", "1m1h", "1m1m", "1e3", "0x10",
                               "+1", "nan",   "inf",  "1,5",  "2s;",  "1 2", "1m2min"};
    for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++)
        refuses(malformed[i], "not a duration");
    refuses("-1", "negative");
    refuses("-.5s", "negative");
    refuses("10000d1ns", "too long");
    refuses("10001d", "too long");
    refuses("864000001", "too long");
    refuses("99999999999999999999999999", "too long");
    refuses("0.0000000001", "less than a nanosecond");
}

static void seconds(double value, int64_t expected)
{
    struct error error = {""};
    int64_t got = -1;
    assert_true(duration_from_seconds(value, &got, &error));
    assert_int_equal(got, expected);
}

static void test_seconds(void **state)
{
    (void)state;
    seconds(0, 0);
    seconds(-0.0, 0);
    seconds(0.1, 100 * NS_PER_MS);
    seconds(1.0 / 3, 333333333);
    seconds(864e6, LIMIT);
    const double bad[] = {NAN, INFINITY, -INFINITY, -1e-9, 864000000.1, 1e300, 1e-12};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct error error = {""};
        int64_t got = 77;
        assert_false(duration_from_seconds(bad[i], &got, &error));
        assert_int_equal(got, 77);
        assert_true(strlen(error.text) > 0);
    }
}

static void writes(int64_t value, const char *expected)
{
    char text[40];
    assert_string_equal(duration_format(value, text, sizeof text), expected);
}

static void test_format(void **state)
{
    (void)state;
    writes(0, "0 s");
    writes(1, "1 ns");
    writes(250 * NS_PER_US, "250 us");
    writes(1500 * NS_PER_US, "1.5 ms");
    writes(100 * NS_PER_MS, "100 ms");
    writes(INT64_C(2) * NS_PER_S, "2 s");
    writes(INT64_C(1500) * NS_PER_MS, "1.5 s");
    writes(INT64_C(1050) * NS_PER_MS, "1.05 s");
    writes(INT64_C(1000000001), "1.000000001 s");
    writes(INT64_C(90) * NS_PER_S, "90 s");
    writes(INT64_C(600) * NS_PER_S, "10 min");
    writes(INT64_C(5400) * NS_PER_S, "90 min");
    writes(INT64_C(7200) * NS_PER_S, "2 h");
    writes(INT64_C(172800) * NS_PER_S, "2 d");
    writes(-INT64_C(1500) * NS_PER_MS, "-1.5 s");
    writes(INT64_MIN, "-9223372036.854775808 s");
}

static void test_round_trip(void **state)
{
    (void)state;
    uint64_t random = 12345;
    for (int i = 0; i < 20000; i++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
        int64_t value = (int64_t)(random >> (4 + random % 56)) % LIMIT;
        if (i % 3 == 0)
            value -= value % NS_PER_MS;
        char text[40];
        reads(duration_format(value, text, sizeof text), value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),      cmocka_unit_test(test_refuse),
        cmocka_unit_test(test_seconds),    cmocka_unit_test(test_format),
        cmocka_unit_test(test_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

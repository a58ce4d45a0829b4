/* Proves that numbers are shown with the fewest digits that read back as the same number. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "image/number.h"

static void test_double(void **state)
{
    (void)state;
    char text[NUMBER_TEXT];
    assert_string_equal(number_text(0.1, text), "0.1");
    assert_string_equal(number_text(170, text), "170");
    assert_string_equal(number_text(0.1 + 0.2, text), "0.30000000000000004");
    assert_string_equal(number_text(-1e300, text), "-1e+300");
    assert_string_equal(number_text(-0.0, text), "-0");
    assert_string_equal(number_text(-NAN, text), "nan");
    assert_string_equal(number_text(-INFINITY, text), "-inf");
    assert_string_equal(number_text(-DBL_MAX, text), "-1.7976931348623157e+308");
}

static void test_float(void **state)
{
    (void)state;
    char text[NUMBER_TEXT];
    assert_string_equal(number_text32(0.1f, text), "0.1");
    assert_string_equal(number_text32(FLT_MAX, text), "3.4028235e+38");
    assert_string_equal(number_text32(16777217.0f, text), "16777216");
    assert_string_equal(number_text32(-NAN, text), "nan");
    assert_string_equal(number_text32(INFINITY, text), "inf");
}

static void test_reads_back(void **state)
{
    (void)state;
    char text[NUMBER_TEXT];
    uint64_t bits = 88172645463325252u;
    for (int i = 0; i < 20000; i++) {
        double number;
        float narrow;
        uint32_t half = (uint32_t)(bits >> 32);
        memcpy(&number, &bits, sizeof number);
        memcpy(&narrow, &half, sizeof narrow);
        if (!isnan(number))
            assert_true(strtod(number_text(number, text), NULL) == number);
        if (!isnan(narrow))
            assert_true(strtof(number_text32(narrow, text), NULL) == narrow);
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_double),
        cmocka_unit_test(test_float),
        cmocka_unit_test(test_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

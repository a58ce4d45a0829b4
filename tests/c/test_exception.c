/* Proves that each exception code of the protocol has its name, and every other one says so. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "image/exception.h"

static void codes_have_the_protocols_names(void **state)
{
    (void)state;
    assert_string_equal(exception_text(1), "illegal function");
    assert_string_equal(exception_text(2), "illegal data address");
    assert_string_equal(exception_text(3), "illegal data value");
    assert_string_equal(exception_text(4), "server device failure");
    assert_string_equal(exception_text(6), "server device busy");
    assert_string_equal(exception_text(10), "gateway path unavailable");
    assert_string_equal(exception_text(11), "gateway target device failed to respond");
}

static void others_are_unknown(void **state)
{
    (void)state;
    for (int code = 0; code < 256; code++) {
        assert_non_null(exception_text((uint8_t)code));
        if (code == 0 || code == 7 || code == 9 || code > 11)
            assert_string_equal(exception_text((uint8_t)code), "unknown exception");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_have_the_protocols_names),
        cmocka_unit_test(others_are_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

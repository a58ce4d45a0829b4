/* Proves the names of the tables and the Modicon numbers, there and back for every address. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include "image/table.h"

static void expect(enum table table, uint16_t address, const char *expected)
{
    char text[8];
    assert_string_equal(table_modicon(table, address, text), expected);
}

static void test_modicon(void **state)
{
    (void)state;
    expect(TABLE_COIL, 0, "00001");
    expect(TABLE_DISCRETE, 9, "10010");
    expect(TABLE_INPUT, 107, "30108");
    expect(TABLE_HOLDING, 0, "40001");
    expect(TABLE_HOLDING, 9998, "49999");
    expect(TABLE_HOLDING, 9999, "410000");
    expect(TABLE_HOLDING, 65535, "465536");
    expect(TABLE_VAR, 5, "");
}

static void test_every_address(void **state)
{
    (void)state;
    for (int table = TABLE_COIL; table < TABLE_VAR; table++)
        for (uint32_t address = 0; address < 65536; address++) {
            char text[8];
            uint16_t found = 0;
            struct error error;
            table_modicon((enum table)table, (uint16_t)address, text);
            assert_true(table_parse_modicon((enum table)table, text, &found, &error));
            assert_int_equal(found, address);
        }
}

static void test_six_digits_for_small_numbers(void **state)
{
    (void)state;
    uint16_t address = 1;
    struct error error;
    assert_true(table_parse_modicon(TABLE_HOLDING, "400001", &address, &error));
    assert_int_equal(address, 0);
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",       "4",      "4001",  "4000001", "40000",  "400000",
                                      "465537", "499999", "30001", "4x001",   " 40001", "-40001"};
    struct error error;
    uint16_t address = 7;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(table_parse_modicon(TABLE_HOLDING, bad[i], &address, &error));
    assert_int_equal(address, 7);
    table_parse_modicon(TABLE_HOLDING, "30001", &address, &error);
    assert_string_equal(error.text, "\"30001\" is no address of holding; "
                                    "40001..49999 and 400001..465536 are");
    assert_false(table_parse_modicon(TABLE_VAR, "40001", &address, &error));
    assert_string_equal(error.text, "\"40001\" is an address, and var has none");
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(table_name(TABLE_COIL), "coil");
    assert_string_equal(table_name(TABLE_DISCRETE), "discrete");
    assert_string_equal(table_name(TABLE_HOLDING), "holding");
    assert_string_equal(table_name(TABLE_INPUT), "input");
    assert_string_equal(table_name(TABLE_VAR), "var");
    assert_true(table_is_bits(TABLE_COIL) && table_is_bits(TABLE_DISCRETE));
    assert_false(table_is_bits(TABLE_HOLDING) || table_is_bits(TABLE_INPUT));
    assert_false(table_is_bits(TABLE_VAR));
    assert_true(table_takes_writes(TABLE_COIL) && table_takes_writes(TABLE_HOLDING));
    assert_false(table_takes_writes(TABLE_DISCRETE) || table_takes_writes(TABLE_INPUT));
    assert_false(table_takes_writes(TABLE_VAR));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_modicon),
        cmocka_unit_test(test_every_address),
        cmocka_unit_test(test_six_digits_for_small_numbers),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

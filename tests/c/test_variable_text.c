/* Proves every text that a refused assignment can raise, word for word: they are what a user
 * meets first. */

#include "variable_help.h"

#include <math.h>
#include <stdio.h>

static struct variable variable_of(void **state, enum table table, enum type type)
{
    struct variable variable = help_variable(table, type);
    help_prepare(state, &variable);
    return variable;
}

static struct variable setpoint(void **state)
{
    struct variable variable = help_variable(TABLE_HOLDING, TYPE_FLOAT32);
    variable.path = "mem.SETPOINT";
    variable.unit = "%";
    help_limits(&variable, help_integer(0), help_integer(100), LIMIT_REFUSE);
    help_prepare(state, &variable);
    return variable;
}

static void test_range(void **state)
{
    struct variable variable = setpoint(state);
    help_expect_refusal(&variable, help_integer(170),
                        "mem.SETPOINT = 170 is out of range 0..100 %; "
                        "limit = \"clamp\" would hold it there");
    help_expect_refusal(&variable, help_number(100.1),
                        "mem.SETPOINT = 100.1 is out of range 0..100 %; "
                        "limit = \"clamp\" would hold it there");
    variable.has_max = false;
    help_prepare(state, &variable);
    help_expect_refusal(&variable, help_number(-0.5),
                        "mem.SETPOINT = -0.5 is out of range, at least 0 %; "
                        "limit = \"clamp\" would hold it there");
}

static void test_element(void **state)
{
    struct variable variable = setpoint(state);
    struct value value = help_integer(-1);
    struct error error;
    uint16_t words[2];
    variable.count = 8;
    assert_false(variable_set(&variable, 3, &value, words, 0xFFFF, &error));
    assert_string_equal(error.text, "mem.SETPOINT[3] = -1 is out of range 0..100 %; "
                                    "limit = \"clamp\" would hold it there");
}

static void test_range_of_types(void **state)
{
    static const struct {
        enum type type;
        const char *range;
    } rows[] = {
        {TYPE_BYTE, "0..255"},
        {TYPE_INT16, "-32768..32767"},
        {TYPE_UINT16, "0..65535"},
        {TYPE_INT32, "-2147483648..2147483647"},
        {TYPE_UINT32, "0..4294967295"},
        {TYPE_INT64, "-9223372036854775808..9223372036854775807"},
        {TYPE_UINT64, "0..18446744073709551615"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct variable variable = variable_of(state, TABLE_HOLDING, rows[i].type);
        char text[256];
        snprintf(text, sizeof text,
                 "mem.X = 1e+30 is out of range %s; limit = \"clamp\" would hold it there",
                 rows[i].range);
        help_expect_refusal(&variable, help_number(1e30), text);
    }
}

static void test_range_of_a_scaled_type(void **state)
{
    struct variable variable = help_variable(TABLE_HOLDING, TYPE_UINT16);
    variable.has_scale = true;
    variable.scale = -0.1;
    variable.offset = 10;
    variable.unit = "bar";
    help_prepare(state, &variable);
    help_expect_refusal(&variable, help_integer(11),
                        "mem.X = 11 is out of range -6543.5..10 bar; "
                        "limit = \"clamp\" would hold it there");
    help_expect_refusal(&variable, help_string("11"),
                        "mem.X = \"11\" is a string; a uint16 takes numbers -6543.5..10 bar");
}

static void test_unsigned_bounds(void **state)
{
    struct variable variable = help_variable(TABLE_HOLDING, TYPE_UINT64);
    variable.has_max = true;
    variable.max = help_integer(-2);
    help_prepare(state, &variable);
    help_expect_refusal(&variable, help_integer(-1),
                        "mem.X = -1 is out of range 0..18446744073709551614; "
                        "limit = \"clamp\" would hold it there");
}

static void test_beyond_a_float32(void **state)
{
    struct variable variable = variable_of(state, TABLE_HOLDING, TYPE_FLOAT32);
    help_expect_refusal(&variable, help_number(1e300),
                        "mem.X = 1e+300 is beyond what a float32 can hold, 3.4028235e+38; "
                        "limit = \"clamp\" would hold it there");
}

static void test_kinds(void **state)
{
    struct variable word = variable_of(state, TABLE_HOLDING, TYPE_UINT16);
    struct variable integer = variable_of(state, TABLE_HOLDING, TYPE_INT32);
    struct variable number = variable_of(state, TABLE_INPUT, TYPE_FLOAT64);
    struct variable coil = variable_of(state, TABLE_COIL, TYPE_BOOL);
    struct variable discrete = variable_of(state, TABLE_DISCRETE, TYPE_BOOL);
    struct variable flag = variable_of(state, TABLE_VAR, TYPE_BOOL);
    struct variable string = variable_of(state, TABLE_HOLDING, TYPE_STRING);
    struct variable bounded = setpoint(state);
    word.path = "mem.COUNT";
    help_expect_refusal(&word, help_string("abc"),
                        "mem.COUNT = \"abc\" is a string; a uint16 takes integers 0..65535");
    help_expect_refusal(&integer, help_boolean(true),
                        "mem.X = true is a boolean; an int32 takes integers "
                        "-2147483648..2147483647");
    help_expect_refusal(&number, help_boolean(false),
                        "mem.X = false is a boolean; a float64 takes numbers");
    help_expect_refusal(&bounded, help_string("50"),
                        "mem.SETPOINT = \"50\" is a string; a float32 takes numbers 0..100 %");
    help_expect_refusal(&coil, help_integer(1),
                        "mem.X = 1 is a number; a coil takes true or false");
    help_expect_refusal(&discrete, help_number(0.5),
                        "mem.X = 0.5 is a number; a discrete input takes true or false");
    help_expect_refusal(&flag, help_string("on"),
                        "mem.X = \"on\" is a string; a bool takes true or false");
    help_expect_refusal(&string, help_integer(7),
                        "mem.X = 7 is a number; a string takes text of up to 8 bytes");
}

static void test_fraction(void **state)
{
    struct variable variable = variable_of(state, TABLE_HOLDING, TYPE_UINT16);
    variable.path = "mem.COUNT";
    help_expect_refusal(&variable, help_number(3.7),
                        "mem.COUNT = 3.7 is not an integer; round = true would round it");
    help_expect_refusal(&variable, help_number(0.1 + 0.2),
                        "mem.COUNT = 0.30000000000000004 is not an integer; "
                        "round = true would round it");
}

static void test_no_number(void **state)
{
    struct variable number = variable_of(state, TABLE_HOLDING, TYPE_FLOAT32);
    struct variable word = variable_of(state, TABLE_HOLDING, TYPE_UINT16);
    number.path = "mem.T";
    help_expect_refusal(&number, help_number(NAN),
                        "mem.T = nan is not a number; nan = true would allow it");
    help_expect_refusal(&number, help_number(-NAN),
                        "mem.T = nan is not a number; nan = true would allow it");
    help_expect_refusal(&number, help_number(-INFINITY),
                        "mem.T = -inf is not finite; nan = true would allow it");
    help_expect_refusal(&word, help_number(NAN), "mem.X = nan is not a number");
    help_expect_refusal(&word, help_number(INFINITY), "mem.X = inf is not finite");
}

static void test_strings(void **state)
{
    struct variable variable = variable_of(state, TABLE_HOLDING, TYPE_STRING);
    struct value with_nul = help_string("");
    with_nul.string.bytes = "a\0b";
    with_nul.string.length = 3;
    help_expect_refusal(&variable, help_string("123456789"),
                        "mem.X = \"123456789\" has 9 bytes, the limit is 8; "
                        "limit = \"clamp\" would cut it there");
    help_expect_refusal(&variable, with_nul,
                        "mem.X = \"a\\0b\" has a NUL byte, and a string in registers ends at the "
                        "first");
}

static void test_long_strings_are_cut(void **state)
{
    struct variable variable = variable_of(state, TABLE_HOLDING, TYPE_UINT16);
    char text[2000];
    struct value value;
    struct error error;
    uint16_t words[1];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    value = help_string(text);
    assert_false(variable_set(&variable, 0, &value, words, 0xFFFF, &error));
    assert_non_null(strstr(error.text, "xxx…\" is a string; a uint16 takes integers 0..65535"));
    assert_true(strlen(error.text) < 150);
}

/* With a limit in place there is nothing left to advise. */
static void test_no_advice_that_was_taken(void **state)
{
    struct variable variable = help_variable(TABLE_HOLDING, TYPE_FLOAT64);
    help_limits(&variable, help_integer(0), help_integer(1), LIMIT_WRAP);
    variable.nan = true;
    help_prepare(state, &variable);
    help_expect_refusal(&variable, help_number(INFINITY), "mem.X = inf is out of range 0..1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_range),
        cmocka_unit_test(test_element),
        cmocka_unit_test(test_range_of_types),
        cmocka_unit_test(test_range_of_a_scaled_type),
        cmocka_unit_test(test_unsigned_bounds),
        cmocka_unit_test(test_beyond_a_float32),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_fraction),
        cmocka_unit_test(test_no_number),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_long_strings_are_cut),
        cmocka_unit_test(test_no_advice_that_was_taken),
    };
    return cmocka_run_group_tests(tests, help_init, help_finish);
}

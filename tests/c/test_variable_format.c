/* Proves how values look to people: units, decimals, labels, and no digits that the arithmetic
 * added. */

#include "variable_help.h"

#include <float.h>
#include <math.h>

static void expect(const struct variable *variable, struct value value, const char *expected)
{
    char text[64];
    assert_ptr_equal(variable_format(variable, &value, text, sizeof text), text);
    assert_string_equal(text, expected);
}

/* As it looks after a way through the registers. */
static void expect_read(const struct variable *variable, struct value value, const char *expected)
{
    expect(variable, help_round_trip(variable, value), expected);
}

static void test_floats(void **state)
{
    struct variable variable = help_variable(TABLE_HOLDING, TYPE_FLOAT32);
    help_prepare(state, &variable);
    expect_read(&variable, help_number(0.1), "0.1");
    expect_read(&variable, help_integer(3), "3");
    expect(&variable, help_number(NAN), "nan");
    expect(&variable, help_number(-INFINITY), "-inf");
    variable.unit = "%";
    expect_read(&variable, help_number(20.5), "20.5 %");
    variable.decimals = 2;
    expect_read(&variable, help_number(20.5), "20.50 %");
    expect(&variable, help_number(NAN), "nan %");
    variable.decimals = 0;
    expect_read(&variable, help_number(20.6), "21 %");
    variable = help_variable(TABLE_HOLDING, TYPE_FLOAT64);
    help_prepare(state, &variable);
    expect_read(&variable, help_number(0.1 + 0.2), "0.30000000000000004");
}

static void test_scaled(void **state)
{
    struct variable variable = help_variable(TABLE_HOLDING, TYPE_INT16);
    variable.has_scale = true;
    variable.scale = 0.1;
    variable.unit = "bar";
    help_prepare(state, &variable);
    expect_read(&variable, help_number(0.3), "0.3 bar"); /* 3 * 0.1 is 0.30000000000000004 */
    expect_read(&variable, help_integer(-20), "-20 bar");
    variable.type = TYPE_FLOAT32;
    help_prepare(state, &variable);
    expect_read(&variable, help_number(0.07), "0.07 bar");
}

static void test_integers(void **state)
{
    struct variable variable = help_variable(TABLE_HOLDING, TYPE_INT64);
    help_prepare(state, &variable);
    expect(&variable, help_integer(INT64_MIN), "-9223372036854775808");
    variable.unit = "rpm";
    expect(&variable, help_integer(1450), "1450 rpm");
    variable.unit = "";
    expect(&variable, help_integer(1450), "1450");
}

static void test_labels(void **state)
{
    static const struct label labels[] = {{0, "STOP"}, {2, "RUN"}};
    static const struct label sides[] = {{0, "CLOSED"}, {1, "OPEN"}};
    struct variable variable = help_variable(TABLE_HOLDING, TYPE_UINT16);
    variable.labels = labels;
    variable.label_count = 2;
    help_prepare(state, &variable);
    expect(&variable, help_integer(2), "RUN (2)");
    expect(&variable, help_integer(1), "1");
    variable = help_variable(TABLE_COIL, TYPE_BOOL);
    help_prepare(state, &variable);
    expect(&variable, help_boolean(true), "true");
    variable.labels = sides;
    variable.label_count = 2;
    expect(&variable, help_boolean(true), "OPEN (true)");
    expect(&variable, help_boolean(false), "CLOSED (false)");
}

static void test_strings(void **state)
{
    struct variable variable = help_variable(TABLE_HOLDING, TYPE_STRING);
    help_prepare(state, &variable);
    expect(&variable, help_string("text"), "\"text\"");
    expect(&variable, help_string(""), "\"\"");
    expect(&variable, help_string("a\"b\n"), "\"a\\\"b\\n\"");
}

static void test_small_room(void **state)
{
    struct variable variable = help_variable(TABLE_HOLDING, TYPE_FLOAT64);
    struct value value = help_number(DBL_MAX);
    char text[5] = "....";
    help_prepare(state, &variable);
    variable.decimals = 15;
    variable_format(&variable, &value, text, sizeof text);
    assert_string_equal(text, "1797");
    variable_format(&variable, &value, text, 1);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_floats),   cmocka_unit_test(test_scaled),
        cmocka_unit_test(test_integers), cmocka_unit_test(test_labels),
        cmocka_unit_test(test_strings),  cmocka_unit_test(test_small_room),
    };
    return cmocka_run_group_tests(tests, help_init, help_finish);
}

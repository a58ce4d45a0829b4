/* Proves what a client asks a variable: whether a device's words mean that there is no value,
 * whether two raw values are the same within the tolerance, and which options about that are
 * refused. */

#include "variable_help.h"

#include <math.h>

static void expect_refused(void **state, struct variable variable, const char *text)
{
    struct error error = {""};
    assert_false(variable_prepare(&variable, help_alloc, *state, &error));
    assert_string_equal(error.text, text);
}

static bool invalid_words(const struct variable *variable, const uint16_t *words)
{
    return variable_is_invalid(variable, words, variable->mask);
}

static struct variable with_invalid(enum type type, struct value invalid)
{
    struct variable variable = help_variable(TABLE_INPUT, type);
    variable.has_invalid = true;
    variable.invalid = invalid;
    return variable;
}

static void an_integer_may_mean_none(void **state)
{
    struct variable v = with_invalid(TYPE_INT16, help_integer(-32768));
    v.has_scale = true; /* invalid is raw: scale and limits do not count */
    v.scale = 0.1;
    help_limits(&v, help_integer(0), help_integer(100), LIMIT_REFUSE);
    help_prepare(state, &v);
    assert_int_equal(v.invalid_words[0], 0x8000);
    assert_true(invalid_words(&v, (uint16_t[]){0x8000}));
    assert_false(invalid_words(&v, (uint16_t[]){0x7FFF}));
    assert_false(invalid_words(&v, (uint16_t[]){0}));
}

static void order_counts_for_invalid(void **state)
{
    struct variable v = with_invalid(TYPE_UINT32, help_integer(0xFFFF0000));
    v.order = ORDER_ABCD;
    v.has_order = true;
    help_prepare(state, &v);
    assert_true(invalid_words(&v, (uint16_t[]){0xFFFF, 0}));
    assert_false(invalid_words(&v, (uint16_t[]){0, 0xFFFF}));
}

static void bytes_are_looked_at_under_their_own_mask(void **state)
{
    struct variable v = with_invalid(TYPE_BYTE, help_integer(0xFF));
    v.count = 2;
    help_prepare(state, &v);
    assert_true(variable_is_invalid(&v, (uint16_t[]){0xFF00}, 0xFF00));
    assert_false(variable_is_invalid(&v, (uint16_t[]){0xFF00}, 0x00FF));
}

static void nan_means_none_unless_it_is_a_value(void **state)
{
    struct variable v = help_variable(TABLE_INPUT, TYPE_FLOAT32);
    const uint16_t nan[] = {0x0000, 0x7FC0}, number[] = {0, 0x4000}, infinite[] = {0, 0x7F80};
    help_prepare(state, &v);
    assert_true(invalid_words(&v, nan));
    assert_false(invalid_words(&v, number));
    assert_false(invalid_words(&v, infinite)); /* a value, and out of range */
    v.nan = true;
    help_prepare(state, &v);
    assert_false(invalid_words(&v, nan));
    v.has_invalid = true;
    v.invalid = help_number(-9999);
    help_prepare(state, &v);
    assert_false(invalid_words(&v, nan));
    assert_true(invalid_words(&v, v.invalid_words));
    v.invalid = help_number(NAN);
    help_prepare(state, &v);
    assert_true(invalid_words(&v, nan));
    assert_false(invalid_words(&v, number));
}

static void booleans_and_strings_are_never_invalid(void **state)
{
    struct variable coil = help_variable(TABLE_COIL, TYPE_BOOL);
    struct variable text = help_variable(TABLE_HOLDING, TYPE_STRING);
    help_prepare(state, &coil);
    help_prepare(state, &text);
    assert_false(invalid_words(&coil, (uint16_t[]){1}));
    assert_false(invalid_words(&text, (uint16_t[4]){0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF}));
}

static void invalid_must_fit_the_type(void **state)
{
    expect_refused(state, with_invalid(TYPE_INT16, help_integer(0x8000)),
                   "input.int16: invalid (a raw value) = 32768 is out of range -32768..32767");
    expect_refused(state, with_invalid(TYPE_BOOL, help_boolean(true)),
                   "input.bool: invalid is for numbers");
    expect_refused(state, with_invalid(TYPE_STRING, help_string("none")),
                   "input.string: invalid is for numbers");
    struct error error = {""};
    struct variable v = with_invalid(TYPE_UINT16, help_number(NAN));
    assert_false(variable_prepare(&v, help_alloc, *state, &error));
    v = with_invalid(TYPE_UINT16, help_number(1.5));
    v.round = true;
    assert_false(variable_prepare(&v, help_alloc, *state, &error));
}

static bool agree(const struct variable *variable, struct value a, struct value b)
{
    uint16_t left[4] = {0}, right[4] = {0};
    struct error error = {""};
    assert_true(variable_set(variable, 0, &a, left, variable->mask, &error));
    assert_true(variable_set(variable, 0, &b, right, variable->mask, &error));
    return variable_agrees(variable, left, right, variable->mask);
}

static void without_tolerance_only_the_same_agrees(void **state)
{
    struct variable v = help_variable(TABLE_HOLDING, TYPE_UINT16);
    help_prepare(state, &v);
    assert_true(agree(&v, help_integer(7), help_integer(7)));
    assert_false(agree(&v, help_integer(7), help_integer(8)));
    struct variable text = help_variable(TABLE_HOLDING, TYPE_STRING);
    help_prepare(state, &text);
    assert_true(agree(&text, help_string("ab"), help_string("ab")));
    assert_false(agree(&text, help_string("ab"), help_string("abcdefgh")));
}

static void other_bits_of_a_word_do_not_count(void **state)
{
    struct variable v = help_variable(TABLE_HOLDING, TYPE_BYTE);
    v.bit = 8;
    help_prepare(state, &v);
    assert_true(variable_agrees(&v, (uint16_t[]){0x0501}, (uint16_t[]){0x05F0}, v.mask));
    v.tolerance = 2;
    help_prepare(state, &v);
    assert_true(variable_agrees(&v, (uint16_t[]){0x0501}, (uint16_t[]){0x05F0}, v.mask));
    assert_true(variable_agrees(&v, (uint16_t[]){0x0501}, (uint16_t[]){0x07F0}, v.mask));
    assert_false(variable_agrees(&v, (uint16_t[]){0x0501}, (uint16_t[]){0x0801}, v.mask));
}

static void tolerance_is_in_the_unit_of_the_value(void **state)
{
    struct variable v = help_variable(TABLE_HOLDING, TYPE_INT16);
    v.has_scale = true;
    v.scale = -0.1;
    v.tolerance = 0.3; /* three raw steps, although 3 * 0.1 is a little more than 0.3 */
    help_prepare(state, &v);
    assert_true(agree(&v, help_number(20.0), help_number(20.3)));
    assert_true(agree(&v, help_number(20.3), help_number(20.0)));
    assert_true(agree(&v, help_number(-0.1), help_number(0.2)));
    assert_false(agree(&v, help_number(20.0), help_number(20.4)));
}

static void tolerance_of_the_largest_integers(void **state)
{
    struct variable v = help_variable(TABLE_HOLDING, TYPE_INT64);
    v.tolerance = 1;
    help_prepare(state, &v);
    assert_true(agree(&v, help_integer(INT64_MAX), help_integer(INT64_MAX - 1)));
    assert_false(agree(&v, help_integer(INT64_MAX), help_integer(INT64_MAX - 2)));
    assert_false(agree(&v, help_integer(INT64_MIN), help_integer(INT64_MAX)));
    v = help_variable(TABLE_HOLDING, TYPE_UINT64);
    v.tolerance = 1;
    help_prepare(state, &v);
    assert_false(agree(&v, help_integer(-1), help_integer(0))); /* 2^64 - 1 and 0 */
}

static void tolerance_of_floats(void **state)
{
    struct variable v = help_variable(TABLE_HOLDING, TYPE_FLOAT32);
    v.tolerance = 0.1;
    v.nan = true;
    help_prepare(state, &v);
    assert_true(agree(&v, help_number(20.2), help_number(20.3)));
    assert_true(agree(&v, help_number(1000.1), help_number(1000.2)));
    assert_false(agree(&v, help_number(20.2), help_number(20.31)));
    assert_false(agree(&v, help_number(NAN), help_number(1)));
    assert_true(agree(&v, help_number(NAN), help_number(NAN)));
    assert_false(agree(&v, help_number(INFINITY), help_number(1)));
    assert_false(agree(&v, help_number(INFINITY), help_number(-INFINITY)));
    assert_true(agree(&v, help_number(INFINITY), help_number(INFINITY)));
}

static void options_that_cannot_be_meant(void **state)
{
    struct variable v = help_variable(TABLE_HOLDING, TYPE_UINT16);
    v.tolerance = -1;
    expect_refused(state, v, "holding.uint16: tolerance = -1 is out of range: a number from 0 on");
    v.tolerance = NAN;
    expect_refused(state, v, "holding.uint16: tolerance = nan is out of range: a number from 0 on");
    v.tolerance = 0;
    v.period = -1;
    expect_refused(state, v, "holding.uint16: period is a duration and cannot be negative");
    v.period = 0;
    v.from = "plc.A";
    help_prepare(state, &v);
    v.direction = DIRECTION_OUT;
    expect_refused(state, v,
                   "holding.uint16: what follows another variable (from) is dir = \"out\" and "
                   "nothing else; leave dir out");
    struct variable coil = help_variable(TABLE_COIL, TYPE_BOOL);
    coil.tolerance = 1;
    expect_refused(state, coil, "coil: tolerance is for numbers");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_integer_may_mean_none),
        cmocka_unit_test(order_counts_for_invalid),
        cmocka_unit_test(bytes_are_looked_at_under_their_own_mask),
        cmocka_unit_test(nan_means_none_unless_it_is_a_value),
        cmocka_unit_test(booleans_and_strings_are_never_invalid),
        cmocka_unit_test(invalid_must_fit_the_type),
        cmocka_unit_test(without_tolerance_only_the_same_agrees),
        cmocka_unit_test(other_bits_of_a_word_do_not_count),
        cmocka_unit_test(tolerance_is_in_the_unit_of_the_value),
        cmocka_unit_test(tolerance_of_the_largest_integers),
        cmocka_unit_test(tolerance_of_floats),
        cmocka_unit_test(options_that_cannot_be_meant),
    };
    return cmocka_run_group_tests(tests, help_init, help_finish);
}

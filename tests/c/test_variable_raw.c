/* Proves the rules of assignment: what counts as an integer, how scale and offset round, and what
 * clamp and wrap make of values at and beyond every edge, up to the largest doubles. */

#include "variable_help.h"

#include <float.h>
#include <math.h>

static struct variable limited(void **state, enum type type, struct value min, struct value max,
                               enum limit limit)
{
    struct variable variable = help_variable(TABLE_HOLDING, type);
    help_limits(&variable, min, max, limit);
    variable.has_default = true;
    variable.initial = min;
    help_prepare(state, &variable);
    return variable;
}

static struct variable unlimited(void **state, enum type type, enum limit limit)
{
    struct variable variable = help_variable(TABLE_HOLDING, type);
    variable.limit = limit;
    help_prepare(state, &variable);
    return variable;
}

static int64_t integer_of(const struct variable *variable, struct value value)
{
    struct value read = help_round_trip(variable, value);
    assert_int_equal(read.kind, VALUE_INTEGER);
    return read.integer;
}

static double number_of(const struct variable *variable, struct value value)
{
    struct value read = help_round_trip(variable, value);
    assert_int_equal(read.kind, VALUE_NUMBER);
    return read.number;
}

static bool refused(const struct variable *variable, struct value value)
{
    uint16_t words[VARIABLE_MAX_WORDS];
    struct error error = {""};
    bool set = variable_set(variable, 0, &value, words, variable->mask, &error);
    assert_int_equal(set, error.text[0] == '\0');
    return !set;
}

static void test_floats_with_integer_value(void **state)
{
    struct variable integer = unlimited(state, TYPE_INT64, LIMIT_REFUSE);
    struct variable whole = unlimited(state, TYPE_UINT64, LIMIT_REFUSE);
    assert_int_equal(integer_of(&integer, help_number(-3.0)), -3);
    assert_int_equal(integer_of(&integer, help_number(-0.0)), 0);
    assert_int_equal(integer_of(&integer, help_number(-0x1p63)), INT64_MIN);
    assert_int_equal(integer_of(&integer, help_number(0x1.fffffffffffffp62)), 0x7FFFFFFFFFFFFC00);
    assert_true(refused(&integer, help_number(0x1p63)));
    assert_true(refused(&integer, help_number(3.5)));
    assert_int_equal(integer_of(&whole, help_number(0x1p63)), INT64_MIN);
    assert_int_equal(integer_of(&whole, help_number(0x1.fffffffffffffp63)), -2048);
    assert_true(refused(&whole, help_number(0x1p64)));
    assert_true(refused(&whole, help_number(-1.0)));
    assert_int_equal(integer_of(&whole, help_integer(-1)), -1);
    assert_int_equal(integer_of(&whole, help_number(-0.0)), 0);
}

static void test_round_halves_away_from_zero(void **state)
{
    struct variable variable = help_variable(TABLE_HOLDING, TYPE_INT16);
    variable.round = true;
    help_prepare(state, &variable);
    assert_int_equal(integer_of(&variable, help_number(2.5)), 3);
    assert_int_equal(integer_of(&variable, help_number(-2.5)), -3);
    assert_int_equal(integer_of(&variable, help_number(2.4999)), 2);
    assert_int_equal(integer_of(&variable, help_number(0.49999999999999994)), 0);
    assert_int_equal(integer_of(&variable, help_number(32767.4)), 32767);
    assert_true(refused(&variable, help_number(32767.5)));
    assert_int_equal(integer_of(&variable, help_number(-32768.4)), -32768);
}

static void test_wrong_kinds(void **state)
{
    static const enum type types[] = {TYPE_BYTE, TYPE_UINT64, TYPE_FLOAT32, TYPE_FLOAT64};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct variable variable = unlimited(state, types[i], LIMIT_CLAMP);
        assert_true(refused(&variable, help_string("1")));
        assert_true(refused(&variable, help_boolean(true)));
    }
    struct variable flag = unlimited(state, TYPE_BOOL, LIMIT_REFUSE);
    assert_true(refused(&flag, help_integer(1)));
    assert_true(refused(&flag, help_number(1)));
    assert_true(refused(&flag, help_string("true")));
    struct variable string = unlimited(state, TYPE_STRING, LIMIT_REFUSE);
    assert_true(refused(&string, help_integer(1)));
    assert_true(refused(&string, help_boolean(true)));
}

static void test_range_is_that_of_the_raw_value(void **state)
{
    struct variable single =
        limited(state, TYPE_FLOAT32, help_number(0), help_number(0.3), LIMIT_REFUSE);
    assert_false(refused(&single, help_number(3 * 0.1)));
    assert_true(refused(&single, help_number(0.3001)));
    struct variable scaled = help_variable(TABLE_HOLDING, TYPE_UINT16);
    scaled.has_scale = true;
    scaled.scale = 0.1;
    help_limits(&scaled, help_integer(0), help_number(0.3), LIMIT_REFUSE);
    help_prepare(state, &scaled);
    help_expect_words(&scaled, help_number(3 * 0.1), (uint16_t[]){3});
    help_expect_words(&scaled, help_number(0.349), (uint16_t[]){3});
    assert_true(refused(&scaled, help_number(0.36)));
    struct variable twice =
        limited(state, TYPE_FLOAT64, help_number(0), help_number(0.3), LIMIT_REFUSE);
    assert_true(refused(&twice, help_number(3 * 0.1)));
}

static void test_negative_scale_turns_the_range(void **state)
{
    struct variable variable = help_variable(TABLE_HOLDING, TYPE_INT16);
    variable.has_scale = true;
    variable.scale = -0.5;
    variable.offset = 1;
    help_limits(&variable, help_integer(-4), help_integer(10), LIMIT_CLAMP);
    help_prepare(state, &variable);
    assert_int_equal(variable.low.i, -18);
    assert_int_equal(variable.high.i, 10);
    help_expect_words(&variable, help_integer(-4), (uint16_t[]){10});
    help_expect_words(&variable, help_integer(-5), (uint16_t[]){10});
    help_expect_words(&variable, help_integer(100), (uint16_t[]){(uint16_t)-18});
    help_expect_words(&variable, help_number(-1e300), (uint16_t[]){10});
}

static void test_one_bound_and_a_negative_scale(void **state)
{
    struct variable variable = help_variable(TABLE_HOLDING, TYPE_UINT16);
    variable.has_scale = true;
    variable.scale = -1;
    variable.has_min = true;
    variable.min = help_integer(-7);
    help_prepare(state, &variable);
    assert_int_equal(variable.low.u, 0);
    assert_int_equal(variable.high.u, 7);
}

static void test_clamp_integers(void **state)
{
    struct variable variable =
        limited(state, TYPE_INT16, help_integer(-5), help_integer(5), LIMIT_CLAMP);
    assert_int_equal(integer_of(&variable, help_integer(6)), 5);
    assert_int_equal(integer_of(&variable, help_integer(INT64_MAX)), 5);
    assert_int_equal(integer_of(&variable, help_integer(INT64_MIN)), -5);
    assert_int_equal(integer_of(&variable, help_number(1e300)), 5);
    assert_int_equal(integer_of(&variable, help_number(-1e300)), -5);
    assert_true(refused(&variable, help_number(NAN)));
    assert_true(refused(&variable, help_number(INFINITY)));
    struct variable whole =
        limited(state, TYPE_UINT64, help_integer(1), help_integer(INT64_MIN), LIMIT_CLAMP);
    assert_int_equal(integer_of(&whole, help_integer(-1)), INT64_MIN); /* 2^64-1, above 2^63 */
    assert_int_equal(integer_of(&whole, help_integer(0)), 1);
    assert_int_equal(integer_of(&whole, help_number(-1.0)), 1);
    assert_int_equal(integer_of(&whole, help_number(1e30)), INT64_MIN);
}

/* Against the textbook, with room to spare in 64 bits. */
static void test_wrap_small_integers(void **state)
{
    static const int64_t ranges[][2] = {{0, 359}, {-180, 179}, {10, 12}, {-9, -3}, {5, 5}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        int64_t low = ranges[i][0], high = ranges[i][1], span = high - low + 1;
        struct variable variable =
            limited(state, TYPE_INT16, help_integer(low), help_integer(high), LIMIT_WRAP);
        for (int64_t value = -2000; value <= 2000; value++) {
            int64_t expected = ((value - low) % span + span) % span + low;
            assert_int_equal(integer_of(&variable, help_integer(value)), expected);
            assert_int_equal(integer_of(&variable, help_number((double)value)), expected);
        }
    }
}

static void test_wrap_by_the_type_alone(void **state)
{
    struct variable word = unlimited(state, TYPE_UINT16, LIMIT_WRAP);
    struct variable integer = unlimited(state, TYPE_INT16, LIMIT_WRAP);
    struct variable counter = unlimited(state, TYPE_UINT32, LIMIT_WRAP);
    assert_int_equal(integer_of(&word, help_integer(65536)), 0);
    assert_int_equal(integer_of(&word, help_integer(-1)), 65535);
    assert_int_equal(integer_of(&integer, help_integer(32768)), -32768);
    assert_int_equal(integer_of(&integer, help_integer(-32769)), 32767);
    assert_int_equal(integer_of(&word, help_integer(INT64_MIN)), 0);
    assert_int_equal(integer_of(&word, help_integer(INT64_MAX)), 65535);
    assert_int_equal(integer_of(&counter, help_integer(INT64_C(1) << 32)), 0);
}

static void test_wrap_64_bits(void **state)
{
    struct variable integer = unlimited(state, TYPE_INT64, LIMIT_WRAP);
    struct variable whole = unlimited(state, TYPE_UINT64, LIMIT_WRAP);
    assert_int_equal(integer_of(&integer, help_number(0x1p63)), INT64_MIN);
    assert_int_equal(integer_of(&integer, help_number(0x1p64)), 0);
    assert_int_equal(integer_of(&integer, help_number(-0x1.8p63)), INT64_C(1) << 62);
    assert_int_equal(integer_of(&whole, help_number(0x1p64)), 0);
    assert_int_equal(integer_of(&whole, help_number(0x1.0000000000001p64)), 4096);
    assert_int_equal(integer_of(&whole, help_number(-1.0)), -1);
    assert_int_equal(integer_of(&whole, help_number(1e300)), 0);
    struct variable most = limited(state, TYPE_INT64, help_integer(INT64_MIN),
                                   help_integer(INT64_MAX - 1), LIMIT_WRAP);
    assert_int_equal(integer_of(&most, help_integer(INT64_MAX)), INT64_MIN);
    struct variable upper =
        limited(state, TYPE_UINT64, help_integer(1), help_integer(-1), LIMIT_WRAP);
    assert_int_equal(integer_of(&upper, help_integer(0)), -1);
    struct variable digit =
        limited(state, TYPE_UINT64, help_integer(0), help_integer(9), LIMIT_WRAP);
    assert_int_equal(integer_of(&digit, help_integer(-1)), 5); /* 18446744073709551615 */
    struct variable top =
        limited(state, TYPE_UINT64, help_integer(-10), help_integer(-1), LIMIT_WRAP);
    assert_int_equal(integer_of(&top, help_integer(6)), -10); /* 18446744073709551606 */
}

/* 2^64 = 1 modulo 3 and 2^70 = 1 modulo 3; modulo 10, 2^100 ends in 6. */
static void test_wrap_huge_doubles(void **state)
{
    struct variable three =
        limited(state, TYPE_INT16, help_integer(0), help_integer(2), LIMIT_WRAP);
    struct variable ten = limited(state, TYPE_INT16, help_integer(0), help_integer(9), LIMIT_WRAP);
    struct variable moved =
        limited(state, TYPE_INT16, help_integer(-3), help_integer(6), LIMIT_WRAP);
    assert_int_equal(integer_of(&three, help_number(0x1p64)), 1);
    assert_int_equal(integer_of(&three, help_number(-0x1p70)), 2);
    assert_int_equal(integer_of(&three, help_number(0x1p1001)), 2);
    assert_int_equal(integer_of(&ten, help_number(0x1p100)), 6);
    assert_int_equal(integer_of(&ten, help_number(-0x1p100)), 4);
    assert_int_equal(integer_of(&moved, help_number(0x1p100)), 6);
    assert_int_equal(integer_of(&moved, help_number(0x1p101)), 2);
    assert_int_equal(integer_of(&moved, help_number(0x1p99)), -2); /* ends in 8 */
}

static void test_clamp_floats(void **state)
{
    struct variable variable =
        limited(state, TYPE_FLOAT32, help_number(0), help_number(100), LIMIT_CLAMP);
    assert_true(number_of(&variable, help_number(100.001)) == 100);
    assert_true(number_of(&variable, help_integer(-1)) == 0);
    assert_true(number_of(&variable, help_number(1e300)) == 100);
    assert_true(number_of(&variable, help_number(55.5)) == 55.5);
    assert_true(refused(&variable, help_number(NAN)));
    assert_true(refused(&variable, help_number(INFINITY)));
    variable.nan = true;
    assert_true(isnan(number_of(&variable, help_number(NAN))));
    assert_true(number_of(&variable, help_number(INFINITY)) == 100);
    struct variable open = unlimited(state, TYPE_FLOAT32, LIMIT_CLAMP);
    assert_true(number_of(&open, help_number(-1e300)) == -(double)FLT_MAX);
}

static void test_wrap_floats(void **state)
{
    struct variable variable =
        limited(state, TYPE_FLOAT64, help_number(-180), help_number(180), LIMIT_WRAP);
    assert_true(number_of(&variable, help_number(180)) == -180);
    assert_true(number_of(&variable, help_number(190)) == -170);
    assert_true(number_of(&variable, help_number(-180)) == -180);
    assert_true(number_of(&variable, help_number(-180.5)) == 179.5);
    assert_true(number_of(&variable, help_number(36000000190.0)) == -170);
    assert_true(number_of(&variable, help_integer(540)) == -180);
    assert_true(refused(&variable, help_number(NAN)));
    struct variable single =
        limited(state, TYPE_FLOAT32, help_number(0), help_number(360), LIMIT_WRAP);
    for (double value = -4000; value < 4000; value += 0.37) {
        double number = number_of(&single, help_number(value));
        assert_true(number >= 0 && number < 360);
        assert_true(fabs(remainder(number - value, 360)) < 1e-3);
    }
    assert_true(number_of(&single, help_number(359.99999999)) == 0); /* 360 as a binary32 */
    assert_true(number_of(&single, help_number(-1e-30)) == 0);
    assert_true(number_of(&single, help_number(1e300)) < 360);
}

static void test_float32_overflow(void **state)
{
    struct variable variable = unlimited(state, TYPE_FLOAT32, LIMIT_REFUSE);
    assert_false(refused(&variable, help_number(FLT_MAX)));
    assert_true(refused(&variable, help_number(0x1p128)));
    assert_true(refused(&variable, help_number(-1e39)));
    variable.nan = true;
    help_prepare(state, &variable);
    assert_true(refused(&variable, help_number(1e39))); /* finite, so it is not infinity */
    assert_true(isinf(number_of(&variable, help_number(INFINITY))));
    assert_true(isnan(number_of(&variable, help_number(NAN))));
}

static void test_infinity_needs_nan_and_respects_limits(void **state)
{
    struct variable variable = unlimited(state, TYPE_FLOAT64, LIMIT_REFUSE);
    assert_true(refused(&variable, help_number(INFINITY)));
    assert_true(refused(&variable, help_number(-INFINITY)));
    variable.nan = true;
    help_limits(&variable, help_number(0), help_number(1), LIMIT_REFUSE);
    help_prepare(state, &variable);
    assert_true(refused(&variable, help_number(INFINITY)));
    assert_false(refused(&variable, help_number(NAN)));
    variable.limit = LIMIT_WRAP;
    assert_true(refused(&variable, help_number(INFINITY)));
}

static void test_scaled_float(void **state)
{
    struct variable variable = help_variable(TABLE_HOLDING, TYPE_FLOAT64);
    variable.has_scale = true;
    variable.scale = 1e-10;
    variable.offset = 5;
    help_prepare(state, &variable);
    assert_true(number_of(&variable, help_number(6)) == 6);
    assert_true(refused(&variable, help_number(1e300))); /* raw 1e310 */
    variable.limit = LIMIT_CLAMP;
    assert_true(number_of(&variable, help_number(1e300)) < 2e298);
}

static void test_strings(void **state)
{
    struct variable variable = unlimited(state, TYPE_STRING, LIMIT_REFUSE);
    struct value with_nul = help_string("ab");
    with_nul.string.bytes = "a\0b";
    with_nul.string.length = 3;
    assert_false(refused(&variable, help_string("12345678")));
    assert_true(refused(&variable, help_string("123456789")));
    assert_true(refused(&variable, with_nul));
    variable.limit = LIMIT_CLAMP;
    assert_int_equal(help_round_trip(&variable, help_string("123456789")).string.length, 8);
    assert_true(refused(&variable, with_nul));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_floats_with_integer_value),
        cmocka_unit_test(test_round_halves_away_from_zero),
        cmocka_unit_test(test_wrong_kinds),
        cmocka_unit_test(test_range_is_that_of_the_raw_value),
        cmocka_unit_test(test_negative_scale_turns_the_range),
        cmocka_unit_test(test_one_bound_and_a_negative_scale),
        cmocka_unit_test(test_clamp_integers),
        cmocka_unit_test(test_wrap_small_integers),
        cmocka_unit_test(test_wrap_by_the_type_alone),
        cmocka_unit_test(test_wrap_64_bits),
        cmocka_unit_test(test_wrap_huge_doubles),
        cmocka_unit_test(test_clamp_floats),
        cmocka_unit_test(test_wrap_floats),
        cmocka_unit_test(test_float32_overflow),
        cmocka_unit_test(test_infinity_needs_nan_and_respects_limits),
        cmocka_unit_test(test_scaled_float),
        cmocka_unit_test(test_strings),
    };
    return cmocka_run_group_tests(tests, help_init, help_finish);
}

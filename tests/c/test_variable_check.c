/* Proves what a declaration may say: what is derived from a good one, and the text that every bad
 * one gets. */

#include "variable_help.h"

#include <math.h>
#include <stdio.h>

static void expect_refused(void **state, struct variable variable, const char *text)
{
    struct error error = {""};
    assert_false(variable_prepare(&variable, help_alloc, *state, &error));
    assert_string_equal(error.text, text);
}

static struct variable with_default(enum table table, enum type type, struct value value)
{
    struct variable variable = help_variable(table, type);
    variable.has_default = true;
    variable.initial = value;
    return variable;
}

static void test_words_and_mask(void **state)
{
    static const uint16_t words[TYPE_COUNT] = {1, 1, 1, 1, 2, 2, 2, 4, 4, 4, 4};
    for (int type = 0; type < TYPE_COUNT; type++) {
        struct variable variable = help_variable(TABLE_INPUT, (enum type)type);
        help_prepare(state, &variable);
        assert_int_equal(variable.words, words[type]);
        assert_int_equal(variable.mask, type == TYPE_BOOL   ? 1
                                        : type == TYPE_BYTE ? 0x00FF
                                                            : 0xFFFF);
        assert_non_null(variable.initial_words);
        assert_null(variable.safe_words);
    }
    struct variable high = help_variable(TABLE_HOLDING, TYPE_BYTE);
    high.bit = 8;
    help_prepare(state, &high);
    assert_int_equal(high.mask, 0xFF00);
}

static void test_default_and_safe(void **state)
{
    struct variable variable = with_default(TABLE_HOLDING, TYPE_INT32, help_integer(-2));
    variable.has_safe = true;
    variable.safe = help_number(65536.0);
    help_prepare(state, &variable);
    assert_int_equal(variable.initial_words[0], 0xFFFE);
    assert_int_equal(variable.initial_words[1], 0xFFFF);
    assert_int_equal(variable.safe_words[0], 0);
    assert_int_equal(variable.safe_words[1], 1);
    struct variable flag = with_default(TABLE_HOLDING, TYPE_BOOL, help_boolean(true));
    flag.bit = 12;
    help_prepare(state, &flag);
    assert_int_equal(flag.initial_words[0], 0x1000);
    struct variable string = with_default(TABLE_HOLDING, TYPE_STRING, help_string("AB"));
    help_prepare(state, &string);
    assert_int_equal(string.initial_words[0], 0x4142);
    assert_int_equal(string.initial_words[1], 0);
}

static void test_limited_only_where_a_value_can_be_wrong(void **state)
{
    for (int type = 0; type < TYPE_COUNT; type++) {
        struct variable variable = help_variable(TABLE_HOLDING, (enum type)type);
        bool is_float = type == TYPE_FLOAT32 || type == TYPE_FLOAT64;
        help_prepare(state, &variable);
        assert_int_equal(variable.limited, is_float);
        if (is_float) {
            variable.nan = true;
            help_prepare(state, &variable);
            assert_false(variable.limited);
        }
    }
    struct variable wide = help_variable(TABLE_HOLDING, TYPE_UINT16);
    help_limits(&wide, help_integer(0), help_integer(65535), LIMIT_REFUSE);
    help_prepare(state, &wide);
    assert_false(wide.limited);
    wide.max = help_integer(65534);
    help_prepare(state, &wide);
    assert_true(wide.limited);
}

static void test_place(void **state)
{
    struct variable variable = help_variable(TABLE_HOLDING, TYPE_UINT32);
    variable.address = 65534;
    help_prepare(state, &variable);
    variable.address = 65535;
    expect_refused(state, variable,
                   "holding.uint32: takes 2 registers from address 65535 on; "
                   "the last address is 65535");
    variable.address = 65000;
    variable.count = 269;
    expect_refused(state, variable,
                   "holding.uint32: takes 538 registers from address 65000 on; "
                   "the last address is 65535");
    struct variable coil = help_variable(TABLE_COIL, TYPE_BOOL);
    coil.address = 65530;
    coil.count = 6;
    help_prepare(state, &coil);
    coil.count = 7;
    expect_refused(state, coil,
                   "coil: takes 7 bits from address 65530 on; the last address is 65535");
    struct variable flags = help_variable(TABLE_HOLDING, TYPE_BOOL);
    flags.address = 65535;
    flags.bit = 4;
    flags.count = 12;
    help_prepare(state, &flags);
    flags.count = 13;
    expect_refused(state, flags,
                   "holding.bool: takes 2 registers from address 65535 on; "
                   "the last address is 65535");
    struct variable parameter = help_variable(TABLE_VAR, TYPE_FLOAT64);
    parameter.count = 16385;
    expect_refused(state, parameter, "var.float64: takes 65540 registers; 65536 are the limit");
}

static void test_types_and_bits(void **state)
{
    struct variable variable = help_variable(TABLE_COIL, TYPE_UINT16);
    expect_refused(state, variable, "coil: holds booleans, not values of type uint16");
    variable = help_variable(TABLE_DISCRETE, TYPE_BOOL);
    variable.bit = 1;
    expect_refused(state, variable, "discrete: has no bits to choose from");
    variable = help_variable(TABLE_HOLDING, TYPE_BOOL);
    variable.bit = 16;
    expect_refused(state, variable, "holding.bool: bit 16 is out of range 0..15");
    variable = help_variable(TABLE_HOLDING, TYPE_BYTE);
    variable.bit = 1;
    expect_refused(state, variable, "holding.byte: a register has byte 0 (low) and byte 1 (high)");
    variable = help_variable(TABLE_INPUT, TYPE_INT16);
    variable.bit = 1;
    expect_refused(state, variable,
                   "input.int16: only bool and byte lie within a register; int16 takes it whole");
}

static void test_lengths(void **state)
{
    struct variable variable = help_variable(TABLE_HOLDING, TYPE_STRING);
    variable.length = 246;
    help_prepare(state, &variable);
    assert_int_equal(variable.words, VARIABLE_MAX_WORDS);
    variable.length = 247;
    expect_refused(state, variable, "holding.string: length = 247 is out of range 1..246 bytes");
    variable.length = 0;
    expect_refused(
        state, variable,
        "holding.string: a string needs its length in bytes, { length = 16 }; 1..246 are possible");
    variable.type = TYPE_UINT16;
    variable.length = 4;
    expect_refused(state, variable, "holding.uint16: length is for strings; count makes an array");
}

static void test_order(void **state)
{
    struct variable variable = help_variable(TABLE_HOLDING, TYPE_INT16);
    variable.order = ORDER_ABCD; /* the memory's */
    help_prepare(state, &variable);
    variable.has_order = true;
    expect_refused(state, variable,
                   "holding.int16: order is for strings and for numbers of several registers; "
                   "int16 has one");
    variable = help_variable(TABLE_HOLDING, TYPE_STRING);
    variable.length = 2;
    variable.has_order = true;
    help_prepare(state, &variable);
    variable.order = ORDER_COUNT;
    expect_refused(state, variable,
                   "holding.string: unknown order; CDAB, ABCD, BADC and DCBA are known");
}

static void test_scale(void **state)
{
    struct variable variable = help_variable(TABLE_HOLDING, TYPE_INT16);
    variable.has_scale = true;
    expect_refused(state, variable, "holding.int16: scale = 0 is no number to divide by");
    variable.scale = INFINITY;
    expect_refused(state, variable, "holding.int16: scale = inf is no number to divide by");
    variable.scale = 1;
    variable.offset = INFINITY;
    expect_refused(state, variable, "holding.int16: offset = inf is not finite");
    variable = help_variable(TABLE_COIL, TYPE_BOOL);
    variable.has_scale = true;
    variable.scale = 1;
    expect_refused(state, variable, "coil: scale and offset are for numbers");
}

static void test_options_of_other_types(void **state)
{
    struct variable variable = help_variable(TABLE_HOLDING, TYPE_UINT16);
    variable.pulse = true;
    expect_refused(state, variable, "holding.uint16: pulse is for booleans");
    variable = help_variable(TABLE_HOLDING, TYPE_UINT16);
    variable.nan = true;
    expect_refused(state, variable, "holding.uint16: nan is for float32 and float64");
    variable = help_variable(TABLE_HOLDING, TYPE_FLOAT32);
    variable.round = true;
    expect_refused(state, variable, "holding.float32: round is for integers");
    variable = help_variable(TABLE_COIL, TYPE_BOOL);
    help_limits(&variable, help_integer(0), help_integer(1), LIMIT_REFUSE);
    expect_refused(state, variable, "coil: min and max are for numbers");
    variable = help_variable(TABLE_COIL, TYPE_BOOL);
    variable.limit = LIMIT_CLAMP;
    expect_refused(state, variable, "coil: limit is for numbers and strings");
    variable = help_variable(TABLE_HOLDING, TYPE_STRING);
    variable.limit = LIMIT_WRAP;
    expect_refused(state, variable,
                   "holding.string: a string cannot wrap; limit = \"clamp\" cuts it");
    variable = help_variable(TABLE_HOLDING, TYPE_FLOAT32);
    variable.decimals = 16;
    expect_refused(state, variable, "holding.float32: decimals = 16 is out of range 0..15");
}

static void test_options_where_no_master_writes(void **state)
{
    const char *pulse = ": a pulse is for what masters can write: a coil or a bool in holding";
    static const enum table tables[] = {TABLE_DISCRETE, TABLE_INPUT, TABLE_VAR};
    static const char *const names[] = {"discrete", "input.bool", "var.bool"};
    char text[200];
    for (int i = 0; i < 3; i++) {
        struct variable variable = help_variable(tables[i], TYPE_BOOL);
        variable.pulse = true;
        snprintf(text, sizeof text, "%s%s", names[i], pulse);
        expect_refused(state, variable, text);
    }
    struct variable coil = help_variable(TABLE_COIL, TYPE_BOOL);
    coil.pulse = true;
    help_prepare(state, &coil);
    coil.direction = DIRECTION_OUT; /* towards a device it has a meaning: see test_plan_options */
    help_prepare(state, &coil);
    coil.wins = WINNER_PROGRAM;
    expect_refused(state, coil,
                   "coil: wins is for what masters and the program both write; this is dir = "
                   "\"out\"");
    coil.direction = DIRECTION_DEFAULT; /* "in" without a client, "inout" with one */
    help_prepare(state, &coil);
}

static void test_options_without_effect(void **state)
{
    static const enum type plain[] = {TYPE_BOOL, TYPE_STRING, TYPE_UINT16};
    static const char *const names[] = {"bool", "string", "uint16"};
    char text[200];
    for (int i = 0; i < 3; i++) {
        struct variable variable = help_variable(TABLE_HOLDING, plain[i]);
        variable.decimals = 1;
        snprintf(text, sizeof text,
                 "holding.%s: decimals is for float32, float64 and scaled integers", names[i]);
        expect_refused(state, variable, text);
    }
    struct variable variable = help_variable(TABLE_HOLDING, TYPE_UINT16);
    variable.decimals = 1;
    variable.has_scale = true;
    variable.scale = 0.1;
    help_prepare(state, &variable);
    variable.partial = true;
    expect_refused(state, variable,
                   "holding.uint16: partial is for values of several registers in holding");
    variable.partial = false;
    variable.wins = WINNER_PROGRAM;
    help_prepare(state, &variable);
    variable.direction = DIRECTION_OUT;
    expect_refused(state, variable,
                   "holding.uint16: wins is for what masters and the program both write; this is "
                   "dir = \"out\"");
}

static struct variable bounded(enum type type, struct value min, struct value max)
{
    struct variable variable = help_variable(TABLE_HOLDING, type);
    help_limits(&variable, min, max, LIMIT_REFUSE);
    return variable;
}

static void test_bounds(void **state)
{
    expect_refused(state, bounded(TYPE_UINT16, help_integer(5), help_integer(3)),
                   "holding.uint16: min is above max, the range would be 5..3");
    expect_refused(state, bounded(TYPE_UINT64, help_integer(-1), help_integer(3)),
                   "holding.uint64: min is above max, the range would be "
                   "18446744073709551615..3");
    expect_refused(state, bounded(TYPE_UINT16, help_integer(0), help_integer(70000)),
                   "holding.uint16: max = 70000 is out of range 0..65535");
    expect_refused(state, bounded(TYPE_UINT16, help_number(0.5), help_integer(3)),
                   "holding.uint16: min = 0.5 is not an integer; round = true would round it");
    expect_refused(state, bounded(TYPE_UINT16, help_string("0"), help_integer(3)),
                   "holding.uint16: min = \"0\" is a string; a uint16 takes integers 0..65535");
    expect_refused(state, bounded(TYPE_FLOAT32, help_number(NAN), help_integer(3)),
                   "holding.float32: min must be a finite number; leave it out for no bound");
    expect_refused(state, bounded(TYPE_FLOAT32, help_integer(0), help_number(INFINITY)),
                   "holding.float32: max must be a finite number; leave it out for no bound");
    expect_refused(state, bounded(TYPE_FLOAT32, help_integer(0), help_number(1e300)),
                   "holding.float32: max = 1e+300 is beyond what a float32 can hold, "
                   "3.4028235e+38");
}

static void test_scaled_bounds(void **state)
{
    struct variable variable = bounded(TYPE_INT16, help_integer(-40), help_integer(125));
    variable.has_scale = true;
    variable.scale = 0.1;
    variable.unit = "C";
    help_prepare(state, &variable);
    assert_int_equal(variable.low.i, -400);
    assert_int_equal(variable.high.i, 1250);
    assert_true(variable.limited);
    variable.max = help_integer(5000);
    expect_refused(state, variable, "holding.int16: max = 5000 is out of range -3276.8..3276.7 C");
}

static void test_wrap_of_floats_needs_a_range(void **state)
{
    struct variable variable = help_variable(TABLE_HOLDING, TYPE_FLOAT32);
    const char *text =
        "holding.float32: limit = \"wrap\" on a float32 needs min and max, with room "
        "between them";
    variable.limit = LIMIT_WRAP;
    expect_refused(state, variable, text);
    variable.has_min = true;
    variable.min = help_integer(0);
    expect_refused(state, variable, text);
    help_limits(&variable, help_integer(0), help_integer(0), LIMIT_WRAP);
    expect_refused(state, variable, text);
    variable.max = help_integer(1);
    help_prepare(state, &variable);
}

static void test_default_and_safe_within_limits(void **state)
{
    struct variable variable = bounded(TYPE_FLOAT32, help_integer(10), help_integer(20));
    variable.unit = "%";
    expect_refused(state, variable,
                   "holding.float32: starts as 0, which is out of range 10..20 %; "
                   "give it a default");
    variable.has_default = true;
    variable.initial = help_integer(30);
    variable.limit = LIMIT_CLAMP; /* mends assignments, not declarations */
    expect_refused(state, variable, "holding.float32: default = 30 is out of range 10..20 %");
    variable.initial = help_integer(15);
    help_prepare(state, &variable);
    variable.has_safe = true;
    variable.safe = help_integer(0);
    expect_refused(state, variable, "holding.float32: safe = 0 is out of range 10..20 %");
    variable.safe = help_boolean(true);
    expect_refused(state, variable,
                   "holding.float32: safe = true is a boolean; a float32 takes numbers 10..20 %");
    expect_refused(state, with_default(TABLE_COIL, TYPE_BOOL, help_integer(1)),
                   "coil: default = 1 is a number; a coil takes true or false");
    expect_refused(state, with_default(TABLE_HOLDING, TYPE_UINT16, help_number(0.5)),
                   "holding.uint16: default = 0.5 is not an integer; round = true would round it");
    expect_refused(state, with_default(TABLE_HOLDING, TYPE_STRING, help_string("123456789")),
                   "holding.string: default = \"123456789\" has 9 bytes, the limit is 8");
    expect_refused(state, with_default(TABLE_VAR, TYPE_FLOAT32, help_number(NAN)),
                   "var.float32: default = nan is not a number; nan = true would allow it");
}

static void test_zero_of_a_scaled_value(void **state)
{
    struct variable variable = bounded(TYPE_UINT16, help_integer(0), help_integer(100));
    variable.has_scale = true;
    variable.scale = 0.5;
    variable.offset = -20;
    expect_refused(state, variable,
                   "holding.uint16: starts as -20 (raw 0), which is out of range 0..100; "
                   "give it a default");
}

static void test_labels(void **state)
{
    static const struct label labels[] = {{0, "STOP"}, {1, "RUN"}, {2, "FAULT"}};
    struct variable variable = help_variable(TABLE_HOLDING, TYPE_UINT16);
    variable.labels = labels;
    variable.label_count = 3;
    help_prepare(state, &variable);
    help_limits(&variable, help_integer(0), help_integer(1), LIMIT_WRAP);
    expect_refused(state, variable, "holding.uint16: labels: \"FAULT\" = 2 is out of range 0..1");
    variable = help_variable(TABLE_COIL, TYPE_BOOL);
    variable.labels = labels;
    variable.label_count = 2;
    help_prepare(state, &variable);
    variable.label_count = 3;
    expect_refused(state, variable, "coil: labels of a bool are for false and true");
    variable = help_variable(TABLE_HOLDING, TYPE_FLOAT32);
    variable.labels = labels;
    variable.label_count = 1;
    expect_refused(state, variable,
                   "holding.float32: labels are for booleans and for integers without scale");
}

static void test_retain_is_for_what_is_its_own(void **state)
{
    struct variable variable = help_variable(TABLE_HOLDING, TYPE_FLOAT32);
    variable.retain = true;
    variable.count = 4;
    help_prepare(state, &variable);
    variable.from = "meter3.POWER";
    expect_refused(state, variable,
                   "holding.float32: retain: it takes the value of meter3.POWER, where retain "
                   "belongs");
    struct variable coil = help_variable(TABLE_COIL, TYPE_BOOL);
    coil.retain = true;
    help_prepare(state, &coil);
    coil.pulse = true;
    expect_refused(state, coil,
                   "coil: retain: a pulse is over after one scan, there is nothing to keep");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_and_mask),
        cmocka_unit_test(test_default_and_safe),
        cmocka_unit_test(test_limited_only_where_a_value_can_be_wrong),
        cmocka_unit_test(test_place),
        cmocka_unit_test(test_types_and_bits),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_scale),
        cmocka_unit_test(test_options_of_other_types),
        cmocka_unit_test(test_options_where_no_master_writes),
        cmocka_unit_test(test_options_without_effect),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_scaled_bounds),
        cmocka_unit_test(test_wrap_of_floats_needs_a_range),
        cmocka_unit_test(test_default_and_safe_within_limits),
        cmocka_unit_test(test_zero_of_a_scaled_value),
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_retain_is_for_what_is_its_own),
    };
    return cmocka_run_group_tests(tests, help_init, help_finish);
}

/* Proves what a variable reads and writes: every type in every order against words written down
 * by hand, every 16-bit value there is, where elements of arrays lie, and what a remote may leave
 * in a variable with limits. */

#include "variable_help.h"

#include <float.h>
#include <math.h>

/* One value and the words that it has in the order ABCD; the other orders follow by hand-made
 * turning, independent of the codec. */
struct sample {
    enum type type;
    struct value value;
    uint16_t words[4];
};

#define INTEGER(v)                                                                                 \
    {                                                                                              \
        .kind = VALUE_INTEGER, .integer = (v)                                                      \
    }
#define NUMBER(v)                                                                                  \
    {                                                                                              \
        .kind = VALUE_NUMBER, .number = (v)                                                        \
    }

static const struct sample samples[] = {
    {TYPE_BYTE, INTEGER(0), {0}},
    {TYPE_BYTE, INTEGER(255), {0x00FF}},
    {TYPE_INT16, INTEGER(-32768), {0x8000}},
    {TYPE_INT16, INTEGER(-1), {0xFFFF}},
    {TYPE_INT16, INTEGER(32767), {0x7FFF}},
    {TYPE_UINT16, INTEGER(65535), {0xFFFF}},
    {TYPE_UINT16, INTEGER(0x1234), {0x1234}},
    {TYPE_INT32, INTEGER(INT32_MIN), {0x8000, 0x0000}},
    {TYPE_INT32, INTEGER(-2), {0xFFFF, 0xFFFE}},
    {TYPE_INT32, INTEGER(INT32_MAX), {0x7FFF, 0xFFFF}},
    {TYPE_INT32, INTEGER(0x01234567), {0x0123, 0x4567}},
    {TYPE_UINT32, INTEGER(0xFEDCBA98), {0xFEDC, 0xBA98}},
    {TYPE_UINT32, INTEGER(UINT32_MAX), {0xFFFF, 0xFFFF}},
    {TYPE_INT64, INTEGER(INT64_MIN), {0x8000, 0, 0, 0}},
    {TYPE_INT64, INTEGER(INT64_MAX), {0x7FFF, 0xFFFF, 0xFFFF, 0xFFFF}},
    {TYPE_INT64, INTEGER(-0x0123456789ABCDEF), {0xFEDC, 0xBA98, 0x7654, 0x3211}},
    {TYPE_UINT64, INTEGER(0x0123456789ABCDEF), {0x0123, 0x4567, 0x89AB, 0xCDEF}},
    {TYPE_UINT64, INTEGER(-1), {0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF}},
    {TYPE_UINT64, INTEGER(INT64_MIN), {0x8000, 0, 0, 0}},
    {TYPE_FLOAT32, NUMBER(0.0), {0, 0}},
    {TYPE_FLOAT32, NUMBER(1.0), {0x3F80, 0x0000}},
    {TYPE_FLOAT32, NUMBER(-2.5), {0xC020, 0x0000}},
    {TYPE_FLOAT32, NUMBER(123456.0), {0x47F1, 0x2000}},
    {TYPE_FLOAT32, NUMBER(FLT_MAX), {0x7F7F, 0xFFFF}},
    {TYPE_FLOAT32, NUMBER(0x1p-149), {0x0000, 0x0001}},
    {TYPE_FLOAT64, NUMBER(1.0), {0x3FF0, 0, 0, 0}},
    {TYPE_FLOAT64, NUMBER(-0.1), {0xBFB9, 0x9999, 0x9999, 0x999A}},
    {TYPE_FLOAT64, NUMBER(DBL_MAX), {0x7FEF, 0xFFFF, 0xFFFF, 0xFFFF}},
};

static void expect_same(struct value left, struct value right)
{
    assert_int_equal(left.kind, right.kind);
    assert_true(left.integer == right.integer); /* for numbers the bits are compared */
}

static uint16_t turned(uint16_t word)
{
    return (uint16_t)(word << 8 | word >> 8);
}

static void in_order(enum order order, const uint16_t *abcd, size_t count, uint16_t *words)
{
    bool reversed = order == ORDER_CDAB || order == ORDER_DCBA;
    bool turns = count > 1 && (order == ORDER_BADC || order == ORDER_DCBA);
    for (size_t i = 0; i < count; i++) {
        uint16_t word = abcd[reversed ? count - 1 - i : i];
        words[i] = turns ? turned(word) : word;
    }
}

static void test_every_type_and_order(void **state)
{
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
        for (int order = 0; order < ORDER_COUNT; order++) {
            struct variable variable = help_variable(TABLE_HOLDING, samples[i].type);
            uint16_t words[4];
            variable.order = (enum order)order;
            help_prepare(state, &variable);
            in_order(variable.order, samples[i].words, variable.words, words);
            help_expect_words(&variable, samples[i].value, words);
            expect_same(variable_get(&variable, words, variable.mask, NULL), samples[i].value);
        }
}

static void test_every_16_bit_value(void **state)
{
    struct variable word = help_variable(TABLE_HOLDING, TYPE_UINT16);
    struct variable integer = help_variable(TABLE_INPUT, TYPE_INT16);
    help_prepare(state, &word);
    help_prepare(state, &integer);
    for (int32_t value = -70000; value <= 70000; value++) {
        struct value given = help_integer(value), decimal = help_number(value);
        uint16_t words[1];
        struct error error;
        bool fits = value >= 0 && value <= 65535;
        assert_int_equal(variable_set(&word, 0, &given, words, 0xFFFF, &error), fits);
        assert_true(!fits || words[0] == value);
        assert_int_equal(variable_set(&word, 0, &decimal, words, 0xFFFF, &error), fits);
        assert_true(!fits || words[0] == value);
        fits = value >= -32768 && value <= 32767;
        assert_int_equal(variable_set(&integer, 0, &given, words, 0xFFFF, &error), fits);
        assert_true(!fits || words[0] == (value & 0xFFFF));
        if (fits)
            expect_same(variable_get(&integer, words, 0xFFFF, NULL), given);
    }
}

/* All binary32 that a stride reaches, infinities and NaNs left out, come back bit for bit. */
static void test_float32_round_trip(void **state)
{
    struct variable variable = help_variable(TABLE_HOLDING, TYPE_FLOAT32);
    help_prepare(state, &variable);
    for (uint64_t bits = 0; bits <= UINT32_MAX; bits += 4093) {
        uint16_t words[2], again[2];
        struct error error;
        codec_store(ORDER_CDAB, words, 2, bits);
        struct value value = variable_get(&variable, words, 0xFFFF, NULL);
        bool finite = (bits & 0x7F800000) != 0x7F800000;
        assert_int_equal(variable_accepts(&variable, words, 0xFFFF), finite);
        assert_int_equal(variable_set(&variable, 0, &value, again, 0xFFFF, &error), finite);
        if (finite)
            assert_memory_equal(words, again, sizeof words);
    }
}

static void test_bool_in_coil(void **state)
{
    struct variable coil = help_variable(TABLE_COIL, TYPE_BOOL);
    help_prepare(state, &coil);
    assert_int_equal(coil.mask, 1);
    help_expect_words(&coil, help_boolean(true), (uint16_t[]){1});
    help_expect_words(&coil, help_boolean(false), (uint16_t[]){0});
    assert_true(variable_get(&coil, (uint16_t[]){1}, 1, NULL).boolean);
    assert_false(variable_get(&coil, (uint16_t[]){0}, 1, NULL).boolean);
    coil.count = 20;
    struct element last = variable_element(&coil, 19);
    assert_int_equal(last.cell, 19);
    assert_int_equal(last.mask, 1);
    assert_int_equal(variable_span(&coil), 20);
}

static void test_bool_in_register(void **state)
{
    for (uint8_t bit = 0; bit < 16; bit++) {
        struct variable flag = help_variable(TABLE_HOLDING, TYPE_BOOL);
        uint16_t word = (uint16_t)(1u << bit), others = (uint16_t)~word;
        flag.bit = bit;
        help_prepare(state, &flag);
        assert_int_equal(flag.mask, word);
        help_expect_words(&flag, help_boolean(true), &word);
        help_expect_words(&flag, help_boolean(false), (uint16_t[]){0});
        assert_true(variable_get(&flag, &word, flag.mask, NULL).boolean);
        assert_false(variable_get(&flag, &others, flag.mask, NULL).boolean);
    }
}

static void test_bools_cross_words(void **state)
{
    for (int table = TABLE_HOLDING; table < TABLE_COUNT; table++) {
        struct variable flags = help_variable((enum table)table, TYPE_BOOL);
        flags.bit = 13;
        flags.count = 40;
        help_prepare(state, &flags);
        for (size_t i = 0; i < 40; i++) {
            struct element element = variable_element(&flags, i);
            assert_int_equal(element.cell, (13 + i) / 16);
            assert_int_equal(element.mask, 1 << (13 + i) % 16);
        }
        assert_int_equal(variable_span(&flags), 4); /* bits 13..52 */
        assert_int_equal(variable_elements(&flags), 40);
    }
}

static void test_bytes(void **state)
{
    struct variable bytes = help_variable(TABLE_HOLDING, TYPE_BYTE);
    uint16_t words[1];
    struct error error;
    bytes.bit = 8;
    bytes.count = 4;
    help_prepare(state, &bytes);
    static const struct element expected[] = {{0, 0xFF00}, {1, 0x00FF}, {1, 0xFF00}, {2, 0x00FF}};
    for (size_t i = 0; i < 4; i++) {
        struct element element = variable_element(&bytes, i);
        struct value value = help_integer(0xA5);
        assert_int_equal(element.cell, expected[i].cell);
        assert_int_equal(element.mask, expected[i].mask);
        assert_true(variable_set(&bytes, i + 1, &value, words, element.mask, &error));
        assert_int_equal(words[0], 0xA5A5 & element.mask);
        words[0] = 0x12FE;
        assert_int_equal(variable_get(&bytes, words, element.mask, NULL).integer,
                         element.mask == 0xFF00 ? 0x12 : 0xFE);
    }
    assert_int_equal(variable_span(&bytes), 3);
}

static void test_array_of_two_words(void **state)
{
    struct variable array = help_variable(TABLE_INPUT, TYPE_FLOAT32);
    array.count = 5;
    help_prepare(state, &array);
    struct element element = variable_element(&array, 3);
    assert_int_equal(element.cell, 6);
    assert_int_equal(element.mask, 0xFFFF);
    assert_int_equal(variable_span(&array), 10);
}

static void test_strings(void **state)
{
    struct variable variable = help_variable(TABLE_HOLDING, TYPE_STRING);
    char text[VARIABLE_MAX_LENGTH];
    variable.length = 5;
    help_prepare(state, &variable);
    assert_int_equal(variable.words, 3);
    help_expect_words(&variable, help_string("ABC"), (uint16_t[]){0x4142, 0x4300, 0});
    help_expect_words(&variable, help_string(""), (uint16_t[]){0, 0, 0});
    struct value value =
        variable_get(&variable, (uint16_t[]){0x4142, 0x4344, 0x4546}, 0xFFFF, text);
    assert_int_equal(value.kind, VALUE_STRING);
    assert_int_equal(value.string.length, 5);
    assert_memory_equal(value.string.bytes, "ABCDE", 5);
    variable.order = ORDER_BADC;
    help_expect_words(&variable, help_string("ABC"), (uint16_t[]){0x4241, 0x0043, 0});
}

static void test_scale(void **state)
{
    struct variable variable = help_variable(TABLE_HOLDING, TYPE_INT16);
    variable.has_scale = true;
    variable.scale = 0.5;
    variable.offset = -10;
    help_prepare(state, &variable);
    help_expect_words(&variable, help_integer(0), (uint16_t[]){20});
    help_expect_words(&variable, help_number(-10.5), (uint16_t[]){0xFFFF});
    struct value value = variable_get(&variable, (uint16_t[]){0xFFFF}, 0xFFFF, NULL);
    assert_int_equal(value.kind, VALUE_NUMBER);
    assert_true(value.number == -10.5);
}

/* Read and written back, every raw value stays what it was. */
static void test_scaled_round_trip(void **state)
{
    static const double scales[] = {0.1, -0.1, 0.001, 3.0, 1.0 / 3, -1e9};
    for (size_t i = 0; i < sizeof scales / sizeof *scales; i++) {
        struct variable variable = help_variable(TABLE_HOLDING, TYPE_INT16);
        variable.has_scale = true;
        variable.scale = scales[i];
        variable.offset = 40;
        help_prepare(state, &variable);
        for (uint32_t raw = 0; raw <= 0xFFFF; raw++) {
            uint16_t word = (uint16_t)raw, again = 0;
            struct value value = variable_get(&variable, &word, 0xFFFF, NULL);
            struct error error;
            assert_true(variable_set(&variable, 0, &value, &again, 0xFFFF, &error));
            assert_int_equal(word, again);
        }
    }
}

static void test_accepts_within_limits(void **state)
{
    struct variable variable = help_variable(TABLE_HOLDING, TYPE_INT16);
    help_limits(&variable, help_integer(-100), help_integer(50), LIMIT_CLAMP);
    help_prepare(state, &variable);
    for (uint32_t raw = 0; raw <= 0xFFFF; raw++) {
        uint16_t word = (uint16_t)raw;
        int16_t value = (int16_t)word;
        assert_int_equal(variable_accepts(&variable, &word, 0xFFFF), value >= -100 && value <= 50);
    }
}

static void test_accepts_unsigned_64(void **state)
{
    struct variable variable = help_variable(TABLE_HOLDING, TYPE_UINT64);
    variable.order = ORDER_ABCD;
    help_limits(&variable, help_integer(0), help_integer(INT64_MIN), LIMIT_REFUSE); /* 2^63 */
    help_prepare(state, &variable);
    assert_true(variable_accepts(&variable, (uint16_t[]){0x8000, 0, 0, 0}, 0xFFFF));
    assert_true(variable_accepts(&variable, (uint16_t[]){0x7FFF, 0, 0, 0}, 0xFFFF));
    assert_false(variable_accepts(&variable, (uint16_t[]){0x8000, 0, 0, 1}, 0xFFFF));
    assert_false(variable_accepts(&variable, (uint16_t[]){0xFFFF, 0, 0, 0}, 0xFFFF));
}

static void test_accepts_floats(void **state)
{
    static const uint16_t nan_words[] = {0x7FC0, 0}, inf_words[] = {0x7F80, 0};
    struct variable variable = help_variable(TABLE_HOLDING, TYPE_FLOAT32);
    variable.order = ORDER_ABCD;
    help_prepare(state, &variable);
    assert_false(variable_accepts(&variable, nan_words, 0xFFFF));
    assert_false(variable_accepts(&variable, inf_words, 0xFFFF));
    variable.nan = true;
    help_prepare(state, &variable);
    assert_false(variable.limited);
    assert_true(variable_accepts(&variable, nan_words, 0xFFFF));
    assert_true(variable_accepts(&variable, inf_words, 0xFFFF));
    help_limits(&variable, help_number(0), help_number(0.3), LIMIT_REFUSE);
    help_prepare(state, &variable);
    assert_true(variable_accepts(&variable, nan_words, 0xFFFF));
    assert_false(variable_accepts(&variable, inf_words, 0xFFFF));
    assert_true(variable_accepts(&variable, (uint16_t[]){0x3E99, 0x999A}, 0xFFFF));
    assert_false(variable_accepts(&variable, (uint16_t[]){0x3E99, 0x999B}, 0xFFFF));
    assert_false(variable_accepts(&variable, (uint16_t[]){0xBE99, 0}, 0xFFFF));
}

static void test_accepts_a_byte_beside_another(void **state)
{
    struct variable variable = help_variable(TABLE_HOLDING, TYPE_BYTE);
    help_limits(&variable, help_integer(0), help_integer(9), LIMIT_REFUSE);
    help_prepare(state, &variable);
    assert_true(variable_accepts(&variable, (uint16_t[]){0xFF09}, 0x00FF));
    assert_false(variable_accepts(&variable, (uint16_t[]){0xFF09}, 0xFF00));
    assert_false(variable_accepts(&variable, (uint16_t[]){0x000A}, 0x00FF));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_type_and_order),
        cmocka_unit_test(test_every_16_bit_value),
        cmocka_unit_test(test_float32_round_trip),
        cmocka_unit_test(test_bool_in_coil),
        cmocka_unit_test(test_bool_in_register),
        cmocka_unit_test(test_bools_cross_words),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_array_of_two_words),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_scale),
        cmocka_unit_test(test_scaled_round_trip),
        cmocka_unit_test(test_accepts_within_limits),
        cmocka_unit_test(test_accepts_unsigned_64),
        cmocka_unit_test(test_accepts_floats),
        cmocka_unit_test(test_accepts_a_byte_beside_another),
    };
    return cmocka_run_group_tests(tests, help_init, help_finish);
}

/* Proves that words become bits and back in every order exactly as the letters say, against bytes
 * written down by hand: A is the most significant byte, and a register is sent high byte first. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include "image/codec.h"

/* 0x01234567: A = 01, B = 23, C = 45, D = 67. */
static const uint16_t two[ORDER_COUNT][2] = {
    [ORDER_ABCD] = {0x0123, 0x4567},
    [ORDER_CDAB] = {0x4567, 0x0123},
    [ORDER_BADC] = {0x2301, 0x6745},
    [ORDER_DCBA] = {0x6745, 0x2301},
};

/* 0x0123456789ABCDEF: A to H. */
static const uint16_t four[ORDER_COUNT][4] = {
    [ORDER_ABCD] = {0x0123, 0x4567, 0x89AB, 0xCDEF},
    [ORDER_CDAB] = {0xCDEF, 0x89AB, 0x4567, 0x0123},
    [ORDER_BADC] = {0x2301, 0x6745, 0xAB89, 0xEFCD},
    [ORDER_DCBA] = {0xEFCD, 0xAB89, 0x6745, 0x2301},
};

static void test_two_words(void **state)
{
    (void)state;
    for (int order = 0; order < ORDER_COUNT; order++) {
        uint16_t words[3] = {0, 0, 0x5555};
        codec_store((enum order)order, words, 2, 0x01234567);
        assert_memory_equal(words, two[order], sizeof two[order]);
        assert_int_equal(words[2], 0x5555);
        assert_int_equal(codec_load((enum order)order, words, 2), 0x01234567);
    }
}

static void test_four_words(void **state)
{
    (void)state;
    for (int order = 0; order < ORDER_COUNT; order++) {
        uint16_t words[5] = {0, 0, 0, 0, 0x5555};
        codec_store((enum order)order, words, 4, 0x0123456789ABCDEF);
        assert_memory_equal(words, four[order], sizeof four[order]);
        assert_int_equal(words[4], 0x5555);
        assert_true(codec_load((enum order)order, words, 4) == 0x0123456789ABCDEF);
    }
}

static void test_one_word_knows_no_order(void **state)
{
    (void)state;
    for (int order = 0; order < ORDER_COUNT; order++)
        for (uint32_t bits = 0; bits <= 0xFFFF; bits++) {
            uint16_t words[2] = {0, 0x5555};
            codec_store((enum order)order, words, 1, bits);
            assert_int_equal(words[0], bits);
            assert_int_equal(words[1], 0x5555);
            assert_int_equal(codec_load((enum order)order, words, 1), bits);
        }
}

/* Each single bit lands in one place only and comes back. */
static void test_every_bit(void **state)
{
    (void)state;
    for (int order = 0; order < ORDER_COUNT; order++)
        for (int bit = 0; bit < 64; bit++) {
            uint16_t words[4];
            int set = 0;
            codec_store((enum order)order, words, 4, UINT64_C(1) << bit);
            for (int i = 0; i < 4; i++)
                set += __builtin_popcount(words[i]);
            assert_int_equal(set, 1);
            assert_true(codec_load((enum order)order, words, 4) == UINT64_C(1) << bit);
            if (bit < 32) {
                codec_store((enum order)order, words, 2, UINT64_C(1) << bit);
                assert_true(codec_load((enum order)order, words, 2) == UINT64_C(1) << bit);
            }
        }
}

static void test_string_bytes(void **state)
{
    (void)state;
    static const uint16_t straight[3] = {0x4142, 0x4344, 0x4500};
    static const uint16_t turned[3] = {0x4241, 0x4443, 0x0045};
    for (int order = 0; order < ORDER_COUNT; order++) {
        bool turns = order == ORDER_BADC || order == ORDER_DCBA;
        uint16_t words[4] = {0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF};
        char bytes[6];
        codec_store_string((enum order)order, words, 5, "ABCDE", 5);
        assert_memory_equal(words, turns ? turned : straight, sizeof straight);
        assert_int_equal(words[3], 0xFFFF);
        assert_int_equal(codec_load_string((enum order)order, words, 5, bytes), 5);
        assert_memory_equal(bytes, "ABCDE", 5);
    }
}

static void test_string_is_padded_and_ends_at_nul(void **state)
{
    (void)state;
    uint16_t words[3] = {0xFFFF, 0xFFFF, 0xFFFF};
    static const uint16_t expected[3] = {0x4142, 0x4300, 0x0000};
    static const uint16_t rest[3] = {0x4100, 0x4243, 0x4445};
    char bytes[6] = "zzzzz";
    codec_store_string(ORDER_ABCD, words, 6, "ABC", 3);
    assert_memory_equal(words, expected, sizeof expected);
    assert_int_equal(codec_load_string(ORDER_ABCD, words, 6, bytes), 3);
    assert_memory_equal(bytes, "ABCzz", 5);
    assert_int_equal(codec_load_string(ORDER_ABCD, rest, 6, bytes), 1);
    codec_store_string(ORDER_ABCD, words, 6, NULL, 0);
    assert_int_equal(codec_load_string(ORDER_ABCD, words, 6, bytes), 0);
}

/* An odd length never shows the byte that rounds it up, and never writes more than fits. */
static void test_string_of_odd_length(void **state)
{
    (void)state;
    static const uint16_t full[2] = {0x4142, 0x4344};
    uint16_t words[2];
    char bytes[4] = "";
    assert_int_equal(codec_load_string(ORDER_ABCD, full, 3, bytes), 3);
    codec_store_string(ORDER_ABCD, words, 3, "ABCD", 4);
    assert_int_equal(words[1], 0x4300);
}

static void test_bytes_above_127(void **state)
{
    (void)state;
    uint16_t words[1];
    char bytes[2];
    codec_store_string(ORDER_CDAB, words, 2, "\xFF\x80", 2);
    assert_int_equal(words[0], 0xFF80);
    assert_int_equal(codec_load_string(ORDER_CDAB, words, 2, bytes), 2);
    assert_memory_equal(bytes, "\xFF\x80", 2);
}

static void test_words(void **state)
{
    (void)state;
    static const size_t expected[TYPE_STRING] = {1, 1, 1, 1, 2, 2, 2, 4, 4, 4};
    for (int type = 0; type < TYPE_STRING; type++)
        assert_int_equal(codec_words((enum type)type, 0), expected[type]);
    assert_int_equal(codec_words(TYPE_STRING, 1), 1);
    assert_int_equal(codec_words(TYPE_STRING, 2), 1);
    assert_int_equal(codec_words(TYPE_STRING, 3), 2);
    assert_int_equal(codec_words(TYPE_STRING, 246), 123);
}

static void test_names(void **state)
{
    (void)state;
    static const char *const names[] = {"bool",    "byte",  "int16",  "uint16",  "int32", "uint32",
                                        "float32", "int64", "uint64", "float64", "string"};
    assert_int_equal(sizeof names / sizeof *names, TYPE_COUNT);
    for (int type = 0; type < TYPE_COUNT; type++)
        assert_string_equal(codec_type_name((enum type)type), names[type]);
    assert_string_equal(codec_type_name(TYPE_COUNT), "unknown");
    for (int order = 0; order < ORDER_COUNT; order++)
        assert_int_equal(codec_order(codec_order_name((enum order)order)), order);
    assert_int_equal(codec_order("ABDC"), ORDER_COUNT);
    assert_string_equal(codec_order_name(ORDER_COUNT), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_words),
        cmocka_unit_test(test_four_words),
        cmocka_unit_test(test_one_word_knows_no_order),
        cmocka_unit_test(test_every_bit),
        cmocka_unit_test(test_string_bytes),
        cmocka_unit_test(test_string_is_padded_and_ends_at_nul),
        cmocka_unit_test(test_string_of_odd_length),
        cmocka_unit_test(test_bytes_above_127),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

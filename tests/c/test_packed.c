/* Proves that every number comes back as it went in, in as few bytes as promised; and that what is
 * cut off, too long, or does not fit is noticed, and nothing beyond it is read or written. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/packed.h"

static const uint64_t NUMBERS[] = {0,          1,          127,       128,        16383,     16384,
                                   UINT32_MAX, 1ULL << 32, INT64_MAX, 1ULL << 63, UINT64_MAX};
static const int64_t SIGNED[] = {0, -1, 1, -64, 63, -65, 64, INT32_MIN, INT64_MIN, INT64_MAX};
enum { COUNT = sizeof NUMBERS / sizeof *NUMBERS, SIGNED_COUNT = sizeof SIGNED / sizeof *SIGNED };

static void numbers_come_back(void **state)
{
    uint8_t bytes[256];
    struct packer packer = {.bytes = bytes, .room = sizeof bytes};
    (void)state;
    for (int i = 0; i < COUNT; i++)
        pack_number(&packer, NUMBERS[i]);
    for (int i = 0; i < SIGNED_COUNT; i++)
        pack_signed(&packer, SIGNED[i]);
    pack_word(&packer, 0xBEEF);
    pack_text(&packer, "text", 4);
    assert_false(packer.full);
    struct unpacker unpacker = {.at = bytes, .end = bytes + packer.used};
    for (int i = 0; i < COUNT; i++)
        assert_true(unpack_number(&unpacker) == NUMBERS[i]);
    for (int i = 0; i < SIGNED_COUNT; i++)
        assert_true(unpack_signed(&unpacker) == SIGNED[i]);
    assert_int_equal(unpack_word(&unpacker), 0xBEEF);
    size_t length;
    assert_memory_equal(unpack_text(&unpacker, &length), "text", 4);
    assert_int_equal(length, 4);
    assert_true(unpacker.at == unpacker.end && !unpacker.short_of);
}

static void small_ones_take_one_byte(void **state)
{
    uint8_t bytes[4];
    struct packer packer = {.bytes = bytes, .room = sizeof bytes};
    (void)state;
    pack_number(&packer, 127);
    pack_signed(&packer, -64);
    pack_signed(&packer, 63);
    assert_int_equal(packer.used, 3);
    pack_number(&packer, 128); /* two */
    assert_true(packer.full);
    assert_int_equal(packer.used, 3);
    pack_byte(&packer, 1); /* would fit, but it is over */
    assert_int_equal(packer.used, 3);
}

static void what_is_cut_off_is_noticed(void **state)
{
    uint8_t bytes[64];
    (void)state;
    for (int i = 0; i < COUNT; i++) {
        struct packer packer = {.bytes = bytes, .room = sizeof bytes};
        pack_number(&packer, NUMBERS[i]);
        for (size_t length = 0; length < packer.used; length++) {
            struct unpacker unpacker = {.at = bytes, .end = bytes + length};
            assert_true(unpack_number(&unpacker) == 0);
            assert_true(unpacker.short_of);
            assert_int_equal(unpack_byte(&unpacker), 0);
        }
    }
}

static void what_never_ends_is_no_number(void **state)
{
    uint8_t bytes[16];
    memset(bytes, 0xFF, sizeof bytes);
    struct unpacker unpacker = {.at = bytes, .end = bytes + sizeof bytes};
    (void)state;
    unpack_number(&unpacker);
    assert_true(unpacker.short_of);
}

static void a_text_longer_than_what_is_there(void **state)
{
    uint8_t bytes[] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01, 'a'};
    struct unpacker unpacker = {.at = bytes, .end = bytes + sizeof bytes};
    size_t length = 7;
    (void)state;
    assert_string_equal(unpack_text(&unpacker, &length), "");
    assert_int_equal(length, 0);
    assert_true(unpacker.short_of);
}

static void each_bit_counts(void **state)
{
    uint8_t bytes[100];
    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 37);
    uint32_t sum = packed_sum(bytes, sizeof bytes);
    for (size_t bit = 0; bit < 8 * sizeof bytes; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_not_equal(packed_sum(bytes, sizeof bytes), sum);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(packed_sum((const uint8_t *)"foobar", 6), 0xBF9CF968); /* FNV's own example */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_come_back),
        cmocka_unit_test(small_ones_take_one_byte),
        cmocka_unit_test(what_is_cut_off_is_noticed),
        cmocka_unit_test(what_never_ends_is_no_number),
        cmocka_unit_test(a_text_longer_than_what_is_there),
        cmocka_unit_test(each_bit_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

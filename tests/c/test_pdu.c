/* Proves the functions that read and write data case by case against the MODBUS Application
 * Protocol: limits of quantity and address, order of exceptions, echoes, bit packing, and that a
 * refused request changes nothing. test_pdu_refused.c proves what is refused whatever the data,
 * test_pdu_device.c the functions that touch none; test_pdu_oracle.c compares with an independent
 * implementation. */

#include "pdu_bed.h"

static void quantities_of_reads(void **state)
{
    struct desk *desk = *state;
    for (unsigned function = 1; function <= 4; function++) {
        unsigned most = function <= 2 ? 2000 : 125;
        unsigned bad[] = {0, most + 1, 65535};
        for (size_t i = 0; i < 3; i++) {
            ask_two(desk, function, 0, bad[i]);
            expect_refused(desk, function, 3);
        }
        ask_two(desk, function, 0, most);
        assert_int_equal(desk->length, 2 + 250);
        assert_int_equal(desk->answer[0], function);
        assert_int_equal(desk->answer[1], 250);
    }
}

static void bits_are_packed_from_the_low_end(void **state)
{
    struct desk *desk = *state;
    static const unsigned on[] = {0, 2, 8, 11};
    for (size_t i = 0; i < 4; i++)
        ask_two(desk, 5, on[i], 0xFF00);
    ask_two(desk, 1, 0, 9); /* bit 11 is not asked for and must not show */
    EXPECT(desk, 1, 2, 0x05, 0x01);
    ask_two(desk, 1, 0, 12);
    EXPECT(desk, 1, 2, 0x05, 0x09);
    ask_two(desk, 1, 2, 7);
    EXPECT(desk, 1, 1, 0x41);
}

static void inputs_are_read_from_their_own_tables(void **state)
{
    struct desk *desk = *state;
    uint16_t bits[BED_BITS] = {[1] = 1}, words[BED_WORDS] = {0xABCD, 0x0102};
    bed_assign(&desk->bed, TABLE_DISCRETE, bits);
    bed_assign(&desk->bed, TABLE_INPUT, words);
    ask_two(desk, 2, 0, 3);
    EXPECT(desk, 2, 1, 0x02);
    ask_two(desk, 4, 0, 2);
    EXPECT(desk, 4, 4, 0xAB, 0xCD, 0x01, 0x02);
    ask_two(desk, 3, 0, 2);
    EXPECT(desk, 3, 4, 0, 0, 0, 0);
    assert_int_equal(coil_at(desk, 1), 0);
}

static void addresses_of_reads(void **state)
{
    struct desk *desk = *state;
    for (unsigned function = 1; function <= 4; function++) {
        unsigned size = function <= 2 ? BED_BITS : BED_WORDS;
        ask_two(desk, function, size - 1, 1);
        assert_int_equal(desk->answer[0], function);
        ask_two(desk, function, size - 1, 2);
        expect_refused(desk, function, 2);
        ask_two(desk, function, size, 1);
        expect_refused(desk, function, 2);
        ask_two(desk, function, size, 0); /* both wrong: the quantity is said first */
        expect_refused(desk, function, 3);
    }
}

static void the_last_address_does_not_wrap(void **state)
{
    struct desk *desk = *state;
    desk->target.memory = BED_FAR;
    ask_two(desk, 6, 65535, 0x1234);
    EXPECT(desk, 6, 0xFF, 0xFF, 0x12, 0x34);
    ask_two(desk, 3, 65535, 1);
    EXPECT(desk, 3, 2, 0x12, 0x34);
    ask_two(desk, 3, 65535, 2);
    expect_refused(desk, 3, 2);
    ask_two(desk, 1, 65535, 2);
    expect_refused(desk, 1, 2);
    ASK(desk, 16, 0xFF, 0xFF, 0, 2, 4, 1, 2, 3, 4);
    expect_refused(desk, 16, 2);
    ASK(desk, 15, 0xFF, 0xFF, 0, 2, 1, 3);
    expect_refused(desk, 15, 2);
    assert_int_equal(register_at(desk, 65535), 0x1234);
    assert_int_equal(coil_at(desk, 65535), 0);
}

static void a_coil_takes_two_values(void **state)
{
    struct desk *desk = *state;
    ask_two(desk, 5, 7, 0xFF00);
    EXPECT(desk, 5, 0, 7, 0xFF, 0);
    assert_int_equal(coil_at(desk, 7), 1);
    static const unsigned bad[] = {1, 0x00FF, 0xFF01, 0xFFFF, 0x0100, 0xFE00};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ask_two(desk, 5, 7, bad[i]);
        expect_refused(desk, 5, 3);
        assert_int_equal(coil_at(desk, 7), 1);
    }
    ask_two(desk, 5, 7, 0);
    EXPECT(desk, 5, 0, 7, 0, 0);
    assert_int_equal(coil_at(desk, 7), 0);
    ask_two(desk, 5, BED_BITS, 0xFF00);
    expect_refused(desk, 5, 2);
    ask_two(desk, 5, BED_BITS, 0x1234);
    expect_refused(desk, 5, 3);
}

static void a_register_takes_any_value(void **state)
{
    struct desk *desk = *state;
    ask_two(desk, 6, 9, 0xBEEF);
    EXPECT(desk, 6, 0, 9, 0xBE, 0xEF);
    assert_int_equal(register_at(desk, 9), 0xBEEF);
    ask_two(desk, 6, BED_WORDS, 1);
    expect_refused(desk, 6, 2);
}

/* Function codes 15 and 16 with `data` bytes of 0xA5 and the byte count as stated. */
static void ask_many(struct desk *desk, unsigned function, unsigned address, unsigned quantity,
                     unsigned byte_count, size_t data)
{
    uint8_t bytes[6 + 300] = {(uint8_t)function, (uint8_t)(address >> 8),
                              (uint8_t)address,  (uint8_t)(quantity >> 8),
                              (uint8_t)quantity, (uint8_t)byte_count};
    memset(bytes + 6, 0xA5, data);
    ask(desk, bytes, 6 + data);
}

static void quantities_of_multiple_writes(void **state)
{
    struct desk *desk = *state;
    ask_many(desk, 15, 0, 1968, 246, 246);
    EXPECT(desk, 15, 0, 0, 0x07, 0xB0);
    assert_int_equal(coil_at(desk, 1967), 1);
    assert_int_equal(coil_at(desk, 1968), 0);
    ask_many(desk, 16, 0, 123, 246, 246);
    EXPECT(desk, 16, 0, 0, 0, 123);
    assert_int_equal(register_at(desk, 122), 0xA5A5);
    assert_int_equal(register_at(desk, 123), 0);
    static const struct {
        unsigned function, quantity, bytes;
    } bad[] = {{15, 0, 0},   {15, 0, 1},       {15, 1969, 247}, {15, 65535, 0},
               {16, 0, 0},   {16, 0, 2},       {16, 124, 0},    {16, 124, 248},
               {16, 128, 0}, {16, 65535, 254}, {15, 2056, 1}}; /* 2056 bits are 257 bytes, which a
                                                                  byte would hold as 1 */
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        size_t fits = bad[i].bytes <= 247 ? bad[i].bytes : 247;
        ask_many(desk, bad[i].function, 150, bad[i].quantity, bad[i].bytes, fits);
        expect_refused(desk, bad[i].function, 3);
    }
}

static void byte_counts_of_multiple_writes(void **state)
{
    struct desk *desk = *state;
    static const struct {
        unsigned function, quantity, stated, sent;
    } bad[] = {
        {15, 9, 1, 1}, {15, 9, 3, 3}, {15, 9, 2, 1}, {15, 9, 2, 3}, {15, 9, 1, 2},
        {15, 8, 2, 2}, {16, 2, 3, 3}, {16, 2, 5, 5}, {16, 2, 2, 2}, {16, 2, 6, 6},
        {16, 2, 4, 3}, {16, 2, 4, 5}, {16, 2, 2, 4}, {16, 2, 0, 4}, {16, 2, 4, 0},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ask_many(desk, bad[i].function, 0, bad[i].quantity, bad[i].stated, bad[i].sent);
        expect_refused(desk, bad[i].function, 3);
        ask_many(desk, bad[i].function, 60000, bad[i].quantity, bad[i].stated, bad[i].sent);
        expect_refused(desk, bad[i].function, 3); /* before the address is looked at */
    }
    for (unsigned address = 0; address < 16; address++)
        assert_int_equal(coil_at(desk, address), 0);
    assert_int_equal(register_at(desk, 0), 0);
}

static void a_write_across_the_end_writes_nothing(void **state)
{
    struct desk *desk = *state;
    ask_many(desk, 16, BED_WORDS - 1, 2, 4, 4);
    expect_refused(desk, 16, 2);
    assert_int_equal(register_at(desk, BED_WORDS - 1), 0);
    ask_many(desk, 15, BED_BITS - 1, 2, 1, 1);
    expect_refused(desk, 15, 2);
    assert_int_equal(coil_at(desk, BED_BITS - 1), 0);
}

static void padding_bits_are_not_written(void **state)
{
    struct desk *desk = *state;
    ASK(desk, 15, 0, 20, 0, 3, 1, 0xFF);
    EXPECT(desk, 15, 0, 20, 0, 3);
    ask_two(desk, 1, 19, 8);
    EXPECT(desk, 1, 1, 0x0E);
}

static void masks(void **state)
{
    struct desk *desk = *state;
    ask_two(desk, 6, 4, 0x12);
    ASK(desk, 22, 0, 4, 0x00, 0xF2, 0x00, 0x25);
    EXPECT(desk, 22, 0, 4, 0x00, 0xF2, 0x00, 0x25);
    assert_int_equal(register_at(desk, 4), 0x17);
    ASK(desk, 22, 0, BED_WORDS, 0, 0, 0, 0);
    expect_refused(desk, 22, 2);
}

static void write_comes_before_read(void **state)
{
    struct desk *desk = *state;
    ask_two(desk, 6, 2, 0x1111);
    ask_both(desk, 0, 3, 1, 1, 2, 2);
    EXPECT(desk, 23, 6, 0, 0, 0x5A, 0x5A, 0x11, 0x11);
    ask_both(desk, 75, 125, 0, 121, 242, 242);
    assert_int_equal(desk->length, 252);
    assert_int_equal(desk->answer[1], 250);
    assert_int_equal(register_at(desk, 120), 0x5A5A);
    assert_int_equal(register_at(desk, 121), 0);
}

static void bad_write_and_read(void **state)
{
    struct desk *desk = *state;
    static const struct {
        unsigned reads, writes, stated, sent;
    } bad[] = {{0, 1, 2, 2},     {126, 1, 2, 2},       {1, 0, 0, 0},   {1, 122, 244, 243},
               {1, 2, 2, 2},     {1, 2, 4, 3},         {1, 2, 4, 5},   {1, 2, 3, 3},
               {65535, 1, 2, 2}, {1, 65535, 254, 243}, {1, 128, 0, 0}, {1, 129, 2, 2}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ask_both(desk, 0, bad[i].reads, 0, bad[i].writes, bad[i].stated, bad[i].sent);
        expect_refused(desk, 23, 3);
        ask_both(desk, 60000, bad[i].reads, 60000, bad[i].writes, bad[i].stated, bad[i].sent);
        expect_refused(desk, 23, 3);
    }
    ask_both(desk, BED_WORDS, 1, 0, 1, 2, 2);
    expect_refused(desk, 23, 2);
    ask_both(desk, 0, 1, BED_WORDS - 1, 2, 4, 4);
    expect_refused(desk, 23, 2);
    assert_int_equal(register_at(desk, 0), 0);
    assert_int_equal(register_at(desk, BED_WORDS - 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(quantities_of_reads),
        TEST(bits_are_packed_from_the_low_end),
        TEST(inputs_are_read_from_their_own_tables),
        TEST(addresses_of_reads),
        TEST(the_last_address_does_not_wrap),
        TEST(a_coil_takes_two_values),
        TEST(a_register_takes_any_value),
        TEST(quantities_of_multiple_writes),
        TEST(byte_counts_of_multiple_writes),
        TEST(a_write_across_the_end_writes_nothing),
        TEST(padding_bits_are_not_written),
        TEST(masks),
        TEST(write_comes_before_read),
        TEST(bad_write_and_read),
    };
    return cmocka_run_group_tests_name("pdu", tests, NULL, NULL);
}

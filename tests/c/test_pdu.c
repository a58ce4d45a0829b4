/* Proves the PDU part of the server case by case against the MODBUS Application Protocol: limits
 * of quantity and address, order of exceptions, echoes, bit packing, and that a refused request
 * changes nothing. test_pdu_oracle.c compares with an independent implementation. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "modbus/mbap.h"
#include "modbus/pdu.h"
#include "modbus_bed.h"

static const struct identity IDENTITY = {.vendor = "V",
                                         .product = "prod",
                                         .revision = "1.2",
                                         .name = "N",
                                         .model = "M",
                                         .application = "tank"};

struct desk {
    struct bed bed;
    struct pdu_target target;
    uint8_t answer[PDU_MAX];
    size_t length;
};

static int desk_open(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);
    bed_open(&desk->bed);
    desk->target = (struct pdu_target){desk->bed.image, BED_MEM, false, &IDENTITY};
    *state = desk;
    return 0;
}

static int desk_close(void **state)
{
    struct desk *desk = *state;
    bed_close(&desk->bed);
    free(desk);
    return 0;
}

/* Request and answer lie in heap blocks of exactly their size, so that an address sanitizer sees
 * a byte too far in either. */
static void ask(struct desk *desk, const uint8_t *bytes, size_t length)
{
    uint8_t *request = malloc(length), *answer = malloc(PDU_MAX);
    memcpy(request, bytes, length);
    desk->length = pdu_answer(&desk->target, request, length, answer, 2);
    assert_in_range(desk->length, 2, PDU_MAX);
    memcpy(desk->answer, answer, desk->length);
    free(request);
    free(answer);
}

#define ASK(desk, ...)                                                                             \
    ask(desk, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void expect(const struct desk *desk, const uint8_t *bytes, size_t length)
{
    assert_int_equal(desk->length, length);
    assert_memory_equal(desk->answer, bytes, length);
}

#define EXPECT(desk, ...)                                                                          \
    expect(desk, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* A request with two words after the function code, as 1 to 6 have it. */
static void ask_two(struct desk *desk, unsigned function, unsigned first, unsigned second)
{
    ASK(desk, (uint8_t)function, (uint8_t)(first >> 8), (uint8_t)first, (uint8_t)(second >> 8),
        (uint8_t)second);
}

static void expect_refused(const struct desk *desk, unsigned function, unsigned exception)
{
    EXPECT(desk, (uint8_t)(function | 0x80), (uint8_t)exception);
}

static unsigned register_at(struct desk *desk, unsigned address)
{
    ask_two(desk, 3, address, 1);
    assert_int_equal(desk->length, 4);
    return (unsigned)(desk->answer[2] << 8 | desk->answer[3]);
}

static unsigned coil_at(struct desk *desk, unsigned address)
{
    ask_two(desk, 1, address, 1);
    assert_int_equal(desk->length, 3);
    return desk->answer[2];
}

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

/* Function code 23: reads at `from`, writes words of 0x5A5A at `to`. */
static void ask_both(struct desk *desk, unsigned from, unsigned reads, unsigned to, unsigned writes,
                     unsigned byte_count, size_t data)
{
    uint8_t bytes[10 + 300] = {23,
                               (uint8_t)(from >> 8),
                               (uint8_t)from,
                               (uint8_t)(reads >> 8),
                               (uint8_t)reads,
                               (uint8_t)(to >> 8),
                               (uint8_t)to,
                               (uint8_t)(writes >> 8),
                               (uint8_t)writes,
                               (uint8_t)byte_count};
    memset(bytes + 10, 0x5A, data);
    ask(desk, bytes, 10 + data);
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

/* For each code a request that is right, cut and lengthened everywhere. */
static void every_other_length_is_refused(void **state)
{
    struct desk *desk = *state;
    static const struct {
        size_t length;
        uint8_t bytes[16];
    } right[] = {
        {5, {1, 0, 0, 0, 1}},
        {5, {2, 0, 0, 0, 1}},
        {5, {3, 0, 0, 0, 1}},
        {5, {4, 0, 0, 0, 1}},
        {5, {5, 0, 0, 0xFF, 0}},
        {5, {6, 0, 0, 0, 1}},
        {7, {15, 0, 0, 0, 1, 1, 1}},
        {8, {16, 0, 0, 0, 1, 2, 0, 1}},
        {1, {17}},
        {7, {22, 0, 0, 0, 0, 0, 1}},
        {12, {23, 0, 0, 0, 1, 0, 0, 0, 1, 2, 0, 1}},
        {4, {43, 14, 1, 0}},
    };
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        for (size_t length = 1; length <= PDU_MAX; length++) {
            uint8_t bytes[PDU_MAX] = {0};
            memcpy(bytes, right[i].bytes, right[i].length);
            if (length == right[i].length)
                continue;
            ask(desk, bytes, length);
            expect_refused(desk, bytes[0], 3);
        }
    }
    assert_int_equal(coil_at(desk, 0), 0);
    assert_int_equal(register_at(desk, 0), 0);
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        ask(desk, right[i].bytes, right[i].length);
        assert_int_equal(desk->answer[0], right[i].bytes[0]);
    }
}

static void unknown_functions_are_01_at_every_length(void **state)
{
    struct desk *desk = *state;
    static const uint8_t known[] = {1, 2, 3, 4, 5, 6, 8, 15, 16, 17, 22, 23, 43};
    for (unsigned code = 0; code < 256; code++) {
        if (memchr(known, (int)code, sizeof known))
            continue;
        uint8_t bytes[PDU_MAX] = {(uint8_t)code, 0, 0, 0, 1};
        static const size_t lengths[] = {1, 2, 5, PDU_MAX};
        for (size_t i = 0; i < 4; i++) {
            ask(desk, bytes, lengths[i]);
            expect_refused(desk, code, 1);
        }
    }
}

static void diagnostics_echo(void **state)
{
    struct desk *desk = *state;
    for (size_t data = 0; data <= PDU_MAX - 3; data++) {
        uint8_t bytes[PDU_MAX] = {8, 0, 0};
        memset(bytes + 3, 0xC3, data);
        ask(desk, bytes, 3 + data);
        if (data % 2)
            expect_refused(desk, 8, 3);
        else
            expect(desk, bytes, 3 + data);
    }
    for (unsigned sub = 1; sub < 65536; sub += 85) {
        ASK(desk, 8, (uint8_t)(sub >> 8), (uint8_t)sub, 0, 0);
        expect_refused(desk, 8, 1);
    }
    ASK(desk, 8);
    expect_refused(desk, 8, 3);
    ASK(desk, 8, 0);
    expect_refused(desk, 8, 3);
}

static void server_id(void **state)
{
    struct desk *desk = *state;
    ASK(desk, 17);
    EXPECT(desk, 17, 15, 'M', 0xFF, 'p', 'r', 'o', 'd', ' ', '1', '.', '2', ' ', 't', 'a', 'n',
           'k');
    image_make_safe(desk->bed.image, true, 3);
    ASK(desk, 17);
    assert_int_equal(desk->answer[3], 0);
    image_clear_fault(desk->bed.image);
    ASK(desk, 17);
    assert_int_equal(desk->answer[3], 0xFF);
}

static void server_id_of_a_long_name_fits(void **state)
{
    struct desk *desk = *state;
    char name[400] = {0};
    memset(name, 'x', sizeof name - 1);
    struct identity identity = IDENTITY;
    identity.application = name;
    desk->target.identity = &identity;
    ASK(desk, 17);
    assert_int_equal(desk->length, PDU_MAX);
    assert_int_equal(desk->answer[1], PDU_MAX - 2);
    assert_int_equal(desk->answer[PDU_MAX - 1], 'x');
}

static void device_id_streams(void **state)
{
    struct desk *desk = *state;
    ASK(desk, 43, 14, 1, 0);
    EXPECT(desk, 43, 14, 1, 0x83, 0, 0, 3, 0, 1, 'V', 1, 4, 'p', 'r', 'o', 'd', 2, 3, '1', '.',
           '2');
    ASK(desk, 43, 14, 1, 2);
    EXPECT(desk, 43, 14, 1, 0x83, 0, 0, 1, 2, 3, '1', '.', '2');
    for (uint8_t code = 2; code <= 3; code++) {
        ASK(desk, 43, 14, code, 4); /* there is no object 3: its text is NULL */
        EXPECT(desk, 43, 14, code, 0x83, 0, 0, 3, 4, 1, 'N', 5, 1, 'M', 6, 4, 't', 'a', 'n', 'k');
        ASK(desk, 43, 14, code, 0);
        assert_int_equal(desk->answer[6], 6);
    }
}

static void an_unknown_object_restarts_a_stream(void **state)
{
    struct desk *desk = *state;
    static const uint8_t unknown[] = {3, 7, 0x7F, 0x80, 0xFF};
    for (uint8_t code = 1; code <= 3; code++) {
        ASK(desk, 43, 14, code, 0);
        uint8_t whole[PDU_MAX];
        size_t length = desk->length;
        memcpy(whole, desk->answer, length);
        for (size_t i = 0; i < sizeof unknown; i++) {
            ASK(desk, 43, 14, code, unknown[i]);
            expect(desk, whole, length);
        }
    }
}

static void single_objects(void **state)
{
    struct desk *desk = *state;
    ASK(desk, 43, 14, 4, 6);
    EXPECT(desk, 43, 14, 4, 0x83, 0, 0, 1, 6, 4, 't', 'a', 'n', 'k');
    static const uint8_t unknown[] = {3, 7, 0x80, 0xFF};
    for (size_t i = 0; i < sizeof unknown; i++) {
        ASK(desk, 43, 14, 4, unknown[i]);
        expect_refused(desk, 43, 2);
    }
}

static void other_device_id_requests(void **state)
{
    struct desk *desk = *state;
    static const uint8_t codes[] = {0, 5, 0x83, 0xFF};
    for (size_t i = 0; i < sizeof codes; i++) {
        ASK(desk, 43, 14, codes[i], 0);
        expect_refused(desk, 43, 3);
    }
    ASK(desk, 43, 13, 1, 0);
    expect_refused(desk, 43, 1);
    ASK(desk, 43, 13, 1, 2, 3, 4, 5);
    expect_refused(desk, 43, 1);
    ASK(desk, 43);
    expect_refused(desk, 43, 3);
}

/* What does not fit is fetched with further requests, as a client does it. */
static void long_objects_follow(void **state)
{
    struct desk *desk = *state;
    char texts[7][301];
    static const size_t sizes[7] = {100, 100, 40, 300, 200, 1, 242};
    for (size_t i = 0; i < 7; i++) {
        memset(texts[i], 'a' + (int)i, sizes[i]);
        texts[i][sizes[i]] = 0;
    }
    struct identity identity = {texts[0], texts[1], texts[2], texts[3],
                                texts[4], texts[5], texts[6]};
    desk->target.identity = &identity;
    unsigned next = 0, seen = 0;
    do {
        ASK(desk, 43, 14, 3, (uint8_t)next);
        assert_int_equal(desk->answer[0], 43);
        size_t at = 7;
        for (unsigned i = 0; i < desk->answer[6]; i++) {
            size_t size = sizes[seen] < 244 ? sizes[seen] : 244;
            assert_int_equal(desk->answer[at], seen);
            assert_int_equal(desk->answer[at + 1], size);
            assert_memory_equal(desk->answer + at + 2, texts[seen], size);
            at += 2 + size;
            seen++;
        }
        assert_int_equal(at, desk->length);
        next = desk->answer[5];
        assert_int_equal(desk->answer[4], next ? 0xFF : 0);
        if (next)
            assert_int_equal(next, seen);
    } while (next);
    assert_int_equal(seen, 7);
}

static void read_only_refuses_every_write(void **state)
{
    struct desk *desk = *state;
    ask_two(desk, 6, 0, 0x0101);
    desk->target.read_only = true;
    static const uint8_t writes[][12] = {
        {5, 0, 0, 0xFF, 0},        {6, 0, 0, 0, 9},        {15, 0, 0, 0, 1, 1, 1},
        {16, 0, 0, 0, 1, 2, 0, 9}, {22, 0, 0, 0, 0, 0, 9}, {23, 0, 0, 0, 1, 0, 0, 0, 1, 2, 0, 9}};
    static const size_t lengths[] = {5, 5, 7, 8, 7, 12};
    for (size_t i = 0; i < 6; i++) {
        ask(desk, writes[i], lengths[i]);
        expect_refused(desk, writes[i][0], 1);
        ask(desk, writes[i], 1); /* the function code is judged first */
        expect_refused(desk, writes[i][0], 1);
    }
    assert_int_equal(register_at(desk, 0), 0x0101);
    assert_int_equal(coil_at(desk, 0), 0);
    ASK(desk, 17);
    assert_int_equal(desk->answer[0], 17);
}

/* The image's own rules reach the wire with their codes. */
static void rules_of_variables(void **state)
{
    struct desk *desk = *state;
    desk->target.memory = BED_OWN;
    ASK(desk, 16, 0, OWN_LEVEL, 0, 2, 4, 0x42, 0x48, 0, 0); /* 50.0 */
    EXPECT(desk, 16, 0, OWN_LEVEL, 0, 2);
    ASK(desk, 16, 0, OWN_LEVEL, 0, 2, 4, 0x43, 0x48, 0, 0); /* 200.0 */
    expect_refused(desk, 16, 3);
    ASK(desk, 16, 0, OWN_LEVEL, 0, 2, 4, 0x7F, 0xC0, 0, 0); /* NaN */
    expect_refused(desk, 16, 3);
    ask_two(desk, 6, OWN_LEVEL, 0x4248); /* half of it */
    expect_refused(desk, 6, 2);
    ask_two(desk, 6, OWN_OUT, 1);
    expect_refused(desk, 6, 2);
    ASK(desk, 22, 0, OWN_OUT, 0, 0, 0, 1);
    expect_refused(desk, 22, 2);
    ask_two(desk, 6, OWN_LAST - 1, 1); /* a gap */
    expect_refused(desk, 6, 2);
    ask_both(desk, OWN_FREE, 1, OWN_OUT, 1, 2, 2);
    expect_refused(desk, 23, 2);
    ask_two(desk, 3, OWN_LEVEL, OWN_LAST + 1);
    EXPECT(desk, 3, 22, 0x42, 0x48, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}

static void a_fault_refuses_safe_variables(void **state)
{
    struct desk *desk = *state;
    desk->target.memory = BED_OWN;
    ask_two(desk, 6, OWN_SAFE, 1);
    EXPECT(desk, 6, 0, OWN_SAFE, 0, 1);
    image_make_safe(desk->bed.image, true, 3);
    ask_two(desk, 6, OWN_SAFE, 1);
    expect_refused(desk, 6, 4);
    ask_both(desk, OWN_FREE, 1, OWN_SAFE, 2, 4, 4);
    expect_refused(desk, 23, 4);
    assert_int_equal(register_at(desk, OWN_SAFE), 7);
    assert_int_equal(register_at(desk, OWN_FREE), 0);
    ask_two(desk, 6, OWN_FREE, 1);
    assert_int_equal(desk->answer[0], 6);
}

static void exceptions(void **state)
{
    (void)state;
    uint8_t answer[2];
    assert_int_equal(pdu_exception(3, EXCEPTION_GATEWAY_PATH, answer), 2);
    assert_int_equal(answer[0], 0x83);
    assert_int_equal(answer[1], 0x0A);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_close)

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
        TEST(every_other_length_is_refused),
        TEST(unknown_functions_are_01_at_every_length),
        TEST(diagnostics_echo),
        TEST(server_id),
        TEST(server_id_of_a_long_name_fits),
        TEST(device_id_streams),
        TEST(an_unknown_object_restarts_a_stream),
        TEST(single_objects),
        TEST(other_device_id_requests),
        TEST(long_objects_follow),
        TEST(read_only_refuses_every_write),
        TEST(rules_of_variables),
        TEST(a_fault_refuses_safe_variables),
        TEST(exceptions),
    };
    return cmocka_run_group_tests_name("pdu", tests, NULL, NULL);
}

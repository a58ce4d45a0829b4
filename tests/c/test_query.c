/* Proves that requests are the bytes that the protocol wants, and that no answer is believed that
 * does not fit its request: every field of every answer is falsified in turn, and every length
 * tried. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "modbus/query.h"

struct asked {
    size_t length;
    uint8_t pdu[PDU_MAX];
};

#define ASKED(...)                                                                                 \
    (struct asked)                                                                                 \
    {                                                                                              \
        sizeof((const uint8_t[]){__VA_ARGS__}),                                                    \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }

static struct error error;
static uint8_t exception;

/* From a heap block of exactly its size, so that a sanitizer sees what is read behind it. */
static enum verdict judge(const struct asked *request, const uint8_t *answer, size_t length)
{
    uint8_t *asked = test_malloc(request->length), *came = test_malloc(length);
    memcpy(asked, request->pdu, request->length);
    memcpy(came, answer, length);
    exception = 0;
    strcpy(error.text, "");
    enum verdict verdict = query_judge(asked, request->length, came, length, &exception, &error);
    test_free(asked);
    test_free(came);
    assert_true((verdict == VERDICT_WRONG) == (error.text[0] != '\0'));
    assert_true((verdict == VERDICT_EXCEPTION) == (exception != 0));
    return verdict;
}

#define JUDGE(request, ...)                                                                        \
    judge(request, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void requests_are_what_the_protocol_wants(void **state)
{
    (void)state;
    uint8_t pdu[PDU_MAX];
    for (unsigned table = TABLE_COIL; table <= TABLE_INPUT; table++) {
        const uint8_t read[] = {(uint8_t)(table + 1), 0x12, 0x34, 0x07, 0xD0};
        assert_int_equal(query_read(pdu, (enum table)table, 0x1234, 2000), 5);
        assert_memory_equal(pdu, read, 5);
    }
    assert_int_equal(query_write_one(pdu, TABLE_COIL, 0xFFFF, 1), 5);
    assert_memory_equal(pdu, "\5\xFF\xFF\xFF\0", 5);
    assert_int_equal(query_write_one(pdu, TABLE_COIL, 1, 0), 5);
    assert_memory_equal(pdu, "\5\0\1\0\0", 5);
    assert_int_equal(query_write_one(pdu, TABLE_HOLDING, 1, 0xABCD), 5);
    assert_memory_equal(pdu, "\6\0\1\xAB\xCD", 5);
    assert_int_equal(query_mask(pdu, 4, 0x00F2, 0x0025), 7);
    assert_memory_equal(pdu, "\x16\0\4\0\xF2\0\x25", 7);
}

static void many_are_written_at_once(void **state)
{
    (void)state;
    uint8_t pdu[PDU_MAX];
    /* The example of AP 6.11: CD 01 for ten coils. */
    const uint16_t bits[] = {1, 0, 1, 1, 0, 0, 1, 1, 1, 0};
    memset(pdu, 0xFF, sizeof pdu);
    assert_int_equal(query_write(pdu, TABLE_COIL, 0x13, bits, 10), 8);
    assert_memory_equal(pdu, "\x0F\0\x13\0\x0A\2\xCD\1", 8);
    const uint16_t words[] = {0x000A, 0x0102};
    assert_int_equal(query_write(pdu, TABLE_HOLDING, 1, words, 2), 10);
    assert_memory_equal(pdu, "\x10\0\1\0\2\4\0\x0A\1\2", 10);
    uint16_t most[1968];
    memset(most, 0, sizeof most);
    assert_int_equal(query_write(pdu, TABLE_COIL, 0, most, 1968), 252);
    assert_int_equal(query_write(pdu, TABLE_HOLDING, 0, most, 123), 252);
    assert_int_equal(pdu[5], 246);
}

/* A request and its good answer, of which `checked` bytes are foretold by the request. */
struct pair {
    struct asked request, answer;
    size_t checked;
};

static const struct pair PAIRS[] = {
    {{5, {1, 0, 19, 0, 19}}, {5, {1, 3, 0xCD, 0x6B, 0xFD}}, 2},
    {{5, {2, 0, 19, 0, 16}}, {4, {2, 2, 0xCD, 0x6B}}, 2},
    {{5, {3, 0, 19, 0, 2}}, {6, {3, 4, 1, 2, 3, 4}}, 2},
    {{5, {4, 0, 19, 0, 1}}, {4, {4, 2, 1, 2}}, 2},
    {{5, {5, 0, 19, 0xFF, 0}}, {5, {5, 0, 19, 0xFF, 0}}, 5},
    {{5, {6, 0, 19, 1, 2}}, {5, {6, 0, 19, 1, 2}}, 5},
    {{8, {15, 0, 19, 0, 10, 2, 0xCD, 1}}, {5, {15, 0, 19, 0, 10}}, 5},
    {{8, {16, 0, 19, 0, 1, 2, 1, 2}}, {5, {16, 0, 19, 0, 1}}, 5},
    {{7, {22, 0, 4, 0, 0xF2, 0, 0x25}}, {7, {22, 0, 4, 0, 0xF2, 0, 0x25}}, 7},
    {{12, {23, 0, 1, 0, 2, 0, 9, 0, 1, 2, 1, 2}}, {6, {23, 4, 1, 2, 3, 4}}, 2},
};
enum { PAIR_COUNT = sizeof PAIRS / sizeof *PAIRS };

static void good_answers_are_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < PAIR_COUNT; i++)
        assert_int_equal(judge(&PAIRS[i].request, PAIRS[i].answer.pdu, PAIRS[i].answer.length),
                         VERDICT_GOOD);
}

static void every_falsified_byte_is_seen(void **state)
{
    (void)state;
    for (size_t i = 0; i < PAIR_COUNT; i++)
        for (size_t at = 0; at < PAIRS[i].answer.length; at++)
            for (unsigned flip = 1; flip < 256; flip++) {
                struct asked answer = PAIRS[i].answer;
                answer.pdu[at] ^= (uint8_t)flip;
                bool seen = at < PAIRS[i].checked;
                assert_int_equal(judge(&PAIRS[i].request, answer.pdu, answer.length),
                                 seen ? VERDICT_WRONG : VERDICT_GOOD);
            }
}

static void every_other_length_is_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < PAIR_COUNT; i++)
        for (size_t length = 1; length <= PDU_MAX; length++)
            assert_int_equal(judge(&PAIRS[i].request, PAIRS[i].answer.pdu, length),
                             length == PAIRS[i].answer.length ? VERDICT_GOOD : VERDICT_WRONG);
}

static void exceptions_are_two_bytes_with_a_code(void **state)
{
    (void)state;
    for (size_t i = 0; i < PAIR_COUNT; i++) {
        const struct asked *request = &PAIRS[i].request;
        uint8_t function = request->pdu[0];
        for (unsigned code = 1; code < 256; code++) {
            assert_int_equal(JUDGE(request, function | 0x80, (uint8_t)code), VERDICT_EXCEPTION);
            assert_int_equal(exception, code);
        }
        assert_int_equal(JUDGE(request, function | 0x80, 0), VERDICT_WRONG);
        assert_int_equal(JUDGE(request, function | 0x80), VERDICT_WRONG);
        assert_int_equal(JUDGE(request, function | 0x80, 2, 0), VERDICT_WRONG);
        assert_int_equal(JUDGE(request, (function ^ 1) | 0x80, 2), VERDICT_WRONG);
    }
}

static void all_quantities_have_their_byte_count(void **state)
{
    (void)state;
    uint8_t answer[PDU_MAX] = {1};
    for (unsigned count = 1; count <= 2000; count++) {
        struct asked bits = ASKED(1, 0, 0, (uint8_t)(count >> 8), (uint8_t)count);
        answer[0] = 1;
        answer[1] = (uint8_t)((count + 7) / 8);
        assert_int_equal(judge(&bits, answer, 2u + answer[1]), VERDICT_GOOD);
    }
    for (unsigned count = 1; count <= 125; count++) {
        struct asked words = ASKED(4, 0, 0, 0, (uint8_t)count);
        answer[0] = 4;
        answer[1] = (uint8_t)(2 * count);
        assert_int_equal(judge(&words, answer, 2u + answer[1]), VERDICT_GOOD);
    }
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    struct asked read = ASKED(3, 0, 0, 0, 2), write = ASKED(6, 0, 4, 0, 5);
    struct asked many = ASKED(16, 0, 4, 0, 1, 2, 0, 5), mask = ASKED(22, 0, 4, 0, 1, 0, 2);
    JUDGE(&read, 3, 6, 0, 0, 0, 0, 0, 0);
    assert_string_equal(error.text, "byte count 6 instead of 4");
    JUDGE(&read, 3, 4, 0, 0, 0);
    assert_string_equal(error.text, "length of the answer 5 instead of 6");
    JUDGE(&read, 4, 4, 0, 0, 0, 0);
    assert_string_equal(error.text, "function code 4 instead of 3");
    JUDGE(&write, 6, 0, 3, 0, 5);
    assert_string_equal(error.text, "echoed address 3 instead of 4");
    JUDGE(&write, 6, 0, 4, 0, 6);
    assert_string_equal(error.text, "echoed value 6 instead of 5");
    JUDGE(&many, 16, 0, 4, 0, 2);
    assert_string_equal(error.text, "echoed count 2 instead of 1");
    JUDGE(&mask, 22, 0, 4, 0, 1, 0, 3);
    assert_string_equal(error.text, "echoed OR mask 3 instead of 2");
    JUDGE(&read, 0x83, 0);
    assert_string_equal(error.text, "exception code 0, which the protocol does not have");
    JUDGE(&read, 0x83, 2, 2);
    assert_string_equal(error.text, "length of the exception answer 3 instead of 2");
}

static void other_function_codes_are_judged_by_that_alone(void **state)
{
    (void)state;
    for (unsigned function = 0; function < 256; function++) {
        struct asked alone = ASKED((uint8_t)function);
        assert_int_equal(JUDGE(&alone, (uint8_t)function, 1, 2, 3), VERDICT_GOOD);
        assert_int_equal(JUDGE(&alone, (uint8_t)function), VERDICT_GOOD);
        assert_int_equal(JUDGE(&alone, (uint8_t)(function ^ 1)), VERDICT_WRONG);
    }
    struct asked id = ASKED(43, 14, 1, 0);
    assert_int_equal(JUDGE(&id, 0xAB, 1), VERDICT_EXCEPTION);
}

static void words_come_out_as_they_went_in(void **state)
{
    (void)state;
    uint16_t words[2000];
    struct asked bits = ASKED(1, 0, 0, 0, 10), registers = ASKED(3, 0, 0, 0, 2);
    memset(words, 0xEE, sizeof words);
    query_words(bits.pdu, (const uint8_t[]){1, 2, 0xCD, 0xFD}, words);
    const uint16_t expected[] = {1, 0, 1, 1, 0, 0, 1, 1, 1, 0, 0xEEEE};
    assert_memory_equal(words, expected, sizeof expected); /* not one more than asked for */
    query_words(registers.pdu, (const uint8_t[]){3, 4, 0x12, 0x34, 0xAB, 0xCD}, words);
    assert_int_equal(words[0], 0x1234);
    assert_int_equal(words[1], 0xABCD);
    assert_int_equal(words[2], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_what_the_protocol_wants),
        cmocka_unit_test(many_are_written_at_once),
        cmocka_unit_test(good_answers_are_good),
        cmocka_unit_test(every_falsified_byte_is_seen),
        cmocka_unit_test(every_other_length_is_wrong),
        cmocka_unit_test(exceptions_are_two_bytes_with_a_code),
        cmocka_unit_test(all_quantities_have_their_byte_count),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(other_function_codes_are_judged_by_that_alone),
        cmocka_unit_test(words_come_out_as_they_went_in),
    };
    return cmocka_run_group_tests_name("query", tests, NULL, NULL);
}

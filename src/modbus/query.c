/* Requests out of tables and words, and the suspicion that an answer deserves: it is good only when
 * everything that the protocol lets its request foretell (function code, byte count, length, echo)
 * is so. Padding bits after the last coil are the device's own affair and are not looked at. */

#include "modbus/query.h"

#include <string.h>
#include "modbus/bytes.h"

enum { READ_BOTH = 23, MASK = 22, WRITE_COILS = 15, WRITE_REGISTERS = 16, EXCEPTION_BIT = 0x80 };

static size_t put_two(uint8_t *pdu, unsigned function, uint16_t first, uint16_t second)
{
    pdu[0] = (uint8_t)function;
    bytes_put(pdu + 1, first);
    bytes_put(pdu + 3, second);
    return 5;
}

size_t query_read(uint8_t *pdu, enum table table, uint16_t address, uint16_t count)
{
    static const uint8_t functions[TABLE_COUNT] = {
        [TABLE_COIL] = 1, [TABLE_DISCRETE] = 2, [TABLE_HOLDING] = 3, [TABLE_INPUT] = 4};
    return put_two(pdu, functions[table], address, count);
}

size_t query_write_one(uint8_t *pdu, enum table table, uint16_t address, uint16_t word)
{
    if (table == TABLE_COIL)
        return put_two(pdu, 5, address, word ? 0xFF00 : 0);
    return put_two(pdu, 6, address, word);
}

static size_t put_bits(uint8_t *bytes, const uint16_t *bits, uint16_t count)
{
    size_t size = (count + 7u) / 8;
    memset(bytes, 0, size);
    for (size_t i = 0; i < count; i++)
        bytes[i / 8] |= (uint8_t)((bits[i] != 0) << i % 8);
    return size;
}

size_t query_write(uint8_t *pdu, enum table table, uint16_t address, const uint16_t *words,
                   uint16_t count)
{
    size_t size = 2u * count;
    if (table == TABLE_COIL) {
        put_two(pdu, WRITE_COILS, address, count);
        size = put_bits(pdu + 6, words, count);
    } else {
        put_two(pdu, WRITE_REGISTERS, address, count);
        bytes_put_words(pdu + 6, words, count);
    }
    pdu[5] = (uint8_t)size;
    return 6 + size;
}

size_t query_mask(uint8_t *pdu, uint16_t address, uint16_t and_mask, uint16_t or_mask)
{
    put_two(pdu, MASK, address, and_mask);
    bytes_put(pdu + 5, or_mask);
    return 7;
}

static enum verdict wrong(struct error *error, const char *what, size_t is, size_t should_be)
{
    error_set(error, "%s %zu instead of %zu", what, is, should_be);
    return VERDICT_WRONG;
}

static enum verdict judge_exception(const uint8_t *answer, size_t length, uint8_t *exception,
                                    struct error *error)
{
    if (length != 2)
        return wrong(error, "length of the exception answer", length, 2);
    if (answer[1] == 0) {
        error_set(error, "exception code 0, which the protocol does not have");
        return VERDICT_WRONG;
    }
    *exception = answer[1];
    return VERDICT_EXCEPTION;
}

/* An answer of a byte count and that many bytes. */
static enum verdict judge_bytes(size_t count, const uint8_t *answer, size_t length,
                                struct error *error)
{
    if (length >= 2 && answer[1] != count)
        return wrong(error, "byte count", answer[1], count);
    if (length != 2 + count)
        return wrong(error, "length of the answer", length, 2 + count);
    return VERDICT_GOOD;
}

/* An answer that is the beginning of its request: words after the function code, by name. */
static enum verdict judge_echo(const uint8_t *request, const uint8_t *answer, size_t length,
                               const char *const names[], struct error *error)
{
    size_t expected = 1;
    for (; names[expected / 2]; expected += 2) {
        if (length < expected + 2)
            continue;
        uint16_t is = bytes_get(answer + expected), should_be = bytes_get(request + expected);
        if (is != should_be)
            return wrong(error, names[expected / 2], is, should_be);
    }
    return length == expected ? VERDICT_GOOD
                              : wrong(error, "length of the answer", length, expected);
}

static enum verdict judge_body(const uint8_t *request, const uint8_t *answer, size_t length,
                               struct error *error)
{
    static const char *const one[] = {"echoed address", "echoed value", NULL};
    static const char *const many[] = {"echoed address", "echoed count", NULL};
    static const char *const mask[] = {"echoed address", "echoed AND mask", "echoed OR mask", NULL};
    switch (request[0]) {
    case 1:
    case 2:
        return judge_bytes((bytes_get(request + 3) + 7u) / 8, answer, length, error);
    case 3:
    case 4:
    case READ_BOTH:
        return judge_bytes(2u * bytes_get(request + 3), answer, length, error);
    case 5:
    case 6:
        return judge_echo(request, answer, length, one, error);
    case WRITE_COILS:
    case WRITE_REGISTERS:
        return judge_echo(request, answer, length, many, error);
    case MASK:
        return judge_echo(request, answer, length, mask, error);
    default:
        return VERDICT_GOOD;
    }
}

enum verdict query_judge(const uint8_t *request, size_t request_length, const uint8_t *answer,
                         size_t length, uint8_t *exception, struct error *error)
{
    if (answer[0] != request[0]) {
        if (answer[0] == (request[0] | EXCEPTION_BIT))
            return judge_exception(answer, length, exception, error);
        return wrong(error, "function code", answer[0], request[0]);
    }
    /* A script's own request may be too short to foretell anything. */
    if (request_length < (request[0] == MASK ? 7 : 5))
        return VERDICT_GOOD;
    return judge_body(request, answer, length, error);
}

void query_words(const uint8_t *request, const uint8_t *answer, uint16_t *words)
{
    uint16_t count = bytes_get(request + 3);
    if (request[0] > 2) {
        bytes_get_words(answer + 2, words, count);
        return;
    }
    for (size_t i = 0; i < count; i++)
        words[i] = answer[2 + i / 8] >> i % 8 & 1;
}

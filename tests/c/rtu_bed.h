#pragma once
/* Traffic for the tests of the RTU framing: frames of every function code, and a line onto which
 * they are put. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <stdbool.h>
#include <string.h>
#include "modbus/bytes.h"
#include "modbus/rtu.h"

struct random {
    uint64_t state;
};

static inline uint32_t roll(struct random *random, uint32_t sides)
{
    random->state = random->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((random->state >> 32) * sides >> 32);
}

static inline void roll_bytes(struct random *random, uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)roll(random, 256);
}

static const uint8_t FUNCTIONS[] = {1,  2,  3,  4,  5,  6,  7,  8,  11, 12,
                                    15, 16, 17, 20, 21, 22, 23, 24, 43};
enum { FUNCTION_COUNT = sizeof FUNCTIONS };

/* A byte count and as many random bytes; returns the length of both. */
static inline size_t put_counted(struct random *random, uint8_t *at, size_t count)
{
    at[0] = (uint8_t)count;
    roll_bytes(random, at + 1, count);
    return 1 + count;
}

/* A random request PDU of one of FUNCTIONS. */
static inline size_t some_request(struct random *random, uint8_t function, uint8_t *pdu)
{
    uint16_t quantity;
    pdu[0] = function;
    roll_bytes(random, pdu + 1, 12);
    switch (function) {
    case 7:
    case 11:
    case 12:
    case 17:
        return 1;
    case 15:
        quantity = (uint16_t)(1 + roll(random, 1968));
        bytes_put(pdu + 3, quantity);
        return 5 + put_counted(random, pdu + 5, (quantity + 7u) / 8);
    case 16:
        quantity = (uint16_t)(1 + roll(random, 123));
        bytes_put(pdu + 3, quantity);
        return 5 + put_counted(random, pdu + 5, 2u * quantity);
    case 20:
    case 21:
        return 1 + put_counted(random, pdu + 1, 7 * (1 + roll(random, 35)));
    case 22:
        return 7;
    case 23:
        quantity = (uint16_t)(1 + roll(random, 121));
        bytes_put(pdu + 7, quantity);
        return 9 + put_counted(random, pdu + 9, 2u * quantity);
    case 24:
        return 3;
    case 43:
        pdu[1] = 14;
        return 4;
    default:
        return 5;
    }
}

static inline size_t some_objects(struct random *random, uint8_t *pdu)
{
    size_t length = 7;
    pdu[1] = 14;
    pdu[6] = (uint8_t)roll(random, 7);
    for (unsigned i = 0; i < pdu[6]; i++) {
        pdu[length] = (uint8_t)i;
        length += 1 + put_counted(random, pdu + length + 1, roll(random, 33));
    }
    return length;
}

/* A random answer to a request. */
static inline size_t some_answer(struct random *random, const uint8_t *request, size_t length,
                                 uint8_t *pdu)
{
    roll_bytes(random, pdu, 12);
    pdu[0] = request[0];
    switch (request[0]) {
    case 1:
    case 2:
        return 1 + put_counted(random, pdu + 1, 1 + roll(random, 250));
    case 3:
    case 4:
    case 23:
        return 1 + put_counted(random, pdu + 1, 2 * (1 + roll(random, 125)));
    case 7:
        return 2;
    case 12:
    case 17:
    case 20:
        return 1 + put_counted(random, pdu + 1, 7 + roll(random, 60));
    case 24:
        bytes_put(pdu + 1, (uint16_t)(2 + 2 * roll(random, 32)));
        roll_bytes(random, pdu + 3, pdu[2]);
        return 3u + pdu[2];
    case 43:
        return some_objects(random, pdu);
    case 5:
    case 6:
    case 8:
    case 21:
    case 22:
        memcpy(pdu, request, length);
        return length;
    default: /* 11, 15, 16 */
        memcpy(pdu, request, length < 5 ? length : 5);
        return 5;
    }
}

static inline size_t some_exception(struct random *random, uint8_t function, uint8_t *pdu)
{
    pdu[0] = function | 0x80;
    pdu[1] = (uint8_t)(1 + roll(random, 11));
    return 2;
}

/* Whether a request of this function code cannot be told from its answer. */
static inline bool look_alike(uint8_t function)
{
    return function == 5 || function == 6 || function == 8 || (function >= 20 && function <= 22);
}

static inline void put(struct rtu_input *input, uint8_t unit, const uint8_t *pdu, size_t length)
{
    uint8_t frame[RTU_MAX];
    if (length > RTU_MAX - 3)
        abort(); /* tells the compiler, too */
    rtu_received(input, frame, rtu_write(frame, unit, pdu, length));
}

#define PDU(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

static inline void is_frame(const struct rtu_frame *frame, uint8_t unit, const uint8_t *pdu,
                            size_t length)
{
    assert_int_equal(frame->unit, unit);
    assert_int_equal(frame->length, length);
    assert_memory_equal(frame->pdu, pdu, length);
}

static inline void expect_frame(struct rtu_input *input, bool silent, uint8_t unit,
                                const uint8_t *pdu, size_t length)
{
    struct rtu_frame frame;
    bool is_answer;
    assert_true(rtu_request(input, silent, &frame, &is_answer));
    is_frame(&frame, unit, pdu, length);
}

static inline void expect_none(struct rtu_input *input, bool silent)
{
    struct rtu_frame frame;
    bool is_answer;
    assert_false(rtu_request(input, silent, &frame, &is_answer));
}

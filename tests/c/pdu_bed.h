#pragma once
/* A desk to put single requests to the PDU part of the server, for its tests: the bed of
 * modbus_bed.h, a target in it, and the answer to the last request. */

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

static inline int desk_open(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);
    bed_open(&desk->bed);
    desk->target =
        (struct pdu_target){.image = desk->bed.image, .memory = BED_MEM, .identity = &IDENTITY};
    *state = desk;
    return 0;
}

static inline int desk_close(void **state)
{
    struct desk *desk = *state;
    bed_close(&desk->bed);
    free(desk);
    return 0;
}

/* Request and answer lie in heap blocks of exactly their size, so that an address sanitizer sees
 * a byte too far in either. */
static inline void ask(struct desk *desk, const uint8_t *bytes, size_t length)
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

static inline void expect(const struct desk *desk, const uint8_t *bytes, size_t length)
{
    assert_int_equal(desk->length, length);
    assert_memory_equal(desk->answer, bytes, length);
}

#define EXPECT(desk, ...)                                                                          \
    expect(desk, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* A request with two words after the function code, as 1 to 6 have it. */
static inline void ask_two(struct desk *desk, unsigned function, unsigned first, unsigned second)
{
    ASK(desk, (uint8_t)function, (uint8_t)(first >> 8), (uint8_t)first, (uint8_t)(second >> 8),
        (uint8_t)second);
}

/* Function code 23: reads at `from`, writes words of 0x5A5A at `to`. */
static inline void ask_both(struct desk *desk, unsigned from, unsigned reads, unsigned to,
                            unsigned writes, unsigned byte_count, size_t data)
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

static inline void expect_refused(const struct desk *desk, unsigned function, unsigned exception)
{
    EXPECT(desk, (uint8_t)(function | 0x80), (uint8_t)exception);
}

static inline unsigned register_at(struct desk *desk, unsigned address)
{
    ask_two(desk, 3, address, 1);
    assert_int_equal(desk->length, 4);
    return (unsigned)(desk->answer[2] << 8 | desk->answer[3]);
}

static inline unsigned coil_at(struct desk *desk, unsigned address)
{
    ask_two(desk, 1, address, 1);
    assert_int_equal(desk->length, 3);
    return desk->answer[2];
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_close)

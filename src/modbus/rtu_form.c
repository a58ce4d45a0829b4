/* Lengths by function code (AP 6), for requests and for answers. A request that says its size in
 * two ways has to say the same in both; what does not, begins no request whose length can be told,
 * and only the silence after it shows where it ended. */

#include "modbus/rtu_form.h"

#include "modbus/bytes.h"
#include "modbus/rtu.h"

enum {
    ENDS = 4,    /* unit id, function code, CRC */
    COUNTED = 5, /* and a byte count */
    MEI_DEVICE_ID = 14,
    EXCEPTION_CODES = 11
};

/* Never longer than a frame can be. */
static size_t within(size_t size)
{
    return size <= RTU_MAX ? size : 0;
}

/* A byte count at `at`, and as many bytes. */
static size_t counted(const uint8_t *bytes, size_t length, size_t at)
{
    return length > at ? within(at + 1u + bytes[at] + 2u) : at + 3;
}

/* The same, after a quantity of items of `bits` bits each that must agree with it. */
static size_t counted_twice(const uint8_t *bytes, size_t length, size_t at, size_t bits)
{
    if (length <= at)
        return at + 3;
    size_t quantity = bytes_get(bytes + at - 2);
    return quantity > 0 && bytes[at] == (quantity * bits + 7) / 8 ? counted(bytes, length, at) : 0;
}

/* File records: groups of at least seven bytes. */
static size_t records(const uint8_t *bytes, size_t length)
{
    return length > 2 && bytes[2] < 7 ? 0 : counted(bytes, length, 2);
}

static size_t device_id_request(const uint8_t *bytes, size_t length)
{
    return length > 2 && bytes[2] != MEI_DEVICE_ID ? 0 : ENDS + 3;
}

size_t rtu_request_form(const uint8_t *bytes, size_t length)
{
    if (length < 2)
        return RTU_MIN;
    switch (bytes[1]) {
    case 1 ... 6:
    case 8:
        return ENDS + 4;
    case 7:
    case 11:
    case 12:
    case 17:
        return ENDS;
    case 15:
        return counted_twice(bytes, length, 6, 1);
    case 16:
        return counted_twice(bytes, length, 6, 16);
    case 20:
    case 21:
        return records(bytes, length);
    case 22:
        return ENDS + 6;
    case 23:
        return counted_twice(bytes, length, 10, 16);
    case 24:
        return ENDS + 2;
    case 43:
        return device_id_request(bytes, length);
    default:
        return 0;
    }
}

/* A list of objects, each with an id, a length and so many bytes, and their number before it. */
static size_t device_id_answer(const uint8_t *bytes, size_t length)
{
    enum { NUMBER = 7 };
    if (length > 2 && bytes[2] != MEI_DEVICE_ID)
        return 0;
    if (length <= NUMBER)
        return NUMBER + 3;
    size_t end = NUMBER + 1;
    for (unsigned i = 0; i < bytes[NUMBER]; i++) {
        if (length <= end + 1)
            return within(end + 4);
        end += 2u + bytes[end + 1];
    }
    return within(end + 2);
}

/* The only byte count of two bytes: the queue's, at most 31 registers and their number. */
static size_t queue_answer(const uint8_t *bytes, size_t length)
{
    if (length < 4)
        return ENDS + 2;
    size_t count = bytes_get(bytes + 2);
    return count <= 64 ? ENDS + 2 + count : 0;
}

/* The codes that the protocol has: others would let any noise with a high bit begin an answer. */
static size_t exception(const uint8_t *bytes, size_t length)
{
    return length > 2 && (bytes[2] == 0 || bytes[2] > EXCEPTION_CODES) ? 0 : COUNTED;
}

size_t rtu_answer_form(const uint8_t *bytes, size_t length)
{
    if (length < 2)
        return RTU_MIN;
    switch (bytes[1]) {
    case 1 ... 4:
    case 12:
    case 17:
    case 20:
    case 21:
    case 23:
        return counted(bytes, length, 2);
    case 5:
    case 6:
    case 8:
    case 11:
    case 15:
    case 16:
        return ENDS + 4;
    case 7:
        return ENDS + 1;
    case 22:
        return ENDS + 6;
    case 24:
        return queue_answer(bytes, length);
    case 43:
        return device_id_answer(bytes, length);
    default:
        return bytes[1] & 0x80 ? exception(bytes, length) : 0;
    }
}

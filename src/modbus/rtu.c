/* What both sides of a serial line need: the CRC, frames written, bytes kept until somebody finds a
 * frame in them, and the silence between frames. The CRC goes four bits at a time: a table of 16
 * words stays in the cache of the smallest processor. */

#include "modbus/rtu.h"

#include <string.h>
#include "modbus/rtu_form.h"

uint16_t rtu_crc(const uint8_t *bytes, size_t length)
{
    static const uint16_t table[16] = {0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00,
                                       0x2800, 0xE401, 0xA001, 0x6C00, 0x7800, 0xB401,
                                       0x5000, 0x9C01, 0x8801, 0x4400};
    uint16_t crc = 0xFFFF;
    for (size_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        crc = (uint16_t)(crc >> 4 ^ table[crc & 15]);
        crc = (uint16_t)(crc >> 4 ^ table[crc & 15]);
    }
    return crc;
}

bool rtu_intact(const uint8_t *bytes, size_t length)
{
    /* Low byte first, the only word in the protocol that travels so. */
    return length >= RTU_MIN &&
           rtu_crc(bytes, length - 2) == (bytes[length - 2] | bytes[length - 1] << 8);
}

size_t rtu_write(uint8_t *frame, uint8_t unit, const uint8_t *pdu, size_t length)
{
    frame[0] = unit;
    memcpy(frame + 1, pdu, length);
    uint16_t crc = rtu_crc(frame, length + 1);
    frame[length + 1] = (uint8_t)crc;
    frame[length + 2] = (uint8_t)(crc >> 8);
    return length + 3;
}

static void drop(struct rtu_input *input, size_t size)
{
    input->length -= size;
    memmove(input->bytes, input->bytes + size, input->length);
}

void rtu_received(struct rtu_input *input, const uint8_t *bytes, size_t length)
{
    if (length > RTU_BUFFER) {
        bytes += length - RTU_BUFFER;
        length = RTU_BUFFER;
    }
    if (input->length + length > RTU_BUFFER)
        drop(input, input->length + length - RTU_BUFFER);
    memcpy(input->bytes + input->length, bytes, length);
    input->length += length;
}

void rtu_take(struct rtu_input *input, size_t at, size_t size, struct rtu_frame *frame)
{
    frame->unit = input->bytes[at];
    frame->length = size - 3;
    memcpy(frame->pdu, input->bytes + at + 1, frame->length);
    drop(input, at + size);
}

int64_t rtu_gap(uint32_t baud, unsigned bits)
{
    enum { FASTEST_COUNTED = 19200, FIXED = 1750000 };
    if (baud > FASTEST_COUNTED)
        return FIXED;
    return (INT64_C(3500000000) * bits + baud - 1) / baud;
}

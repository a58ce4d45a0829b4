/* Function codes 1 to 4: a start and a quantity in, a byte count and the values out (AP 6.1 to
 * 6.4). Whether the range is mapped is the image's answer. */

#include "modbus/bytes.h"
#include "modbus/pdu_call.h"

enum { REQUEST = 5, READ_BITS_MAX = 2000, READ_REGISTERS_MAX = 125 };

static enum exception read_words(const struct pdu_call *call, enum table table, size_t max,
                                 uint16_t *words, uint16_t *quantity)
{
    if (call->length != REQUEST)
        return EXCEPTION_VALUE;
    *quantity = bytes_get(call->request + 3);
    if (*quantity == 0 || *quantity > max)
        return EXCEPTION_VALUE;
    struct request request = {
        .memory = call->target->memory,
        .serve_stale = call->target->serve_stale,
        .origin = call->target->origin,
        .read = {table, bytes_get(call->request + 1), *quantity, words},
    };
    return image_request(call->target->image, &request, call->now);
}

/* The first bit is the lowest of the first byte; what is left over of the last byte is zero. */
static void pack(uint8_t *bytes, const uint16_t *bits, size_t count)
{
    for (size_t i = 0; i < count; i += 8) {
        unsigned byte = 0;
        size_t in_byte = count - i < 8 ? count - i : 8;
        for (size_t bit = 0; bit < in_byte; bit++)
            byte |= (bits[i + bit] & 1u) << bit;
        *bytes++ = (uint8_t)byte;
    }
}

size_t pdu_read_bits(const struct pdu_call *call)
{
    uint16_t bits[READ_BITS_MAX], quantity;
    enum table table = call->request[0] == 1 ? TABLE_COIL : TABLE_DISCRETE;
    enum exception exception = read_words(call, table, READ_BITS_MAX, bits, &quantity);
    if (exception)
        return pdu_refuse(call, exception);
    size_t bytes = (quantity + 7u) / 8;
    call->answer[0] = call->request[0];
    call->answer[1] = (uint8_t)bytes;
    pack(call->answer + 2, bits, quantity);
    return 2 + bytes;
}

size_t pdu_read_registers(const struct pdu_call *call)
{
    uint16_t words[READ_REGISTERS_MAX], quantity;
    enum table table = call->request[0] == 3 ? TABLE_HOLDING : TABLE_INPUT;
    enum exception exception = read_words(call, table, READ_REGISTERS_MAX, words, &quantity);
    if (exception)
        return pdu_refuse(call, exception);
    call->answer[0] = call->request[0];
    call->answer[1] = (uint8_t)(2 * quantity);
    bytes_put_words(call->answer + 2, words, quantity);
    return 2 + 2u * quantity;
}

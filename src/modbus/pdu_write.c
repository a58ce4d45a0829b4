/* Function codes that write: 5, 6, 15, 16, 22 and 23 (AP 6.5, 6.6, 6.11, 6.12, 6.16, 6.17). Here
 * only what the bytes of the request themselves can get wrong is checked, and before anything
 * is touched; addresses, limits and faults are the image's answer. */

#include "modbus/bytes.h"
#include "modbus/pdu_call.h"

enum {
    WRITE_COILS_MAX = 1968,
    WRITE_REGISTERS_MAX = 123,
    BOTH_WRITE_MAX = 121, /* function code 23 */
    BOTH_READ_MAX = 125
};

static enum exception write_words(const struct pdu_call *call, enum table table, uint16_t count,
                                  const uint16_t *words)
{
    struct request request = {
        .memory = call->target->memory,
        .serve_stale = call->target->serve_stale,
        .origin = call->target->origin,
        .write = {table, bytes_get(call->request + 1), count, words, false},
    };
    return image_request(call->target->image, &request, call->now);
}

/* The answer to most writes is the beginning of their request. */
static size_t echo_unless(const struct pdu_call *call, enum exception exception, size_t length)
{
    return exception ? pdu_refuse(call, exception) : pdu_echo(call, length);
}

size_t pdu_write_coil(const struct pdu_call *call)
{
    if (call->length != 5)
        return pdu_refuse(call, EXCEPTION_VALUE);
    uint16_t value = bytes_get(call->request + 3);
    if (value != 0x0000 && value != 0xFF00)
        return pdu_refuse(call, EXCEPTION_VALUE);
    uint16_t bit = value != 0;
    return echo_unless(call, write_words(call, TABLE_COIL, 1, &bit), 5);
}

size_t pdu_write_register(const struct pdu_call *call)
{
    if (call->length != 5)
        return pdu_refuse(call, EXCEPTION_VALUE);
    uint16_t word = bytes_get(call->request + 3);
    return echo_unless(call, write_words(call, TABLE_HOLDING, 1, &word), 5);
}

/* Whether quantity, byte count and the bytes that came agree: function codes 15 and 16. */
static bool agrees(const struct pdu_call *call, size_t max, size_t bits_each)
{
    if (call->length < 6)
        return false;
    size_t quantity = bytes_get(call->request + 3);
    size_t bytes = (quantity * bits_each + 7) / 8;
    return quantity > 0 && quantity <= max && call->request[5] == bytes &&
           call->length == 6 + bytes;
}

size_t pdu_write_coils(const struct pdu_call *call)
{
    if (!agrees(call, WRITE_COILS_MAX, 1))
        return pdu_refuse(call, EXCEPTION_VALUE);
    uint16_t bits[WRITE_COILS_MAX], quantity = bytes_get(call->request + 3);
    for (size_t i = 0; i < quantity; i++)
        bits[i] = call->request[6 + i / 8] >> i % 8 & 1;
    return echo_unless(call, write_words(call, TABLE_COIL, quantity, bits), 5);
}

size_t pdu_write_registers(const struct pdu_call *call)
{
    if (!agrees(call, WRITE_REGISTERS_MAX, 16))
        return pdu_refuse(call, EXCEPTION_VALUE);
    uint16_t words[WRITE_REGISTERS_MAX], quantity = bytes_get(call->request + 3);
    bytes_get_words(call->request + 6, words, quantity);
    return echo_unless(call, write_words(call, TABLE_HOLDING, quantity, words), 5);
}

size_t pdu_mask_register(const struct pdu_call *call)
{
    if (call->length != 7)
        return pdu_refuse(call, EXCEPTION_VALUE);
    uint16_t masks[2];
    bytes_get_words(call->request + 3, masks, 2);
    struct request request = {
        .memory = call->target->memory,
        .serve_stale = call->target->serve_stale,
        .origin = call->target->origin,
        .write = {TABLE_HOLDING, bytes_get(call->request + 1), 1, masks, true},
    };
    return echo_unless(call, image_request(call->target->image, &request, call->now), 7);
}

static bool both_agree(const struct pdu_call *call)
{
    if (call->length < 10)
        return false;
    size_t reads = bytes_get(call->request + 3), writes = bytes_get(call->request + 7);
    return reads > 0 && reads <= BOTH_READ_MAX && writes > 0 && writes <= BOTH_WRITE_MAX &&
           call->request[9] == 2 * writes && call->length == 10 + 2 * writes;
}

size_t pdu_write_and_read(const struct pdu_call *call)
{
    if (!both_agree(call))
        return pdu_refuse(call, EXCEPTION_VALUE);
    const uint8_t *bytes = call->request;
    uint16_t read[BOTH_READ_MAX], reads = bytes_get(bytes + 3);
    uint16_t written[BOTH_WRITE_MAX], writes = bytes_get(bytes + 7);
    bytes_get_words(bytes + 10, written, writes);
    struct request request = {
        .memory = call->target->memory,
        .serve_stale = call->target->serve_stale,
        .origin = call->target->origin,
        .write = {TABLE_HOLDING, bytes_get(bytes + 5), writes, written, false},
        .read = {TABLE_HOLDING, bytes_get(bytes + 1), reads, read},
    };
    enum exception exception = image_request(call->target->image, &request, call->now);
    if (exception)
        return pdu_refuse(call, exception);
    call->answer[0] = bytes[0];
    call->answer[1] = (uint8_t)(2 * reads);
    bytes_put_words(call->answer + 2, read, reads);
    return 2 + 2u * reads;
}

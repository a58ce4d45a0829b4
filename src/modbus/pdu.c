/* The table of function codes. What is not in it is 01, and on a read-only server so is what
 * writes; everything else is the business of the function that the row names. */

#include "modbus/pdu.h"

#include <string.h>
#include "modbus/bytes.h"
#include "modbus/pdu_call.h"

enum { EXCEPTION_BIT = 0x80 };

static const struct function {
    size_t (*answer)(const struct pdu_call *call);
    bool writes;
} functions[] = {
    [1] = {pdu_read_bits, false},       [2] = {pdu_read_bits, false},
    [3] = {pdu_read_registers, false},  [4] = {pdu_read_registers, false},
    [5] = {pdu_write_coil, true},       [6] = {pdu_write_register, true},
    [8] = {pdu_diagnostics, false},     [15] = {pdu_write_coils, true},
    [16] = {pdu_write_registers, true}, [17] = {pdu_server_id, false},
    [22] = {pdu_mask_register, true},   [23] = {pdu_write_and_read, true},
    [43] = {pdu_device_id, false},
};

enum { FUNCTION_COUNT = sizeof functions / sizeof functions[0] };

static const struct function *find(uint8_t code)
{
    return code < FUNCTION_COUNT && functions[code].answer ? &functions[code] : NULL;
}

bool pdu_writes(uint8_t function)
{
    const struct function *known = find(function);
    return known && known->writes;
}

size_t pdu_answer(const struct pdu_target *target, const uint8_t *request, size_t length,
                  uint8_t *answer, int64_t now)
{
    uint8_t code = request[0];
    const struct function *function = find(code);
    if (!function || (function->writes && target->read_only))
        return pdu_exception(code, EXCEPTION_FUNCTION, answer);
    struct pdu_call call = {target, request, length, answer, now};
    return function->answer(&call);
}

size_t pdu_exception(uint8_t function, enum exception exception, uint8_t *answer)
{
    answer[0] = function | EXCEPTION_BIT;
    answer[1] = (uint8_t)exception;
    return 2;
}

size_t pdu_refuse(const struct pdu_call *call, enum exception exception)
{
    return pdu_exception(call->request[0], exception, call->answer);
}

size_t pdu_echo(const struct pdu_call *call, size_t length)
{
    memcpy(call->answer, call->request, length);
    return length;
}

/* Sub-function 0 sends the data back; the others read counters of serial lines (AP 6.8), which a
 * TCP server does not keep. */
size_t pdu_diagnostics(const struct pdu_call *call)
{
    if (call->length < 3)
        return pdu_refuse(call, EXCEPTION_VALUE);
    if (bytes_get(call->request + 1) != 0)
        return pdu_refuse(call, EXCEPTION_FUNCTION);
    if (call->length % 2 == 0) /* function and sub-function are three bytes, data is words */
        return pdu_refuse(call, EXCEPTION_VALUE);
    return pdu_echo(call, call->length);
}

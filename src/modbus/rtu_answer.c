/* The answer to one request, wherever it lies in what came: a client knows the unit and the
 * function code that it waits for, which makes a chance match of the CRC rare enough to look at
 * every place. How long the answer is, it says itself; whether that fits the request is for
 * query_judge, which can tell what was wrong. Bytes that are no answer stay: a late chunk may
 * complete them. */

#include "modbus/rtu.h"

#include "modbus/rtu_form.h"

enum { EXCEPTION_BIT = 0x80, EXCEPTION_SIZE = 5, DIAGNOSTICS = 8 };

struct wanted {
    uint8_t unit, function;
    size_t echo; /* frame of an answer as long as the request */
    bool silent;
};

/* Length of an answer that begins here; 0 for none, more than `length` to wait. */
static size_t measure(const struct wanted *wanted, const uint8_t *bytes, size_t length)
{
    if (bytes[0] != wanted->unit)
        return 0;
    if (length < 2)
        return RTU_MIN;
    if (bytes[1] == (wanted->function | EXCEPTION_BIT) && bytes[1] != wanted->function)
        return EXCEPTION_SIZE;
    if (bytes[1] != wanted->function)
        return 0;
    if (bytes[1] == DIAGNOSTICS)
        return wanted->echo;
    size_t size = rtu_answer_form(bytes, length);
    return size == 0 && wanted->silent && length <= RTU_MAX ? length : size;
}

static bool find(const struct rtu_input *input, const struct wanted *wanted, size_t *at,
                 size_t *size)
{
    for (*at = 0; *at < input->length; ++*at) {
        size_t length = input->length - *at;
        *size = measure(wanted, input->bytes + *at, length);
        if (*size > length && !wanted->silent)
            return false;
        if (*size > 0 && *size <= length && rtu_intact(input->bytes + *at, *size))
            return true;
    }
    return false;
}

bool rtu_answer(struct rtu_input *input, bool silent, uint8_t unit, const uint8_t *request,
                size_t request_length, struct rtu_frame *frame)
{
    struct wanted wanted = {unit, request[0], request_length + 3, silent};
    size_t at, size;
    if (!find(input, &wanted, &at, &size))
        return false;
    rtu_take(input, at, size, frame);
    return true;
}

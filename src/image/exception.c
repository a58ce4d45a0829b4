/* The names of the protocol itself (MODBUS Application Protocol V1.1b3, 7), so that they can be
 * looked up in a device's manual. */

#include "image/exception.h"

#include <stddef.h>

static const char *const TEXTS[] = {
    [1] = "illegal function",
    [2] = "illegal data address",
    [3] = "illegal data value",
    [4] = "server device failure",
    [5] = "acknowledge",
    [6] = "server device busy",
    [8] = "memory parity error",
    [10] = "gateway path unavailable",
    [11] = "gateway target device failed to respond",
};

const char *exception_text(uint8_t exception)
{
    const char *text = exception < sizeof TEXTS / sizeof *TEXTS ? TEXTS[exception] : NULL;
    return text ? text : "unknown exception";
}

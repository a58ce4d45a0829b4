#pragma once
/* What the functions of pdu_*.c share: one request under way, and one function for each function
 * code. Each checks the length of its request first, and returns its answer's length. */

#include "modbus/mbap.h"
#include "modbus/pdu.h"

struct pdu_call {
    const struct pdu_target *target;
    const uint8_t *request;
    size_t length;
    uint8_t *answer;
    int64_t now;
};

size_t pdu_refuse(const struct pdu_call *call, enum exception exception);

/* The first `length` bytes of the request as the answer. */
size_t pdu_echo(const struct pdu_call *call, size_t length);

size_t pdu_read_bits(const struct pdu_call *call);      /* 1, 2 */
size_t pdu_read_registers(const struct pdu_call *call); /* 3, 4 */

size_t pdu_write_coil(const struct pdu_call *call);      /* 5 */
size_t pdu_write_register(const struct pdu_call *call);  /* 6 */
size_t pdu_write_coils(const struct pdu_call *call);     /* 15 */
size_t pdu_write_registers(const struct pdu_call *call); /* 16 */
size_t pdu_mask_register(const struct pdu_call *call);   /* 22 */
size_t pdu_write_and_read(const struct pdu_call *call);  /* 23 */

size_t pdu_diagnostics(const struct pdu_call *call); /* 8 */
size_t pdu_server_id(const struct pdu_call *call);   /* 17 */
size_t pdu_device_id(const struct pdu_call *call);   /* 43 */

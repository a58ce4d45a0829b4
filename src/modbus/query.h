#pragma once
/* A client's side of the PDUs, pure: requests from what is wanted, and judging what came back. No
 * answer is believed that does not fit its request (MODBUS Application Protocol V1.1b3, 6 and 7).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "image/table.h"
#include "modbus/mbap.h"

/* Each writes a request into `pdu` (room for PDU_MAX) and returns its length. Counts must be within
 * the protocol's limits (2000, 125, 1968, 123). Words of coils are 0 or 1. */
size_t query_read(uint8_t *pdu, enum table table, uint16_t address, uint16_t count); /* FC 1..4 */
size_t query_write_one(uint8_t *pdu, enum table table, uint16_t address, uint16_t word); /* 5, 6 */
size_t query_write(uint8_t *pdu, enum table table, uint16_t address, const uint16_t *words,
                   uint16_t count);                                                     /* 15, 16 */
size_t query_mask(uint8_t *pdu, uint16_t address, uint16_t and_mask, uint16_t or_mask); /* 22 */

enum verdict {
    VERDICT_GOOD,
    VERDICT_EXCEPTION, /* code 1..255 in *exception */
    VERDICT_WRONG      /* not an answer to this request; the error says in what */
};

/* Judges an answer (length >= 1) by its request: function code, length, byte count, echo of what
 * was written. A request of another function code than those above is judged by function code
 * alone. */
enum verdict query_judge(const uint8_t *request, size_t request_length, const uint8_t *answer,
                         size_t length, uint8_t *exception, struct error *error);

/* The words (or bits, as 0 and 1) of a GOOD answer to query_read. */
void query_words(const uint8_t *request, const uint8_t *answer, uint16_t *words);

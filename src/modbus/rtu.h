#pragma once
/* MODBUS RTU framing (Serial Line V1.02, 2.5.1), pure: bytes in, frames out. A frame is one unit
 * id, a PDU and a CRC; where it ends follows from its function code, and failing that from silence
 * on the line. Nothing whose CRC is wrong is ever a frame. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RTU_MAX = 256, RTU_BUFFER = 512 };

uint16_t rtu_crc(const uint8_t *bytes, size_t length);

/* Unit id, PDU, CRC into `frame` (room for RTU_MAX); returns its length. */
size_t rtu_write(uint8_t *frame, uint8_t unit, const uint8_t *pdu, size_t length);

/* What the line has brought and nobody has taken yet. */
struct rtu_input {
    size_t length;
    uint8_t bytes[RTU_BUFFER];
};

struct rtu_frame {
    uint8_t unit;
    uint8_t pdu[RTU_MAX];
    size_t length; /* of the PDU */
};

/* Adds what was received; the oldest bytes give way where there is no room. */
void rtu_received(struct rtu_input *input, const uint8_t *bytes, size_t length);

/* A server's side: the next request on the line. Requests to others and their answers are taken off
 * and returned too (the caller looks at the unit, and ignores those for which `is_answer` is set).
 * Where a request and its answer look alike (5, 6, 8, 20 to 22) it is not set: what another unit
 * answers is ignored for its unit anyway, and a second write to a unit served here must never be
 * taken for the answer to the first. Whoever shares a line that echoes drops what comes while it
 * sends. `silent`: the line has been quiet for the gap that ends a frame; then a frame of unknown
 * function code counts when the CRC over all of it is right, and what is no frame is thrown away.
 * False: nothing whole yet. */
bool rtu_request(struct rtu_input *input, bool silent, struct rtu_frame *frame, bool *is_answer);

/* A client's side: the answer to `request` (a PDU) from `unit`, wherever it lies in what came:
 * noise and foreign frames before it are skipped. It must be of that unit, of that function code or
 * its exception, and of the length that these say (`silent`: of any length for unknown ones). */
bool rtu_answer(struct rtu_input *input, bool silent, uint8_t unit, const uint8_t *request,
                size_t request_length, struct rtu_frame *frame);

/* Silence that ends a frame (3.5 characters, 1.75 ms above 19200 baud), in nanoseconds. `bits`: of
 * one character with start, parity and stop. */
int64_t rtu_gap(uint32_t baud, unsigned bits);

#pragma once
/* How long a frame is by its function code: what rtu_request.c and rtu_answer.c share. `bytes`
 * begins with a unit id; lengths are those of the whole frame with its CRC. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RTU_MIN = 4 }; /* unit id, function code, CRC */

/* Length of the request or answer that these bytes would begin; 0 when they begin none whose
 * length can be told. More than `length`: not all of it is there, and the length itself may still
 * grow when more is. */
size_t rtu_request_form(const uint8_t *bytes, size_t length);
size_t rtu_answer_form(const uint8_t *bytes, size_t length);

/* Whether the CRC at the end of these `length` bytes is that of what stands before it. */
bool rtu_intact(const uint8_t *bytes, size_t length);

struct rtu_input;
struct rtu_frame;

/* Takes the frame that lies `size` bytes long at `at`, and what is before it, off the input. */
void rtu_take(struct rtu_input *input, size_t at, size_t size, struct rtu_frame *frame);

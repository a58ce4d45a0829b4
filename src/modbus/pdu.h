#pragma once
/* Requests to answers, pure but for the image they are carried out on: function codes 1, 2, 3, 4,
 * 5, 6, 8 (sub-function 0), 15, 16, 17, 22, 23 and 43/14 of the MODBUS Application Protocol
 * V1.1b3. Checks come in its order: function code 01, quantity, byte count and value 03, address
 * 02, execution 04. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "image/image.h"

/* What a device says of itself: FC 17 and FC 43/14. The regular objects may be NULL: then there is
 * no such object. */
struct identity {
    const char *vendor, *product, *revision; /* basic objects 0, 1, 2 */
    const char *url, *name, *model;          /* regular objects 3, 4, 5 */
    const char *application;                 /* object 6: the program's name */
};

struct pdu_target {
    struct image *image;
    uint32_t memory;
    bool read_only; /* every write is refused with 01 */
    const struct identity *identity;
    bool serve_stale;            /* link_spec.h */
    const struct origin *origin; /* who asks, for the audit log; NULL: nobody is named */
};

/* Answers one request PDU of `length` >= 1 bytes into `answer` (room for PDU_MAX); returns the
 * answer's length, always at least 2: a request that is too short or too long for its function
 * code gets 03, an unknown one 01. `now` is monotonic ns. Any thread. */
size_t pdu_answer(const struct pdu_target *target, const uint8_t *request, size_t length,
                  uint8_t *answer, int64_t now);

/* Whether a function code is one that writes, and is known here. */
bool pdu_writes(uint8_t function);

/* Function code with 80 hex, and the exception; returns 2. */
size_t pdu_exception(uint8_t function, enum exception exception, uint8_t *answer);

#pragma once
/* The seven bytes that MODBUS/TCP puts in front of a PDU (MG 3.1.3), pure. The length in it is
 * the only thing that tells where a frame ends, so it is believed or the connection is closed. */

#include <stddef.h>
#include <stdint.h>

enum { MBAP_HEADER = 7, MBAP_MAX = 260, PDU_MAX = 253 };

enum mbap_result {
    MBAP_FRAME,   /* a whole frame */
    MBAP_FOREIGN, /* a whole frame of another protocol id: no answer, skip it */
    MBAP_MORE,    /* not yet whole */
    MBAP_BROKEN   /* a length of 0, 1 or above 254: nothing after it can be trusted */
};

struct mbap {
    uint16_t transaction;
    uint8_t unit;
    const uint8_t *pdu; /* inside the caller's bytes */
    size_t pdu_length;  /* 1..253 */
    size_t frame;       /* bytes of the whole frame */
};

/* Looks at the beginning of `bytes`. `frame` is set for FRAME and FOREIGN, the rest for FRAME. */
enum mbap_result mbap_parse(const uint8_t *bytes, size_t length, struct mbap *mbap);

/* Writes the header in front of a PDU of `pdu_length` bytes; returns the frame's length. */
size_t mbap_write(uint8_t *frame, uint16_t transaction, uint8_t unit, size_t pdu_length);

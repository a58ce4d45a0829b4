#pragma once
/* One MODBUS/TCP connection as bytes in and bytes out: no socket, no clock, so that a test or a
 * fuzzer can be the network. Frames may be split anywhere and come many at a time; each is
 * answered once and in order. When the answers do not fit, parsing stops until they were taken:
 * that is the back-pressure, and it bounds the memory of a peer that never reads. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "modbus/server.h"

enum { SESSION_IN = 4096, SESSION_OUT = 8192 };

struct session {
    struct server *server;
    const struct origin *origin; /* the peer, for the audit log; NULL: nobody is named */
    size_t in_length, out_start, out_length;
    uint8_t in[SESSION_IN];   /* received, not yet answered */
    uint8_t out[SESSION_OUT]; /* answered, not yet sent: out_start .. out_length */
};

void session_init(struct session *session, struct server *server, const struct origin *origin);

/* Another server answers from here on: the half frame, and the answers that are not sent yet, stay.
 */
void session_serve(struct session *session, struct server *server);

/* Room for received bytes, and where: receive there, then call session_received. 0 while
 * back-pressure holds. */
size_t session_room(struct session *session, uint8_t **where);

/* Answers every whole frame that now lies in `in`, as far as `out` has room. False: the peer
 * broke the framing, close (answers made before that may still be sent). */
bool session_received(struct session *session, size_t length, int64_t now);

/* Bytes to send, and where; session_sent takes them off and goes on parsing what back-pressure
 * held up (false as above). */
size_t session_pending(const struct session *session, const uint8_t **where);
bool session_sent(struct session *session, size_t length, int64_t now);

/* Whether the beginning of a frame waits for its rest. */
bool session_half_frame(const struct session *session);

#pragma once
/* The servers of one serial line, as a state machine without port and clock: requests to units that
 * are served here are carried out and answered, broadcasts (unit 0) carried out by all and never
 * answered (Serial Line V1.02, 2.1 and 2.2); everything else is silence. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "modbus/server.h"

struct line_server;

struct line_server *line_server_create(const struct line_spec *line, struct error *error);
void line_server_destroy(struct line_server *line); /* NULL is accepted; servers stay the owner's */
bool line_server_add(struct line_server *line, struct server *server, struct error *error);

/* By index, in the order in which they were added: one that is not wanted hears nothing; when the
 * last request was carried out, 0 for never. All are wanted at first. */
void line_server_want(struct line_server *line, size_t index, bool wanted);
int64_t line_server_answered(const struct line_server *line, size_t index);
void line_server_set_answered(struct line_server *line, size_t index, int64_t when);

/* Right after it was made, on a port that stays open: what has come of a request is kept, and an
 * answer that waits is sent. */
void line_server_inherit(struct line_server *line, const struct line_server *before);

/* The port is open again: what lay here belongs to another time. */
void line_server_opened(struct line_server *line);

void line_server_received(struct line_server *line, const uint8_t *bytes, size_t length,
                          int64_t now);

/* An answer that may be sent now, 3.5 characters after the request: its unit and PDU. False: none
 * yet, ask again at line_server_due. */
bool line_server_run(struct line_server *line, int64_t now, uint8_t *unit, const uint8_t **pdu,
                     size_t *length);
int64_t line_server_due(const struct line_server *line);

#pragma once
/* The clients of one serial line, as a state machine without port and clock: one request at a time
 * for all its units, in turn; after a timeout the line stays quiet for one more timeout, because an
 * RTU answer carries nothing that tells a late one from the next one's; a silent unit costs at most
 * one timeout per backoff. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "modbus/client.h"

struct line_client;

struct line_client *line_client_create(const struct line_spec *line, struct error *error);
void line_client_destroy(struct line_client *line); /* NULL is accepted; clients stay the owner's */
bool line_client_add(struct line_client *line, struct client *client, struct error *error);

/* Right after it was made, on a port that stays open: the line goes on as `before` left it, whose
 * clients ours have inherited from already (client_inherit). A request that is on the wire is
 * nobody's from here on (for its client it is lost), but the line waits until it was answered or
 * has timed out, as it would have. `before` is only to be destroyed then. */
void line_client_inherit(struct line_client *line, struct line_client *before, int64_t now);

/* Whether the port is open, as far as it was told. */
bool line_client_is_open(const struct line_client *line);

/* What is under way is lost: the line will not be run again. */
void line_client_abandon(struct line_client *line, const char *why, int64_t now);

void line_client_opened(struct line_client *line, int64_t now);
void line_client_lost(struct line_client *line, const char *why, int64_t retry, int64_t now);

void line_client_received(struct line_client *line, const uint8_t *bytes, size_t length,
                          int64_t now);

/* Times out, ends frames at silence, and gives what is to be sent now, or NULL. It counts as sent.
 */
const struct exchange *line_client_run(struct line_client *line, int64_t now);
int64_t line_client_due(const struct line_client *line);

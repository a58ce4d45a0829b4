#pragma once
/* One TCP connection to a device or gateway, as bytes in and bytes out: frames the requests of the
 * clients behind it (one for each unit), matches answers by transaction id, times out. No socket
 * and no clock, so that a test can be the network. Clients take turns; one silent unit holds up
 * nobody else's requests. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "modbus/client.h"

enum { CALLER_IN = 4096, CALLER_OUT = 8192 };

struct caller;
struct caller_change;
struct plan_match;

struct caller *caller_create(struct error *error); /* without clients */
void caller_destroy(struct caller *caller); /* NULL is accepted; the clients stay their owner's */

/* Which clients it has. They are added to a change, which is sealed and then committed: those that
 * match->clients names take over from those that are there (client_inherit); a NULL match names
 * nobody. The connection stays, with all that is under way on it: what the old clients had sent is
 * nobody's from there on, an answer to it is dropped, but until it has come or timed out it counts
 * for the depth of the client of the same device. The old clients are not used again.
 * caller_prepare, _add and _seal change nothing of the caller; caller_run follows the commit. */
struct caller_change *caller_prepare(struct caller *caller);
size_t caller_change_add(struct caller_change *change, struct client *client); /* its number */
void caller_change_seal(struct caller_change *change);
void caller_discard(struct caller_change *change); /* NULL is accepted */
void caller_commit(struct caller_change *change, const struct plan_match *match, int64_t now);

/* Shortest and longest time that its clients give an answer. */
void caller_timeouts(const struct caller *caller, int64_t *least, int64_t *most);

/* Something waits for the client of this number; caller_run follows. */
void caller_wake(struct caller *caller, size_t client);

void caller_connected(struct caller *caller, int64_t now);
/* The connection is gone, or could not be made; exchanges under way are lost. */
void caller_lost(struct caller *caller, const char *why, int64_t retry, int64_t now);

/* Takes from the clients what they want to send and times out what was not answered. NULL: well.
 * Else why the connection is to be closed: the peer is silent altogether, or broke the framing. */
const char *caller_run(struct caller *caller, int64_t now);
int64_t caller_due(const struct caller *caller);

/* Whether the device has answered anything since it was connected last. */
bool caller_heard(const struct caller *caller);

/* Whether any request is under way. */
bool caller_waits(const struct caller *caller);

/* Whether any of its clients wants to run. */
bool caller_wanted(const struct caller *caller);

/* Room for received bytes, never 0; then how many came. caller_run follows. */
size_t caller_room(struct caller *caller, uint8_t **where);
void caller_received(struct caller *caller, size_t length, int64_t now);

/* Bytes to send, and how many were. */
size_t caller_pending(const struct caller *caller, const uint8_t **where);
void caller_sent(struct caller *caller, size_t length);

#pragma once
/* The mirror of one memory in one unit of a device, as a state machine: time and answers in,
 * requests out. It knows no socket and no framing; whoever carries its requests (caller.h over TCP,
 * line_client.h on a serial line) is told here what to send next. One thread at a time.
 *
 * What it sends, in this order: a script's own requests, writes in the order of assignment, polls
 * that are due; but what waits goes between two requests of one kind, so that none starves the
 * others. One
 * write is under way at a time. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "image/image.h"
#include "modbus/mbap.h"

struct client;
struct plan_match;

/* A request under way; lies in its client and is given back by answered or failed. */
struct exchange {
    struct client *client;
    uint8_t unit;
    bool broadcast; /* nothing will answer: client_answered with length 0 once it is sent */
    size_t length;
    uint8_t pdu[PDU_MAX];
    int64_t sent, deadline; /* monotonic ns; its carrier sets both when it really sends: the
                               deadline is the timeout after the last byte has left */
    uint16_t transaction;   /* for the carrier's own use */
};

enum failure {
    FAILURE_TIMEOUT,
    FAILURE_WRONG, /* an answer that cannot be one to this request */
    FAILURE_LOST   /* the connection ended under it */
};

struct client *client_create(struct image *image, uint32_t number, int64_t now,
                             struct error *error);
void client_destroy(struct client *client); /* NULL is accepted */

/* Before anything else: takes over from the client of the same device in the program before
 * (match->clients), after image_adopt: whether the device is there, what it was found to be able to
 * do, errors and backoff, and for each group that matches what was agreed, what is in doubt and
 * what waits to be sent. A write that was under way is in doubt. `before` is only to be destroyed
 * then, when its carrier no longer has its exchanges. */
void client_inherit(struct client *client, const struct client *before,
                    const struct plan_match *match, int64_t now);
const struct client_spec *client_spec(const struct client *client);
struct image *client_image(const struct client *client);

/* The way to the device is there (whether or not the link is stopped), or gone (`why` for people:
 * "connection refused"). All exchanges are failed with FAILURE_LOST first. `retry`: when it is
 * tried again, for the message; 0 unknown.
 */
void client_connected(struct client *client, int64_t now);
void client_disconnected(struct client *client, const char *why, int64_t retry, int64_t now);

/* What to send now; NULL when nothing is due, `depth` is reached, or `delay` is not over. Looks at
 * what changed in the image, and lets values become stale and writes expire in passing, and sees
 * whether the script wants the link at all: call it when client_due has come, after a wake, and
 * after each answer or failure. */
struct exchange *client_next(struct client *client, int64_t now);

/* Earliest moment at which client_next is to be called, unless something happens before. */
int64_t client_due(const struct client *client);

/* What time alone brings, without sending: values grow stale, writes expire. For a carrier that is
 * busy with another client, when client_pass_due has come. */
void client_pass(struct client *client, int64_t now);
int64_t client_pass_due(const struct client *client);

/* What became of it; the exchange is free again. */
void client_answered(struct client *client, struct exchange *exchange, const uint8_t *pdu,
                     size_t length, int64_t now);
void client_failed(struct client *client, struct exchange *exchange, enum failure failure,
                   const char *why, int64_t now);

/* Whether it may send at all: the script has not stopped it. */
bool client_wanted(const struct client *client);

/* Whether nothing was heard from the unit since its last request timed out. */
bool client_silent(const struct client *client);

/* Backoff: 0.5 s, doubling to 30 s, less up to a fifth at random. `attempt` from 0. */
int64_t client_backoff(unsigned attempt, uint32_t random);

/* Bytes to answers: whole frames are cut out of what came, each goes to the request whose
 * transaction id it carries. No answer is believed that is of another unit or protocol; the content
 * is the client's to judge. */

#include "modbus/caller_inside.h"

#include <stdio.h>
#include <string.h>
#include "modbus/bytes.h"

static void wrong(struct caller *caller, size_t at, int64_t now, const char *format, unsigned had,
                  unsigned wanted)
{
    char why[96];
    struct exchange *exchange = caller_take_flight(caller, at, now).exchange;
    if (!exchange)
        return;
    snprintf(why, sizeof why, format, had, wanted);
    client_failed(exchange->client, exchange, FAILURE_WRONG, why, now);
}

/* One whole frame: a sign of life, which mere bytes are not, because a peer whose header said too
 * much would fill that frame with its next answers for ever. With an id that nobody waits for it is
 * late, or a stranger's: dropped. So is an orphan's. */
static void answered(struct caller *caller, const uint8_t *frame, const struct mbap *mbap,
                     enum mbap_result result, int64_t now)
{
    size_t at;
    if (result == MBAP_FRAME) {
        caller->received = now;
        caller->silent = 0;
    }
    if (!caller_find_flight(caller, bytes_get(frame), &at))
        return;
    uint8_t unit = caller->flights[at].unit;
    if (result == MBAP_FOREIGN) {
        wrong(caller, at, now, "answer of protocol %u instead of %u", bytes_get(frame + 2), 0);
    } else if (mbap->unit != unit) {
        wrong(caller, at, now, "answer from unit %u instead of %u", mbap->unit, unit);
    } else {
        struct exchange *exchange = caller_take_flight(caller, at, now).exchange;
        caller->heard = true;
        if (exchange)
            client_answered(exchange->client, exchange, mbap->pdu, mbap->pdu_length, now);
    }
}

static void parse(struct caller *caller, int64_t now)
{
    size_t at = 0;
    while (at < caller->in_length) {
        struct mbap mbap;
        const uint8_t *frame = caller->in + at;
        enum mbap_result result = mbap_parse(frame, caller->in_length - at, &mbap);
        caller->broken |= result == MBAP_BROKEN;
        if (result == MBAP_MORE || result == MBAP_BROKEN)
            break;
        answered(caller, frame, &mbap, result, now);
        at += mbap.frame;
    }
    caller->in_length -= at;
    memmove(caller->in, caller->in + at, caller->in_length);
}

/* A broken frame's bytes are of no use to anybody, and the room is never 0. */
size_t caller_room(struct caller *caller, uint8_t **where)
{
    if (caller->broken)
        caller->in_length = 0;
    *where = caller->in + caller->in_length;
    return CALLER_IN - caller->in_length;
}

void caller_received(struct caller *caller, size_t length, int64_t now)
{
    caller->in_length += length;
    if (!caller->broken)
        parse(caller, now);
}

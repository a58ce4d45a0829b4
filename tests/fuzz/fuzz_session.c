/* A fuzzer as the network: the input is what one peer sends, cut and taken in pieces whose sizes
 * come from its first two bytes. What must hold: no byte is read or written outside the session,
 * nothing is left pending for ever, and every answer is a frame that MBAP allows. Built
 * with clang and -DMSM_SANITIZE=fuzzer-no-link,address,undefined. */

#include <stddef.h>
#include <stdint.h>
#include "../c/modbus_bed.h"
#include "modbus/mbap.h"
#include "modbus/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

enum { TAKEN = 1024 * 1024 };

struct taken {
    size_t length;
    uint8_t bytes[TAKEN];
};

static void must(bool holds)
{
    if (!holds)
        abort();
}

static bool take(struct session *session, size_t most, struct taken *taken)
{
    const uint8_t *where;
    size_t pending = session_pending(session, &where);
    size_t size = pending < most ? pending : most;
    must(taken->length + size <= TAKEN);
    memcpy(taken->bytes + taken->length, where, size);
    taken->length += size;
    return size == 0 || session_sent(session, size, 2);
}

static void check_frames(const struct taken *taken)
{
    for (size_t at = 0; at < taken->length;) {
        struct mbap mbap;
        must(mbap_parse(taken->bytes + at, taken->length - at, &mbap) == MBAP_FRAME);
        must(mbap.pdu_length >= 2);
        at += mbap.frame;
    }
}

static bool give(struct session *session, const uint8_t **bytes, size_t *length, size_t most)
{
    uint8_t *where;
    size_t room = session_room(session, &where);
    size_t size = *length < room ? *length : room;
    size = size < most ? size : most;
    memcpy(where, *bytes, size);
    *bytes += size;
    *length -= size;
    return size == 0 || session_received(session, size, 2);
}

static void run(struct server *server, const uint8_t *bytes, size_t length, struct taken *taken)
{
    struct session session;
    session_init(&session, server, NULL);
    taken->length = 0;
    size_t in_most = 1u + bytes[0] * 16u, out_most = 1u + bytes[1] * 32u;
    bytes += 2;
    length -= 2;
    bool sound = true;
    while (length > 0 && sound) {
        sound = give(&session, &bytes, &length, in_most);
        sound = take(&session, out_most, taken) && sound;
    }
    const uint8_t *where;
    while (session_pending(&session, &where) > 0)
        take(&session, out_most, taken);
    check_frames(taken);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct bed bed;
    static struct taken taken;
    if (!bed.server)
        bed_open(&bed);
    /* The longest answer to the shortest request is 32 times as long. */
    if (length >= 2 && length <= TAKEN / 32)
        run(bed.server, bytes, length, &taken);
    return 0;
}

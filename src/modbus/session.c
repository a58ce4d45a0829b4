/* Bytes to frames to answers. Answers are made in place, where they will be sent from. Whole
 * frames that find no room stay in `in`, so between calls this holds: a whole frame lies in
 * `in` only while `out` has no room for an answer. */

#include "modbus/session.h"
#include <string.h>
#include "modbus/mbap.h"

void session_init(struct session *session, struct server *server, const struct origin *origin)
{
    session->server = server;
    session->origin = origin;
    session->in_length = 0;
    session->out_start = 0;
    session->out_length = 0;
}

void session_serve(struct session *session, struct server *server)
{
    session->server = server;
}

static bool has_room(const struct session *session)
{
    return SESSION_OUT - (session->out_length - session->out_start) >= MBAP_MAX;
}

/* Moves what is unsent to the front when only that makes room; rare, after a partial send. */
static void close_up(struct session *session)
{
    if (SESSION_OUT - session->out_length >= MBAP_MAX)
        return;
    session->out_length -= session->out_start;
    memmove(session->out, session->out + session->out_start, session->out_length);
    session->out_start = 0;
}

static void answer(struct session *session, const struct mbap *mbap, int64_t now)
{
    close_up(session);
    uint8_t *frame = session->out + session->out_length;
    size_t length = server_answer(session->server, mbap->unit, mbap->pdu, mbap->pdu_length,
                                  frame + MBAP_HEADER, session->origin, now);
    session->out_length += mbap_write(frame, mbap->transaction, mbap->unit, length);
}

static void forget(struct session *session, size_t length)
{
    session->in_length -= length;
    if (session->in_length > 0)
        memmove(session->in, session->in + length, session->in_length);
}

static bool answer_all(struct session *session, int64_t now)
{
    size_t at = 0;
    bool more = true, sound = true;
    while (more && sound && at < session->in_length && has_room(session)) {
        struct mbap mbap;
        switch (mbap_parse(session->in + at, session->in_length - at, &mbap)) {
        case MBAP_FRAME:
            answer(session, &mbap, now);
            at += mbap.frame;
            break;
        case MBAP_FOREIGN:
            at += mbap.frame;
            break;
        case MBAP_MORE:
            more = false;
            break;
        case MBAP_BROKEN:
            sound = false;
            break;
        }
    }
    forget(session, sound ? at : session->in_length);
    return sound;
}

size_t session_room(struct session *session, uint8_t **where)
{
    *where = session->in + session->in_length;
    return has_room(session) ? SESSION_IN - session->in_length : 0;
}

bool session_received(struct session *session, size_t length, int64_t now)
{
    session->in_length += length;
    return answer_all(session, now);
}

size_t session_pending(const struct session *session, const uint8_t **where)
{
    *where = session->out + session->out_start;
    return session->out_length - session->out_start;
}

bool session_sent(struct session *session, size_t length, int64_t now)
{
    session->out_start += length;
    if (session->out_start == session->out_length)
        session->out_start = session->out_length = 0;
    return session->in_length == 0 || answer_all(session, now);
}

bool session_half_frame(const struct session *session)
{
    struct mbap mbap;
    return session->in_length > 0 &&
           mbap_parse(session->in, session->in_length, &mbap) == MBAP_MORE;
}

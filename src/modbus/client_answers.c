/* What came back goes to whoever asked for it, after the state of the link has taken its part: an
 * answer of any kind is a sign of life. */

#include "modbus/client_inside.h"

#include "image/exception.h"

#include <stdio.h>

static void took(struct client *client, const struct flight *flight, const uint8_t *pdu,
                 size_t length, int64_t now)
{
    switch (flight->carries) {
    case CARRIES_POLL:
        client_polls_answered(client, flight, pdu, now);
        break;
    case CARRIES_WRITE:
        client_sending_answered(client, now);
        break;
    case CARRIES_LOOK:
        client_sending_looked(client, flight, pdu);
        break;
    case CARRIES_QUESTION:
        client_asks_answered(client, flight, pdu, length);
        break;
    case CARRIES_NOTHING:
        break;
    }
}

static void refused(struct client *client, const struct flight *flight, const uint8_t *pdu,
                    size_t length, uint8_t exception, int64_t now)
{
    switch (flight->carries) {
    case CARRIES_POLL:
        client_polls_refused(client, flight, exception, now);
        break;
    case CARRIES_WRITE:
    case CARRIES_LOOK:
        client_sending_refused(client, flight, exception, now);
        break;
    case CARRIES_QUESTION:
        client_asks_answered(client, flight, pdu, length);
        break;
    case CARRIES_NOTHING:
        break;
    }
}

static void came_to_nothing(struct client *client, const struct flight *flight, const char *why)
{
    switch (flight->carries) {
    case CARRIES_POLL:
        client_polls_failed(client, flight);
        break;
    case CARRIES_WRITE:
    case CARRIES_LOOK:
        client_sending_failed(client);
        break;
    case CARRIES_QUESTION:
        client_asks_failed(client, flight, why);
        break;
    case CARRIES_NOTHING:
        break;
    }
}

static enum verdict judge(const struct exchange *exchange, const uint8_t *pdu, size_t length,
                          uint8_t *exception, struct error *error)
{
    if (length > 0)
        return query_judge(exchange->pdu, exchange->length, pdu, length, exception, error);
    if (exchange->broadcast)
        return VERDICT_GOOD;
    error_set(error, "an answer without content");
    return VERDICT_WRONG;
}

/* A gateway's word that its unit does not answer is a sign of life of the gateway only. */
static void note_exception(struct client *client, const struct flight *flight, uint8_t exception,
                           int64_t now)
{
    char text[LINK_ERROR_MAX];
    snprintf(text, sizeof text, "function code %u: %s (exception %02X)", flight->exchange.pdu[0],
             exception_text(exception), exception);
    client_state_error(client, text);
    if (exception == EXCEPTION_GATEWAY_PATH || exception == EXCEPTION_GATEWAY_TARGET)
        client_state_unheard(client, flight, exception_text(exception), now);
    else
        client_state_heard(client, false, now);
}

/* A refusal for good says that the device knows what it has, the first time it says so. */
static bool has_sense(const struct client *client, const struct flight *flight,
                      enum verdict verdict, uint8_t exception)
{
    if (flight->carries != CARRIES_POLL)
        return false;
    bool known = reads_at(client->reads, flight->read)->refused;
    return verdict == VERDICT_GOOD || (exception <= EXCEPTION_VALUE && !known);
}

void client_answered(struct client *client, struct exchange *exchange, const uint8_t *pdu,
                     size_t length, int64_t now)
{
    struct flight *flight = (struct flight *)exchange;
    struct error error;
    uint8_t exception = 0;
    enum verdict verdict = judge(exchange, pdu, length, &exception, &error);
    if (verdict == VERDICT_WRONG) {
        client_failed(client, exchange, FAILURE_WRONG, error.text, now);
        return;
    }
    client->mute = false;
    client_state_hold(client, now + client->spec->delay);
    if (has_sense(client, flight, verdict, exception))
        client_state_sensible(client, now);
    if (verdict == VERDICT_GOOD) {
        client_state_heard(client, true, now);
        took(client, flight, pdu, length, now);
    } else {
        note_exception(client, flight, exception, now);
        refused(client, flight, pdu, length, exception, now);
    }
    bool returned = client->returning && verdict == VERDICT_GOOD &&
                    (flight->carries == CARRIES_POLL || reads_count(client->reads) == 0);
    client->returning &= !returned;
    client_release(client, flight);
    client_state_publish(client, returned);
}

void client_failed(struct client *client, struct exchange *exchange, enum failure failure,
                   const char *why, int64_t now)
{
    struct flight *flight = (struct flight *)exchange;
    client_state_error(client, why);
    came_to_nothing(client, flight, why);
    if (failure == FAILURE_TIMEOUT) {
        client->mute = true;
        client_state_unheard(client, flight, NULL, now);
    } else if (failure == FAILURE_WRONG) {
        if (flight->carries == CARRIES_WRITE || flight->carries == CARRIES_LOOK)
            client_sending_garbled(client, now);
        client_state_hold(client, now + client->spec->delay);
        if (++client->wrongs >= 2)
            client_state_hold(client, now + client->spec->period);
    }
    client_release(client, flight);
    client_state_publish(client, false);
}

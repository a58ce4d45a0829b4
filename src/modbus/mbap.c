/* MODBUS/TCP's header. Bytes 0 and 1 are the transaction id, 2 and 3 the protocol id (0), 4 and 5
 * count what follows them: the unit id and the PDU. The length is judged as soon as it is there,
 * before the frame is whole: a broken one must not make anybody wait for bytes that never come. */

#include "modbus/mbap.h"
#include "modbus/bytes.h"

enum {
    PREFIX = 6, /* up to and with the length */
    LENGTH_MIN = 2,
    LENGTH_MAX = PDU_MAX + 1
};

enum mbap_result mbap_parse(const uint8_t *bytes, size_t length, struct mbap *mbap)
{
    if (length < PREFIX)
        return MBAP_MORE;
    size_t follows = bytes_get(bytes + 4);
    if (follows < LENGTH_MIN || follows > LENGTH_MAX)
        return MBAP_BROKEN;
    if (length < PREFIX + follows)
        return MBAP_MORE;
    mbap->frame = PREFIX + follows;
    if (bytes_get(bytes + 2) != 0)
        return MBAP_FOREIGN;
    mbap->transaction = bytes_get(bytes);
    mbap->unit = bytes[6];
    mbap->pdu = bytes + MBAP_HEADER;
    mbap->pdu_length = follows - 1;
    return MBAP_FRAME;
}

size_t mbap_write(uint8_t *frame, uint16_t transaction, uint8_t unit, size_t pdu_length)
{
    bytes_put(frame, transaction);
    bytes_put(frame + 2, 0);
    bytes_put(frame + 4, (uint16_t)(pdu_length + 1));
    frame[6] = unit;
    return MBAP_HEADER + pdu_length;
}

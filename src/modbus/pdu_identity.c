/* What a device says of itself: function codes 17 (AP 6.13) and 43/14 (AP 6.21). An object whose
 * text is NULL does not exist; one that is longer than an answer can carry is cut there, because
 * the protocol has no way to continue inside an object. */

#include <stdio.h>
#include <string.h>
#include "modbus/pdu_call.h"

enum {
    SERVER_ID = 'M',
    RUNNING = 0xFF,
    STOPPED = 0x00,
    MEI_DEVICE_ID = 14,
    CONFORMITY = 0x83, /* all objects, as a stream and one by one */
    HEADER = 7,        /* of an answer with objects */
    OBJECT_MAX = PDU_MAX - HEADER - 2,
    OBJECTS = 7
};

enum read_code { READ_BASIC = 1, READ_REGULAR, READ_EXTENDED, READ_ONE };

size_t pdu_server_id(const struct pdu_call *call)
{
    if (call->length != 1)
        return pdu_refuse(call, EXCEPTION_VALUE);
    const struct identity *identity = call->target->identity;
    char text[PDU_MAX - 4 + 1];
    int full = snprintf(text, sizeof text, "%s %s %s", identity->product, identity->revision,
                        identity->application);
    size_t used = (size_t)full < sizeof text ? (size_t)full : sizeof text - 1;
    call->answer[0] = call->request[0];
    call->answer[1] = (uint8_t)(2 + used);
    call->answer[2] = SERVER_ID;
    call->answer[3] = image_in_fault(call->target->image) ? STOPPED : RUNNING;
    memcpy(call->answer + 4, text, used);
    return 4 + used;
}

/* Text of an object, NULL where there is none. */
static const char *object_text(const struct identity *identity, unsigned object)
{
    const char *texts[OBJECTS] = {identity->vendor,     identity->product, identity->revision,
                                  identity->url,        identity->name,    identity->model,
                                  identity->application};
    return object < OBJECTS ? texts[object] : NULL;
}

/* Appends an object to an answer of `length` bytes; 0 when it does not fit. */
static size_t put_object(uint8_t *answer, size_t length, unsigned object, const char *text)
{
    size_t size = strnlen(text, OBJECT_MAX);
    if (length + 2 + size > PDU_MAX)
        return 0;
    answer[length] = (uint8_t)object;
    answer[length + 1] = (uint8_t)size;
    memcpy(answer + length + 2, text, size);
    return length + 2 + size;
}

static void put_header(const struct pdu_call *call, unsigned next, unsigned count)
{
    memcpy(call->answer, call->request, 3);
    call->answer[3] = CONFORMITY;
    call->answer[4] = next ? 0xFF : 0x00; /* more follows */
    call->answer[5] = (uint8_t)next;
    call->answer[6] = (uint8_t)count;
}

static size_t one_object(const struct pdu_call *call, unsigned object)
{
    const char *text = object_text(call->target->identity, object);
    if (!text)
        return pdu_refuse(call, EXCEPTION_ADDRESS);
    put_header(call, 0, 1);
    return put_object(call->answer, HEADER, object, text);
}

/* Objects from `object` to `last`, as many as fit; an unknown one to start with means from the
 * beginning. */
static size_t stream(const struct pdu_call *call, unsigned object, unsigned last)
{
    const struct identity *identity = call->target->identity;
    if (object > last || !object_text(identity, object))
        object = 0;
    size_t length = HEADER;
    unsigned next = 0, count = 0;
    for (; object <= last; object++) {
        const char *text = object_text(identity, object);
        size_t longer = text ? put_object(call->answer, length, object, text) : length;
        if (!longer) {
            next = object;
            break;
        }
        length = longer;
        count += text != NULL;
    }
    put_header(call, next, count);
    return length;
}

size_t pdu_device_id(const struct pdu_call *call)
{
    if (call->length < 2)
        return pdu_refuse(call, EXCEPTION_VALUE);
    if (call->request[1] != MEI_DEVICE_ID)
        return pdu_refuse(call, EXCEPTION_FUNCTION);
    if (call->length != 4)
        return pdu_refuse(call, EXCEPTION_VALUE);
    unsigned object = call->request[3];
    switch (call->request[2]) {
    case READ_BASIC:
        return stream(call, object, 2);
    case READ_REGULAR:
    case READ_EXTENDED: /* there are no objects beyond the regular ones */
        return stream(call, object, OBJECTS - 1);
    case READ_ONE:
        return one_object(call, object);
    default:
        return pdu_refuse(call, EXCEPTION_VALUE);
    }
}

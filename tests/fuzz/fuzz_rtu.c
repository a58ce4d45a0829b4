/* A fuzzer as a serial line: the input is what comes, in pieces and with silences of its own
 * choosing. What must hold: nothing is read or written outside, every frame that comes out is,
 * with its CRC, part of what went in, a silence leaves nothing for a server, and a client gets
 * frames of its unit and function code only. Built as fuzz_session.c is. */

#include <stdlib.h>
#include <string.h>
#include "modbus/rtu.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void must_be_in(const struct rtu_frame *frame, const uint8_t *bytes, size_t length)
{
    uint8_t whole[RTU_MAX];
    must(frame->length >= 1 && frame->length <= RTU_MAX - 3);
    size_t size = rtu_write(whole, frame->unit, frame->pdu, frame->length);
    must(memmem(bytes, length, whole, size) != NULL);
}

static void serve(struct rtu_input *input, bool silent, const uint8_t *bytes, size_t length)
{
    struct rtu_frame frame;
    bool is_answer;
    while (rtu_request(input, silent, &frame, &is_answer))
        must_be_in(&frame, bytes, length);
    must(!silent || input->length == 0);
}

static void listen(struct rtu_input *input, bool silent, const uint8_t *bytes, size_t length)
{
    const uint8_t request[] = {bytes[1], 0, 0, 0, 1};
    struct rtu_frame frame;
    while (rtu_answer(input, silent, bytes[0], request, sizeof request, &frame)) {
        must(frame.unit == bytes[0] && (frame.pdu[0] | 0x80) == (request[0] | 0x80));
        must_be_in(&frame, bytes, length);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct rtu_input server, client;
    if (length < 3)
        return 0;
    server.length = client.length = 0;
    size_t most = 1u + (bytes[2] >> 2);
    bool pauses = bytes[2] & 1;
    for (size_t at = 0, piece; at < length; at += piece) {
        piece = length - at < most ? length - at : most;
        bool silent = pauses && bytes[at] & 1;
        rtu_received(&server, bytes + at, piece);
        serve(&server, silent, bytes, length);
        rtu_received(&client, bytes + at, piece);
        listen(&client, silent, bytes, length);
    }
    serve(&server, true, bytes, length);
    return 0;
}

/* Proves that a session answers each frame once and in order however the bytes arrive: split at
 * every byte, many at once, behind a peer that does not read, among frames of other protocols;
 * and that broken framing ends it without a further answer. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "modbus/bytes.h"
#include "modbus/mbap.h"
#include "modbus/session.h"
#include "modbus_bed.h"

enum { STREAM = 64 * 1024 };

struct stream {
    size_t length;
    uint8_t bytes[STREAM];
};

struct desk {
    struct bed bed;
    struct session session;
    struct stream in, out;
};

static int desk_open(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);
    bed_open(&desk->bed);
    session_init(&desk->session, desk->bed.server, NULL);
    *state = desk;
    return 0;
}

static int desk_close(void **state)
{
    struct desk *desk = *state;
    bed_close(&desk->bed);
    free(desk);
    return 0;
}

static void put(struct stream *stream, uint16_t transaction, uint8_t unit, const uint8_t *pdu,
                size_t length)
{
    assert_true(stream->length + MBAP_HEADER + length <= STREAM);
    uint8_t *frame = stream->bytes + stream->length;
    memcpy(frame + MBAP_HEADER, pdu, length);
    stream->length += mbap_write(frame, transaction, unit, length);
}

#define PUT(stream, transaction, unit, ...)                                                        \
    put(stream, transaction, unit, (const uint8_t[]){__VA_ARGS__},                                 \
        sizeof((const uint8_t[]){__VA_ARGS__}))

/* Hands over bytes as a socket would: as many as there is room for, at most `most` at a time. */
static bool feed(struct desk *desk, const uint8_t *bytes, size_t length, size_t most)
{
    while (length > 0) {
        uint8_t *where;
        size_t room = session_room(&desk->session, &where);
        if (room == 0)
            return true;
        size_t size = room < length ? room : length;
        size = size < most ? size : most;
        memcpy(where, bytes, size);
        if (!session_received(&desk->session, size, 2))
            return false;
        bytes += size;
        length -= size;
    }
    return true;
}

/* Takes what is pending, at most `most` bytes of it; false when the session has ended. */
static bool take(struct desk *desk, size_t most)
{
    const uint8_t *bytes;
    size_t pending = session_pending(&desk->session, &bytes);
    size_t size = pending < most ? pending : most;
    assert_true(desk->out.length + size <= STREAM);
    memcpy(desk->out.bytes + desk->out.length, bytes, size);
    desk->out.length += size;
    return size == 0 || session_sent(&desk->session, size, 2);
}

static size_t pending(const struct desk *desk)
{
    const uint8_t *bytes;
    return session_pending(&desk->session, &bytes);
}

static bool is_news(const struct stream *a, const struct stream *b)
{
    return a->length != b->length || memcmp(a->bytes, b->bytes, a->length) != 0;
}

/* A write, reads of it, refusals, and one that is longer than the others. */
static void put_mixture(struct stream *in)
{
    PUT(in, 0, 1, 6, 0, 5, 0xAB, 0xCD);
    PUT(in, 1, 1, 3, 0, 5, 0, 1);
    PUT(in, 0xFFFF, 1, 99);
    PUT(in, 2, 1, 16, 0, 10, 0, 3, 6, 1, 2, 3, 4, 5, 6);
    PUT(in, 3, 77, 3, 0, 5, 0, 1);
    PUT(in, 4, 1, 23, 0, 4, 0, 9, 0, 6, 0, 1, 2, 7, 8);
    PUT(in, 5, 1, 1, 0, 0, 0, 9);
}

static void put_expected(struct stream *out)
{
    PUT(out, 0, 1, 6, 0, 5, 0xAB, 0xCD);
    PUT(out, 1, 1, 3, 2, 0xAB, 0xCD);
    PUT(out, 0xFFFF, 1, 0xE3, 1);
    PUT(out, 2, 1, 16, 0, 10, 0, 3);
    PUT(out, 3, 77, 0x83, 0x0A);
    PUT(out, 4, 1, 23, 18, 0, 0, 0xAB, 0xCD, 7, 8, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6);
    PUT(out, 5, 1, 1, 2, 0, 0);
}

static void split_at_every_pair_of_bytes(void **state)
{
    struct desk *desk = *state;
    struct stream *expected = calloc(1, sizeof *expected);
    put_mixture(&desk->in);
    put_expected(expected);
    for (size_t first = 0; first <= desk->in.length; first++) {
        for (size_t second = first; second <= desk->in.length; second++) {
            session_init(&desk->session, desk->bed.server, NULL);
            desk->out.length = 0;
            assert_true(feed(desk, desk->in.bytes, first, SESSION_IN));
            assert_true(feed(desk, desk->in.bytes + first, second - first, SESSION_IN));
            assert_true(feed(desk, desk->in.bytes + second, desk->in.length - second, SESSION_IN));
            assert_true(take(desk, SESSION_OUT));
            if (is_news(&desk->out, expected))
                fail_msg("split at %zu and %zu", first, second);
            assert_false(session_half_frame(&desk->session));
        }
    }
    free(expected);
}

static void pieces_of_every_size(void **state)
{
    struct desk *desk = *state;
    struct stream *expected = calloc(1, sizeof *expected);
    put_mixture(&desk->in);
    put_expected(expected);
    for (size_t most = 1; most <= desk->in.length; most++) {
        session_init(&desk->session, desk->bed.server, NULL);
        desk->out.length = 0;
        assert_true(feed(desk, desk->in.bytes, desk->in.length, most));
        while (pending(desk) > 0)
            assert_true(take(desk, most));
        assert_false(is_news(&desk->out, expected));
    }
    free(expected);
}

static void an_answer_is_there_with_the_last_byte(void **state)
{
    struct desk *desk = *state;
    PUT(&desk->in, 9, 1, 3, 0, 0, 0, 1);
    for (size_t i = 0; i < desk->in.length; i++) {
        assert_int_equal(pending(desk), 0);
        assert_int_equal(session_half_frame(&desk->session), i > 0);
        assert_true(feed(desk, desk->in.bytes + i, 1, 1));
    }
    assert_int_equal(pending(desk), 11);
    assert_false(session_half_frame(&desk->session));
}

/* Reads of 125 registers, each with its own transaction id, and a write before each that the read
 * must show: order is proved by the values. */
static void put_flood(struct stream *in, unsigned requests)
{
    for (unsigned i = 0; i < requests; i++) {
        PUT(in, (uint16_t)(2 * i), 1, 6, 0, 0, (uint8_t)(i >> 8), (uint8_t)i);
        PUT(in, (uint16_t)(2 * i + 1), 1, 3, 0, 0, 0, 125);
    }
}

static void expect_flood(const struct desk *desk, unsigned requests)
{
    size_t at = 0;
    for (unsigned i = 0; i < 2 * requests; i++) {
        struct mbap mbap;
        assert_int_equal(mbap_parse(desk->out.bytes + at, desk->out.length - at, &mbap),
                         MBAP_FRAME);
        assert_int_equal(mbap.transaction, i);
        assert_int_equal(mbap.pdu[0], i % 2 ? 3 : 6);
        assert_int_equal(mbap.pdu_length, i % 2 ? 252 : 5);
        assert_int_equal(bytes_get(mbap.pdu + (i % 2 ? 2 : 3)), i / 2);
        at += mbap.frame;
    }
    assert_int_equal(at, desk->out.length);
}

static void many_in_flight_behind_a_slow_reader(void **state)
{
    struct desk *desk = *state;
    static const size_t takes[] = {1, 7, 259, 260, 1000, 4096, SESSION_OUT};
    put_flood(&desk->in, 100);
    for (size_t i = 0; i < sizeof takes / sizeof takes[0]; i++) {
        session_init(&desk->session, desk->bed.server, NULL);
        desk->out.length = 0;
        size_t fed = 0;
        while (fed < desk->in.length || pending(desk) > 0) {
            uint8_t *where;
            size_t room = session_room(&desk->session, &where), left = desk->in.length - fed;
            size_t size = room < left ? room : left;
            assert_true(feed(desk, desk->in.bytes + fed, size, SESSION_IN));
            fed += size;
            assert_true(take(desk, takes[i]));
        }
        expect_flood(desk, 100);
    }
}

static void back_pressure_holds_and_lets_go(void **state)
{
    struct desk *desk = *state;
    uint8_t *where;
    put_flood(&desk->in, 60);
    assert_int_equal(session_room(&desk->session, &where), SESSION_IN);
    assert_true(feed(desk, desk->in.bytes, desk->in.length, SESSION_IN));
    assert_int_equal(session_room(&desk->session, &where), 0);
    assert_in_range(pending(desk), SESSION_OUT - MBAP_MAX, SESSION_OUT);
    assert_false(session_half_frame(&desk->session));
    size_t before = pending(desk);
    assert_true(take(desk, before)); /* what waited is answered without another byte coming */
    assert_true(pending(desk) > 0);
}

static void another_protocol_gets_no_answer(void **state)
{
    struct desk *desk = *state;
    for (unsigned protocol = 1; protocol < 65536; protocol += 257) {
        session_init(&desk->session, desk->bed.server, NULL);
        desk->in.length = 0;
        PUT(&desk->in, 1, 1, 6, 0, 0, 0, 1);
        bytes_put(desk->in.bytes + 2, (uint16_t)protocol);
        PUT(&desk->in, 2, 1, 3, 0, 0, 0, 1);
        assert_true(feed(desk, desk->in.bytes, desk->in.length, SESSION_IN));
        assert_int_equal(pending(desk), 11);
        desk->out.length = 0;
        assert_true(take(desk, SESSION_OUT));
        assert_int_equal(bytes_get(desk->out.bytes), 2);
        assert_int_equal(bytes_get(desk->out.bytes + 9), 0); /* and was not carried out */
    }
}

static void a_bad_frame_does_not_spoil_the_next(void **state)
{
    struct desk *desk = *state;
    PUT(&desk->in, 1, 1, 3);
    PUT(&desk->in, 2, 1, 3, 0, 0, 0, 1, 0xFF, 0xFF);
    PUT(&desk->in, 3, 1, 3, 0, 0, 0, 1);
    assert_true(feed(desk, desk->in.bytes, desk->in.length, SESSION_IN));
    assert_true(take(desk, SESSION_OUT));
    static const uint8_t expected[] = {0, 1,    0, 0, 0, 3, 1, 0x83, 3, 0, 2, 0, 0, 0, 3,
                                       1, 0x83, 3, 0, 3, 0, 0, 0,    5, 1, 3, 2, 0, 0};
    assert_int_equal(desk->out.length, sizeof expected);
    assert_memory_equal(desk->out.bytes, expected, sizeof expected);
}

static void broken_framing_ends_it(void **state)
{
    struct desk *desk = *state;
    static const uint16_t lengths[] = {0, 1, 255, 256, 0xFFFF};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        session_init(&desk->session, desk->bed.server, NULL);
        desk->in.length = desk->out.length = 0;
        PUT(&desk->in, 1, 1, 3, 0, 0, 0, 1);
        PUT(&desk->in, 2, 1, 6, 0, 0, 0, 1);
        bytes_put(desk->in.bytes + 12 + 4, lengths[i]);
        PUT(&desk->in, 3, 1, 6, 0, 0, 0, 1);
        assert_false(feed(desk, desk->in.bytes, desk->in.length, SESSION_IN));
        assert_int_equal(pending(desk), 11); /* the one before it is still answered */
        assert_int_equal(desk->session.in_length, 0);
        assert_true(take(desk, SESSION_OUT));
        assert_int_equal(desk->out.bytes[10], 0);
        assert_int_equal(pending(desk), 0);
    }
}

static void broken_framing_behind_back_pressure_ends_it_later(void **state)
{
    struct desk *desk = *state;
    for (unsigned i = 0; i < 40; i++)
        PUT(&desk->in, (uint16_t)i, 1, 3, 0, 0, 0, 125);
    bytes_put(desk->in.bytes + desk->in.length - 12 + 4, 0);
    assert_true(feed(desk, desk->in.bytes, desk->in.length, SESSION_IN));
    bool sound = true;
    while (pending(desk) > 0)
        sound = take(desk, 1000) && sound;
    assert_false(sound);
    assert_int_equal(desk->out.length, 39 * 259);
}

static void the_longest_frame_is_legal(void **state)
{
    struct desk *desk = *state;
    uint8_t pdu[PDU_MAX] = {8, 0, 0};
    put(&desk->in, 7, 1, pdu, PDU_MAX);
    assert_true(feed(desk, desk->in.bytes, desk->in.length, 100));
    assert_true(take(desk, SESSION_OUT));
    assert_int_equal(desk->out.length, MBAP_MAX);
    assert_memory_equal(desk->out.bytes, desk->in.bytes, MBAP_MAX);
}

/* Whatever was sent, what came back is whole frames. Returns how many. */
static unsigned count_frames(const struct stream *stream)
{
    unsigned frames = 0;
    for (size_t at = 0; at < stream->length; frames++) {
        struct mbap mbap;
        assert_int_equal(mbap_parse(stream->bytes + at, stream->length - at, &mbap), MBAP_FRAME);
        assert_true(mbap.pdu_length >= 2);
        at += mbap.frame;
    }
    return frames;
}

static void garbage_is_survived(void **state)
{
    struct desk *desk = *state;
    uint32_t random = 4711;
    unsigned answers = 0;
    for (unsigned round = 0; round < 2000; round++) {
        session_init(&desk->session, desk->bed.server, NULL);
        bool sound = true;
        desk->out.length = 0;
        for (unsigned piece = 0; piece < 8 && sound; piece++) {
            uint8_t bytes[600];
            for (size_t i = 0; i < sizeof bytes; i++) {
                random = random * 1664525u + 1013904223u;
                bytes[i] = (uint8_t)(random >> 24);
            }
            if (round % 2) /* half of the rounds get past the header */
                bytes_put(bytes + 2, 0), bytes_put(bytes + 4, (uint16_t)(2 + bytes[6] % 253));
            sound = feed(desk, bytes, sizeof bytes, 1 + random % 300);
            sound = take(desk, SESSION_OUT) && sound;
        }
        while (pending(desk) > 0)
            take(desk, SESSION_OUT);
        answers += count_frames(&desk->out);
    }
    assert_true(answers >= 1000); /* the first frame of every second round has one */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(split_at_every_pair_of_bytes),
        TEST(pieces_of_every_size),
        TEST(an_answer_is_there_with_the_last_byte),
        TEST(many_in_flight_behind_a_slow_reader),
        TEST(back_pressure_holds_and_lets_go),
        TEST(another_protocol_gets_no_answer),
        TEST(a_bad_frame_does_not_spoil_the_next),
        TEST(broken_framing_ends_it),
        TEST(broken_framing_behind_back_pressure_ends_it_later),
        TEST(the_longest_frame_is_legal),
        TEST(garbage_is_survived),
    };
    return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}

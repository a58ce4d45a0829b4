#pragma once
/* A caller with real clients, for the tests of src/modbus/caller*.c: the test is the network, and
 * time is the test's own. */

#include "dial_bed.h"

#include "modbus/bytes.h"
#include "modbus/caller.h"

enum { MOST = 60, FRAME = 12, ANSWER = 9 + 2 * DIAL_WORDS };

struct desk {
    struct dial_bed bed;
    struct caller *caller;
    struct client *clients[MOST];
    size_t count;
    int64_t now;
};

/* Declares `count` clients of units from `first_unit`, with the same options, and prepares them;
 * the change says who is on the caller from its commit on. */
static inline struct caller_change *desk_prepare(struct desk *desk, size_t count,
                                                 struct client_spec spec, uint8_t first_unit)
{
    struct error error;
    dial_bed_open(&desk->bed);
    for (size_t i = 0; i < count; i++) {
        spec.unit = (uint8_t)(first_unit + i);
        dial_bed_add(&desk->bed, spec);
    }
    dial_bed_seal(&desk->bed);
    desk->count = count;
    struct caller_change *change = caller_prepare(desk->caller);
    for (uint32_t i = 0; i < count; i++) {
        desk->clients[i] = client_create(desk->bed.image, i, desk->now, &error);
        dial_need(desk->clients[i] != NULL, &error);
        assert_int_equal(caller_change_add(change, desk->clients[i]), i);
    }
    caller_change_seal(change);
    return change;
}

static inline void desk_open(struct desk *desk, size_t count, struct client_spec spec)
{
    struct error error;
    *desk = (struct desk){.now = 1000 * (int64_t)NS_PER_S};
    desk->caller = caller_create(&error);
    dial_need(desk->caller != NULL, &error);
    caller_commit(desk_prepare(desk, count, spec, 1), NULL, desk->now);
}

static inline struct client_spec slow(void)
{
    struct client_spec spec = dial_spec("10.0.0.7", 502, 1);
    spec.period = 10000 * MS; /* one poll, and then nothing of its own */
    return spec;
}

/* All but the caller. */
static inline void clients_close(struct desk *desk)
{
    for (size_t i = 0; i < desk->count; i++)
        client_destroy(desk->clients[i]);
    dial_bed_close(&desk->bed);
}

static inline void desk_close(struct desk *desk)
{
    caller_destroy(desk->caller);
    clients_close(desk);
}

static inline const char *run(struct desk *desk)
{
    return caller_run(desk->caller, desk->now);
}

static inline void connect_now(struct desk *desk)
{
    caller_connected(desk->caller, desk->now);
    assert_null(run(desk));
}

static inline void open_online(struct desk *desk, size_t count, struct client_spec spec)
{
    desk_open(desk, count, spec);
    connect_now(desk);
}

/* Takes the oldest request off what is to be sent; false when there is none. */
static inline bool next_request(struct desk *desk, uint8_t frame[FRAME])
{
    const uint8_t *bytes;
    memset(frame, 0, FRAME);
    if (caller_pending(desk->caller, &bytes) == 0)
        return false;
    assert_true(caller_pending(desk->caller, &bytes) >= FRAME);
    memcpy(frame, bytes, FRAME);
    assert_int_equal(bytes_get(frame + 4), FRAME - 6);
    caller_sent(desk->caller, FRAME);
    return true;
}

/* The same, however long it takes. */
static inline void wait_for_request(struct desk *desk, uint8_t frame[FRAME])
{
    for (; !next_request(desk, frame); desk->now += MS)
        assert_null(run(desk));
}

static inline void expect_request(struct desk *desk, uint8_t frame[FRAME], uint16_t id,
                                  uint8_t unit)
{
    assert_true(next_request(desk, frame));
    assert_int_equal(bytes_get(frame), id);
    assert_int_equal(frame[6], unit);
}

static inline void expect_no_request(struct desk *desk)
{
    const uint8_t *bytes;
    assert_int_equal(caller_pending(desk->caller, &bytes), 0);
}

static inline void give(struct desk *desk, const uint8_t *bytes, size_t length)
{
    uint8_t *where;
    assert_true(caller_room(desk->caller, &where) >= length);
    memcpy(where, bytes, length);
    caller_received(desk->caller, length, desk->now);
}

/* The answer to a poll; the first register is `word`. */
static inline void make_answer(const uint8_t *request, uint16_t word, uint8_t answer[ANSWER])
{
    memset(answer, 0, ANSWER);
    memcpy(answer, request, 8);
    bytes_put(answer + 4, ANSWER - 6);
    answer[8] = 2 * DIAL_WORDS;
    bytes_put(answer + 9, word);
}

static inline void answer(struct desk *desk, const uint8_t *request, uint16_t word)
{
    uint8_t bytes[ANSWER];
    make_answer(request, word, bytes);
    give(desk, bytes, sizeof bytes);
}

/* The first word that a client mirrors. */
static inline uint16_t word_of(struct desk *desk, uint32_t client)
{
    return dial_bed_word(&desk->bed, client, 0);
}

/* An answer that the first client takes. */
static inline void answer_well(struct desk *desk, const uint8_t *request, uint16_t word)
{
    answer(desk, request, word);
    assert_int_equal(word_of(desk, 0), word);
}

static inline uint64_t errors(struct desk *desk, uint32_t client)
{
    return link_look(desk->bed.image, client).errors;
}

static inline void expect_error(struct desk *desk, uint32_t client, uint64_t count,
                                const char *text)
{
    char last[LINK_ERROR_MAX] = "";
    link_last_error(desk->bed.image, client, last);
    assert_int_equal(errors(desk, client), count);
    assert_string_equal(last, text);
}

static inline int setup(void **state)
{
    *state = test_calloc(1, sizeof(struct desk));
    return 0;
}

static inline int teardown(void **state)
{
    desk_close(*state);
    test_free(*state);
    return 0;
}

/* A test with one desk. */
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* Proves, with real clients and the test as the network, how a connection carries requests: ids
 * that count up and begin anew with each connection, answers matched by id in any order and cut
 * anywhere, strangers and late ones dropped, answers of the wrong unit or protocol failed,
 * timeouts, silence that ends the connection, turns among many units, and a bounded buffer. Time is
 * the test's own. */

#include "caller_bed.h"

static void test_nothing_before_it_is_connected(void **state)
{
    struct desk *desk = *state;
    uint8_t frame[FRAME];
    desk_open(desk, 2, slow());
    assert_true(caller_wanted(desk->caller));
    assert_null(run(desk));
    expect_no_request(desk);
    connect_now(desk);
    assert_true(caller_waits(desk->caller));
    expect_request(desk, frame, 1, 1);
    expect_request(desk, frame, 2, 2);
    expect_no_request(desk);
}

static void test_answers_in_any_order(void **state)
{
    struct desk *desk = *state;
    uint8_t frames[3][FRAME];
    open_online(desk, 3, slow());
    for (uint8_t i = 0; i < 3; i++)
        expect_request(desk, frames[i], (uint16_t)(1 + i), (uint8_t)(1 + i));
    assert_false(caller_heard(desk->caller));
    answer(desk, frames[2], 30);
    answer(desk, frames[0], 10);
    answer(desk, frames[1], 20);
    assert_true(caller_heard(desk->caller));
    assert_false(caller_waits(desk->caller));
    assert_null(run(desk));
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(word_of(desk, i), 10 * (i + 1));
    expect_no_request(desk);
}

/* Many answers at once, then the same cut at each byte. */
static void test_cut_anywhere(void **state)
{
    (void)state;
    for (size_t cut = 0; cut <= 2 * ANSWER; cut++) {
        struct desk desk;
        uint8_t frames[2][FRAME], bytes[2 * ANSWER];
        open_online(&desk, 2, slow());
        for (uint8_t i = 0; i < 2; i++) {
            expect_request(&desk, frames[i], (uint16_t)(1 + i), (uint8_t)(1 + i));
            make_answer(frames[i], (uint16_t)(5 + i), bytes + i * ANSWER);
        }
        if (cut > 0)
            give(&desk, bytes, cut);
        assert_null(run(&desk));
        if (cut < sizeof bytes)
            give(&desk, bytes + cut, sizeof bytes - cut);
        assert_int_equal(word_of(&desk, 0), 5);
        assert_int_equal(word_of(&desk, 1), 6);
        desk_close(&desk);
    }
}

static void test_unknown_id_is_dropped(void **state)
{
    struct desk *desk = *state;
    uint8_t frame[FRAME], other[FRAME];
    open_online(desk, 1, slow());
    expect_request(desk, frame, 1, 1);
    memcpy(other, frame, sizeof other);
    bytes_put(other, 77);
    answer(desk, other, 66);
    assert_null(run(desk));
    assert_int_equal(errors(desk, 0), 0);
    assert_int_equal(word_of(desk, 0), 0);
    assert_false(caller_heard(desk->caller));
    answer(desk, frame, 5);
    answer(desk, frame, 6); /* once answered it is unknown, too */
    assert_int_equal(word_of(desk, 0), 5);
    assert_int_equal(errors(desk, 0), 0);
}

static void test_wrong_unit_and_protocol(void **state)
{
    struct desk *desk = *state;
    uint8_t frame[FRAME], other[FRAME];
    open_online(desk, 1, slow());
    expect_request(desk, frame, 1, 1);
    memcpy(other, frame, sizeof other);
    other[6] = 7;
    answer(desk, other, 5);
    expect_error(desk, 0, 1, "answer from unit 7 instead of 1");
    wait_for_request(desk, frame);
    assert_int_equal(bytes_get(frame), 2);
    memcpy(other, frame, sizeof other);
    bytes_put(other + 2, 5);
    answer(desk, other, 5);
    expect_error(desk, 0, 2, "answer of protocol 5 instead of 0");
    assert_int_equal(word_of(desk, 0), 0);
    assert_null(run(desk));
}

static void test_impossible_length(void **state)
{
    (void)state;
    static const uint16_t lengths[] = {0, 1, 255, 65535};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct desk desk;
        uint8_t frame[FRAME], *where;
        open_online(&desk, 1, slow());
        expect_request(&desk, frame, 1, 1);
        bytes_put(frame + 4, lengths[i]);
        give(&desk, frame, sizeof frame);
        assert_non_null(strstr(run(&desk), "impossible length"));
        for (int k = 0; k < 3; k++) { /* whatever still comes, there is room for it */
            size_t room = caller_room(desk.caller, &where);
            assert_true(room > 0);
            memset(where, 0, room);
            caller_received(desk.caller, room, desk.now);
        }
        caller_lost(desk.caller, "broken", 0, desk.now);
        connect_now(&desk);
        expect_request(&desk, frame, 1, 1);
        answer_well(&desk, frame, 9);
        desk_close(&desk);
    }
}

static void test_timeout_and_late_answer(void **state)
{
    struct desk *desk = *state;
    uint8_t late[FRAME], frame[FRAME];
    open_online(desk, 1, slow());
    expect_request(desk, late, 1, 1);
    assert_true(caller_due(desk->caller) <= desk->now + 1000 * MS);
    desk->now += 999 * MS;
    assert_null(run(desk));
    assert_int_equal(errors(desk, 0), 0);
    desk->now += MS;
    assert_null(run(desk));
    expect_error(desk, 0, 1, "no answer within 1 s");
    wait_for_request(desk, frame);
    answer(desk, late, 1);
    assert_int_equal(word_of(desk, 0), 0);
    answer_well(desk, frame, 2);
    assert_int_equal(errors(desk, 0), 1);
}

/* Runs at each moment at which the caller wants to, until it says why to close. */
static const char *run_until_closed(struct desk *desk)
{
    uint8_t frame[FRAME];
    const char *why = NULL;
    for (int i = 0; i < 100 && !why; i++) {
        int64_t due = caller_due(desk->caller);
        assert_true(due != INT64_MAX);
        desk->now = due > desk->now ? due : desk->now;
        why = run(desk);
        while (next_request(desk, frame))
            continue;
    }
    return why;
}

static void test_silent_altogether(void **state)
{
    struct desk *desk = *state;
    open_online(desk, 1, slow());
    int64_t start = desk->now;
    const char *why = run_until_closed(desk);
    assert_non_null(why);
    assert_ptr_equal(strstr(why, "no answer for "), why);
    assert_true(desk->now - start >= 3000 * MS);
    assert_int_equal(errors(desk, 0), 3);
}

/* One unit of three is dead; the others' answers keep the connection. */
static void test_one_dead_unit(void **state)
{
    struct desk *desk = *state;
    struct client_spec spec = slow();
    uint8_t frame[FRAME];
    unsigned served = 0;
    spec.period = 500 * MS;
    open_online(desk, 3, spec);
    for (int64_t end = desk->now + 30000 * MS; desk->now < end; desk->now += 10 * MS) {
        assert_null(run(desk));
        while (next_request(desk, frame))
            if (frame[6] != 2) {
                answer(desk, frame, (uint16_t)++served);
            }
    }
    assert_true(errors(desk, 1) >= 3);
    assert_int_equal(errors(desk, 0) + errors(desk, 2), 0);
    assert_true(served > 100); /* 2 x 60 without the dead one */
    assert_false(link_look(desk->bed.image, 1).online);
    assert_true(link_look(desk->bed.image, 0).online);
}

static void test_lost(void **state)
{
    struct desk *desk = *state;
    uint8_t frame[FRAME];
    desk_open(desk, 2, slow());
    caller_lost(desk->caller, "connection refused", desk->now + 500 * MS, desk->now);
    expect_error(desk, 0, 1, "connection refused");
    connect_now(desk);
    expect_request(desk, frame, 1, 1);
    give(desk, frame, 9); /* half a frame, which must not be left over */
    caller_lost(desk->caller, "closed by the device", 0, desk->now);
    expect_error(desk, 0, 2, "closed by the device");
    expect_error(desk, 1, 2, "closed by the device");
    expect_no_request(desk);
    assert_false(caller_waits(desk->caller));
    connect_now(desk);
    expect_request(desk, frame, 1, 1);
    answer_well(desk, frame, 4);
}

static void test_woken_and_stopped(void **state)
{
    struct desk *desk = *state;
    uint8_t frame[FRAME];
    open_online(desk, 2, slow());
    for (uint8_t i = 1; i <= 2; i++) {
        expect_request(desk, frame, i, i);
        answer(desk, frame, 1);
    }
    assert_null(run(desk));
    expect_no_request(desk);
    dial_bed_write(&desk->bed, 1, 0, 44);
    caller_wake(desk->caller, 1);
    assert_true(caller_due(desk->caller) <= desk->now);
    assert_null(run(desk));
    expect_request(desk, frame, 3, 2);
    assert_int_equal(frame[7], 6);
    give(desk, frame, sizeof frame);
    assert_null(run(desk));
    assert_true(caller_due(desk->caller) > desk->now);
    link_want(desk->bed.image, 0, false);
    assert_true(caller_wanted(desk->caller));
    link_want(desk->bed.image, 1, false);
    assert_false(caller_wanted(desk->caller));
}

/* A peer that takes nothing: what is to be sent stays bounded, and goes on in turn afterwards. */
static void test_bounded(void **state)
{
    struct desk *desk = *state;
    struct client_spec spec = slow();
    const uint8_t *bytes;
    uint8_t frame[FRAME], seen[MOST + 1] = {0};
    spec.timeout = 1 * MS;
    spec.period = 1 * MS;
    open_online(desk, MOST, spec);
    for (int i = 0; i < 20000; i++) {
        uint8_t *where;
        static const uint8_t stranger[9] = {0xFF, 0xFF, 0, 0, 0, 3, 1, 3, 0};
        size_t room = caller_room(desk->caller, &where);
        assert_true(room >= sizeof stranger);
        memcpy(where, stranger, sizeof stranger); /* a sign of life: no silence */
        caller_received(desk->caller, sizeof stranger, desk->now);
        assert_null(run(desk));
        assert_true(caller_pending(desk->caller, &bytes) <= CALLER_OUT);
        desk->now += 20 * MS;
    }
    assert_true(caller_pending(desk->caller, &bytes) > CALLER_OUT - MBAP_MAX);
    while (next_request(desk, frame))
        seen[frame[6]] = 1;
    for (int i = 1; i <= MOST; i++)
        assert_int_equal(seen[i], 1);
}

/* More than 65,536 requests on one connection, while the first one is still under way. */
static void test_ids_skip_what_is_under_way(void **state)
{
    struct desk *desk = *state;
    struct client_spec spec = slow();
    uint8_t first[FRAME], frame[FRAME];
    spec.timeout = 1000000 * MS;
    spec.period = 1 * MS;
    open_online(desk, 2, spec);
    expect_request(desk, first, 1, 1);
    for (uint32_t id = 2; id <= 65540; id++) {
        wait_for_request(desk, frame);
        uint16_t expected = (uint16_t)(id <= 65536 ? id : id + 1);
        assert_int_equal(bytes_get(frame), expected);
        assert_int_equal(frame[6], 2);
        answer(desk, frame, 1);
    }
    answer_well(desk, first, 5);
}

static void test_depth(void **state)
{
    struct desk *desk = *state;
    struct client_spec spec = slow();
    uint8_t frame[FRAME];
    spec.depth = 3;
    spec.max_read = 1;
    open_online(desk, 1, spec);
    for (uint16_t id = 1; id <= 3; id++)
        expect_request(desk, frame, id, 1);
    expect_no_request(desk);
    assert_true(caller_due(desk->caller) > desk->now);
    caller_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_before_it_is_connected),
        TEST(test_answers_in_any_order),
        cmocka_unit_test(test_cut_anywhere),
        TEST(test_unknown_id_is_dropped),
        TEST(test_wrong_unit_and_protocol),
        cmocka_unit_test(test_impossible_length),
        TEST(test_timeout_and_late_answer),
        TEST(test_silent_altogether),
        TEST(test_one_dead_unit),
        TEST(test_lost),
        TEST(test_woken_and_stopped),
        TEST(test_bounded),
        TEST(test_ids_skip_what_is_under_way),
        TEST(test_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

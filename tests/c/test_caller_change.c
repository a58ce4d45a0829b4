/* Proves what becomes of a connection when other clients take the places of those it has: it stays;
 * what is under way is nobody's, keeps its id and its deadline, counts for the depth of the client
 * of its device and for the silence of the connection, and for no client's errors; clients that
 * match go on, new ones join. As often as one likes. Time is the test's own. */

#include "caller_bed.h"

#include "image/adopt.h"

/* `count` units from `first_unit`, with the same options, take over, and the program before is
 * gone; memories are named by number, so that units from 1 match. */
static void change_to(struct desk *desk, size_t count, struct client_spec spec, uint8_t first_unit)
{
    struct error error;
    struct desk past = *desk;
    struct caller_change *change = desk_prepare(desk, count, spec, first_unit);
    struct plan_match *match = plan_match_create(past.bed.plan, desk->bed.plan, &error);
    dial_need(match != NULL, &error);
    dial_need(image_adopt(desk->bed.image, past.bed.image, match, desk->now, NULL, NULL, &error),
              &error);
    caller_commit(change, match, desk->now);
    plan_match_destroy(match);
    clients_close(&past);
}

/* The client's first poll is answered, so that it knows its device, and asks again in `period`. */
static void settle(struct desk *desk, uint16_t word)
{
    uint8_t frame[FRAME];
    assert_null(run(desk));
    while (next_request(desk, frame)) {
        answer(desk, frame, word);
        assert_null(run(desk));
    }
}

static struct client_spec often(void)
{
    struct client_spec spec = slow();
    spec.period = 100 * MS;
    return spec;
}

static void test_it_goes_on(void **state)
{
    struct desk *desk = *state;
    uint8_t frame[FRAME];
    open_online(desk, 2, often());
    settle(desk, 5);
    uint64_t before = errors(desk, 0);
    change_to(desk, 2, often(), 1);
    assert_true(caller_wanted(desk->caller));
    assert_true(link_look(desk->bed.image, 0).online);
    assert_int_equal(word_of(desk, 0), 5);
    desk->now += 150 * MS;
    assert_null(run(desk));
    expect_request(desk, frame, 3, 1);
    answer_well(desk, frame, 6);
    assert_int_equal(errors(desk, 0), before);
}

/* Depth 1: while the device is busy with the old client's poll nothing is sent, and nothing is due
 * before that comes to an end. Its answer is not the new client's. */
static void test_an_orphans_answer_is_nobodys(void **state)
{
    struct desk *desk = *state;
    uint8_t orphan[FRAME], frame[FRAME];
    open_online(desk, 1, often());
    settle(desk, 5);
    desk->now += 150 * MS;
    assert_null(run(desk));
    expect_request(desk, orphan, 2, 1);
    change_to(desk, 1, often(), 1);
    for (int i = 0; i < 90; i++, desk->now += 10 * MS) {
        assert_null(run(desk));
        expect_no_request(desk);
        assert_true(caller_due(desk->caller) > desk->now);
        assert_true(caller_due(desk->caller) < INT64_MAX);
    }
    answer(desk, orphan, 77);
    assert_int_equal(word_of(desk, 0), 5);
    assert_true(caller_heard(desk->caller));
    assert_true(caller_due(desk->caller) <= desk->now);
    assert_null(run(desk));
    expect_request(desk, frame, 3, 1);
    answer_well(desk, frame, 6);
    assert_int_equal(errors(desk, 0), 0);
}

static void test_an_orphan_times_out_without_an_error(void **state)
{
    struct desk *desk = *state;
    uint8_t frame[FRAME];
    open_online(desk, 1, often());
    settle(desk, 5);
    desk->now += 150 * MS;
    assert_null(run(desk));
    expect_request(desk, frame, 2, 1);
    int64_t sent = desk->now;
    change_to(desk, 1, often(), 1);
    desk->now = sent + 999 * MS;
    assert_null(run(desk));
    expect_no_request(desk);
    desk->now = sent + 1000 * MS;
    assert_null(run(desk));
    expect_request(desk, frame, 3, 1);
    assert_int_equal(errors(desk, 0), 0);
}

/* Three under way, then a client that may have one, then one that may have three again. */
static void test_depth(void **state)
{
    struct desk *desk = *state;
    struct client_spec one = slow(), three = slow();
    uint8_t orphans[3][FRAME], frame[FRAME];
    three.depth = 3;
    one.max_read = three.max_read = 1;
    open_online(desk, 1, three);
    for (uint16_t id = 1; id <= 3; id++)
        expect_request(desk, orphans[id - 1], id, 1);
    change_to(desk, 1, one, 1);
    for (size_t i = 0; i < 3; i++) {
        assert_null(run(desk));
        expect_no_request(desk);
        answer(desk, orphans[i], 77);
    }
    assert_null(run(desk));
    expect_request(desk, orphans[0], 4, 1);
    expect_no_request(desk);
    change_to(desk, 1, three, 1);
    assert_null(run(desk));
    expect_request(desk, frame, 5, 1);
    expect_request(desk, frame, 6, 1);
    expect_no_request(desk);
}

/* Changed again and again while the device thinks: it is still one request, and one device. */
static void test_an_orphan_of_orphans(void **state)
{
    struct desk *desk = *state;
    uint8_t orphan[FRAME], frame[FRAME];
    open_online(desk, 2, often());
    expect_request(desk, orphan, 1, 1);
    expect_request(desk, frame, 2, 2);
    answer(desk, frame, 3);
    for (int i = 0; i < 100; i++) {
        change_to(desk, i % 3 ? 2 : 1, often(), 1);
        assert_null(run(desk));
        while (next_request(desk, frame)) { /* never the first one's */
            assert_int_equal(frame[6], 2);
            answer(desk, frame, 3);
            assert_null(run(desk));
        }
        desk->now += 5 * MS;
    }
    answer(desk, orphan, 77);
    assert_null(run(desk));
    do
        assert_true(next_request(desk, frame));
    while (frame[6] != 1);
    answer_well(desk, frame, 4);
}

/* A client that is gone leaves what it had sent to nobody; one that speaks to the same unit from
 * now on has to wait for it, although it mirrors something else. */
static void test_gone_and_joined(void **state)
{
    struct desk *desk = *state;
    uint8_t orphans[2][FRAME], frame[FRAME];
    open_online(desk, 2, slow());
    expect_request(desk, orphans[0], 1, 1);
    expect_request(desk, orphans[1], 2, 2);
    change_to(desk, 2, slow(), 2);
    assert_null(run(desk));
    expect_request(desk, frame, 3, 3); /* unit 2 waits, unit 1 is nobody's */
    expect_no_request(desk);
    answer(desk, orphans[0], 77);
    assert_null(run(desk));
    expect_no_request(desk);
    answer(desk, orphans[1], 77);
    assert_null(run(desk));
    expect_request(desk, frame, 4, 2);
    answer_well(desk, frame, 8);
    assert_int_equal(word_of(desk, 1), 0);
}

/* An answer of the wrong unit ends an orphan, too, and is no error of anybody's. */
static void test_an_orphans_wrong_answer(void **state)
{
    struct desk *desk = *state;
    uint8_t orphan[FRAME], frame[FRAME];
    open_online(desk, 1, slow());
    expect_request(desk, orphan, 1, 1);
    change_to(desk, 1, slow(), 1);
    orphan[6] = 9;
    answer(desk, orphan, 77);
    assert_null(run(desk));
    expect_request(desk, frame, 2, 1);
    assert_int_equal(errors(desk, 0), 0);
}

/* With an orphan alone under way the loss is one error; nothing of it is left on the next one. */
static void test_lost_with_an_orphan(void **state)
{
    struct desk *desk = *state;
    uint8_t frame[FRAME];
    open_online(desk, 1, slow());
    expect_request(desk, frame, 1, 1);
    change_to(desk, 1, slow(), 1);
    caller_lost(desk->caller, "closed by the device", 0, desk->now);
    expect_error(desk, 0, 1, "closed by the device");
    assert_false(caller_waits(desk->caller));
    connect_now(desk);
    expect_request(desk, frame, 1, 1);
    answer_well(desk, frame, 4);
}

/* Nobody waits for them, but three without an answer in a row are a dead connection. */
static void test_silence_counts(void **state)
{
    struct desk *desk = *state;
    uint8_t frame[FRAME];
    open_online(desk, 3, slow());
    while (next_request(desk, frame))
        continue;
    change_to(desk, 3, slow(), 11);
    desk->now += 999 * MS;
    assert_null(run(desk));
    desk->now += 1 * MS;
    assert_non_null(run(desk));
}

/* A device that wants `delay` after an answer gets it after an orphan's, too. */
static void test_delay(void **state)
{
    struct desk *desk = *state;
    struct client_spec spec = slow();
    uint8_t orphan[FRAME], frame[FRAME];
    spec.delay = 30 * MS;
    open_online(desk, 1, spec);
    expect_request(desk, orphan, 1, 1);
    change_to(desk, 1, spec, 1);
    answer(desk, orphan, 77);
    assert_null(run(desk));
    expect_no_request(desk);
    assert_true(caller_due(desk->caller) > desk->now);
    assert_true(caller_due(desk->caller) <= desk->now + 30 * MS);
    desk->now += 30 * MS;
    assert_null(run(desk));
    expect_request(desk, frame, 2, 1);
}

/* Half an answer, and half a request, lie in the buffers at the change. */
static void test_cut_by_the_change(void **state)
{
    struct desk *desk = *state;
    uint8_t orphan[FRAME], bytes[ANSWER], frame[FRAME];
    open_online(desk, 2, slow());
    expect_request(desk, orphan, 1, 1);
    caller_sent(desk->caller, 5); /* of the second one's */
    make_answer(orphan, 77, bytes);
    give(desk, bytes, 7);
    change_to(desk, 2, slow(), 1);
    give(desk, bytes + 7, sizeof bytes - 7);
    assert_null(run(desk));
    caller_sent(desk->caller, FRAME - 5);
    expect_request(desk, frame, 3, 1);
    answer_well(desk, frame, 6);
}

static void test_not_connected_or_nobody(void **state)
{
    struct desk *desk = *state;
    uint8_t frame[FRAME];
    desk_open(desk, 1, slow());
    change_to(desk, 2, slow(), 1);
    assert_null(run(desk));
    expect_no_request(desk);
    connect_now(desk);
    expect_request(desk, frame, 1, 1);
    expect_request(desk, frame, 2, 2);
    change_to(desk, 0, slow(), 1);
    assert_false(caller_wanted(desk->caller));
    assert_null(run(desk));
    assert_true(caller_due(desk->caller) < INT64_MAX); /* the orphans' deadline */
    caller_discard(NULL);
    caller_discard(caller_prepare(desk->caller));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_it_goes_on),
        TEST(test_an_orphans_answer_is_nobodys),
        TEST(test_an_orphan_times_out_without_an_error),
        TEST(test_depth),
        TEST(test_an_orphan_of_orphans),
        TEST(test_gone_and_joined),
        TEST(test_an_orphans_wrong_answer),
        TEST(test_lost_with_an_orphan),
        TEST(test_silence_counts),
        TEST(test_delay),
        TEST(test_cut_by_the_change),
        TEST(test_not_connected_or_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Proves what becomes of a connection when other clients take the places of those it has: it stays;
 * what is under way is nobody's, keeps its id and its deadline, counts for the depth of the client
 * of its device and for the silence of the connection, and for no client's errors; clients that
 * match go on, new ones join. As often as one likes. Time is the test's own. */

#include "caller_bed.h"

#include "image/adopt.h"

/* The program before stays as long as the desk does. */
struct past {
    struct dial_bed bed;
    struct client *clients[MOST];
    size_t count;
};

/* Units 1 … count, with the same options, take over; memories are named by number, so that units
 * from 1 match. */
static void change_to(struct desk *desk, struct past *past, size_t count, struct client_spec spec,
                      uint8_t first_unit)
{
    struct error error;
    *past = (struct past){.bed = desk->bed, .count = desk->count};
    memcpy(past->clients, desk->clients, sizeof past->clients);
    dial_bed_open(&desk->bed);
    for (size_t i = 0; i < count; i++) {
        spec.unit = (uint8_t)(first_unit + i);
        dial_bed_add(&desk->bed, spec);
    }
    dial_bed_seal(&desk->bed);
    struct caller_change *change = caller_prepare(desk->caller);
    for (uint32_t i = 0; i < count; i++) {
        desk->clients[i] = client_create(desk->bed.image, i, desk->now, &error);
        dial_need(desk->clients[i] != NULL, &error);
        caller_change_add(change, desk->clients[i]);
    }
    desk->count = count;
    caller_change_seal(change);
    struct plan_match *match = plan_match_create(past->bed.plan, desk->bed.plan, &error);
    dial_need(match != NULL, &error);
    dial_need(image_adopt(desk->bed.image, past->bed.image, match, desk->now, NULL, NULL, &error),
              &error);
    caller_commit(change, match, desk->now);
    plan_match_destroy(match);
}

static void past_close(struct past *past)
{
    for (size_t i = 0; i < past->count; i++)
        client_destroy(past->clients[i]);
    dial_bed_close(&past->bed);
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
    (void)state;
    struct desk desk;
    struct past past;
    uint8_t frame[FRAME];
    desk_open(&desk, 2, often());
    connect_now(&desk);
    settle(&desk, 5);
    uint64_t before = errors(&desk, 0);
    change_to(&desk, &past, 2, often(), 1);
    past_close(&past);
    assert_true(caller_wanted(desk.caller));
    assert_true(link_look(desk.bed.image, 0).online);
    assert_int_equal(dial_bed_word(&desk.bed, 0, 0), 5);
    desk.now += 150 * MS;
    assert_null(run(&desk));
    expect_request(&desk, frame, 3, 1);
    answer(&desk, frame, 6);
    assert_int_equal(dial_bed_word(&desk.bed, 0, 0), 6);
    assert_int_equal(errors(&desk, 0), before);
    desk_close(&desk);
}

/* Depth 1: while the device is busy with the old client's poll nothing is sent, and nothing is due
 * before that comes to an end. Its answer is not the new client's. */
static void test_an_orphans_answer_is_nobodys(void **state)
{
    (void)state;
    struct desk desk;
    struct past past;
    uint8_t orphan[FRAME], frame[FRAME];
    desk_open(&desk, 1, often());
    connect_now(&desk);
    settle(&desk, 5);
    desk.now += 150 * MS;
    assert_null(run(&desk));
    expect_request(&desk, orphan, 2, 1);
    change_to(&desk, &past, 1, often(), 1);
    past_close(&past);
    for (int i = 0; i < 90; i++, desk.now += 10 * MS) {
        assert_null(run(&desk));
        expect_no_request(&desk);
        assert_true(caller_due(desk.caller) > desk.now);
        assert_true(caller_due(desk.caller) < INT64_MAX);
    }
    answer(&desk, orphan, 77);
    assert_int_equal(dial_bed_word(&desk.bed, 0, 0), 5);
    assert_true(caller_heard(desk.caller));
    assert_true(caller_due(desk.caller) <= desk.now);
    assert_null(run(&desk));
    expect_request(&desk, frame, 3, 1);
    answer(&desk, frame, 6);
    assert_int_equal(dial_bed_word(&desk.bed, 0, 0), 6);
    assert_int_equal(errors(&desk, 0), 0);
    desk_close(&desk);
}

static void test_an_orphan_times_out_without_an_error(void **state)
{
    (void)state;
    struct desk desk;
    struct past past;
    uint8_t frame[FRAME];
    desk_open(&desk, 1, often());
    connect_now(&desk);
    settle(&desk, 5);
    desk.now += 150 * MS;
    assert_null(run(&desk));
    expect_request(&desk, frame, 2, 1);
    int64_t sent = desk.now;
    change_to(&desk, &past, 1, often(), 1);
    past_close(&past);
    desk.now = sent + 999 * MS;
    assert_null(run(&desk));
    expect_no_request(&desk);
    desk.now = sent + 1000 * MS;
    assert_null(run(&desk));
    expect_request(&desk, frame, 3, 1);
    assert_int_equal(errors(&desk, 0), 0);
    desk_close(&desk);
}

/* Three under way, then a client that may have one, then one that may have three again. */
static void test_depth(void **state)
{
    (void)state;
    struct desk desk;
    struct past past, older;
    struct client_spec one = slow(), three = slow();
    uint8_t orphans[3][FRAME], frame[FRAME];
    three.depth = 3;
    one.max_read = three.max_read = 1;
    desk_open(&desk, 1, three);
    connect_now(&desk);
    for (uint16_t id = 1; id <= 3; id++)
        expect_request(&desk, orphans[id - 1], id, 1);
    change_to(&desk, &older, 1, one, 1);
    past_close(&older);
    for (size_t i = 0; i < 3; i++) {
        assert_null(run(&desk));
        expect_no_request(&desk);
        answer(&desk, orphans[i], 77);
    }
    assert_null(run(&desk));
    expect_request(&desk, orphans[0], 4, 1);
    expect_no_request(&desk);
    change_to(&desk, &past, 1, three, 1);
    past_close(&past);
    assert_null(run(&desk));
    expect_request(&desk, frame, 5, 1);
    expect_request(&desk, frame, 6, 1);
    expect_no_request(&desk);
    desk_close(&desk);
}

/* Changed again and again while the device thinks: it is still one request, and one device. */
static void test_an_orphan_of_orphans(void **state)
{
    (void)state;
    struct desk desk;
    struct past past;
    uint8_t orphan[FRAME], frame[FRAME];
    desk_open(&desk, 2, often());
    connect_now(&desk);
    expect_request(&desk, orphan, 1, 1);
    expect_request(&desk, frame, 2, 2);
    answer(&desk, frame, 3);
    for (int i = 0; i < 100; i++) {
        change_to(&desk, &past, i % 3 ? 2 : 1, often(), 1);
        past_close(&past);
        assert_null(run(&desk));
        while (next_request(&desk, frame)) { /* never the first one's */
            assert_int_equal(frame[6], 2);
            answer(&desk, frame, 3);
            assert_null(run(&desk));
        }
        desk.now += 5 * MS;
    }
    answer(&desk, orphan, 77);
    assert_null(run(&desk));
    do
        assert_true(next_request(&desk, frame));
    while (frame[6] != 1);
    answer(&desk, frame, 4);
    assert_int_equal(dial_bed_word(&desk.bed, 0, 0), 4);
    desk_close(&desk);
}

/* A client that is gone leaves what it had sent to nobody; one that speaks to the same unit from
 * now on has to wait for it, although it mirrors something else. */
static void test_gone_and_joined(void **state)
{
    (void)state;
    struct desk desk;
    struct past past;
    uint8_t orphans[2][FRAME], frame[FRAME];
    desk_open(&desk, 2, slow());
    connect_now(&desk);
    expect_request(&desk, orphans[0], 1, 1);
    expect_request(&desk, orphans[1], 2, 2);
    change_to(&desk, &past, 2, slow(), 2);
    past_close(&past);
    assert_null(run(&desk));
    expect_request(&desk, frame, 3, 3); /* unit 2 waits, unit 1 is nobody's */
    expect_no_request(&desk);
    answer(&desk, orphans[0], 77);
    assert_null(run(&desk));
    expect_no_request(&desk);
    answer(&desk, orphans[1], 77);
    assert_null(run(&desk));
    expect_request(&desk, frame, 4, 2);
    answer(&desk, frame, 8);
    assert_int_equal(dial_bed_word(&desk.bed, 0, 0), 8);
    assert_int_equal(dial_bed_word(&desk.bed, 1, 0), 0);
    desk_close(&desk);
}

/* An answer of the wrong unit ends an orphan, too, and is no error of anybody's. */
static void test_an_orphans_wrong_answer(void **state)
{
    (void)state;
    struct desk desk;
    struct past past;
    uint8_t orphan[FRAME], frame[FRAME];
    desk_open(&desk, 1, slow());
    connect_now(&desk);
    expect_request(&desk, orphan, 1, 1);
    change_to(&desk, &past, 1, slow(), 1);
    past_close(&past);
    orphan[6] = 9;
    answer(&desk, orphan, 77);
    assert_null(run(&desk));
    expect_request(&desk, frame, 2, 1);
    assert_int_equal(errors(&desk, 0), 0);
    desk_close(&desk);
}

/* With an orphan alone under way the loss is one error; nothing of it is left on the next one. */
static void test_lost_with_an_orphan(void **state)
{
    (void)state;
    struct desk desk;
    struct past past;
    uint8_t frame[FRAME];
    desk_open(&desk, 1, slow());
    connect_now(&desk);
    expect_request(&desk, frame, 1, 1);
    change_to(&desk, &past, 1, slow(), 1);
    past_close(&past);
    caller_lost(desk.caller, "closed by the device", 0, desk.now);
    expect_error(&desk, 0, 1, "closed by the device");
    assert_false(caller_waits(desk.caller));
    connect_now(&desk);
    expect_request(&desk, frame, 1, 1);
    answer(&desk, frame, 4);
    assert_int_equal(dial_bed_word(&desk.bed, 0, 0), 4);
    desk_close(&desk);
}

/* Nobody waits for them, but three without an answer in a row are a dead connection. */
static void test_silence_counts(void **state)
{
    (void)state;
    struct desk desk;
    struct past past;
    uint8_t frame[FRAME];
    desk_open(&desk, 3, slow());
    connect_now(&desk);
    while (next_request(&desk, frame))
        continue;
    change_to(&desk, &past, 3, slow(), 11);
    past_close(&past);
    desk.now += 999 * MS;
    assert_null(run(&desk));
    desk.now += 1 * MS;
    assert_non_null(run(&desk));
    desk_close(&desk);
}

/* A device that wants `delay` after an answer gets it after an orphan's, too. */
static void test_delay(void **state)
{
    (void)state;
    struct desk desk;
    struct past past;
    struct client_spec spec = slow();
    uint8_t orphan[FRAME], frame[FRAME];
    spec.delay = 30 * MS;
    desk_open(&desk, 1, spec);
    connect_now(&desk);
    expect_request(&desk, orphan, 1, 1);
    change_to(&desk, &past, 1, spec, 1);
    past_close(&past);
    answer(&desk, orphan, 77);
    assert_null(run(&desk));
    expect_no_request(&desk);
    assert_true(caller_due(desk.caller) > desk.now);
    assert_true(caller_due(desk.caller) <= desk.now + 30 * MS);
    desk.now += 30 * MS;
    assert_null(run(&desk));
    expect_request(&desk, frame, 2, 1);
    desk_close(&desk);
}

/* Half an answer, and half a request, lie in the buffers at the change. */
static void test_cut_by_the_change(void **state)
{
    (void)state;
    struct desk desk;
    struct past past;
    uint8_t orphan[FRAME], bytes[ANSWER], frame[FRAME];
    desk_open(&desk, 2, slow());
    connect_now(&desk);
    expect_request(&desk, orphan, 1, 1);
    caller_sent(desk.caller, 5); /* of the second one's */
    make_answer(orphan, 77, bytes);
    give(&desk, bytes, 7);
    change_to(&desk, &past, 2, slow(), 1);
    past_close(&past);
    give(&desk, bytes + 7, sizeof bytes - 7);
    assert_null(run(&desk));
    caller_sent(desk.caller, FRAME - 5);
    expect_request(&desk, frame, 3, 1);
    answer(&desk, frame, 6);
    assert_int_equal(dial_bed_word(&desk.bed, 0, 0), 6);
    desk_close(&desk);
}

static void test_not_connected_or_nobody(void **state)
{
    (void)state;
    struct desk desk;
    struct past past;
    uint8_t frame[FRAME];
    desk_open(&desk, 1, slow());
    change_to(&desk, &past, 2, slow(), 1);
    past_close(&past);
    assert_null(run(&desk));
    expect_no_request(&desk);
    connect_now(&desk);
    expect_request(&desk, frame, 1, 1);
    expect_request(&desk, frame, 2, 2);
    change_to(&desk, &past, 0, slow(), 1);
    past_close(&past);
    assert_false(caller_wanted(desk.caller));
    assert_null(run(&desk));
    assert_true(caller_due(desk.caller) < INT64_MAX); /* the orphans' deadline */
    caller_discard(NULL);
    caller_discard(caller_prepare(desk.caller));
    desk_close(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_goes_on),
        cmocka_unit_test(test_an_orphans_answer_is_nobodys),
        cmocka_unit_test(test_an_orphan_times_out_without_an_error),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_an_orphan_of_orphans),
        cmocka_unit_test(test_gone_and_joined),
        cmocka_unit_test(test_an_orphans_wrong_answer),
        cmocka_unit_test(test_lost_with_an_orphan),
        cmocka_unit_test(test_silence_counts),
        cmocka_unit_test(test_delay),
        cmocka_unit_test(test_cut_by_the_change),
        cmocka_unit_test(test_not_connected_or_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

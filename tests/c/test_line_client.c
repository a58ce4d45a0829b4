/* Proves, in virtual time and with clients that only record, how one serial line is shared: one
 * request at a time, in turn, with the silences that RTU wants; that a late answer is never taken
 * for another request's; and that a silent unit holds up the others for no more than its timeout
 * and the quiet after it. */

#include "line_bed.h"

/* ---- one after the other ---- */

static void one_request_at_a_time_in_turn(void **state)
{
    struct bed *bed = *state;
    for (int i = 0; i < UNITS; i++) {
        bed->clients[i].due = 0;
        bed->clients[i].period = 1; /* always something to send */
    }
    int first = -1;
    for (int i = 0; i < 9; i++) {
        const struct exchange *exchange = run_until(bed, INT64_MAX - 1);
        int client = exchange->unit - 1;
        first = first < 0 ? client : first;
        assert_int_equal(client, (first + i) % UNITS);
        bed->now += 10 * (int64_t)NS_PER_MS;
        answer_word(bed, exchange->unit, (uint8_t)i);
        assert_int_equal(bed->clients[client].answer[3], i);
    }
    for (int i = 0; i < UNITS; i++)
        assert_int_equal(bed->clients[i].answered, 3);
}

static void a_gap_goes_before_each_request(void **state)
{
    struct bed *bed = *state;
    int64_t opened = bed->now;
    bed->clients[0].due = 0;
    bed->clients[0].period = 1;
    expect_request(bed, 0);
    assert_int_equal(bed->now - opened, rtu_gap(9600, 11));
    assert_true(rtu_gap(9600, 11) >= GAP - 1);
    bed->now += 20 * (int64_t)NS_PER_MS;
    int64_t answered = bed->now;
    answer_word(bed, 1, 7);
    expect_request(bed, 0);
    assert_int_equal(bed->now - answered, rtu_gap(9600, 11));
}

static void an_answer_may_come_in_pieces(void **state)
{
    struct bed *bed = *state;
    uint8_t frame[RTU_MAX];
    size_t length = frame_word(frame, 2, 9);
    ask(bed, 1);
    for (size_t i = 0; i < length; i++) {
        assert_int_equal(bed->clients[1].answered, 0);
        bed->now += 16 * (int64_t)NS_PER_MS;
        receive(bed, frame + i, 1);
    }
    assert_int_equal(bed->clients[1].answered, 1);
    assert_int_equal(bed->clients[1].length, WORD_ANSWER);
}

/* Something to send that came up while the line was busy is not forgotten. */
static void a_wake_while_busy_is_kept(void **state)
{
    struct bed *bed = *state;
    assert_null(run_until(bed, bed->now + NS_PER_S)); /* nobody wants anything */
    ask(bed, 0);
    bed->clients[1].due = 0; /* now */
    assert_null(line_client_run(bed->line, bed->now));
    answer_word(bed, 1, 1);
    expect_request(bed, 1);
    answer_word(bed, 2, 1);
    bed->clients[2].due = 0; /* in the gap after an answer */
    assert_null(line_client_run(bed->line, bed->now));
    expect_request(bed, 2);
    answer_word(bed, 3, 1);
    assert_null(run_until(bed, bed->now + NS_PER_S));
    assert_true(line_client_due(bed->line) == INT64_MAX);
}

/* ---- silence ---- */

static void a_timeout_begins_when_the_request_is_out(void **state)
{
    struct bed *bed = *state;
    ask(bed, 0);
    int64_t deadline = bed->now + sent_after(bed, sizeof READ) + TIMEOUT;
    assert_int_equal(line_client_due(bed->line), deadline);
    assert_null(run_until(bed, deadline - 1));
    assert_int_equal(bed->clients[0].failed, 0);
    assert_null(run_until(bed, deadline));
    assert_null(line_client_run(bed->line, bed->now));
    assert_int_equal(bed->clients[0].failed, 1);
    assert_int_equal(bed->clients[0].failure, FAILURE_TIMEOUT);
    assert_string_equal(bed->clients[0].why, "no answer");
}

static void time_out(struct bed *bed, int client)
{
    ask(bed, client);
    while (!bed->clients[client].failed) {
        bed->now = line_client_due(bed->line);
        assert_null(line_client_run(bed->line, bed->now));
    }
}

static void after_a_timeout_the_line_is_quiet(void **state)
{
    struct bed *bed = *state;
    time_out(bed, 0);
    int64_t failed = bed->now;
    ask(bed, 1);
    assert_int_equal(bed->now, failed + TIMEOUT);
}

static void a_late_answer_is_nobodys(void **state)
{
    struct bed *bed = *state;
    time_out(bed, 0);
    bed->clients[0].due = 0; /* the same request again */
    bed->now += TIMEOUT - NS_PER_MS;
    answer_word(bed, 1, 66);
    int64_t heard = bed->now;
    expect_request(bed, 0);
    assert_true(bed->now >= heard + rtu_gap(9600, 11));
    assert_int_equal(bed->clients[0].answered, 0);
    answer_well(bed, 0, 77);
    assert_int_equal(bed->clients[0].answered, 1);
}

/* Half of a late answer before the quiet ends, its rest after: still nobody's. */
static void half_a_late_answer_is_nobodys(void **state)
{
    struct bed *bed = *state;
    uint8_t frame[RTU_MAX];
    size_t length = frame_word(frame, 1, 66);
    time_out(bed, 0);
    bed->clients[0].due = 0;
    bed->now += TIMEOUT - NS_PER_MS;
    receive(bed, frame, 4);
    bed->now += 2 * (int64_t)NS_PER_MS;
    receive(bed, frame + 4, length - 4);
    expect_request(bed, 0);
    assert_int_equal(bed->clients[0].answered, 0);
    answer_well(bed, 0, 77);
}

static void a_silent_unit_does_not_stop_the_others(void **state)
{
    struct bed *bed = *state;
    bed->clients[0].backoff = 30 * (int64_t)NS_PER_S;
    for (int i = 0; i < UNITS; i++) {
        bed->clients[i].due = 0;
        bed->clients[i].period = NS_PER_S;
    }
    int64_t end = bed->now + 60 * (int64_t)NS_PER_S;
    const struct exchange *exchange;
    while ((exchange = run_until(bed, end))) {
        bed->now += 20 * (int64_t)NS_PER_MS;
        if (exchange->unit != 1)
            answer_word(bed, exchange->unit, 1);
    }
    assert_in_range(bed->clients[0].failed, 2, 3);
    assert_int_equal(bed->clients[0].answered, 0);
    assert_int_equal(bed->clients[1].failed + bed->clients[2].failed, 0);
    assert_in_range(bed->clients[1].answered, 55, 61);
    assert_in_range(bed->clients[2].answered, 55, 61);
}

/* While one exchange is under way, or the line is quiet after it, the others grow stale by the
 * clock. */
static void time_passes_for_all(void **state)
{
    struct bed *bed = *state;
    ask(bed, 0);
    bed->clients[2].pass_at = bed->now + TIMEOUT / 2;
    assert_null(run_until(bed, bed->now + TIMEOUT / 2 - 1));
    assert_int_equal(bed->clients[2].passed, 0);
    assert_null(run_until(bed, bed->now + 2));
    assert_int_equal(bed->clients[2].passed, 1);
    assert_int_equal(bed->clients[0].failed, 0);
}

/* ---- what is no answer ---- */

static void noise_and_foreign_frames_are_skipped(void **state)
{
    struct bed *bed = *state;
    static const uint8_t noise[] = {0xFF, 0x00, 0x01, 0x03, 0xFE};
    ask(bed, 0);
    receive(bed, noise, sizeof noise);
    answer_word(bed, 9, 66);
    assert_int_equal(bed->clients[0].answered, 0);
    answer_well(bed, 0, 77);
    assert_int_equal(bed->clients[0].answered, 1);
}

static void a_damaged_answer_times_out_and_says_so(void **state)
{
    struct bed *bed = *state;
    uint8_t frame[RTU_MAX];
    size_t length = frame_word(frame, 1, 9);
    frame[4] ^= 1;
    ask(bed, 0);
    receive(bed, frame, length);
    assert_null(run_until(bed, bed->now + 2 * TIMEOUT));
    assert_int_equal(bed->clients[0].failed, 1);
    assert_int_equal(bed->clients[0].failure, FAILURE_TIMEOUT);
    assert_non_null(strstr(bed->clients[0].why, "wrong CRC"));
}

static void a_truncated_answer_does_not_spoil_the_next(void **state)
{
    struct bed *bed = *state;
    uint8_t frame[RTU_MAX];
    frame_word(frame, 1, 9);
    ask(bed, 0);
    receive(bed, frame, 5);
    assert_null(run_until(bed, bed->now + 3 * TIMEOUT));
    assert_int_equal(bed->clients[0].failed, 1);
    ask(bed, 0);
    receive(bed, frame + 5, 2); /* its rest, much too late, makes no answer of it */
    assert_int_equal(bed->clients[0].answered, 0);
    answer_well(bed, 0, 77);
}

/* At 9600 baud 125 registers take 293 ms: what has begun before the deadline may end after it. */
static void an_answer_that_comes_in_at_the_deadline_may_end(void **state)
{
    struct bed *bed = *state;
    uint8_t pdu[2 + 250] = {3, 250}, frame[RTU_MAX];
    size_t length = rtu_write(frame, 1, pdu, sizeof pdu);
    bed->clients[0].exchange.pdu[4] = 125;
    ask(bed, 0);
    bed->now += sent_after(bed, sizeof READ) + TIMEOUT - 20 * (int64_t)NS_PER_MS;
    for (size_t i = 0; i < length; i++) {
        receive(bed, frame + i, 1);
        bed->now += serial_time(&bed->spec, 1);
    }
    assert_int_equal(bed->clients[0].failed, 0);
    assert_int_equal(bed->clients[0].answered, 1);
}

/* ... but one who never stops does not hold the line for ever. */
static void chatter_ends_at_last(void **state)
{
    struct bed *bed = *state;
    ask(bed, 0);
    int64_t limit = bed->now + 3 * (int64_t)NS_PER_S;
    while (!bed->clients[0].failed && bed->now < limit) {
        receive(bed, (const uint8_t *)"\x55", 1);
        bed->now += serial_time(&bed->spec, 1);
    }
    assert_int_equal(bed->clients[0].failed, 1);
    limit = bed->now + 5 * (int64_t)NS_PER_S;
    bed->clients[1].due = 0;
    while (!bed->clients[1].under_way && bed->now < limit) {
        line_client_received(bed->line, (const uint8_t *)"\x55", 1, bed->now);
        line_client_run(bed->line, bed->now);
        bed->now += serial_time(&bed->spec, 1);
    }
    assert_true(bed->clients[1].under_way);
}

static void nothing_is_sent_into_anothers_frame(void **state)
{
    struct bed *bed = *state;
    assert_null(run_until(bed, bed->now + NS_PER_S));
    receive(bed, (const uint8_t *)"\x01\x03", 2);
    int64_t heard = bed->now;
    ask(bed, 0);
    assert_int_equal(bed->now - heard, rtu_gap(9600, 11));
}

/* A function code whose length nobody knows: silence ends it. */
static void an_unknown_answer_ends_with_silence(void **state)
{
    struct bed *bed = *state;
    uint8_t pdu[] = {0x41, 1, 2, 3, 4}, frame[RTU_MAX];
    struct client *client = &bed->clients[0];
    client->exchange.pdu[0] = 0x41;
    client->exchange.length = 2;
    client->due = 0;
    expect_request(bed, 0);
    receive(bed, frame, rtu_write(frame, 1, pdu, sizeof pdu));
    assert_int_equal(client->answered, 0);
    assert_int_equal(line_client_due(bed->line), bed->now + SILENCE);
    assert_null(run_until(bed, bed->now + SILENCE));
    line_client_run(bed->line, bed->now);
    assert_int_equal(client->answered, 1);
    assert_int_equal(client->length, sizeof pdu);
}

/* ---- broadcast, and the port ---- */

static void a_broadcast_waits_for_nobody(void **state)
{
    struct bed *bed = *state;
    bed->clients[0].exchange.unit = 0;
    bed->clients[0].exchange.broadcast = true;
    bed->clients[0].due = bed->clients[1].due = 0;
    expect_request(bed, 0);
    int64_t sent = bed->now;
    expect_request(bed, 1);
    assert_int_equal(bed->now, sent + sent_after(bed, sizeof READ) + 100 * (int64_t)NS_PER_MS);
    assert_int_equal(bed->clients[0].answered, 1);
    assert_int_equal(bed->clients[0].length, 0);
    assert_int_equal(bed->clients[0].failed, 0);
}

static void a_lost_port_fails_what_is_under_way(void **state)
{
    struct bed *bed = *state;
    bed->clients[0].due = bed->clients[1].due = 0;
    expect_request(bed, 0);
    line_client_lost(bed->line, "pulled out", bed->now + NS_PER_S, bed->now);
    assert_int_equal(bed->clients[0].failure, FAILURE_LOST);
    for (int i = 0; i < UNITS; i++)
        assert_int_equal(bed->clients[i].lost, 1);
    assert_string_equal(bed->clients[2].why, "pulled out");
    int asked = bed->clients[2].asked;
    assert_null(run_until(bed, bed->now + NS_PER_S));
    assert_true(bed->clients[2].asked > asked); /* they grow stale meanwhile */
    line_client_opened(bed->line, bed->now);
    expect_request(bed, 1);
    answer_well(bed, 1, 5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* ---- another program takes over ---- */

/* The same clients on a line of their own, as of the next program. */
static void take_over(struct bed *bed)
{
    struct error error;
    struct line_client *next = line_client_create(&bed->spec, &error);
    for (int i = 0; i < UNITS; i++)
        assert_true(line_client_add(next, &bed->clients[i], &error));
    line_client_inherit(next, bed->line, bed->now);
    line_client_destroy(bed->line);
    bed->line = next;
    assert_true(line_client_is_open(next));
}

static void an_answer_to_the_program_before_is_dropped(void **state)
{
    struct bed *bed = *state;
    ask(bed, 0);
    bed->now += 10 * (int64_t)NS_PER_MS;
    take_over(bed);
    assert_int_equal(bed->clients[0].failed, 1);
    assert_int_equal(bed->clients[0].failure, FAILURE_LOST);
    bed->clients[1].due = 0;
    assert_null(run_until(bed, bed->now + 20 * (int64_t)NS_PER_MS)); /* the line is not free */
    int64_t heard = bed->now;
    answer_word(bed, 1, 7);
    assert_int_equal(bed->clients[0].answered, 0);
    expect_request(bed, 1);
    assert_int_equal(bed->now - heard, rtu_gap(9600, 11));
    answer_word(bed, 2, 8);
    assert_int_equal(bed->clients[1].answered, 1);
}

static void half_an_answer_is_completed(void **state)
{
    struct bed *bed = *state;
    uint8_t frame[RTU_MAX];
    size_t length = frame_word(frame, 1, 9);
    ask(bed, 0);
    receive(bed, frame, 3);
    take_over(bed);
    bed->clients[1].due = 0;
    receive(bed, frame + 3, length - 3);
    expect_request(bed, 1);
    assert_int_equal(bed->clients[0].answered, 0);
}

static void a_request_that_times_out_is_followed_by_quiet(void **state)
{
    struct bed *bed = *state;
    ask(bed, 0);
    int64_t sent = bed->now;
    take_over(bed);
    ask(bed, 1);
    assert_int_equal(bed->now - sent, sent_after(bed, sizeof READ) + 2 * TIMEOUT);
    assert_int_equal(bed->clients[0].failed, 1);
}

static void a_broadcast_keeps_its_turnaround(void **state)
{
    struct bed *bed = *state;
    bed->clients[0].exchange.broadcast = true;
    ask(bed, 0);
    int64_t sent = bed->now;
    take_over(bed);
    ask(bed, 1);
    assert_int_equal(bed->now - sent, sent_after(bed, sizeof READ) + 100 * (int64_t)NS_PER_MS);
    assert_int_equal(bed->clients[0].answered, 0);
}

static void an_orphan_ends_with_its_port(void **state)
{
    struct bed *bed = *state;
    ask(bed, 0);
    take_over(bed);
    take_over(bed); /* once more while it is on its way */
    line_client_lost(bed->line, "gone", bed->now + NS_PER_S, bed->now);
    assert_int_equal(bed->clients[0].failed, 1);
    assert_int_equal(bed->clients[0].lost, 1);
    assert_false(line_client_is_open(bed->line));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_request_at_a_time_in_turn),
        TEST(a_gap_goes_before_each_request),
        TEST(an_answer_may_come_in_pieces),
        TEST(a_wake_while_busy_is_kept),
        TEST(a_timeout_begins_when_the_request_is_out),
        TEST(after_a_timeout_the_line_is_quiet),
        TEST(a_late_answer_is_nobodys),
        TEST(half_a_late_answer_is_nobodys),
        TEST(a_silent_unit_does_not_stop_the_others),
        TEST(time_passes_for_all),
        TEST(noise_and_foreign_frames_are_skipped),
        TEST(a_damaged_answer_times_out_and_says_so),
        TEST(a_truncated_answer_does_not_spoil_the_next),
        TEST(an_answer_that_comes_in_at_the_deadline_may_end),
        TEST(chatter_ends_at_last),
        TEST(nothing_is_sent_into_anothers_frame),
        TEST(an_unknown_answer_ends_with_silence),
        TEST(a_broadcast_waits_for_nobody),
        TEST(a_lost_port_fails_what_is_under_way),
        TEST(an_answer_to_the_program_before_is_dropped),
        TEST(half_an_answer_is_completed),
        TEST(a_request_that_times_out_is_followed_by_quiet),
        TEST(a_broadcast_keeps_its_turnaround),
        TEST(an_orphan_ends_with_its_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

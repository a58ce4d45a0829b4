/* Proves, in virtual time, what a serial line's servers do: answer the units that are theirs, after
 * 3.5 characters of silence and not if the master has gone on meanwhile, carry broadcasts out once
 * in each memory and never answer them, and stay silent for everything else. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "modbus_bed.h"
#include "base/clock.h"
#include "modbus/line_server.h"
#include "modbus/rtu.h"
#include "modbus/serial.h"

static const int64_t SILENCE = 30 * (int64_t)NS_PER_MS;
static const uint8_t READ[] = {3, 0, 4, 0, 1};
static const uint8_t WRITE[] = {6, 0, 4, 0, 99};

struct desk {
    struct bed bed; /* units 1, 2 and 3 */
    struct server_spec more;
    struct server *second; /* unit 4 is own again, 5 mem again */
    struct line_spec spec;
    struct line_server *line;
    int64_t now, gap;
};

static int setup(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);
    struct error error;
    bed_open(&desk->bed);
    desk->more = desk->bed.spec;
    for (size_t i = 0; i < UNIT_IDS; i++)
        desk->more.memory_of[i] = UNIT_NONE;
    desk->more.memory_of[4] = BED_OWN;
    desk->more.memory_of[5] = BED_MEM;
    desk->second = server_create(desk->bed.image, &desk->more);
    desk->spec = (struct line_spec){
        .name = "bed", .device = "/dev/bed", .baud = 9600, .parity = 'E', .stop_bits = 1};
    desk->line = line_server_create(&desk->spec, &error);
    desk->gap = rtu_gap(9600, 11);
    desk->now = NS_PER_S;
    assert_non_null(desk->line);
    assert_true(line_server_add(desk->line, desk->bed.server, &error));
    assert_true(line_server_add(desk->line, desk->second, &error));
    *state = desk;
    return 0;
}

static int teardown(void **state)
{
    struct desk *desk = *state;
    line_server_destroy(desk->line);
    server_destroy(desk->second);
    bed_close(&desk->bed);
    free(desk);
    return 0;
}

static void receive(struct desk *desk, const uint8_t *bytes, size_t length)
{
    line_server_received(desk->line, bytes, length, desk->now);
}

static void ask(struct desk *desk, uint8_t unit, const uint8_t *pdu, size_t length)
{
    uint8_t frame[RTU_MAX];
    receive(desk, frame, rtu_write(frame, unit, pdu, length));
}

/* Runs the line as it wants to, for a second. */
static void expect_silence(struct desk *desk)
{
    int64_t end = desk->now + NS_PER_S;
    uint8_t unit;
    const uint8_t *pdu;
    size_t length;
    for (int turns = 0; turns < 100 && desk->now < end; turns++) {
        assert_false(line_server_run(desk->line, desk->now, &unit, &pdu, &length));
        int64_t due = line_server_due(desk->line);
        assert_true(due > desk->now);
        desk->now = due < end ? due : end;
    }
    assert_int_equal(desk->now, end);
}

static void expect_answer(struct desk *desk, uint8_t unit, const uint8_t *expected, size_t length)
{
    uint8_t from;
    const uint8_t *pdu;
    size_t got;
    for (int turns = 0; !line_server_run(desk->line, desk->now, &from, &pdu, &got); turns++) {
        desk->now = line_server_due(desk->line);
        if (turns > 10 || desk->now == INT64_MAX)
            fail_msg("no answer from unit %u", unit);
    }
    assert_int_equal(from, unit);
    assert_int_equal(got, length);
    assert_memory_equal(pdu, expected, length);
}

#define ANSWER(desk, unit, ...)                                                                    \
    expect_answer(desk, unit, (uint8_t[]){__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__}))

/* The word at OWN_FREE of "own" and at 4 of "mem". */
static uint16_t word_of(const struct desk *desk, uint32_t memory)
{
    uint16_t word = 0;
    struct request request = {.memory = memory, .read = {TABLE_HOLDING, OWN_FREE, 1, &word}};
    assert_int_equal(image_request(desk->bed.image, &request, 1), EXCEPTION_NONE);
    return word;
}

static void answers_after_the_gap(void **state)
{
    struct desk *desk = *state;
    uint8_t unit;
    const uint8_t *pdu;
    size_t length;
    int64_t asked = desk->now;
    ask(desk, 1, WRITE, sizeof WRITE);
    assert_int_equal(line_server_due(desk->line), asked + desk->gap);
    assert_false(line_server_run(desk->line, asked + desk->gap - 1, &unit, &pdu, &length));
    ANSWER(desk, 1, 6, 0, 4, 0, 99);
    assert_int_equal(desk->now, asked + desk->gap);
    expect_silence(desk); /* once is enough */
    ask(desk, 1, READ, sizeof READ);
    ANSWER(desk, 1, 3, 2, 0, 99);
    ask(desk, 3, READ, sizeof READ);
    ANSWER(desk, 3, 3, 2, 0, 0);
    assert_int_equal(line_server_answered(desk->line, 0), desk->now - desk->gap);
    assert_int_equal(line_server_answered(desk->line, 1), 0);
}

static void each_server_has_its_units(void **state)
{
    struct desk *desk = *state;
    ask(desk, 4, WRITE, sizeof WRITE);
    ANSWER(desk, 4, 6, 0, 4, 0, 99);
    assert_int_equal(word_of(desk, BED_OWN), 99);
    assert_int_equal(line_server_answered(desk->line, 0), 0);
    assert_int_equal(line_server_answered(desk->line, 1), desk->now - desk->gap);
}

static void exceptions_are_answers(void **state)
{
    struct desk *desk = *state;
    uint8_t beyond[] = {3, 0xFF, 0, 0, 1};
    ask(desk, 1, beyond, sizeof beyond);
    ANSWER(desk, 1, 0x83, 2);
}

static void others_are_not_answered(void **state)
{
    struct desk *desk = *state;
    uint8_t answer[] = {3, 2, 0, 0};
    ask(desk, 9, WRITE, sizeof WRITE);
    expect_silence(desk);
    ask(desk, 9, READ, sizeof READ);
    ask(desk, 9, answer, sizeof answer);
    expect_silence(desk);
    ask(desk, 1, READ, sizeof READ);
    ANSWER(desk, 1, 3, 2, 0, 0);
}

/* Some adapters hear what they send. */
static void our_own_echo_is_no_request(void **state)
{
    struct desk *desk = *state;
    uint8_t answer[] = {3, 2, 0, 0};
    ask(desk, 1, READ, sizeof READ);
    ANSWER(desk, 1, 3, 2, 0, 0);
    ask(desk, 1, answer, sizeof answer);
    expect_silence(desk);
}

static void split_anywhere(void **state)
{
    struct desk *desk = *state;
    uint8_t frame[RTU_MAX];
    size_t length = rtu_write(frame, 1, READ, sizeof READ);
    for (size_t i = 0; i < length; i++) {
        desk->now += 16 * (int64_t)NS_PER_MS;
        receive(desk, frame + i, 1);
    }
    ANSWER(desk, 1, 3, 2, 0, 0);
}

static void damage_is_silence(void **state)
{
    struct desk *desk = *state;
    uint8_t frame[RTU_MAX];
    size_t length = rtu_write(frame, 1, WRITE, sizeof WRITE);
    frame[5] ^= 0x10;
    receive(desk, frame, length);
    expect_silence(desk);
    assert_int_equal(word_of(desk, BED_MEM), 0);
    receive(desk, frame, 4); /* cut off */
    expect_silence(desk);
    receive(desk, (const uint8_t *)"\x00\xFF\x01", 3); /* noise */
    expect_silence(desk);
    ask(desk, 1, WRITE, sizeof WRITE);
    ANSWER(desk, 1, 6, 0, 4, 0, 99);
}

static void who_asks_again_has_given_up(void **state)
{
    struct desk *desk = *state;
    ask(desk, 1, WRITE, sizeof WRITE);
    desk->now += desk->gap / 2;
    ask(desk, 3, READ, sizeof READ);
    ANSWER(desk, 3, 3, 2, 0, 0);
    expect_silence(desk);
    assert_int_equal(word_of(desk, BED_MEM), 99); /* but it was carried out */
    ask(desk, 1, READ, sizeof READ);
    desk->now += desk->gap / 2;
    ask(desk, 9, READ, sizeof READ); /* somebody else's turn */
    expect_silence(desk);
}

static void unknown_functions_end_with_silence(void **state)
{
    struct desk *desk = *state;
    uint8_t pdu[] = {0x41, 1, 2, 3};
    int64_t asked = desk->now;
    ask(desk, 1, pdu, sizeof pdu);
    assert_int_equal(line_server_due(desk->line), asked + SILENCE);
    ANSWER(desk, 1, 0xC1, 1);
    assert_int_equal(desk->now, asked + SILENCE);
}

static uint64_t sequence(const struct desk *desk)
{
    struct error error;
    struct view *view = view_create(desk->bed.image, &error);
    assert_non_null(view);
    uint64_t now = view_latch(view);
    view_destroy(view);
    return now;
}

/* "mem" and "own" have two units each, "far" has no register 4: two writes are two sequences. */
static void broadcasts_reach_each_memory_once(void **state)
{
    struct desk *desk = *state;
    uint64_t before = sequence(desk);
    ask(desk, 1, WRITE, sizeof WRITE);
    ANSWER(desk, 1, 6, 0, 4, 0, 99);
    uint64_t one = sequence(desk) - before;
    uint8_t write[] = {6, 0, 4, 0, 55};
    before = sequence(desk);
    ask(desk, 0, write, sizeof write);
    expect_silence(desk);
    assert_true(one > 0);
    assert_int_equal(sequence(desk) - before, 2 * one);
    assert_int_equal(word_of(desk, BED_MEM), 55);
    assert_int_equal(word_of(desk, BED_OWN), 55);
}

static void broadcasts_pass_a_reader_by(void **state)
{
    struct desk *desk = *state;
    desk->bed.spec.read_only = true; /* the other one shows the same memories */
    ask(desk, 0, WRITE, sizeof WRITE);
    expect_silence(desk);
    assert_int_equal(word_of(desk, BED_MEM), 99);
    assert_int_equal(word_of(desk, BED_OWN), 99);
}

static void who_is_stopped_hears_nothing(void **state)
{
    struct desk *desk = *state;
    line_server_want(desk->line, 0, false);
    line_server_want(desk->line, 1, false);
    ask(desk, 1, WRITE, sizeof WRITE);
    expect_silence(desk);
    ask(desk, 0, WRITE, sizeof WRITE);
    expect_silence(desk);
    assert_int_equal(word_of(desk, BED_MEM), 0);
    line_server_want(desk->line, 0, true);
    ask(desk, 1, READ, sizeof READ);
    ANSWER(desk, 1, 3, 2, 0, 0);
}

static void a_new_port_begins_anew(void **state)
{
    struct desk *desk = *state;
    uint8_t frame[RTU_MAX];
    rtu_write(frame, 1, READ, sizeof READ);
    ask(desk, 1, READ, sizeof READ);
    receive(desk, frame, 5);
    line_server_opened(desk->line);
    expect_silence(desk);
    receive(desk, frame, 8);
    ANSWER(desk, 1, 3, 2, 0, 0);
}

/* Another program takes over: half a request is completed, and an answer that waits is sent. */
static void a_port_that_stays_loses_nothing(void **state)
{
    struct desk *desk = *state;
    struct error error;
    static const uint8_t read[] = {3, 0, OWN_FREE, 0, 1};
    uint8_t frame[RTU_MAX];
    size_t length = rtu_write(frame, 1, read, sizeof read);
    receive(desk, frame, 3);
    for (int i = 0; i < 2; i++) {
        struct line_server *next = line_server_create(&desk->spec, &error);
        assert_true(line_server_add(next, desk->bed.server, &error));
        line_server_inherit(next, desk->line);
        line_server_destroy(desk->line);
        desk->line = next;
        if (i == 0)
            receive(desk, frame + 3, length - 3);
    }
    ANSWER(desk, 1, 3, 2, 0, 0);
    expect_silence(desk);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(answers_after_the_gap),
        TEST(each_server_has_its_units),
        TEST(exceptions_are_answers),
        TEST(others_are_not_answered),
        TEST(our_own_echo_is_no_request),
        TEST(split_anywhere),
        TEST(damage_is_silence),
        TEST(who_asks_again_has_given_up),
        TEST(unknown_functions_end_with_silence),
        TEST(broadcasts_reach_each_memory_once),
        TEST(broadcasts_pass_a_reader_by),
        TEST(who_is_stopped_hears_nothing),
        TEST(a_new_port_begins_anew),
        TEST(a_port_that_stays_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Proves that frames of every function code are found on a serial line however they are cut, after
 * noise and after torn frames, by a server and by a client, and that nothing else is. */

#include "rtu_bed.h"

static void the_crc_is_the_known_one(void **state)
{
    (void)state;
    uint8_t frame[RTU_MAX];
    assert_int_equal(rtu_write(frame, 1, PDU(3, 0, 0, 0, 10)), 8);
    assert_memory_equal(frame, "\1\3\0\0\0\x0A\xC5\xCD", 8);
    assert_int_equal(rtu_crc((const uint8_t *)"123456789", 9), 0x4B37);
    assert_int_equal(rtu_crc(frame, 0), 0xFFFF);
}

static void the_gap_is_three_and_a_half_characters(void **state)
{
    (void)state;
    assert_int_equal(rtu_gap(9600, 11), 4010417);
    assert_int_equal(rtu_gap(19200, 11), 2005209);
    assert_int_equal(rtu_gap(19201, 11), 1750000);
    assert_int_equal(rtu_gap(115200, 10), 1750000);
    assert_int_equal(rtu_gap(50, 12), 840000000);
}

static void the_oldest_bytes_give_way(void **state)
{
    (void)state;
    static struct rtu_input input;
    uint8_t bytes[2 * RTU_BUFFER];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7 >> 3);
    input.length = 0;
    rtu_received(&input, bytes, RTU_BUFFER - 1);
    rtu_received(&input, bytes + RTU_BUFFER - 1, 3);
    assert_int_equal(input.length, RTU_BUFFER);
    assert_memory_equal(input.bytes, bytes + 2, RTU_BUFFER);
    rtu_received(&input, bytes, sizeof bytes);
    assert_memory_equal(input.bytes, bytes + RTU_BUFFER, RTU_BUFFER);
}

/* Requests of all function codes come out at their last byte, wherever they are cut. */
static void requests_may_come_in_two_pieces(void **state)
{
    (void)state;
    struct random random = {1};
    for (size_t f = 0; f < FUNCTION_COUNT; f++) {
        uint8_t pdu[RTU_MAX], frame[RTU_MAX];
        size_t length = some_request(&random, FUNCTIONS[f], pdu);
        size_t size = rtu_write(frame, 9, pdu, length);
        for (size_t cut = 1; cut < size; cut++) {
            struct rtu_input input = {0};
            rtu_received(&input, frame, cut);
            expect_none(&input, false);
            rtu_received(&input, frame + cut, size - cut);
            expect_frame(&input, false, 9, pdu, length);
            assert_int_equal(input.length, 0);
        }
    }
}

static void answers_are_told_from_requests(void **state)
{
    (void)state;
    struct random random = {2};
    for (size_t i = 0; i < 200 * FUNCTION_COUNT; i++) {
        uint8_t request[RTU_MAX], pdu[RTU_MAX], function = FUNCTIONS[i % FUNCTION_COUNT];
        size_t asked = some_request(&random, function, request);
        size_t length = i & 64 ? some_exception(&random, function, pdu)
                               : some_answer(&random, request, asked, pdu);
        /* An answer of three bytes after its count is as long as a request for bits. */
        if (function <= 2 && pdu[1] == 3)
            continue;
        struct rtu_input input = {0};
        struct rtu_frame frame;
        bool is_answer;
        put(&input, 9, pdu, length);
        assert_true(rtu_request(&input, true, &frame, &is_answer));
        is_frame(&frame, 9, pdu, length);
        assert_int_equal(is_answer, !look_alike(pdu[0]));
    }
}

/* A second write is no answer to the first, though it looks like one. */
static void the_same_write_twice_is_two_requests(void **state)
{
    (void)state;
    struct rtu_input input = {0};
    for (int i = 0; i < 4; i++) {
        struct rtu_frame frame;
        bool is_answer = true;
        put(&input, 1, PDU(6, 0, 1, 0, 2));
        assert_true(rtu_request(&input, false, &frame, &is_answer));
        assert_false(is_answer);
    }
}

static void unknown_function_codes_end_at_silence(void **state)
{
    (void)state;
    static const uint8_t functions[] = {0, 9, 10, 13, 14, 18, 19, 65, 0x80, 0x83, 0xFF};
    for (size_t f = 0; f < sizeof functions; f++)
        for (size_t length = 1; length <= 253; length++) {
            uint8_t pdu[RTU_MAX] = {functions[f]};
            struct rtu_input input = {0};
            put(&input, 1, pdu, length);
            expect_none(&input, false);
            expect_frame(&input, true, 1, pdu, length);
            put(&input, 1, pdu, length);
            input.bytes[1] ^= 1;
            expect_none(&input, true);
            assert_int_equal(input.length, 0);
        }
}

/* A known function code with counts that contradict each other still has to be refused with 03. */
static void contradicting_counts_end_at_silence(void **state)
{
    (void)state;
    struct rtu_input input = {0};
    put(&input, 1, PDU(16, 0, 0, 0, 2, 2, 0, 1));
    expect_none(&input, false);
    expect_frame(&input, true, 1, PDU(16, 0, 0, 0, 2, 2, 0, 1));
    put(&input, 1, PDU(3, 0, 0, 0, 2, 7));
    expect_none(&input, false);
    expect_frame(&input, true, 1, PDU(3, 0, 0, 0, 2, 7));
}

static void a_wrong_crc_is_silence(void **state)
{
    (void)state;
    uint8_t frame[RTU_MAX];
    size_t size = rtu_write(frame, 1, PDU(3, 0, 0, 0, 10));
    for (size_t bit = 0; bit < 8 * size; bit++) {
        struct rtu_input input = {0};
        frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
        rtu_received(&input, frame, size);
        expect_none(&input, false);
        expect_none(&input, true);
        assert_int_equal(input.length, 0);
        frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void a_good_frame_is_found_after_noise(void **state)
{
    (void)state;
    struct random random = {3};
    for (size_t noise = 1; noise <= 200; noise++) {
        struct rtu_input input = {0};
        uint8_t bytes[200];
        roll_bytes(&random, bytes, noise);
        rtu_received(&input, bytes, noise);
        put(&input, 1, PDU(3, 0, 0, 0, 10));
        struct rtu_frame frame;
        bool is_answer;
        if (!rtu_request(&input, false, &frame, &is_answer))
            assert_true(rtu_request(&input, true, &frame, &is_answer));
        is_frame(&frame, 1, PDU(3, 0, 0, 0, 10));
    }
}

static void a_good_frame_is_found_after_a_torn_one(void **state)
{
    (void)state;
    struct random random = {4};
    for (size_t f = 0; f < FUNCTION_COUNT; f++) {
        uint8_t pdu[RTU_MAX], torn[RTU_MAX];
        size_t size = rtu_write(torn, 7, pdu, some_request(&random, FUNCTIONS[f], pdu));
        for (size_t cut = 1; cut < size; cut++) {
            struct rtu_input input = {0};
            rtu_received(&input, torn, cut);
            put(&input, 1, PDU(6, 0, 1, 0, 2));
            expect_frame(&input, true, 1, PDU(6, 0, 1, 0, 2));
            expect_none(&input, true);
        }
    }
}

/* Without any silence, two frames behind each other are enough to find the line again. */
static void two_right_frames_need_no_silence(void **state)
{
    (void)state;
    struct rtu_input input = {0};
    rtu_received(&input, (const uint8_t *)"\1\6\0\1\0\2\0\0", 8);
    put(&input, 0, PDU(6, 0, 1, 0, 2));
    expect_none(&input, false);
    put(&input, 2, PDU(6, 0, 1, 0, 3));
    expect_frame(&input, false, 0, PDU(6, 0, 1, 0, 2));
    expect_frame(&input, false, 2, PDU(6, 0, 1, 0, 3));
}

static size_t put_inner(uint8_t *at)
{
    size_t size = rtu_write(at, 1, PDU(6, 0, 1, 0, 2));
    return size + rtu_write(at + size, 1, PDU(6, 0, 1, 0, 3));
}

/* Whole requests as the data of a longer frame of another unit, byte by byte. */
static void a_frame_inside_a_frame_is_none(void **state)
{
    (void)state;
    uint8_t request[RTU_MAX] = {16, 0, 0, 0, 8, 16}, answer[RTU_MAX] = {3, 16}, frame[RTU_MAX];
    assert_int_equal(put_inner(request + 6), 16);
    put_inner(answer + 2);
    for (int i = 0; i < 2; i++) {
        const uint8_t *pdu = i ? answer : request;
        size_t length = i ? 18 : 22, size = rtu_write(frame, 7, pdu, length);
        struct rtu_input input = {0};
        for (size_t at = 0; at < size; at++) {
            expect_none(&input, false);
            rtu_received(&input, frame + at, 1);
        }
        expect_frame(&input, false, 7, pdu, length);
        expect_none(&input, true);
    }
}

/* The same where only silence can end the outer frame, and where noise stands before it. */
static void not_even_after_noise_or_in_unknown_ones(void **state)
{
    (void)state;
    uint8_t pdu[RTU_MAX] = {65}, frame[RTU_MAX], bytes[RTU_MAX] = {1, 6, 0, 1, 0, 2, 0xFF, 0xFF};
    struct rtu_input input = {0};
    put_inner(pdu + 1);
    put(&input, 7, pdu, 17);
    expect_none(&input, false);
    expect_frame(&input, true, 7, pdu, 17);
    uint8_t request[RTU_MAX] = {16, 0, 0, 0, 8, 16};
    put_inner(request + 6);
    size_t size = rtu_write(frame, 7, request, 22);
    rtu_received(&input, bytes, 8);
    rtu_received(&input, frame, size - 1);
    expect_none(&input, false);
    rtu_received(&input, frame + size - 1, 1);
    expect_frame(&input, true, 7, request, 22);
}

static void an_answer_inside_an_answer_is_none(void **state)
{
    (void)state;
    const uint8_t read[] = {3, 0, 0, 0, 4};
    uint8_t pdu[RTU_MAX] = {3, 8}, frame[RTU_MAX];
    rtu_write(pdu + 2, 5, PDU(3, 2, 0, 1));
    size_t size = rtu_write(frame, 5, pdu, 10);
    struct rtu_input input = {0};
    struct rtu_frame found;
    rtu_received(&input, frame, size - 1);
    assert_false(rtu_answer(&input, false, 5, read, 5, &found));
    rtu_received(&input, frame + size - 1, 1);
    assert_true(rtu_answer(&input, false, 5, read, 5, &found));
    is_frame(&found, 5, pdu, 10);
}

/* The beginning of a request that, for itself, is a right answer: the longer one counts. */
static void a_request_beats_an_answer_at_its_beginning(void **state)
{
    (void)state;
    unsigned tried = 0;
    for (unsigned address = 0; address < 65536; address++) {
        uint8_t pdu[RTU_MAX] = {16, (uint8_t)(address >> 8), (uint8_t)address, 0, 1, 2, 0, 7};
        uint8_t frame[RTU_MAX];
        rtu_write(frame, 1, pdu, 5);
        if (frame[6] != 2)
            continue;
        pdu[6] = frame[7];
        struct rtu_input input = {0};
        size_t size = rtu_write(frame, 1, pdu, 8);
        rtu_received(&input, frame, 8);
        expect_none(&input, false);
        rtu_received(&input, frame + 8, size - 8);
        expect_frame(&input, false, 1, pdu, 8);
        tried++;
    }
    assert_true(tried > 50);
}

static bool answer_to(struct rtu_input *input, bool silent, const uint8_t *request, size_t length,
                      struct rtu_frame *frame)
{
    return rtu_answer(input, silent, 5, request, length, frame);
}

static void a_client_finds_its_answer(void **state)
{
    (void)state;
    struct random random = {5};
    for (size_t i = 0; i < 100 * FUNCTION_COUNT; i++) {
        uint8_t asked[RTU_MAX], pdu[RTU_MAX], frame[RTU_MAX], function;
        function = FUNCTIONS[i % FUNCTION_COUNT];
        size_t asked_length = some_request(&random, function, asked);
        size_t length = i & 64 ? some_exception(&random, function, pdu)
                               : some_answer(&random, asked, asked_length, pdu);
        size_t size = rtu_write(frame, 5, pdu, length), cut = roll(&random, (uint32_t)size);
        struct rtu_input input = {0};
        struct rtu_frame found;
        put(&input, 6, pdu, length); /* another unit's */
        if (input.length > 200)
            input.length = 200;
        rtu_received(&input, frame, cut);
        assert_false(answer_to(&input, false, asked, asked_length, &found));
        assert_false(answer_to(&input, true, asked, asked_length, &found)); /* an early silence */
        rtu_received(&input, frame + cut, size - cut);
        rtu_received(&input, (const uint8_t *)"xyz", 3);
        assert_true(answer_to(&input, true, asked, asked_length, &found));
        is_frame(&found, 5, pdu, length);
        assert_int_equal(input.length, 3);
    }
}

static void a_client_takes_nothing_else(void **state)
{
    (void)state;
    const uint8_t read[] = {3, 0, 0, 0, 1};
    struct rtu_input input = {0};
    struct rtu_frame frame;
    put(&input, 4, PDU(3, 2, 0, 1));
    put(&input, 5, PDU(4, 2, 0, 1));
    put(&input, 5, PDU(0x84, 2));
    put(&input, 5, PDU(3, 2, 0, 1));
    input.bytes[input.length - 1] ^= 1;
    assert_false(answer_to(&input, false, read, 5, &frame));
    assert_false(answer_to(&input, true, read, 5, &frame));
    /* A byte count other than asked for is query_judge's to refuse. */
    put(&input, 5, PDU(3, 4, 0, 1, 0, 2));
    assert_true(answer_to(&input, false, read, 5, &frame));
    is_frame(&frame, 5, PDU(3, 4, 0, 1, 0, 2));
    put(&input, 5, PDU(0x83, 0));
    assert_true(answer_to(&input, false, read, 5, &frame));
}

static void unknown_answers_end_at_silence(void **state)
{
    (void)state;
    const uint8_t asked[] = {65, 1, 2};
    struct rtu_input input = {0};
    struct rtu_frame frame;
    put(&input, 5, PDU(65, 1, 2, 3, 4, 5));
    assert_false(answer_to(&input, false, asked, 3, &frame));
    assert_true(answer_to(&input, true, asked, 3, &frame));
    is_frame(&frame, 5, PDU(65, 1, 2, 3, 4, 5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_crc_is_the_known_one),
        cmocka_unit_test(the_gap_is_three_and_a_half_characters),
        cmocka_unit_test(the_oldest_bytes_give_way),
        cmocka_unit_test(requests_may_come_in_two_pieces),
        cmocka_unit_test(answers_are_told_from_requests),
        cmocka_unit_test(the_same_write_twice_is_two_requests),
        cmocka_unit_test(unknown_function_codes_end_at_silence),
        cmocka_unit_test(contradicting_counts_end_at_silence),
        cmocka_unit_test(a_wrong_crc_is_silence),
        cmocka_unit_test(a_good_frame_is_found_after_noise),
        cmocka_unit_test(a_good_frame_is_found_after_a_torn_one),
        cmocka_unit_test(two_right_frames_need_no_silence),
        cmocka_unit_test(a_frame_inside_a_frame_is_none),
        cmocka_unit_test(not_even_after_noise_or_in_unknown_ones),
        cmocka_unit_test(an_answer_inside_an_answer_is_none),
        cmocka_unit_test(a_request_beats_an_answer_at_its_beginning),
        cmocka_unit_test(a_client_finds_its_answer),
        cmocka_unit_test(a_client_takes_nothing_else),
        cmocka_unit_test(unknown_answers_end_at_silence),
    };
    return cmocka_run_group_tests_name("rtu", tests, NULL, NULL);
}

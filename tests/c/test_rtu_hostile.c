/* Proves that on a line shared with units that talk in every function code no request to us is lost
 * and none is invented, whatever the pieces in which it all comes; and that a million damaged
 * frames give no frame at all. */

#include "rtu_bed.h"

enum { EXCHANGES = 10000, MUTATIONS = 1000000, OURS = 17 };

struct line {
    struct random random;
    struct rtu_input input;
    uint8_t wanted[RTU_MAX]; /* the request to us that is on its way */
    size_t wanted_length;
    unsigned found;
};

/* Everything whole is taken; frames to us are those that were sent, and come once. */
static void take_all(struct line *line, bool silent)
{
    struct rtu_frame frame;
    bool is_answer;
    while (rtu_request(&line->input, silent, &frame, &is_answer)) {
        if (frame.unit != OURS)
            continue;
        assert_false(is_answer);
        is_frame(&frame, OURS, line->wanted, line->wanted_length);
        line->wanted_length = 0;
        line->found++;
    }
}

static void send(struct line *line, uint8_t unit, const uint8_t *pdu, size_t length)
{
    uint8_t frame[RTU_MAX];
    size_t size = rtu_write(frame, unit, pdu, length);
    for (size_t at = 0, piece; at < size; at += piece) {
        piece = 1 + roll(&line->random, 64);
        piece = piece < size - at ? piece : size - at;
        rtu_received(&line->input, frame + at, piece);
        take_all(line, false);
    }
}

/* Another unit is asked; it answers, refuses, or is dead. Mostly no silence can be seen. */
static void foreign_exchange(struct line *line)
{
    uint8_t unit = (uint8_t)(18 + roll(&line->random, 230)), asked[RTU_MAX], pdu[RTU_MAX];
    uint8_t function = FUNCTIONS[roll(&line->random, FUNCTION_COUNT)];
    size_t length = some_request(&line->random, function, asked);
    send(line, unit, asked, length);
    switch (roll(&line->random, 8)) {
    case 0:
        take_all(line, true);
        return;
    case 1:
        length = some_exception(&line->random, function, pdu);
        break;
    default:
        length = some_answer(&line->random, asked, length, pdu);
        break;
    }
    send(line, unit, pdu, length);
    if (roll(&line->random, 2))
        take_all(line, true);
}

static void noise(struct line *line)
{
    uint8_t bytes[5];
    size_t size = 1 + roll(&line->random, sizeof bytes);
    roll_bytes(&line->random, bytes, size);
    rtu_received(&line->input, bytes, size);
    take_all(line, false);
}

/* We are asked; the silence in which we are expected to answer ends it at the latest. */
static void own_request(struct line *line)
{
    uint8_t function = FUNCTIONS[roll(&line->random, FUNCTION_COUNT)];
    line->wanted_length = some_request(&line->random, function, line->wanted);
    unsigned before = line->found;
    send(line, OURS, line->wanted, line->wanted_length);
    take_all(line, true);
    assert_int_equal(line->found, before + 1);
}

static void talk(uint64_t seed, bool noisy)
{
    struct line line = {.random = {seed}};
    for (unsigned i = 0; i < EXCHANGES; i++) {
        for (unsigned others = roll(&line.random, 4); others > 0; others--)
            foreign_exchange(&line);
        if (noisy && roll(&line.random, 3) == 0)
            noise(&line);
        own_request(&line);
    }
    assert_int_equal(line.found, EXCHANGES);
}

static void none_is_lost_and_none_invented(void **state)
{
    (void)state;
    talk(11, false);
}

static void not_with_noise_either(void **state)
{
    (void)state;
    talk(12, true);
}

/* Bytes that say how long a frame is: with another length the CRC is compared at another place,
 * where one wrong frame in 65536 has the right one; elsewhere CRC-16 sees up to three wrong bits
 * always. */
static bool says_length(const uint8_t *frame, size_t at)
{
    static const uint8_t counts[] = {[15] = 6, [16] = 6, [20] = 2, [21] = 2, [23] = 10, [43] = 2};
    size_t count = frame[1] < sizeof counts ? counts[frame[1]] : 0;
    return at == 1 || (count && at == count) || (count > 2 && (at == count - 1 || at == count - 2));
}

static void flip_bits(struct random *random, uint8_t *frame, size_t size)
{
    uint32_t bits[3], count = 1 + roll(random, 3);
    for (uint32_t i = 0; i < count; i++) {
        bits[i] = roll(random, (uint32_t)size * 8);
        bool again = says_length(frame, bits[i] / 8);
        for (uint32_t j = 0; j < i; j++)
            again = again || bits[j] == bits[i];
        i -= again;
    }
    for (uint32_t i = 0; i < count; i++)
        frame[bits[i] / 8] ^= (uint8_t)(1 << bits[i] % 8);
}

static void damaged_frames_are_never_taken(void **state)
{
    (void)state;
    struct random random = {13};
    static const uint8_t functions[] = {1, 2, 3, 4, 5, 6, 8, 22, 7, 24, 16, 15};
    unsigned whole = 0, pieces = 0;
    for (unsigned i = 0; i < MUTATIONS; i++) {
        uint8_t pdu[RTU_MAX], bytes[RTU_MAX];
        size_t length = some_request(&random, functions[i % sizeof functions], pdu);
        if (length > 40)
            length = some_request(&random, 6, pdu);
        size_t size = rtu_write(bytes, OURS, pdu, length);
        flip_bits(&random, bytes, size);
        struct rtu_input input = {0};
        struct rtu_frame frame;
        bool is_answer;
        rtu_received(&input, bytes, size);
        while (rtu_request(&input, false, &frame, &is_answer) ||
               rtu_request(&input, true, &frame, &is_answer)) {
            whole += frame.length + 3 == size;
            pieces++;
        }
    }
    assert_int_equal(whole, 0);
    /* The end of one may by chance be a shorter frame; to any unit, and hardly ever. */
    assert_in_range(pieces, 0, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(none_is_lost_and_none_invented),
        cmocka_unit_test(not_with_noise_either),
        cmocka_unit_test(damaged_frames_are_never_taken),
    };
    return cmocka_run_group_tests_name("rtu_hostile", tests, NULL, NULL);
}

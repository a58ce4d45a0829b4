/* Proves, over more than a million events in an order that no one would think of, that no write is
 * lost (it reaches the device, or a newer one takes its place, or the loss is counted), that no
 * value goes back on the side that does not write it, that nothing is torn, that neighbouring bits
 * are left alone, and that both sides agree soon after the events stop. */

#include "race_bed.h"

enum { ROUNDS = 40, EVENTS = 10000 };

static void expect_not_back(const uint16_t *old, const uint16_t *fresh, uint16_t address,
                            const char *side)
{
    if (fresh[address] < old[address])
        fail_msg("%u went back from %u to %u in the %s", address, old[address], fresh[address],
                 side);
}

static void expect_order(struct race *race)
{
    static const uint16_t ours[] = {AT_SCRIPT, AT_OUT,       AT_MASTER,    AT_WIDE,
                                    AT_ARRAY,  AT_ARRAY + 1, AT_ARRAY + 2, AT_ARRAY + 3};
    static const uint16_t theirs[] = {AT_DEVICE, AT_INPUT};
    uint16_t device[RACE_WORDS], image[RACE_WORDS];
    race_look(race, device, image);
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        expect_not_back(race->device, device, ours[i], "device");
    for (size_t i = 0; i < sizeof theirs / sizeof *theirs; i++)
        expect_not_back(race->image, image, theirs[i], "image");
    assert_int_equal(device[AT_WIDE], device[AT_WIDE + 1]);
    assert_int_equal(image[AT_WIDE], image[AT_WIDE + 1]);
    if (!race->cb->device.no_mask) /* else the other bits are as fresh as can be, no more */
        assert_int_equal(device[AT_BITS] & 2, race->device_bit);
    race->local_seen |= device[AT_ALL] == race->local_token;
    memcpy(race->device, device, sizeof device);
    memcpy(race->image, image, sizeof image);
}

/* Two polls after the unit answers again, and what a request costs that was just lost. */
static void come_to_rest(struct race *race)
{
    struct client_bed *cb = race->cb;
    if (race->scanning)
        race_scan(race);
    cb->device.lose_requests = cb->device.lose_answers = 0;
    cb->device.latency = MS;
    if (!cb->connected)
        client_bed_connect(cb);
    client_bed_run(cb, 2 * cb->spec.timeout + 10 * MS); /* now what was lost is known to be */
    for (int i = 0; i < 4000 && !client_bed_status(cb).online; i++)
        client_bed_run(cb, 10 * MS);
    assert_true(client_bed_status(cb).online);
    client_bed_run(cb, 2 * (cb->spec.timeout + cb->spec.period) + 20 * MS);
    assert_true(client_bed_status(cb).online);
    assert_true(client_bed_status(cb).complete);
}

static bool was_given_up(struct race *race, const char *name)
{
    return script_mark(race->cb, name)->delivery == DELIVERY_EXPIRED;
}

static void expect_delivered(struct race *race, const char *name, uint16_t address)
{
    if (race->device[address] != race->said[address] && !was_given_up(race, name))
        fail_msg("%s: %u was written last and %u arrived", name, race->said[address],
                 race->device[address]);
}

static void expect_agreement(struct race *race)
{
    expect_order(race);
    for (uint16_t i = 0; i < RACE_WORDS; i++)
        if (race->device[i] != race->image[i])
            fail_msg("%u: the device has %u, the image %u", i, race->device[i], race->image[i]);
    for (uint16_t i = 0; i < 2; i++)
        assert_int_equal(device_get(&race->cb->device, TABLE_COIL, i),
                         script_read(race->cb, i ? "C1" : "C0"));
    expect_delivered(race, "SCRIPT", AT_SCRIPT);
    expect_delivered(race, "OUT", AT_OUT);
    expect_delivered(race, "MASTER", AT_MASTER);
    expect_delivered(race, "DEVICE", AT_DEVICE);
    expect_delivered(race, "INPUT", AT_INPUT);
    expect_delivered(race, "WIDE", AT_WIDE);
    bool counted = race_conflicts(race) > race->conflicts_before || was_given_up(race, "ALL");
    assert_true(race->local_seen || counted);
    assert_int_equal(script_mark(race->cb, "OUT")->delivery, DELIVERY_CONFIRMED);
}

static void run(struct client_bed *cb, uint16_t depth, enum winner wins, bool no_mask)
{
    struct race race;
    uint64_t seed = 1 + depth * 4u + (wins == WINNER_PROGRAM) * 2u + no_mask;
    cb->spec.depth = depth;
    cb->device.no_mask = no_mask;
    cb->device.unordered = depth > 1;
    race_init(&race, cb, seed);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < EVENTS; i++) {
            race_event(&race);
            expect_order(&race);
        }
        come_to_rest(&race);
        expect_agreement(&race);
    }
    print_message("%u carried out, %u late, %u reconnects, %u writes, %u conflicts\n",
                  cb->device.carried_out, cb->dropped, (unsigned)race.reconnects,
                  (unsigned)race.writes, (unsigned)race_conflicts(&race));
    assert_true(cb->dropped > 0);
    assert_true(race.lost > 0 && race.reconnects > 0);
    assert_true(cb->device.carried_out > EVENTS / 10);
    assert_true(race.said[AT_DEVICE] > 0 && race.said[AT_SCRIPT] > 0);
}

#define RACE(name, depth, wins, no_mask)                                                           \
    static void name(void **state)                                                                 \
    {                                                                                              \
        run(*state, depth, wins, no_mask);                                                         \
    }
RACE(one_at_a_time, 1, WINNER_REMOTE, false)
RACE(eight_in_flight, 8, WINNER_REMOTE, false)
RACE(one_at_a_time_the_program_wins, 1, WINNER_PROGRAM, false)
RACE(eight_in_flight_the_program_wins, 8, WINNER_PROGRAM, false)
RACE(one_at_a_time_without_masks, 1, WINNER_REMOTE, true)
RACE(eight_in_flight_without_masks, 8, WINNER_REMOTE, true)
RACE(one_at_a_time_without_masks_the_program_wins, 1, WINNER_PROGRAM, true)
RACE(eight_in_flight_without_masks_the_program_wins, 8, WINNER_PROGRAM, true)

static int setup_remote(void **state)
{
    return client_bed_init_winning(state, WINNER_REMOTE);
}

static int setup_program(void **state)
{
    return client_bed_init_winning(state, WINNER_PROGRAM);
}

#define REMOTE(name) cmocka_unit_test_setup_teardown(name, setup_remote, client_bed_finish)
#define PROGRAM(name) cmocka_unit_test_setup_teardown(name, setup_program, client_bed_finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        REMOTE(one_at_a_time),
        REMOTE(eight_in_flight),
        PROGRAM(one_at_a_time_the_program_wins),
        PROGRAM(eight_in_flight_the_program_wins),
        REMOTE(one_at_a_time_without_masks),
        REMOTE(eight_in_flight_without_masks),
        PROGRAM(one_at_a_time_without_masks_the_program_wins),
        PROGRAM(eight_in_flight_without_masks_the_program_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Proves, over more than a million events in an order that no one would think of, that no write is
 * lost (it reaches the device, or a newer one takes its place, or the loss is counted), that no
 * value goes back on the side that does not write it, that nothing is torn, that neighbouring bits
 * are left alone, and that both sides agree soon after the events stop. */

#include "race_rules_bed.h"

enum { ROUNDS = 40, EVENTS = 10000 };

/* The neighbours of a bit stay as they are, unless the device knows no masks: then they are as
 * fresh as can be, no more. */
static void expect_order_and_bits(struct race *race)
{
    expect_order(race);
    if (!race->cb->device.no_mask)
        assert_int_equal(race->device[AT_BITS] & 2, race->device_bit);
}

static void expect_agreement(struct race *race)
{
    expect_order_and_bits(race);
    for (uint16_t i = 0; i < RACE_WORDS; i++)
        if (race->device[i] != race->image[i])
            fail_msg("%u: the device has %u, the image %u", i, race->device[i], race->image[i]);
    for (uint16_t i = 0; i < 2; i++)
        assert_int_equal(device_get(&race->cb->device, TABLE_COIL, i),
                         script_read(race->cb, i ? "C1" : "C0"));
    expect_all_delivered(race, is_given_up(race, "SCRIPT"), is_given_up(race, "ALL"));
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
            expect_order_and_bits(&race);
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

RACE(one_at_a_time, 1, WINNER_REMOTE, false)
RACE(eight_in_flight, 8, WINNER_REMOTE, false)
RACE(one_at_a_time_the_program_wins, 1, WINNER_PROGRAM, false)
RACE(eight_in_flight_the_program_wins, 8, WINNER_PROGRAM, false)
RACE(one_at_a_time_without_masks, 1, WINNER_REMOTE, true)
RACE(eight_in_flight_without_masks, 8, WINNER_REMOTE, true)
RACE(one_at_a_time_without_masks_the_program_wins, 1, WINNER_PROGRAM, true)
RACE(eight_in_flight_without_masks_the_program_wins, 8, WINNER_PROGRAM, true)

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

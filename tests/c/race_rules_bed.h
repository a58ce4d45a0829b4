#pragma once
/* What the race between script, masters and device must never break, and what must be true when it
 * has come to rest: no write is lost, no value goes back on the side that does not write it,
 * nothing is torn. Each race is run by `run` of the test, with the winner its memory was set up
 * for. */

#include "race_bed.h"

/* ---- at each moment ---- */

static inline void expect_not_back(const uint16_t *old, const uint16_t *fresh, uint16_t address,
                                   const char *side)
{
    if (fresh[address] < old[address])
        fail_msg("%u went back from %u to %u in the %s", address, old[address], fresh[address],
                 side);
}

static inline void expect_order(struct race *race)
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
    race->local_seen |= device[AT_ALL] == race->local_token;
    memcpy(race->device, device, sizeof device);
    memcpy(race->image, image, sizeof image);
}

/* ---- at rest ---- */

/* Two polls after the unit answers again, and what a request costs that was just lost. */
static inline void come_to_rest(struct race *race)
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

static inline bool is_given_up(struct race *race, const char *name)
{
    return script_mark(race->cb, name)->delivery == DELIVERY_EXPIRED;
}

static inline void expect_delivered(struct race *race, const char *name, uint16_t address)
{
    if (race->device[address] != race->said[address])
        fail_msg("%s: %u was written last and %u arrived", name, race->said[address],
                 race->device[address]);
}

/* No write is lost: it arrived, or somebody was told. SCRIPT and ALL may be given up. */
static inline void expect_all_delivered(struct race *race, bool gave_up_script, bool gave_up_all)
{
    if (!gave_up_script)
        expect_delivered(race, "SCRIPT", AT_SCRIPT);
    expect_delivered(race, "OUT", AT_OUT);
    expect_delivered(race, "MASTER", AT_MASTER);
    expect_delivered(race, "DEVICE", AT_DEVICE);
    expect_delivered(race, "INPUT", AT_INPUT);
    expect_delivered(race, "WIDE", AT_WIDE);
    bool counted = race_conflicts(race) > race->conflicts_before || gave_up_all;
    assert_true(race->local_seen || counted);
    assert_int_equal(script_mark(race->cb, "OUT")->delivery, DELIVERY_CONFIRMED);
}

/* ---- the races ---- */

#define RACE(name, depth, wins, no_mask)                                                           \
    static void name(void **state)                                                                 \
    {                                                                                              \
        run(*state, depth, wins, no_mask);                                                         \
    }

static inline int setup_remote(void **state)
{
    return client_bed_init_winning(state, WINNER_REMOTE);
}

static inline int setup_program(void **state)
{
    return client_bed_init_winning(state, WINNER_PROGRAM);
}

#define REMOTE(name) cmocka_unit_test_setup_teardown(name, setup_remote, client_bed_finish)
#define PROGRAM(name) cmocka_unit_test_setup_teardown(name, setup_program, client_bed_finish)

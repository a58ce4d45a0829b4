/* Proves, with a reload at random moments of the race between script, masters and device, what
 * test_client_race.c proves without: no write is lost, no value goes back, nothing is torn, both
 * sides agree soon after the events stop; and that a reload at rest sends nothing but what is new.
 * The programs differ from reload to reload: variables come, go, move, change their type, and give
 * others' registers a second name. */

#include "inherit_bed.h"
#include "race_rules_bed.h"

enum {
    ROUNDS = 40,
    EVENTS = 6000,
    RELOAD_EVERY = 150, /* events, on average */
    AT_EXTRA = 24,      /* what comes and goes: from here on, AT_SIDE included */
    AT_SIDE = 40
};

/* ---- the programs ---- */

/* One of many, by the bits of `kind`. */
static void declare(struct bed *bed, uint32_t kind)
{
    race_declare(bed);
    if (kind & 1)
        bed_declare(bed, WORD("EXTRA", AT_EXTRA + (kind >> 1 & 3)));
    if (kind & 8)
        bed_declare(bed, WIDE("WHAT", AT_EXTRA + 6, .direction = DIRECTION_OUT));
    else
        bed_declare(bed, WORD("WHAT", AT_EXTRA + 6));
    if (kind & 16)
        bed_declare(bed, BIT("ALIAS", AT_SCRIPT, 15)); /* SCRIPT's group is another one then */
    if (kind & 32)
        bed_declare(bed, WORD("PART", AT_WIDE, .direction = DIRECTION_OUT));
    if (kind & 64)
        bed_declare(bed, BIT("BIT9", AT_BITS, 9));
    if (kind & 128)
        bed_declare(bed, WORD("SIDE", AT_SIDE, .count = 1 + (kind >> 8 & 3)));
}

static void reload(struct race *race, uint32_t kind)
{
    struct takeover t = takeover_begin(race->cb);
    declare(&t.next, kind);
    if (race_random(race, 2))
        takeover_body(&t, AT_SCRIPT, 1); /* it has a value: this is no write */
    takeover_end(&t);
}

/* ---- at rest ---- */

/* A reload may give the variable another state after it was given up. */
struct given_up {
    uint16_t script; /* the value that was */
    uint16_t all;
};

static void note_given_up(struct race *race, struct given_up *given_up)
{
    if (race->scanning)
        return;
    if (is_given_up(race, "SCRIPT"))
        given_up->script = race->said[AT_SCRIPT];
    if (is_given_up(race, "ALL"))
        given_up->all = race->local_token;
}

static void expect_variables_agree(struct race *race)
{
    const struct plan *plan = race->cb->bed.plan;
    view_latch(race->cb->bed.view);
    for (size_t i = 0; i < plan->variable_count; i++) {
        const struct variable *v = plan->variables[i];
        for (uint16_t k = 0; k < v->words * (v->count ? v->count : 1); k++) {
            uint16_t ours = view_cells(race->cb->bed.view)[v->cell + k] & v->mask;
            uint16_t theirs =
                device_get(&race->cb->device, v->table, (uint16_t)(v->address + k)) & v->mask;
            if (ours != theirs)
                fail_msg("%s: the device has %u, the image %u", v->name, theirs, ours);
        }
    }
}

static void expect_agreement(struct race *race, struct given_up *given_up)
{
    note_given_up(race, given_up);
    expect_order(race);
    expect_variables_agree(race);
    expect_all_delivered(race, given_up->script == race->said[AT_SCRIPT],
                         given_up->all == race->local_token);
}

/* What matches is not written: only what is new may be. */
static void expect_quiet(struct race *race, uint32_t kind)
{
    struct client_bed *cb = race->cb;
    cb->device.writes = 0;
    reload(race, kind);
    client_bed_run(cb, 3 * cb->spec.period);
    for (unsigned i = 0; i < cb->device.writes; i++)
        if (cb->device.notes[i].address < AT_EXTRA)
            fail_msg("%u was written by a reload (kind %u)", cb->device.notes[i].address, kind);
    assert_true(cb->device.writes < DEVICE_NOTES);
    cb->device.writes = 0;
    reload(race, kind);
    client_bed_run(cb, 3 * cb->spec.period);
    assert_int_equal(cb->device.writes, 0);
}

static void run(struct client_bed *cb, uint16_t depth, enum winner wins, bool no_mask)
{
    struct race race;
    uint64_t seed = 101 + depth * 4u + (wins == WINNER_PROGRAM) * 2u + no_mask;
    struct given_up given_up = {0};
    unsigned reloads = 0;
    cb->spec.depth = depth;
    cb->device.no_mask = no_mask;
    cb->device.unordered = depth > 1;
    race_init(&race, cb, seed);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < EVENTS; i++) {
            race_event(&race);
            expect_order(&race);
            note_given_up(&race, &given_up);
            if (!race.scanning && race_random(&race, RELOAD_EVERY) == 0) {
                reload(&race, race_random(&race, 1024));
                expect_order(&race);
                reloads++;
            }
        }
        come_to_rest(&race);
        expect_agreement(&race, &given_up);
        expect_quiet(&race, race_random(&race, 1024));
        expect_agreement(&race, &given_up);
    }
    print_message("%u reloads, %u carried out, %u late, %u reconnects, %u writes, %u conflicts\n",
                  reloads, cb->device.carried_out, cb->dropped, (unsigned)race.reconnects,
                  (unsigned)race.writes, (unsigned)race_conflicts(&race));
    assert_true(cb->dropped > 0 && reloads > 0);
    assert_true(race.lost > 0 && race.reconnects > 0);
    assert_true(race.said[AT_DEVICE] > 0 && race.said[AT_SCRIPT] > 0);
}

RACE(one_at_a_time, 1, WINNER_REMOTE, false)
RACE(eight_in_flight, 8, WINNER_REMOTE, false)
RACE(one_at_a_time_the_program_wins, 1, WINNER_PROGRAM, false)
RACE(eight_in_flight_the_program_wins, 8, WINNER_PROGRAM, false)
RACE(one_at_a_time_without_masks, 1, WINNER_REMOTE, true)
RACE(eight_in_flight_without_masks, 8, WINNER_REMOTE, true)

int main(void)
{
    const struct CMUnitTest tests[] = {
        REMOTE(one_at_a_time),
        REMOTE(eight_in_flight),
        PROGRAM(one_at_a_time_the_program_wins),
        PROGRAM(eight_in_flight_the_program_wins),
        REMOTE(one_at_a_time_without_masks),
        REMOTE(eight_in_flight_without_masks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

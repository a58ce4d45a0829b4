/* Proves, on random plans, that going to another program and back changes nothing that both have.
 */

#include "adopt_bed.h"

#include <stdio.h>

/* Two random plans of the same names: of each variable some have it, at one place or another, in
 * one order or another; some in a memory with a client, some beside raw words. */

enum { NAMES = 24, ROUNDS = 400, STEPS = 60 };

static uint64_t dice = 1;

static uint32_t roll(uint32_t below)
{
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(dice >> 33) % below;
}

static struct variable some_variable(uint32_t number, char *name)
{
    static const enum type types[] = {TYPE_BOOL, TYPE_BYTE, TYPE_UINT16, TYPE_INT32, TYPE_UINT64};
    struct variable v = {.table = TABLE_HOLDING, .type = types[number % 5], .address = 6 * number};
    snprintf(name, 8, "V%u", number);
    v.name = name;
    v.bit = v.type == TYPE_BOOL ? number % 16 : v.type == TYPE_BYTE ? number % 2 * 8 : 0;
    v.count = number % 7 == 3 && v.type != TYPE_UINT64 ? 2 : 0;
    v.memory = number % 3 == 0;
    return v;
}

/* Mirrored ones stay where they are, or their values would not. */
static void declare_some(struct bed *bed, bool other)
{
    for (uint32_t i = 0; i < NAMES; i++) {
        struct variable v = some_variable(i, plan_alloc(bed->plan, 8));
        if (roll(4) == 0)
            continue;
        if (!v.memory && other) {
            v.address += roll(3) ? 0 : 300;
            v.order = v.type >= TYPE_INT32 && roll(2) ? ORDER_DCBA : ORDER_CDAB;
        }
        bed_declare(bed, v);
    }
    bed_raw(bed, TABLE_HOLDING, other ? 200 : 205, 12);
    bed_raw_of(bed, 1, TABLE_HOLDING, other ? 180 : 175, 12);
    bed_ready(bed);
    pair_online(bed, 0, true);
}

static void disturb(struct bed *bed)
{
    for (int step = 0; step < STEPS; step++) {
        uint32_t number = roll((uint32_t)bed->plan->point_count);
        uint16_t words[4];
        for (int k = 0; k < 4; k++)
            words[k] = (uint16_t)roll(65536);
        switch (roll(5)) {
        case 0:
            image_force(bed->image, number, words, NULL, BED_NOW + step);
            break;
        case 1:
            image_unforce(bed->image, number, roll(2), NULL, BED_NOW + step);
            break;
        case 2:
            view_latch(bed->view);
            bed_assign_point(bed, number, words);
            view_publish(bed->view, BED_NOW + step);
            break;
        default:
            image_set(bed->image, number, words, NULL, BED_NOW + step);
        }
    }
}

struct known {
    uint16_t words[4], beneath[4];
    struct mark mark;
};

static struct known look(struct bed *bed, uint32_t number)
{
    const struct point *point = &bed->plan->points[number];
    struct known known;
    memset(&known, 0, sizeof known);
    for (uint16_t k = 0; k < point->words; k++)
        known.words[k] = view_cells(bed->view)[point->cell + k] & point->mask;
    image_suppressed(bed->image, number, known.beneath);
    known.mark = view_marks(bed->view)[number];
    return known;
}

static void expect_known(const struct known *a, const struct known *b)
{
    assert_memory_equal(a->words, b->words, sizeof a->words);
    assert_memory_equal(a->beneath, b->beneath, sizeof a->beneath);
    assert_int_equal(a->mark.time, b->mark.time);
    assert_int_equal(a->mark.written, b->mark.written);
    assert_int_equal(a->mark.quality, b->mark.quality);
    assert_int_equal(a->mark.forced, b->mark.forced);
    assert_int_equal(a->mark.delivery, b->mark.delivery);
}

static size_t waiting(struct bed *bed, uint32_t *groups)
{
    struct mirror_change changes[64];
    uint16_t cells[1024];
    size_t count = mirror_collect(bed->image, 0, changes, 64, cells);
    for (size_t i = 0; i < count; i++)
        groups[i] = changes[i].group;
    assert_true(count < 64);
    return count;
}

/* All that both have, as it was in `from` before it went to `to` and came back. */
static void go_there_and_back(struct pair *pair)
{
    struct bed *home = pair->from;
    size_t count = home->plan->point_count;
    struct known *before = calloc(count, sizeof *before);
    uint32_t *heirs = calloc(count, sizeof *heirs);
    view_latch(home->view);
    for (uint32_t i = 0; i < count; i++)
        before[i] = look(home, i);
    memcpy(heirs, pair->match->heirs, count * sizeof *heirs);
    pair_adopt(pair, 9000);
    pair_turn(pair);
    disturb(home); /* whatever is in it now is nobody's */
    pair_adopt(pair, 9001);
    for (uint32_t i = 0; i < count; i++) {
        struct known after = look(home, i);
        if (heirs[i] != MATCH_NONE)
            expect_known(&before[i], &after);
    }
    free(before);
    free(heirs);
}

static void there_and_back_changes_nothing_shared(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        void *fresh;
        dice = round;
        pair_init(&fresh);
        struct pair *pair = fresh;
        pair_plc(pair);
        declare_some(pair->from, false);
        declare_some(pair->to, true);
        pair_match(pair);
        disturb(pair->from);
        go_there_and_back(pair);
        assert_int_equal(pair->refused_count, 0);
        pair_finish(&fresh);
    }
}

/* What the clients of both images are to send is the same: in the same order, and only once. */
static void there_and_back_sends_the_same(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint32_t here[64], there[64];
        void *fresh;
        pair_init(&fresh);
        struct pair *pair = fresh;
        pair_plc(pair);
        dice = round;
        declare_some(pair->from, false);
        dice = round;
        declare_some(pair->to, false);
        pair_match(pair);
        disturb(pair->from);
        pair_adopt(pair, 9000);
        size_t count = waiting(pair->from, here);
        assert_int_equal(waiting(pair->to, there), count);
        assert_memory_equal(here, there, count * sizeof *here);
        pair_finish(&fresh);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back_changes_nothing_shared),
        cmocka_unit_test(there_and_back_sends_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

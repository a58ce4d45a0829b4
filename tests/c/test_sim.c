/* Proves that simulated devices live by themselves, in real time: that what is put into one comes
 * with a poll, whole; that they go on with another program's image and never touch the former one
 * again; and that one which was never started, or never had to change, is ended as well. */

#include "virtual_bed.h"

#include <poll.h>
#include "base/clock.h"
#include "image/plan_match.h"
#include "virtual/sim.h"

enum { PATIENCE_S = 20, ROUNDS = 8, LIST = 3 };

static struct sim *sim_over(struct bed *bed)
{
    struct error error;
    struct sim *sim = sim_create(bed->image, &error);
    assert_non_null(sim);
    return sim;
}

static void start(struct sim *sim)
{
    struct error error;
    if (!sim_start(sim, &error))
        fail_msg("%s", error.text);
}

static void wait_for(struct bed *bed, uint32_t client, const char *name, uint16_t word)
{
    int64_t end = clock_monotonic() + PATIENCE_S * (int64_t)NS_PER_S;
    while (clock_monotonic() < end && (virtual_quality(bed, client, name) != QUALITY_GOOD ||
                                       virtual_word(bed, client, name) != word))
        poll(NULL, 0, 1);
    assert_int_equal(virtual_word(bed, client, name), word);
    assert_int_equal(virtual_quality(bed, client, name), QUALITY_GOOD);
}

static void they_begin_with_the_defaults(void **state)
{
    struct bed *bed = virtual_bed();
    struct sim *sim = sim_over(bed);
    (void)state;
    assert_int_equal(virtual_quality(bed, 0, "IN"), QUALITY_NEVER); /* nobody lives yet */
    start(sim);
    wait_for(bed, 0, "IN", 7);
    wait_for(bed, 1, "IN", 7);
    sim_destroy(sim);
    virtual_bed_end(bed);
}

static void a_list_comes_whole(void **state)
{
    struct bed *bed = virtual_bed();
    struct sim *sim = sim_over(bed);
    uint32_t point = virtual_point(bed, 1, "LIST");
    (void)state;
    sim_set(sim, point, LIST, WORDS(1, 1, 1), 1); /* also before it lives */
    start(sim);
    wait_for(bed, 1, "LIST", 1);
    for (uint16_t round = 2; round < ROUNDS; round++) {
        /* as image_set takes them: room for more words each than these have */
        sim_set(sim, point, LIST, WORDS(round, 0, round, 0, round, 0), 2);
        wait_for(bed, 1, "LIST", round);
        const uint16_t *words = view_cells(bed->view) + bed->plan->points[point].cell;
        assert_int_equal(words[1], round);
        assert_int_equal(words[2], round);
    }
    assert_int_equal(virtual_word(bed, 0, "LIST"), 0);
    sim_destroy(sim);
    virtual_bed_end(bed);
}

static struct plan_match *match_of(struct bed *from, struct bed *to)
{
    struct error error;
    struct plan_match *match = plan_match_create(from->plan, to->plan, &error);
    assert_non_null(match);
    return match;
}

static void the_next_program_has_the_same_devices(void **state)
{
    struct bed *bed = virtual_bed(), *next = virtual_bed();
    struct plan_match *match = match_of(bed, next);
    struct sim *sim = sim_over(bed);
    struct error error;
    (void)state;
    start(sim);
    sim_set(sim, virtual_point(bed, 0, "IN"), 1, WORDS(1234), 1);
    wait_for(bed, 0, "IN", 1234);
    struct sim_change *change = sim_prepare(sim, next->image, match, &error);
    assert_non_null(change);
    sim_hold(sim);
    sim_commit(change, clock_monotonic());
    virtual_bed_end(bed); /* nobody uses it any more */
    plan_match_destroy(match);
    sim_release(sim);
    wait_for(next, 0, "IN", 1234);
    sim_set(sim, virtual_point(next, 0, "IN"), 1, WORDS(4321), 1);
    wait_for(next, 0, "IN", 4321);
    sim_destroy(sim);
    virtual_bed_end(next);
}

static void a_change_that_is_discarded_changes_nothing(void **state)
{
    struct bed *bed = virtual_bed(), *next = virtual_bed();
    struct plan_match *match = match_of(bed, next);
    struct sim *sim = sim_over(bed);
    struct error error;
    (void)state;
    start(sim);
    sim_discard(sim_prepare(sim, next->image, match, &error));
    virtual_bed_end(next);
    plan_match_destroy(match);
    sim_set(sim, virtual_point(bed, 0, "IN"), 1, WORDS(9), 1);
    wait_for(bed, 0, "IN", 9);
    sim_destroy(sim);
    virtual_bed_end(bed);
}

static void nobody_is_accepted(void **state)
{
    struct bed *bed = virtual_bed();
    struct sim *sim = sim_over(bed);
    (void)state;
    sim_hold(NULL);
    sim_release(NULL);
    sim_commit(NULL, 0);
    sim_discard(NULL);
    sim_destroy(NULL);
    sim_hold(sim); /* nobody runs it: it is held at once */
    sim_release(sim);
    sim_destroy(sim); /* never started */
    virtual_bed_end(bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_begin_with_the_defaults),
        cmocka_unit_test(a_list_comes_whole),
        cmocka_unit_test(the_next_program_has_the_same_devices),
        cmocka_unit_test(a_change_that_is_discarded_changes_nothing),
        cmocka_unit_test(nobody_is_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Proves what the reads of the next program take over: where the device made them be divided they
 * are divided again, also where variables came or went around that place; what it does not have is
 * asked for by itself and no sooner; times and phases stay, and what is new is due at once. */

#include "image_help.h"
#include "image/plan_match.h"
#include "modbus/reads.h"

enum { PERIOD = 100, NOW = 5000 };

struct program {
    struct bed bed;
    struct reads *reads;
};

struct pair {
    struct program before, after;
    struct plan_match *match;
};

static void begin(struct program *p)
{
    p->bed.plan = plan_create("test");
    bed_memory(&p->bed, (struct memory){.name = "mem", .client = -1});
}

static void end(struct program *p, int64_t period)
{
    struct error error;
    struct client_spec client = {.where = "t.lua:2",
                                 .name = "device",
                                 .host = "127.0.0.1",
                                 .port = 502,
                                 .unit = 1,
                                 .period = period,
                                 .timeout = 100,
                                 .depth = 1,
                                 .max_read = 10,
                                 .max_write = 10,
                                 .max_gap = 2};
    assert_true(plan_client(p->bed.plan, &client, &error) >= 0);
    bed_seal(&p->bed);
    p->reads = reads_create(p->bed.plan, 0);
    assert_non_null(p->reads);
}

static int setup(void **state)
{
    struct pair *pair = calloc(1, sizeof *pair);
    begin(&pair->before);
    begin(&pair->after);
    *state = pair;
    return 0;
}

static int teardown(void **state)
{
    struct pair *pair = *state;
    plan_match_destroy(pair->match);
    reads_destroy(pair->before.reads);
    reads_destroy(pair->after.reads);
    plan_unref(pair->before.bed.plan);
    plan_unref(pair->after.bed.plan);
    free(pair);
    return 0;
}

static void word(struct program *p, uint16_t address)
{
    static const char *const names[] = {"W0", "W1", "W2", "W3", "W4", "W5", "W6",
                                        "W7", "W8", "W9", "WA", "WB", "WC"};
    bed_declare(&p->bed, WORD(names[address], address));
}

static void words(struct program *p, uint16_t first, uint16_t last)
{
    for (uint16_t i = first; i <= last; i++)
        word(p, i);
}

static void inherit(struct pair *pair)
{
    struct error error;
    pair->match = plan_match_create(pair->before.bed.plan, pair->after.bed.plan, &error);
    assert_non_null(pair->match);
    reads_inherit(pair->after.reads, pair->before.reads, pair->match->groups, NOW);
}

static void expect(const struct pair *pair, size_t index, uint16_t address, uint16_t count)
{
    assert_true(index < reads_count(pair->after.reads));
    const struct read *read = reads_at(pair->after.reads, index);
    assert_int_equal(read->address, address);
    assert_int_equal(read->count, count);
}

/* Answered at 4000 + i, due at 6000 + i. */
static void set_times(struct program *p)
{
    for (size_t i = 0; i < reads_count(p->reads); i++) {
        reads_at(p->reads, i)->answered = 4000 + (int64_t)i;
        reads_at(p->reads, i)->due = 6000 + (int64_t)i;
    }
}

static void what_is_the_same_stays_the_same(void **state)
{
    struct pair *pair = *state;
    words(&pair->before, 0, 12);
    words(&pair->after, 0, 12);
    end(&pair->before, PERIOD);
    end(&pair->after, PERIOD);
    assert_true(reads_split(pair->before.reads, 0));
    assert_true(reads_split(pair->before.reads, 0));
    set_times(&pair->before);
    inherit(pair);
    assert_int_equal(reads_count(pair->after.reads), reads_count(pair->before.reads));
    for (size_t i = 0; i < reads_count(pair->after.reads); i++) {
        const struct read *was = reads_at(pair->before.reads, i);
        expect(pair, i, was->address, was->count);
        assert_int_equal(reads_at(pair->after.reads, i)->answered, was->answered);
        assert_int_equal(reads_at(pair->after.reads, i)->due, was->due);
        assert_false(reads_at(pair->after.reads, i)->refused);
    }
}

/* Where the limit of a request lay is nothing that was learnt. */
static void other_borders_move(void **state)
{
    struct pair *pair = *state;
    words(&pair->before, 1, 12); /* 1..10, 11..12 */
    words(&pair->after, 0, 12);  /* 0..9, 10..12 */
    end(&pair->before, PERIOD);
    end(&pair->after, PERIOD);
    set_times(&pair->before);
    inherit(pair);
    assert_int_equal(reads_count(pair->after.reads), 2);
    expect(pair, 0, 0, 10);
    expect(pair, 1, 10, 3);
    assert_int_equal(reads_at(pair->after.reads, 0)->due, NOW); /* W0 is new */
    assert_int_equal(reads_at(pair->after.reads, 1)->due, 6000);
    assert_int_equal(reads_at(pair->after.reads, 1)->answered, 4000);
}

static void a_learnt_border_stays_with_its_neighbours(void **state)
{
    struct pair *pair = *state;
    words(&pair->before, 0, 3);
    words(&pair->before, 6, 8);
    words(&pair->after, 0, 8);
    end(&pair->before, PERIOD);
    end(&pair->after, PERIOD);
    assert_true(reads_split(pair->before.reads, 0)); /* at the gap 4..5 */
    inherit(pair);
    assert_int_equal(reads_count(pair->after.reads), 2);
    expect(pair, 0, 0, 6); /* what is new in between goes with one of them, to be tried */
    expect(pair, 1, 6, 3);
}

static void what_is_refused_stays_by_itself(void **state)
{
    struct pair *pair = *state;
    words(&pair->before, 0, 2);
    words(&pair->after, 0, 3);
    end(&pair->before, PERIOD);
    end(&pair->after, PERIOD);
    assert_true(reads_split(pair->before.reads, 0)); /* 0 or 0..1, and the others */
    while (reads_count(pair->before.reads) < 3)
        assert_true(reads_split(pair->before.reads, 0) || reads_split(pair->before.reads, 1));
    set_times(&pair->before);
    reads_at(pair->before.reads, 2)->refused = true;
    reads_at(pair->before.reads, 2)->due = 15000;
    inherit(pair);
    assert_int_equal(reads_count(pair->after.reads), 4);
    expect(pair, 2, 2, 1);
    expect(pair, 3, 3, 1);
    assert_true(reads_at(pair->after.reads, 2)->refused);
    assert_int_equal(reads_at(pair->after.reads, 2)->due, 15000);
    assert_false(reads_at(pair->after.reads, 3)->refused);
    assert_int_equal(reads_at(pair->after.reads, 3)->due, NOW);
    assert_int_equal(reads_at(pair->after.reads, 3)->answered, 0);
}

/* Half of a read that is stale does not make the other half so. */
static void the_fresh_half_counts(void **state)
{
    struct pair *pair = *state;
    words(&pair->before, 1, 12); /* 1..10, 11..12 */
    words(&pair->after, 3, 12);  /* 3..12 */
    end(&pair->before, PERIOD);
    end(&pair->after, PERIOD);
    set_times(&pair->before);
    reads_at(pair->before.reads, 0)->stale = true;
    inherit(pair);
    assert_int_equal(reads_count(pair->after.reads), 1);
    assert_false(reads_at(pair->after.reads, 0)->stale);
    assert_int_equal(reads_at(pair->after.reads, 0)->answered, 4001);
    reads_at(pair->before.reads, 1)->stale = true;
    reads_inherit(pair->after.reads, pair->before.reads, pair->match->groups, NOW);
    assert_true(reads_at(pair->after.reads, 0)->stale);
}

static void another_period_begins_now(void **state)
{
    struct pair *pair = *state;
    words(&pair->before, 0, 3);
    words(&pair->after, 0, 3);
    end(&pair->before, PERIOD);
    end(&pair->after, 2 * PERIOD);
    set_times(&pair->before);
    inherit(pair);
    assert_int_equal(reads_at(pair->after.reads, 0)->due, NOW);
    assert_int_equal(reads_at(pair->after.reads, 0)->answered, 4000);
}

static void bits_of_a_word_stay_together(void **state)
{
    struct pair *pair = *state;
    bed_declare(&pair->before.bed, BIT("B0", 4, 0));
    bed_declare(&pair->after.bed, BIT("B0", 4, 0));
    bed_declare(&pair->after.bed, BIT("B1", 4, 1));
    end(&pair->before, PERIOD);
    end(&pair->after, PERIOD);
    set_times(&pair->before);
    reads_at(pair->before.reads, 0)->refused = true;
    inherit(pair);
    assert_int_equal(reads_count(pair->after.reads), 1);
    expect(pair, 0, 4, 1);
    assert_int_equal(reads_at(pair->after.reads, 0)->due, NOW);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_the_same_stays_the_same),
        TEST(other_borders_move),
        TEST(a_learnt_border_stays_with_its_neighbours),
        TEST(what_is_refused_stays_by_itself),
        TEST(the_fresh_half_counts),
        TEST(another_period_begins_now),
        TEST(bits_of_a_word_stay_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Proves that an image takes over the values and forces of another one that their plans have in
 * common, and nothing else: in the new order, within the new limits, whole while masters write.
 */

#include "adopt_bed.h"

#include <pthread.h>
#include <stdatomic.h>

static uint16_t visible(struct bed *bed, const char *name)
{
    view_latch(bed->view);
    return bed_value(bed, name);
}

/* ---- values ---- */

static void values_and_marks_go_along(void **state)
{
    struct pair *pair = *state;
    pair_declare(pair, WORD("A", 0, DEFAULT(1)));
    pair_declare(pair, WORD("B", 1));
    pair_ready(pair);
    pair_set(pair->from, "B", 5);
    pair_set(pair->from, "A", 7);
    bed_assign(pair->to, "A", 99); /* as its body does */
    bed_publish(pair->to);
    pair_adopt(pair, 5000);
    assert_int_equal(bed_value(pair->to, "A"), 7);
    assert_int_equal(bed_value(pair->to, "B"), 5);
    assert_int_equal(bed_mark(pair->to, "A")->written, 2);
    assert_int_equal(bed_mark(pair->to, "B")->written, 1);
    assert_int_equal(bed_mark(pair->to, "A")->time, BED_NOW + 1);
    assert_int_equal(view_latch(pair->to->view), 2); /* the sequence goes on */
    pair_set(pair->to, "B", 6);
    assert_int_equal(view_latch(pair->to->view), 3);
}

static void what_changes_after_it_was_made_ready_goes_along(void **state)
{
    struct pair *pair = *state;
    struct error error;
    pair_declare(pair, WORD("A", 0));
    pair_ready(pair);
    pair_set(pair->from, "A", 5);
    struct adoption *adoption =
        adopt_prepare(pair->to->image, pair->from->image, pair->match, &error);
    assert_non_null(adoption);
    assert_int_equal(visible(pair->to, "A"), 0);
    pair_set(pair->from, "A", 7);
    image_make_safe(pair->to->image, true, 1);
    adopt_commit(adoption, 5000);
    adopt_discard(adoption);
    assert_int_equal(visible(pair->to, "A"), 7);
    assert_false(image_in_fault(pair->to->image));
    adopt_discard(adopt_prepare(pair->to->image, pair->from->image, pair->match, &error));
    adopt_discard(NULL);
    assert_int_equal(visible(pair->to, "A"), 7);
}

/* What shares bits with an output that was made safe because it goes has them as the device does.
 */
static void what_is_retired_is_safe_in_what_stays(void **state)
{
    struct pair *pair = *state;
    pair_declare(pair, WORD("ALL", 0));
    bed_declare(pair->from, BIT("PUMP", 0, 2, .has_safe = true, .safe = BOOLEAN(false)));
    pair_ready(pair);
    uint32_t point = bed_point(pair->from, "PUMP");
    bed_assign(pair->from, "ALL", 0x0017);
    bed_publish(pair->from);
    image_retire(pair->from->image, &point, 1, 4000);
    pair_adopt(pair, 5000);
    assert_int_equal(bed_value(pair->to, "ALL"), 0x0013);
    image_unretire(pair->from->image, 6000);
    assert_int_equal(visible(pair->from, "ALL"), 0x0017);
}

static void what_is_new_keeps_what_its_body_gave(void **state)
{
    struct pair *pair = *state;
    bed_declare(pair->from, WORD("OLD", 0));
    bed_declare(pair->to, WORD("NEW", 0, DEFAULT(3)));
    bed_declare(pair->to, WORD("GIVEN", 1));
    pair_ready(pair);
    pair_set(pair->from, "OLD", 8);
    bed_assign(pair->to, "GIVEN", 4);
    bed_publish(pair->to);
    pair_adopt(pair, 5000);
    assert_int_equal(bed_value(pair->to, "NEW"), 3);
    assert_int_equal(bed_value(pair->to, "GIVEN"), 4);
}

static void every_kind_of_value_moves(void **state)
{
    struct pair *pair = *state;
    bed_declare(pair->from, WIDE("WIDE", 0));
    bed_declare(pair->to, WIDE("WIDE", 10, .order = ORDER_BADC, .has_order = true));
    bed_declare(pair->from, BED_VARIABLE("LONG", TABLE_INPUT, TYPE_FLOAT64, 0, .nan = true));
    bed_declare(pair->to, BED_VARIABLE("LONG", TABLE_HOLDING, TYPE_FLOAT64, 20, .nan = true,
                                       .order = ORDER_ABCD, .has_order = true));
    bed_declare(pair->from, BED_VARIABLE("TEXT", TABLE_HOLDING, TYPE_STRING, 30, .length = 5));
    bed_declare(pair->to, BED_VARIABLE("TEXT", TABLE_HOLDING, TYPE_STRING, 31, .length = 5,
                                       .order = ORDER_BADC, .has_order = true));
    bed_declare(pair->from, BIT("BITS", 40, 14, .count = 4));
    bed_declare(pair->to, BIT("BITS", 41, 1, .count = 5));
    bed_declare(pair->from, BYTE("BYTE", 50, 8));
    bed_declare(pair->to, BYTE("BYTE", 50, 0));
    bed_declare(pair->from, COIL("COIL", 3));
    bed_declare(pair->to, COIL("COIL", 0));
    pair_ready(pair);
    bed_assign_point(pair->from, bed_point(pair->from, "WIDE"), WORDS(0x3344, 0x1122));
    bed_assign_point(pair->from, bed_point(pair->from, "LONG"), WORDS(4, 3, 2, 0x7FF1));
    bed_assign_point(pair->from, bed_point(pair->from, "TEXT"), WORDS(0x4142, 0x4344, 0x4500));
    for (uint32_t k = 0; k < 4; k++)
        bed_assign_point(pair->from, bed_point(pair->from, "BITS") + k,
                         WORDS(k % 3 ? 0 : 0xFFFF)); /* 1 0 0 1 */
    bed_assign(pair->from, "BYTE", 0x7700);
    bed_assign(pair->from, "COIL", 1);
    bed_publish(pair->from);
    pair_adopt(pair, 5000);
    const uint16_t *cells = view_cells(pair->to->view);
    uint32_t wide = bed_find(pair->to, "WIDE")->cell, text = bed_find(pair->to, "TEXT")->cell;
    uint32_t lng = bed_find(pair->to, "LONG")->cell, bits = bed_find(pair->to, "BITS")->cell;
    assert_memory_equal(cells + wide, WORDS(0x2211, 0x4433), 4);
    assert_memory_equal(cells + lng, WORDS(0x7FF1, 2, 3, 4),
                        8); /* not one bit of the NaN is lost */
    assert_memory_equal(cells + text, WORDS(0x4241, 0x4443, 0x0045), 6);
    assert_int_equal(cells[bits], 1u << 1 | 1u << 4);
    assert_int_equal(bed_value(pair->to, "BYTE"), 0x77);
    assert_int_equal(bed_value(pair->to, "COIL"), 1);
}

static void limits_are_kept_and_the_refused_is_told(void **state)
{
    struct pair *pair = *state;
    bed_declare(pair->from, WORD("A", 0));
    bed_declare(pair->to, WORD("A", 0, RANGE(1, 50), DEFAULT(9)));
    bed_declare(pair->from, WORD("B", 1, .count = 2));
    bed_declare(pair->to, WORD("B", 1, .count = 2, RANGE(0, 5)));
    pair_ready(pair);
    pair_set(pair->from, "A", 51);
    bed_put(pair->from, 1, 5);
    bed_put(pair->from, 2, 6);
    pair_adopt(pair, 5000);
    assert_int_equal(bed_value(pair->to, "A"), 9);
    assert_int_equal(bed_get(pair->to, 1), 5);
    assert_int_equal(bed_get(pair->to, 2), 0);
    assert_int_equal(pair->refused_count, 2);
    assert_int_equal(pair->refused[0], bed_point(pair->to, "A"));
    assert_int_equal(pair->refused[1], bed_point(pair->to, "B") + 1);
    assert_int_equal(bed_mark(pair->to, "A")->written, 0);
    assert_int_equal(bed_mark(pair->to, "A")->time, 5000);
}

/* A name for what was a nameless word does not change it. */
static void raw_words_that_get_a_name_stay(void **state)
{
    struct pair *pair = *state;
    bed_raw(pair->from, TABLE_HOLDING, 0, 8);
    bed_raw(pair->to, TABLE_HOLDING, 2, 8);
    bed_declare(pair->to, WORD("NAMED", 3, DEFAULT(1)));
    bed_declare(pair->to, WORD("LIMITED", 4, RANGE(0, 10), DEFAULT(2)));
    pair_ready(pair);
    for (uint16_t i = 0; i < 8; i++)
        bed_put(pair->from, i, 100 + i);
    pair_adopt(pair, 5000);
    assert_int_equal(bed_get(pair->to, 2), 102);
    assert_int_equal(bed_value(pair->to, "NAMED"), 103);
    assert_int_equal(bed_value(pair->to, "LIMITED"), 2);
    assert_int_equal(bed_get(pair->to, 7), 107);
    assert_int_equal(bed_get(pair->to, 8), 0);
    assert_int_equal(pair->refused_count, 1);
    assert_int_equal(pair->refused[0], bed_point(pair->to, "LIMITED"));
}

static void a_name_moved_onto_raw_words_brings_its_value(void **state)
{
    struct pair *pair = *state;
    bed_raw(pair->from, TABLE_HOLDING, 0, 8);
    bed_raw(pair->to, TABLE_HOLDING, 0, 8);
    bed_declare(pair->from, WORD("A", 1));
    bed_declare(pair->to, WORD("A", 5));
    pair_ready(pair);
    for (uint16_t i = 0; i < 8; i++)
        bed_put(pair->from, i, 100 + i);
    pair_adopt(pair, 5000);
    assert_int_equal(bed_get(pair->to, 5), 101);
    assert_int_equal(bed_get(pair->to, 4), 104);
}

static void views_that_are_there_see_it(void **state)
{
    struct pair *pair = *state;
    pair_declare(pair, WORD("A", 0));
    pair_declare(pair, WORD("FAR", 5000));
    pair_ready(pair);
    pair_set(pair->from, "FAR", 3);
    view_latch(pair->to->view); /* nothing has changed since */
    pair_adopt(pair, 5000);
    assert_int_equal(bed_value(pair->to, "FAR"), 3);
    assert_int_equal(bed_mark(pair->to, "FAR")->written, 1);
}

/* ---- force ---- */

static void forces_go_along_with_what_is_beneath(void **state)
{
    struct pair *pair = *state;
    uint16_t words[2];
    bed_declare(pair->from, WIDE("A", 0));
    bed_declare(pair->to, WIDE("A", 6, .order = ORDER_ABCD, .has_order = true));
    bed_declare(pair->from, BIT("BIT", 3, 2));
    bed_declare(pair->to, BIT("BIT", 4, 9));
    pair_ready(pair);
    bed_write(pair->from, TABLE_HOLDING, 0, 2, WORDS(1, 2));
    image_force(pair->from->image, bed_point(pair->from, "A"), WORDS(3, 4), NULL, 2000);
    image_force(pair->from->image, bed_point(pair->from, "BIT"), WORDS(4), NULL, 2000);
    bed_write(pair->from, TABLE_HOLDING, 0, 2, WORDS(5, 6)); /* beneath */
    pair_adopt(pair, 5000);
    uint32_t a = bed_point(pair->to, "A");
    assert_memory_equal(view_cells(pair->to->view) + bed_find(pair->to, "A")->cell, WORDS(4, 3), 4);
    assert_int_equal(bed_value(pair->to, "BIT"), 1 << 9);
    assert_true(image_suppressed(pair->to->image, a, words));
    assert_memory_equal(words, WORDS(6, 5), 4);
    assert_int_equal(image_forced(pair->to->image, NULL, 0), 2);
    assert_true(bed_mark(pair->to, "A")->forced);
    image_unforce(pair->to->image, a, true, NULL, 6000);
    image_unforce(pair->to->image, bed_point(pair->to, "BIT"), true, NULL, 6000);
    view_latch(pair->to->view);
    assert_memory_equal(view_cells(pair->to->view) + bed_find(pair->to, "A")->cell, WORDS(6, 5), 4);
    assert_int_equal(bed_value(pair->to, "BIT"), 0);
}

static void a_force_that_ended_ends_on_the_way_back(void **state)
{
    struct pair *pair = *state;
    pair_declare(pair, WORD("A", 0));
    bed_declare(pair->from, WORD("ONLY", 1));
    pair_ready(pair);
    image_force(pair->from->image, bed_point(pair->from, "A"), WORDS(3), NULL, 2000);
    image_force(pair->from->image, bed_point(pair->from, "ONLY"), WORDS(4), NULL, 2000);
    pair_adopt(pair, 5000);
    image_unforce(pair->to->image, bed_point(pair->to, "A"), true, NULL, 6000);
    pair_set(pair->to, "A", 8);
    pair_turn(pair);
    pair_adopt(pair, 7000);
    assert_int_equal(bed_value(pair->to, "A"), 8);
    assert_false(bed_mark(pair->to, "A")->forced);
    pair_set(pair->to, "A", 9);
    assert_int_equal(visible(pair->to, "A"), 9);
    assert_int_equal(visible(pair->to, "ONLY"), 4); /* nobody but the old program has it */
    assert_int_equal(image_forced(pair->to->image, NULL, 0), 1);
}

static void a_forced_value_whose_base_is_refused_stays_on_top(void **state)
{
    struct pair *pair = *state;
    uint16_t word;
    bed_declare(pair->from, WORD("A", 0));
    bed_declare(pair->to, WORD("A", 0, RANGE(0, 5), DEFAULT(1)));
    pair_ready(pair);
    pair_set(pair->from, "A", 9);
    image_force(pair->from->image, bed_point(pair->from, "A"), WORDS(3), NULL, 2000);
    pair_adopt(pair, 5000);
    assert_int_equal(bed_value(pair->to, "A"), 3);
    assert_true(image_suppressed(pair->to->image, bed_point(pair->to, "A"), &word));
    assert_int_equal(word, 1);
    assert_int_equal(pair->refused_count, 1);
}

/* ---- fault, conflicts ---- */

static void fault_stays_behind_and_conflicts_come(void **state)
{
    struct pair *pair = *state;
    pair_declare(pair, WORD("A", 0));
    pair_ready(pair);
    bed_assign(pair->from, "A", 1);
    pair_set(pair->from, "A", 2);
    bed_publish(pair->from);
    assert_int_equal(image_conflicts(pair->from->image), 1);
    image_make_safe(pair->from->image, true, 2000);
    image_make_safe(pair->to->image, true, 2000);
    pair_adopt(pair, 5000);
    assert_int_equal(image_conflicts(pair->to->image), 1);
    assert_false(image_in_fault(pair->to->image));
}

/* ---- while it is in use ---- */

enum { WORDS_AT_ONCE = 100, CHANGES = 1000 };

struct master {
    struct bed *bed;
    atomic_bool done;
};

static void *write_on(void *context)
{
    struct master *master = context;
    uint16_t words[WORDS_AT_ONCE];
    for (uint16_t n = 1; !master->done; n++) {
        for (int i = 0; i < WORDS_AT_ONCE; i++)
            words[i] = n;
        bed_write(master->bed, TABLE_HOLDING, 0, WORDS_AT_ONCE, words);
    }
    return NULL;
}

/* A trial looks at what masters write at that moment: each request whole or not at all. */
static void a_copy_is_never_torn(void **state)
{
    struct pair *pair = *state;
    pthread_t thread;
    pair_declare(pair, WORD("A", 0, .count = WORDS_AT_ONCE));
    pair_ready(pair);
    struct master master = {.bed = pair->from};
    pthread_create(&thread, NULL, write_on, &master);
    uint16_t last = 0;
    for (int changes = 0; changes < CHANGES;) {
        pair_adopt(pair, 5000);
        const uint16_t *cells = view_cells(pair->to->view);
        changes += cells[0] != last;
        last = cells[0];
        for (int k = 1; k < WORDS_AT_ONCE; k++)
            assert_int_equal(cells[k], cells[0]);
    }
    master.done = true;
    pthread_join(thread, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAIR_TEST(values_and_marks_go_along),
        PAIR_TEST(what_changes_after_it_was_made_ready_goes_along),
        PAIR_TEST(what_is_retired_is_safe_in_what_stays),
        PAIR_TEST(what_is_new_keeps_what_its_body_gave),
        PAIR_TEST(every_kind_of_value_moves),
        PAIR_TEST(limits_are_kept_and_the_refused_is_told),
        PAIR_TEST(raw_words_that_get_a_name_stay),
        PAIR_TEST(a_name_moved_onto_raw_words_brings_its_value),
        PAIR_TEST(views_that_are_there_see_it),
        PAIR_TEST(forces_go_along_with_what_is_beneath),
        PAIR_TEST(a_force_that_ended_ends_on_the_way_back),
        PAIR_TEST(a_forced_value_whose_base_is_refused_stays_on_top),
        PAIR_TEST(fault_stays_behind_and_conflicts_come),
        PAIR_TEST(a_copy_is_never_torn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

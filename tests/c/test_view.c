/* Proves the private copy of one consumer: latch sees what changed, publish gives back exactly the
 * bits that were assigned and differ, and the winner rule decides what a master wrote in between.
 */

#include "image_help.h"

/* ---- latch ---- */

static void a_view_is_frozen_between_latches(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("A", 0, DEFAULT(3)));
    bed_ready(bed);
    assert_int_equal(bed_value(bed, "A"), 3); /* latched when created */
    bed_put(bed, 0, 4);
    assert_int_equal(bed_value(bed, "A"), 3);
    assert_int_equal(bed_mark(bed, "A")->written, 0);
    assert_int_equal(view_latch(bed->view), 1);
    assert_int_equal(bed_value(bed, "A"), 4);
    assert_int_equal(bed_mark(bed, "A")->written, 1);
}

static void cells_do_not_move(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("A", 0));
    bed_ready(bed);
    const uint16_t *cells = view_cells(bed->view);
    const struct mark *marks = view_marks(bed->view);
    bed_put(bed, 0, 4);
    view_latch(bed->view);
    assert_ptr_equal(view_cells(bed->view), cells);
    assert_ptr_equal(view_marks(bed->view), marks);
}

static void every_cell_of_a_large_memory_is_latched(void **state)
{
    struct bed *bed = *state;
    bed_raw(bed, TABLE_HOLDING, 0, 65536);
    bed_ready(bed);
    for (uint32_t i = 0; i < 65536; i++)
        bed_put(bed, (uint16_t)i, (uint16_t)(i * 7 + 1));
    view_latch(bed->view);
    for (uint32_t i = 0; i < 65536; i++) {
        assert_int_equal(view_cells(bed->view)[i], (uint16_t)(i * 7 + 1));
        assert_int_equal(view_marks(bed->view)[i].written, i + 1);
    }
}

/* Only pages that changed are copied: a scribble elsewhere is still there after a latch. */
static void unchanged_pages_are_left_alone(void **state)
{
    struct bed *bed = *state;
    bed_raw(bed, TABLE_HOLDING, 0, 300);
    bed_ready(bed);
    uint16_t *cells = view_cells(bed->view);
    cells[0] = cells[150] = cells[299] = 0xBAD;
    bed_put(bed, 151, 1);
    bed_put(bed, 298, 0); /* changes the mark, not the cell */
    view_latch(bed->view);
    assert_int_equal(cells[0], 0xBAD);
    assert_int_equal(cells[150], 0);
    assert_int_equal(cells[151], 1);
    assert_int_equal(cells[299], 0xBAD);
    assert_int_equal(view_marks(bed->view)[298].written, 2);
}

/* ---- publish ---- */

static void what_was_assigned_is_published(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("A", 0));
    bed_declare(bed, WIDE("WIDE", 1));
    bed_declare(bed, WORD("SILENT", 3));
    bed_ready(bed);
    bed_assign(bed, "A", 1);
    bed_assign_point(bed, bed_point(bed, "WIDE"), WORDS(2, 3));
    view_cells(bed->view)[3] = 9; /* without view_assign it is nobody's business */
    assert_int_equal(bed_get(bed, 0), 0);
    assert_int_equal(view_publish(bed->view, 4000), 2);
    assert_int_equal(bed_get(bed, 0), 1);
    assert_int_equal(bed_get(bed, 1), 2);
    assert_int_equal(bed_get(bed, 2), 3);
    assert_int_equal(bed_get(bed, 3), 0);
    view_latch(bed->view);
    assert_int_equal(bed_mark(bed, "A")->time, 4000);
    assert_int_equal(bed_mark(bed, "A")->written, 0); /* not a remote write */
    assert_int_equal(bed_mark(bed, "SILENT")->time, BED_NOW);
    assert_int_equal(bed_publish(bed), 0); /* once */
}

/* script assigns: equal, and back again, is no write. */
static void equal_and_back_again_is_no_write(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("A", 0, DEFAULT(5)));
    bed_declare(bed, WORD("B", 1, DEFAULT(5)));
    bed_declare(bed, WIDE("W", 2));
    bed_ready(bed);
    bed_assign(bed, "A", 5);
    bed_assign(bed, "B", 6);
    bed_assign(bed, "B", 5);
    bed_assign_point(bed, bed_point(bed, "W"), WORDS(0, 0));
    bed_put(bed, 0, 7);
    bed_put(bed, 1, 8);
    bed_write(bed, TABLE_HOLDING, 2, 2, WORDS(9, 9));
    assert_int_equal(view_publish(bed->view, 4000), 0);
    assert_int_equal(image_conflicts(bed->image), 0);
    assert_int_equal(bed_get(bed, 0), 7);
    assert_int_equal(bed_get(bed, 1), 8);
    assert_int_equal(bed_get(bed, 2), 9);
    view_latch(bed->view);
    assert_int_equal(bed_mark(bed, "A")->time, BED_NOW);
}

static void the_second_word_counts(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WIDE("W", 0));
    bed_ready(bed);
    bed_assign_point(bed, bed_point(bed, "W"), WORDS(0, 1));
    assert_int_equal(bed_publish(bed), 1);
    assert_int_equal(bed_get(bed, 1), 1);
}

static void neighbours_in_a_word_stay_the_masters(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, BIT("BIT0", 0, 0));
    bed_declare(bed, BIT("BIT1", 0, 1));
    bed_declare(bed, BYTE("HIGH", 0, 8));
    bed_declare(bed, BYTE("BYTES", 1, 0, .count = 2));
    bed_ready(bed);
    bed_assign(bed, "BIT0", 1);
    bed_assign_point(bed, bed_point(bed, "BYTES") + 1, WORDS(0x2200));
    bed_mask(bed, 0, 0x00FD, 0x3302); /* BIT1 and HIGH */
    bed_mask(bed, 1, 0xFF00, 0x0044); /* BYTES[1] */
    assert_int_equal(bed_publish(bed), 2);
    assert_int_equal(bed_get(bed, 0), 0x3303);
    assert_int_equal(bed_get(bed, 1), 0x2244);
    assert_int_equal(image_conflicts(bed->image), 0);
}

static void a_point_may_be_assigned_often(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("A", 0, .count = 5));
    bed_ready(bed);
    uint32_t a = bed_point(bed, "A");
    static const uint8_t order[] = {0, 1, 2, 0, 0, 1, 4, 2, 2, 3, 4, 0};
    for (uint16_t i = 0; i < sizeof order; i++)
        bed_assign_point(bed, a + order[i], WORDS(i + 1u));
    assert_int_equal(bed_publish(bed), 5);
    static const uint16_t expected[] = {12, 6, 9, 10, 11};
    for (uint16_t i = 0; i < 5; i++)
        assert_int_equal(bed_get(bed, i), expected[i]);
    bed_assign_point(bed, a + 2, WORDS(70)); /* the list is usable again */
    bed_assign_point(bed, a + 4, WORDS(71));
    assert_int_equal(bed_publish(bed), 2);
    assert_int_equal(bed_get(bed, 2), 70);
    assert_int_equal(bed_get(bed, 4), 71);
}

static void a_word_and_its_bits_in_one_scan(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("WORD", 0));
    bed_declare(bed, BIT("BIT", 0, 0));
    bed_ready(bed);
    bed_assign(bed, "WORD", 0xFFFF);
    bed_assign(bed, "BIT", 0);
    bed_publish(bed);
    assert_int_equal(bed_get(bed, 0), 0xFFFE);
    view_latch(bed->view);
    bed_assign(bed, "BIT", 1);
    bed_assign(bed, "WORD", 0x0F00);
    bed_publish(bed);
    assert_int_equal(bed_get(bed, 0), 0x0F00);
}

static void coils_and_inputs_are_published_too(void **state)
{
    struct bed *bed = *state;
    uint16_t word;
    bed_declare(bed, COIL("C", 0, .count = 3));
    bed_declare(bed, BED_VARIABLE("I", TABLE_INPUT, TYPE_INT16, 0));
    bed_declare(bed, BED_VARIABLE("V", TABLE_VAR, TYPE_INT16, 0));
    bed_ready(bed);
    bed_assign_point(bed, bed_point(bed, "C") + 1, WORDS(1));
    bed_assign(bed, "I", 77);
    bed_assign(bed, "V", 78);
    assert_int_equal(bed_publish(bed), 3);
    assert_int_equal(bed_coil(bed, 0), 0);
    assert_int_equal(bed_coil(bed, 1), 1);
    bed_read(bed, TABLE_INPUT, 0, 1, &word);
    assert_int_equal(word, 77);
    view_latch(bed->view);
    assert_int_equal(bed_value(bed, "V"), 78);
}

/* ---- revert ---- */

static void revert_forgets(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("A", 0, DEFAULT(5)));
    bed_declare(bed, WIDE("WIDE", 1, DEFAULT(0x00070006)));
    bed_declare(bed, BIT("BIT", 3, 3));
    bed_ready(bed);
    bed_assign(bed, "A", 1);
    bed_assign_point(bed, bed_point(bed, "WIDE"), WORDS(1, 1));
    bed_assign(bed, "BIT", 8);
    bed_put(bed, 0, 9);
    view_revert(bed->view);
    assert_int_equal(bed_value(bed, "A"), 5); /* as latched, not as the image is by now */
    assert_int_equal(view_cells(bed->view)[1], 6);
    assert_int_equal(view_cells(bed->view)[2], 7);
    assert_int_equal(bed_value(bed, "BIT"), 0);
    assert_int_equal(bed_publish(bed), 0);
    assert_int_equal(bed_get(bed, 0), 9);
    view_latch(bed->view);
    bed_assign(bed, "A", 2);
    assert_int_equal(bed_publish(bed), 1);
    assert_int_equal(bed_get(bed, 0), 2);
    view_revert(bed->view); /* of nothing */
}

/* ---- several consumers ---- */

static void each_view_sees_each_change(void **state)
{
    struct bed *bed = *state;
    struct error error;
    bed_declare(bed, WORD("A", 0));
    bed_declare(bed, WORD("B", 1));
    bed_ready(bed);
    struct view *other = view_create(bed->image, &error);
    bed_put(bed, 0, 4);
    view_latch(bed->view);
    assert_int_equal(view_cells(other)[0], 0);
    bed_assign(bed, "B", 5);
    bed_publish(bed);
    view_latch(other);
    assert_int_equal(view_cells(other)[0], 4);
    assert_int_equal(view_cells(other)[1], 5);
    assert_int_equal(view_marks(other)[0].written, 1);
    view_destroy(other);
    bed_put(bed, 0, 6); /* under a sanitizer: the image let go of it */
    view_latch(bed->view);
    assert_int_equal(bed_value(bed, "A"), 6);
}

static void views_are_limited(void **state)
{
    struct bed *bed = *state;
    struct error error;
    struct view *views[8] = {0};
    bed_declare(bed, WORD("A", 0));
    bed_ready(bed);
    for (int i = 1; i < 8; i++)
        assert_non_null(views[i] = view_create(bed->image, &error));
    assert_null(view_create(bed->image, &error));
    assert_string_equal(error.text, "more than 8 views of one image");
    view_destroy(views[3]);
    assert_non_null(views[3] = view_create(bed->image, &error)); /* a place is free again */
    bed_put(bed, 0, 1);
    for (int i = 1; i < 8; i++) {
        view_latch(views[i]);
        assert_int_equal(view_cells(views[i])[0], 1);
        view_destroy(views[i]);
    }
    view_destroy(NULL);
}

/* ---- exactly the masks ---- */

enum { SPREAD = 40 };

/* A table as it should be, and the bits that this scan assigned. */
struct model {
    uint16_t cells[SPREAD], assigned[SPREAD];
};

/* Points of all widths laid over each other at random, on raw ground, so that a master may write
 * any bit of it. */
static void scatter(struct bed *bed)
{
    static const enum type types[] = {TYPE_BOOL,   TYPE_BYTE,    TYPE_UINT16,
                                      TYPE_UINT32, TYPE_FLOAT64, TYPE_STRING};
    bed_raw(bed, TABLE_HOLDING, 0, SPREAD);
    for (char name = 'A'; name <= 'Z'; name++) {
        struct variable v = {.table = TABLE_HOLDING, .type = types[rand() % 6]};
        v.name = plan_string(bed->plan, (char[]){name, 0});
        v.address = (uint16_t)(rand() % (SPREAD - 8));
        v.bit = (uint8_t)(v.type == TYPE_BOOL ? rand() % 16 : v.type == TYPE_BYTE ? 8 : 0);
        v.count = (uint16_t)(v.type == TYPE_STRING ? 0 : rand() % 3);
        v.length = v.type == TYPE_STRING ? 7 : 0;
        v.nan = v.type == TYPE_FLOAT64;
        bed_declare(bed, v);
    }
}

static void assign_at_random(struct bed *bed, struct model *model)
{
    uint32_t number = (uint32_t)rand() % (uint32_t)bed->plan->point_count;
    const struct point *point = &bed->plan->points[number];
    uint16_t words[VARIABLE_MAX_WORDS];
    for (uint16_t k = 0; k < point->words; k++) {
        uint16_t *cell = &model->cells[point->cell + k];
        words[k] = (uint16_t)rand();
        *cell = (uint16_t)((*cell & ~point->mask) | (words[k] & point->mask));
        model->assigned[point->cell + k] |= point->mask;
    }
    bed_assign_point(bed, number, words);
}

/* A master changes bits that the scan did not assign. */
static void write_between(struct bed *bed, struct model *model)
{
    uint16_t address = (uint16_t)(rand() % SPREAD);
    uint16_t free = (uint16_t)(rand() & ~model->assigned[address]), word = (uint16_t)rand();
    uint16_t *cell = &model->cells[address];
    assert_int_equal(bed_mask(bed, address, (uint16_t)~free, word), EXCEPTION_NONE);
    *cell = (uint16_t)((*cell & ~free) | (word & free));
}

static void scan_at_random(struct bed *bed, struct model *model)
{
    for (int i = rand() % 6; i > 0; i--)
        assign_at_random(bed, model);
    if (rand() % 4 == 0) {
        view_revert(bed->view);
        view_latch(bed->view);
        memcpy(model->cells, view_cells(bed->view), sizeof model->cells);
        memset(model->assigned, 0, sizeof model->assigned);
    }
    for (int i = rand() % 6; i > 0; i--)
        write_between(bed, model);
    bed_publish(bed);
    memset(model->assigned, 0, sizeof model->assigned);
    view_latch(bed->view);
    assert_memory_equal(view_cells(bed->view), model->cells, sizeof model->cells);
}

static void published_is_exactly_what_the_masks_say(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 200; seed++) {
        struct bed *bed;
        struct model model = {0};
        srand(seed);
        bed_init((void **)&bed);
        scatter(bed);
        bed_ready(bed);
        for (int scan = 0; scan < 20; scan++)
            scan_at_random(bed, &model);
        assert_int_equal(image_conflicts(bed->image), 0);
        bed_finish((void **)&bed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(a_view_is_frozen_between_latches),
        BED_TEST(cells_do_not_move),
        BED_TEST(every_cell_of_a_large_memory_is_latched),
        BED_TEST(unchanged_pages_are_left_alone),
        BED_TEST(what_was_assigned_is_published),
        BED_TEST(equal_and_back_again_is_no_write),
        BED_TEST(the_second_word_counts),
        BED_TEST(neighbours_in_a_word_stay_the_masters),
        BED_TEST(a_point_may_be_assigned_often),
        BED_TEST(a_word_and_its_bits_in_one_scan),
        BED_TEST(coils_and_inputs_are_published_too),
        BED_TEST(revert_forgets),
        BED_TEST(each_view_sees_each_change),
        BED_TEST(views_are_limited),
        cmocka_unit_test(published_is_exactly_what_the_masks_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

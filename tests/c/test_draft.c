/* Proves that values assigned while the body declares keep their place as memory grows, and that
 * exactly those arrive in the image, as no one's write. */

#include "image_help.h"
#include "image/draft.h"

struct fixture {
    struct bed *bed;
    struct draft *draft;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct error error;
    bed_init((void **)&f->bed);
    f->draft = draft_create(&error);
    *state = f;
    return f->draft == NULL;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    draft_destroy(f->draft);
    bed_finish((void **)&f->bed);
    free(f);
    return 0;
}

static int64_t cell_of(struct fixture *f, uint32_t memory, enum table table, uint16_t address)
{
    struct error error;
    int64_t cell = draft_cell(f->draft, memory, table, address, &error);
    assert_true(cell >= 0);
    return cell;
}

/* As a script's body does it: in place under the mask. */
static void assign(struct fixture *f, const char *name, size_t index, const uint16_t *words)
{
    const struct variable *v = bed_find(f->bed, name);
    struct element element = variable_element(v, index);
    int64_t cell = cell_of(f, v->memory, v->table, v->address) + element.cell;
    uint16_t *cells = draft_cells(f->draft) + cell;
    for (uint16_t k = 0; k < v->words; k++)
        cells[k] = (uint16_t)((cells[k] & ~element.mask) | (words[k] & element.mask));
    draft_assign(f->draft, (uint32_t)cell, v->words, element.mask);
}

static void apply(struct fixture *f)
{
    bed_ready(f->bed);
    draft_apply(f->draft, f->bed->image, 77);
    view_latch(f->bed->view);
}

static void cells_are_apart_and_stay(void **state)
{
    struct fixture *f = *state;
    enum { MEMORIES = 60 };
    for (uint32_t memory = 0; memory < MEMORIES; memory++) {
        for (enum table table = TABLE_COIL; table < TABLE_COUNT; table++) {
            int64_t cell = cell_of(f, MEMORIES - 1 - memory, table, 65535);
            assert_int_equal(cell_of(f, MEMORIES - 1 - memory, table, 0), cell - 65535);
            draft_cells(f->draft)[cell] = (uint16_t)(memory * 10 + table + 1);
            draft_assign(f->draft, (uint32_t)cell, 1, 0xFFFF);
        }
    }
    for (uint32_t memory = 0; memory < MEMORIES; memory++) {
        for (enum table table = TABLE_COIL; table < TABLE_COUNT; table++) {
            int64_t cell = cell_of(f, MEMORIES - 1 - memory, table, 65535);
            assert_int_equal(draft_cells(f->draft)[cell], memory * 10 + table + 1);
            assert_int_equal(draft_cells(f->draft)[cell - 1], 0);
        }
    }
}

static void what_was_assigned_arrives(void **state)
{
    struct fixture *f = *state;
    bed_memory(f->bed, (struct memory){.name = "plc"});
    bed_declare(f->bed, WORD("A", 500));
    bed_declare(f->bed, WORD("B", 501, DEFAULT(9)));
    bed_declare(f->bed, WIDE("WIDE", 600));
    bed_declare(f->bed, COIL("COIL", 3));
    bed_declare(f->bed, BED_VARIABLE("VAR1", TABLE_VAR, TYPE_UINT16, 0));
    bed_declare(f->bed, BED_VARIABLE("VAR2", TABLE_VAR, TYPE_UINT16, 0));
    bed_declare(f->bed, WORD("OTHER", 65535, .memory = 1));
    bed_declare(f->bed, WORD("LAST", 700, .memory = 1));
    bed_declare(f->bed, WORD("ZERO", 701, .memory = 1, DEFAULT(3)));
    bed_raw(f->bed, TABLE_INPUT, 10, 3);
    assign(f, "OTHER", 0, WORDS(7));
    assign(f, "A", 0, WORDS(1));
    assign(f, "WIDE", 0, WORDS(2, 3));
    assign(f, "COIL", 0, WORDS(1));
    assign(f, "VAR2", 0, WORDS(6));
    assign(f, "ZERO", 0, WORDS(0)); /* 0 is a value too */
    int64_t raw = cell_of(f, 0, TABLE_INPUT, 10);
    draft_cells(f->draft)[raw + 1] = 44;
    draft_assign(f->draft, (uint32_t)raw + 1, 1, 0xFFFF);
    apply(f);
    assert_int_equal(bed_value(f->bed, "A"), 1);
    assert_int_equal(bed_value(f->bed, "B"), 9); /* not assigned: the default */
    assert_int_equal(bed_value(f->bed, "WIDE"), 2);
    assert_int_equal(bed_get(f->bed, 601), 3);
    assert_int_equal(bed_value(f->bed, "COIL"), 1);
    assert_int_equal(bed_value(f->bed, "VAR1"), 0);
    assert_int_equal(bed_value(f->bed, "VAR2"), 6);
    assert_int_equal(bed_value(f->bed, "OTHER"), 7);
    assert_int_equal(bed_value(f->bed, "LAST"), 0);
    assert_int_equal(bed_value(f->bed, "ZERO"), 0);
    uint32_t point = f->bed->plan->raws[0].point;
    assert_int_equal(view_cells(f->bed->view)[f->bed->plan->points[point].cell + 1], 44);
    assert_int_equal(view_marks(f->bed->view)[point].time, BED_NOW);
    assert_int_equal(view_marks(f->bed->view)[point + 1].time, 77);
}

static void elements_and_bits_arrive_one_by_one(void **state)
{
    struct fixture *f = *state;
    bed_declare(f->bed, WORD("WORDS", 0, DEFAULT(5), .count = 3));
    bed_declare(f->bed, BYTE("BYTES", 3, 8, DEFAULT(0x11), .count = 4));
    bed_declare(f->bed, BIT("BIT0", 6, 0, .has_default = true, .initial = BOOLEAN(true)));
    bed_declare(f->bed, BIT("BIT1", 6, 1));
    bed_declare(f->bed, BIT("BIT2", 6, 2, .has_default = true, .initial = BOOLEAN(true)));
    assign(f, "WORDS", 1, WORDS(6));
    assign(f, "BYTES", 0, WORDS(0x2222));
    assign(f, "BYTES", 3, WORDS(0x3333));
    assign(f, "BIT2", 0, WORDS(0));
    assign(f, "BIT1", 0, WORDS(2));
    apply(f);
    static const uint16_t expected[] = {5, 6, 5, 0x2200, 0x1111, 0x0033, 0x0003};
    for (uint16_t i = 0; i < 7; i++)
        assert_int_equal(bed_get(f->bed, i), expected[i]);
}

/* cold start: the body's assignments are the state before the first scan: nobody's news, and
 * nothing for the first scan to conflict with. */
static void it_is_no_remote_write(void **state)
{
    struct fixture *f = *state;
    bed_declare(f->bed, WORD("A", 0));
    assign(f, "A", 0, WORDS(1));
    apply(f);
    assert_int_equal(bed_mark(f->bed, "A")->written, 0);
    assert_int_equal(bed_mark(f->bed, "A")->time, 77);
    assert_int_equal(view_latch(f->bed->view), 0);
    bed_assign(f->bed, "A", 2);
    assert_int_equal(bed_publish(f->bed), 1);
    assert_int_equal(image_conflicts(f->bed->image), 0);
    assert_int_equal(bed_get(f->bed, 0), 2);
}

static void nothing_assigned_is_nothing_applied(void **state)
{
    struct fixture *f = *state;
    bed_declare(f->bed, WORD("A", 0, DEFAULT(8)));
    apply(f);
    assert_int_equal(bed_value(f->bed, "A"), 8);
    draft_destroy(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(cells_are_apart_and_stay),
        TEST(what_was_assigned_arrives),
        TEST(elements_and_bits_arrive_one_by_one),
        TEST(it_is_no_remote_write),
        TEST(nothing_assigned_is_nothing_applied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

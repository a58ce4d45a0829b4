/* Proves what comes back after a restart and what does not: values of every type to the bit, what
 * lies beneath a force, persistent forces; and that nothing is written where nothing has changed.
 */

#include "store_bed.h"

static void declare_two(struct shop *shop)
{
    shop_plan(shop);
    shop_declare(shop, WORD("SPEED", 0, .retain = true, DEFAULT(5)));
    shop_declare(shop, WORD("LEVEL", 1));
    shop_image(shop);
    shop_open(shop);
}

static void a_retained_value_comes_back_and_another_does_not(void **state)
{
    struct shop *shop = *state;
    declare_two(shop);
    assert_int_equal(bed_value(&shop->bed, "SPEED"), 5);
    shop_set(shop, "SPEED", WORDS(42));
    shop_set(shop, "LEVEL", WORDS(43));
    shop_round(shop);
    shop_close(shop);
    declare_two(shop);
    assert_int_equal(bed_value(&shop->bed, "SPEED"), 42);
    assert_int_equal(bed_value(&shop->bed, "LEVEL"), 0);
    shop_close(shop);
}

static void a_restored_value_is_no_write(void **state)
{
    struct shop *shop = *state;
    declare_two(shop);
    shop_set(shop, "SPEED", WORDS(42));
    shop_round(shop);
    shop_close(shop);
    declare_two(shop);
    assert_int_equal(bed_mark(&shop->bed, "SPEED")->written, 0);
    assert_int_equal(bed_mark(&shop->bed, "SPEED")->quality, QUALITY_GOOD);
    shop_close(shop);
}

static void nothing_changed_is_nothing_written(void **state)
{
    struct shop *shop = *state;
    declare_two(shop);
    shop_round(shop); /* the first one says what there is */
    assert_int_equal(shop_commits(shop), 1);
    for (int i = 0; i < 10; i++) {
        shop_set(shop, "LEVEL", WORDS((uint16_t)i));
        shop_round(shop);
    }
    assert_int_equal(shop_commits(shop), 1);
    shop_set(shop, "SPEED", WORDS(6));
    shop_set(shop, "SPEED", WORDS(5)); /* and back again */
    shop_round(shop);
    assert_int_equal(shop_commits(shop), 1);
    shop_set(shop, "SPEED", WORDS(6));
    shop_round(shop);
    assert_int_equal(shop_commits(shop), 2);
    shop_close(shop);
    declare_two(shop);
    shop_round(shop);
    assert_int_equal(shop_commits(shop), 0);
    shop_close(shop);
}

static void at_most_once_in_the_interval(void **state)
{
    struct shop *shop = *state;
    declare_two(shop);
    shop_round(shop);
    shop_set(shop, "SPEED", WORDS(6));
    int64_t due = store_round(shop->store, shop->now + SECOND / 2, false);
    assert_int_equal(shop_commits(shop), 1);
    assert_int_equal(due, shop->now + SECOND);
    store_round(shop->store, due, false);
    assert_int_equal(shop_commits(shop), 2);
    shop_set(shop, "SPEED", WORDS(7));
    store_round(shop->store, due + 1, true); /* but the last one does not wait */
    assert_int_equal(shop_commits(shop), 3);
    shop_close(shop);
}

static void without_anything_retained_no_round_is_due(void **state)
{
    struct shop *shop = *state;
    shop_plan(shop);
    shop_declare(shop, WORD("LEVEL", 1));
    shop_keep(shop, "plain", false);
    shop_image(shop);
    shop_open(shop);
    assert_int_equal(store_round(shop->store, shop->now, false), INT64_MAX);
    shop_close(shop);
}

/* ---- every type ---- */

#define REGISTERS(n, of, at, ...)                                                                  \
    BED_VARIABLE(n, TABLE_HOLDING, of, at, .retain = true, __VA_ARGS__)

static void declare_types(struct shop *shop, enum order order, bool nan)
{
    shop_plan(shop);
    shop_declare(shop, REGISTERS("I16", TYPE_INT16, 0, ));
    shop_declare(shop, REGISTERS("U16", TYPE_UINT16, 1, ));
    shop_declare(shop, REGISTERS("I32", TYPE_INT32, 2, .has_order = true, .order = order));
    shop_declare(shop, REGISTERS("U32", TYPE_UINT32, 4, .has_order = true, .order = order));
    shop_declare(shop, REGISTERS("I64", TYPE_INT64, 6, .has_order = true, .order = order));
    shop_declare(shop, REGISTERS("U64", TYPE_UINT64, 10, .has_order = true, .order = order));
    shop_declare(shop,
                 REGISTERS("F32", TYPE_FLOAT32, 14, .has_order = true, .order = order, .nan = nan));
    shop_declare(shop,
                 REGISTERS("F64", TYPE_FLOAT64, 16, .has_order = true, .order = order, .nan = nan));
    shop_declare(shop, REGISTERS("BIT", TYPE_BOOL, 20, .bit = 9));
    shop_declare(shop, REGISTERS("BYTE", TYPE_BYTE, 21, .bit = 8));
    shop_declare(shop, REGISTERS("TEXT", TYPE_STRING, 22, .length = 7));
    shop_declare(shop, COIL("COIL", 3, .retain = true));
    shop_image(shop);
    shop_open(shop);
}

/* Random bits in all of them; floats are NaN, infinite, or zero now and then. */
static void fill(struct shop *shop, unsigned *seed)
{
    const struct plan *plan = shop->bed.plan;
    for (uint32_t p = 0; p < plan->point_count; p++) {
        uint16_t words[VARIABLE_MAX_WORDS];
        int kind = rand_r(seed) % 8;
        for (uint16_t k = 0; k < plan->points[p].words; k++) {
            words[k] = (uint16_t)(kind == 0 ? 0 : kind == 1 ? 0xFFFF : rand_r(seed) >> 8);
            if (kind == 2)
                words[k] = k ? 0 : 0x8000; /* a negative zero in one of the orders */
            if (kind == 3)
                words[k] = k ? 0x7FF8 : 0xFFF8;
            words[k] &= plan->points[p].mask;
        }
        bed_assign_point(&shop->bed, p, words);
    }
    bed_publish(&shop->bed);
    view_latch(shop->bed.view);
}

static void every_type_comes_back_to_the_bit(void **state)
{
    struct shop *shop = *state;
    unsigned seed = 7;
    for (int i = 0; i < 200; i++) {
        uint16_t before[64] = {0};
        declare_types(shop, (enum order)(i % ORDER_COUNT), true);
        fill(shop, &seed);
        size_t size = shop->bed.plan->cell_count * sizeof *before;
        assert_true(size <= sizeof before);
        memcpy(before, view_cells(shop->bed.view), size);
        shop_round(shop);
        shop_close(shop);
        declare_types(shop, (enum order)(i % ORDER_COUNT), true);
        assert_memory_equal(view_cells(shop->bed.view), before, size);
        shop_close(shop);
    }
}

static void a_value_stays_when_its_order_changes(void **state)
{
    struct shop *shop = *state;
    declare_types(shop, ORDER_CDAB, false);
    shop_set(shop, "I32", WORDS(0x5678, 0x1234));
    shop_round(shop);
    shop_close(shop);
    declare_types(shop, ORDER_ABCD, false);
    const uint16_t *words = view_cells(shop->bed.view) + bed_find(&shop->bed, "I32")->cell;
    assert_int_equal(words[0], 0x1234);
    assert_int_equal(words[1], 0x5678);
    shop_close(shop);
}

static void a_person_can_read_the_file(void **state)
{
    struct shop *shop = *state;
    char text[256];
    declare_types(shop, ORDER_CDAB, false);
    shop_set(shop, "I16", WORDS((uint16_t)-3));
    shop_set(shop, "U64", WORDS(0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF));
    shop_set(shop, "F32", WORDS(0, 0x3FC0));
    shop_set(shop, "TEXT", WORDS(0x5055, 0x4D50, 0, 0));
    shop_set(shop, "BYTE", WORDS(0x0700));
    shop_round(shop);
    shop_close(shop);
#define SHOWS(path, as)                                                                            \
    assert_string_equal(                                                                           \
        shop_query(shop, "SELECT value FROM variable WHERE path = 'mem." path "'", text), as)
    SHOWS("I16", "-3");
    SHOWS("U64", "18446744073709551615");
    SHOWS("F32", "1.5");
    SHOWS("TEXT", "PUMP");
    SHOWS("BYTE", "7");
    SHOWS("COIL", "0");
}

static void arrays_come_back_by_element(void **state)
{
    struct shop *shop = *state;
    for (int i = 0; i < 2; i++) {
        shop_plan(shop);
        shop_declare(shop, WORD("TEMPS", 0, .count = 3, .retain = true));
        shop_image(shop);
        shop_open(shop);
        uint32_t point = bed_point(&shop->bed, "TEMPS");
        if (i == 1) {
            for (uint16_t k = 0; k < 3; k++)
                assert_int_equal(view_cells(shop->bed.view)[shop->bed.plan->points[point + k].cell],
                                 k + 10);
        }
        for (uint16_t k = 0; k < 3; k++)
            bed_assign_point(&shop->bed, point + k, WORDS((uint16_t)(k + 10)));
        bed_publish(&shop->bed);
        shop_round(shop);
        shop_close(shop);
    }
}

/* ---- force ---- */

static void what_lies_beneath_a_force_is_kept(void **state)
{
    struct shop *shop = *state;
    declare_two(shop);
    shop_set(shop, "SPEED", WORDS(42));
    image_force(shop->bed.image, bed_point(&shop->bed, "SPEED"), WORDS(99), NULL, 1);
    shop_round(shop);
    shop_close(shop);
    declare_two(shop);
    assert_int_equal(bed_value(&shop->bed, "SPEED"), 42);
    assert_false(bed_mark(&shop->bed, "SPEED")->forced);
    shop_close(shop);
}

static void a_force_comes_back_if_it_was_asked_to(void **state)
{
    struct shop *shop = *state;
    uint16_t beneath;
    declare_two(shop);
    uint32_t speed = bed_point(&shop->bed, "SPEED"), level = bed_point(&shop->bed, "LEVEL");
    shop_set(shop, "SPEED", WORDS(42));
    image_force(shop->bed.image, speed, WORDS(99), NULL, 1);
    image_force(shop->bed.image, level, WORDS(98), NULL, 1);
    store_force(shop->store, speed, true);
    store_round(shop->store, shop->now, false); /* at once, whatever the interval */
    assert_int_equal(shop_commits(shop), 1);
    store_force(shop->store, level, false);
    shop_round(shop);
    shop_close(shop);
    declare_two(shop);
    assert_true(bed_mark(&shop->bed, "SPEED")->forced);
    assert_int_equal(bed_value(&shop->bed, "SPEED"), 99);
    assert_true(image_suppressed(shop->bed.image, speed, &beneath));
    assert_int_equal(beneath, 42);
    assert_false(bed_mark(&shop->bed, "LEVEL")->forced);
    store_force(shop->store, speed, false);
    shop_round(shop);
    shop_close(shop);
    declare_two(shop);
    assert_false(bed_mark(&shop->bed, "SPEED")->forced);
    shop_close(shop);
}

static void a_raw_word_can_be_forced_for_good(void **state)
{
    struct shop *shop = *state;
    for (int i = 0; i < 2; i++) {
        shop_plan(shop);
        bed_raw(&shop->bed, TABLE_HOLDING, 10, 8);
        bed_raw(&shop->bed, TABLE_COIL, 2, 3);
        shop_image(shop);
        shop_open(shop);
        uint32_t word = shop->bed.plan->raws[0].point + 5, bit = shop->bed.plan->raws[1].point + 1;
        assert_int_equal(view_marks(shop->bed.view)[word].forced, i == 1);
        assert_int_equal(view_marks(shop->bed.view)[bit].forced, i == 1);
        assert_int_equal(view_cells(shop->bed.view)[shop->bed.plan->points[word].cell], 7 * i);
        image_force(shop->bed.image, word, WORDS(7), NULL, 1);
        image_force(shop->bed.image, bit, WORDS(1), NULL, 1);
        store_force(shop->store, word, true);
        store_force(shop->store, bit, true);
        shop_round(shop);
        shop_close(shop);
    }
    char text[256];
    shop_query(shop, "SELECT group_concat(path || ' ' || type || ' ' || value) FROM force", text);
    assert_string_equal(text, "mem.coil[3] bool 1,mem.holding[15] uint16 7");
}

/* ---- status ---- */

static void the_status_says_what_there_is(void **state)
{
    struct shop *shop = *state;
    declare_two(shop);
    shop_round(shop);
    struct store_status status = store_status(shop->store);
    assert_true(status.works);
    assert_string_equal(status.problem, "");
    assert_string_equal(status.path, shop->path);
    assert_int_equal(status.commits, 1);
    assert_int_equal(status.committed, shop->now);
    assert_int_equal(status.variables, 1);
    assert_int_equal(status.keeps, 0);
    shop_close(shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(a_retained_value_comes_back_and_another_does_not),
        SHOP_TEST(a_restored_value_is_no_write),
        SHOP_TEST(nothing_changed_is_nothing_written),
        SHOP_TEST(at_most_once_in_the_interval),
        SHOP_TEST(without_anything_retained_no_round_is_due),
        SHOP_TEST(every_type_comes_back_to_the_bit),
        SHOP_TEST(a_value_stays_when_its_order_changes),
        SHOP_TEST(a_person_can_read_the_file),
        SHOP_TEST(arrays_come_back_by_element),
        SHOP_TEST(what_lies_beneath_a_force_is_kept),
        SHOP_TEST(a_force_comes_back_if_it_was_asked_to),
        SHOP_TEST(a_raw_word_can_be_forced_for_good),
        SHOP_TEST(the_status_says_what_there_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

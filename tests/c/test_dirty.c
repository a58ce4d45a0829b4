/* Proves that each page that was set comes off once, the lowest first, whatever the number of
 * pages, and that nothing else does. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include "image/dirty.h"

static const size_t SIZES[] = {1, 2, 63, 64, 65, 4095, 4096, 4097, 10000};
enum { SIZE_COUNT = sizeof SIZES / sizeof *SIZES };

static void all_are_clean_at_first(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIZE_COUNT; i++) {
        struct dirty dirty;
        assert_true(dirty_init(&dirty, SIZES[i]));
        assert_int_equal(dirty.pages, SIZES[i]);
        assert_int_equal(dirty_take(&dirty), SIZE_MAX);
        dirty_finish(&dirty);
    }
}

static void the_last_page_counts(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIZE_COUNT; i++) {
        struct dirty dirty;
        assert_true(dirty_init(&dirty, SIZES[i]));
        dirty_set(&dirty, SIZES[i] - 1);
        dirty_set(&dirty, SIZES[i] - 1);
        assert_int_equal(dirty_take(&dirty), SIZES[i] - 1);
        assert_int_equal(dirty_take(&dirty), SIZE_MAX);
        dirty_finish(&dirty);
    }
}

static void all_pages_come_off_in_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIZE_COUNT; i++) {
        struct dirty dirty;
        assert_true(dirty_init(&dirty, SIZES[i]));
        for (size_t page = SIZES[i]; page-- > 0;)
            dirty_set(&dirty, page);
        for (size_t page = 0; page < SIZES[i]; page++)
            assert_int_equal(dirty_take(&dirty), page);
        assert_int_equal(dirty_take(&dirty), SIZE_MAX);
        dirty_finish(&dirty);
    }
}

static size_t take_from_model(bool *model, size_t pages)
{
    for (size_t page = 0; page < pages; page++) {
        if (model[page]) {
            model[page] = false;
            return page;
        }
    }
    return SIZE_MAX;
}

static void agrees_with_a_plain_array(void **state)
{
    (void)state;
    enum { PAGES = 9000 };
    static bool model[PAGES];
    struct dirty dirty;
    srand(1);
    assert_true(dirty_init(&dirty, PAGES));
    for (int round = 0; round < 3000; round++) {
        for (int sets = rand() % 4; sets > 0; sets--) {
            size_t page = (size_t)rand() % PAGES;
            dirty_set(&dirty, page);
            model[page] = true;
        }
        for (int takes = rand() % 4; takes > 0; takes--)
            assert_int_equal(dirty_take(&dirty), take_from_model(model, PAGES));
    }
    dirty_finish(&dirty);
}

static void an_empty_one_may_be_finished(void **state)
{
    (void)state;
    struct dirty dirty = {0};
    dirty_finish(&dirty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_are_clean_at_first),       cmocka_unit_test(the_last_page_counts),
        cmocka_unit_test(all_pages_come_off_in_order),  cmocka_unit_test(agrees_with_a_plain_array),
        cmocka_unit_test(an_empty_one_may_be_finished),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

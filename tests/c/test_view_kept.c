/* Proves that keeps go with the scan: what it changed in them is committed with what it publishes
 * and taken back with what it reverts, and a copy taken with a latch is of the same scan. And that
 * a view which was let go of is written by nobody. */

#include "image_help.h"
#include "image/keeps.h"

#include <pthread.h>
#include <stdatomic.h>

static struct keeps *keeps_of(struct bed *bed)
{
    struct error error;
    struct keeps *keeps = keeps_create(&error);
    assert_non_null(keeps);
    image_share(bed->image, keeps, NULL);
    assert_ptr_equal(image_keeps(bed->image), keeps);
    return keeps;
}

static const struct keeps_key key = {.is_text = true, .bytes = "n", .length = 1};

static void put(struct keeps *keeps, int64_t n)
{
    struct error error;
    struct keeps_table table;
    struct keeps_value value = {.type = KEEPS_INTEGER, .integer = n};
    assert_true(keeps_find(keeps, "t", true, &table));
    assert_true(keeps_set(keeps, table, &key, &value, &error));
}

static int64_t get(struct keeps *keeps)
{
    char text[KEEPS_TEXT_MAX];
    struct keeps_table table;
    if (!keeps_find(keeps, "t", false, &table))
        return -1;
    return keeps_get(keeps, table, &key, text).integer;
}

static void publish_commits(void **state)
{
    struct error error;
    struct bed *bed = *state;
    bed_declare(bed, WORD("A", 0));
    bed_ready(bed);
    struct keeps *keeps = keeps_of(bed), *copy = keeps_create(&error);
    put(keeps, 1);
    view_latch_kept(bed->view, copy);
    assert_int_equal(get(copy), -1); /* nothing is committed yet */
    bed_publish(bed);
    put(keeps, 2);
    view_latch_kept(bed->view, copy);
    assert_int_equal(get(copy), 1);
    assert_int_equal(get(keeps), 2);
    keeps_destroy(copy);
    keeps_destroy(keeps);
}

static void revert_takes_back(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("A", 0));
    bed_ready(bed);
    struct keeps *keeps = keeps_of(bed);
    put(keeps, 1);
    bed_assign(bed, "A", 1);
    bed_publish(bed);
    view_latch(bed->view);
    put(keeps, 2);
    bed_assign(bed, "A", 2);
    view_revert(bed->view);
    assert_int_equal(get(keeps), 1);
    assert_int_equal(bed_value(bed, "A"), 1);
    bed_publish(bed);
    assert_int_equal(get(keeps), 1);
    assert_int_equal(bed_get(bed, 0), 1);
    keeps_destroy(keeps);
}

static void without_keeps_nothing_is_copied(void **state)
{
    struct error error;
    struct bed *bed = *state;
    bed_declare(bed, WORD("A", 0));
    bed_ready(bed);
    struct keeps *copy = keeps_create(&error);
    put(copy, 7);
    bed_put(bed, 0, 3);
    assert_int_equal(view_latch_kept(bed->view, copy), 1);
    assert_int_equal(bed_value(bed, "A"), 3);
    assert_int_equal(get(copy), 7);
    view_revert(bed->view);
    keeps_destroy(copy);
}

/* ---- of one scan ---- */

enum { SCANS = 20000 };

struct pace {
    struct bed *bed;
    struct keeps *keeps;
    atomic_bool done;
};

static void *scan(void *context)
{
    struct pace *pace = context;
    for (uint16_t n = 1; n <= SCANS; n++) {
        view_latch(pace->bed->view);
        put(pace->keeps, n);
        bed_assign(pace->bed, "A", n);
        if (n % 5 == 0) {
            view_revert(pace->bed->view); /* as a fault does */
            continue;
        }
        view_publish(pace->bed->view, BED_NOW);
    }
    pace->done = true;
    return NULL;
}

static void values_and_keeps_are_of_one_scan(void **state)
{
    struct error error;
    struct bed *bed = *state;
    bed_declare(bed, WORD("A", 0, .direction = DIRECTION_OUT));
    bed_ready(bed);
    struct pace pace = {.bed = bed, .keeps = keeps_of(bed)};
    struct keeps *copy = keeps_create(&error);
    struct view *view = view_create(bed->image, &error);
    pthread_t thread;
    put(pace.keeps, 0);
    bed_publish(bed);
    pthread_create(&thread, NULL, scan, &pace);
    for (bool last = false; !last;) {
        last = pace.done;
        view_latch_kept(view, copy);
        assert_int_equal(view_cells(view)[bed_find(bed, "A")->cell], get(copy));
    }
    pthread_join(thread, NULL);
    assert_int_equal(get(copy), SCANS - 1);
    view_destroy(view);
    keeps_destroy(copy);
    keeps_destroy(pace.keeps);
}

/* ---- let go ---- */

static void an_abandoned_view_takes_no_place(void **state)
{
    struct error error;
    struct bed *bed = *state;
    struct view *views[8] = {NULL};
    bed_declare(bed, WORD("A", 0));
    bed_ready(bed); /* has one */
    for (int i = 1; i < 8; i++)
        assert_non_null(views[i] = view_create(bed->image, &error));
    assert_null(view_create(bed->image, &error));
    view_abandon(views[3]);
    view_cells(views[3])[0] = 99; /* its thread may still do that */
    bed_put(bed, 0, 5);
    struct view *next = view_create(bed->image, &error);
    assert_non_null(next);
    assert_int_equal(view_cells(next)[0], 5);
    assert_int_equal(bed_get(bed, 0), 5);
    view_destroy(next);
    for (int i = 1; i < 8; i++)
        view_destroy(views[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(publish_commits),
        BED_TEST(revert_takes_back),
        BED_TEST(without_keeps_nothing_is_copied),
        BED_TEST(values_and_keeps_are_of_one_scan),
        BED_TEST(an_abandoned_view_takes_no_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

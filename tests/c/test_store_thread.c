/* Proves the storing thread: what changes reaches the file while others write the image; the last
 * values at the end; calls wake it; one that hangs on the disk does not hold up the end; and an
 * image may be replaced while it works. */

#include "store_bed.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include "base/clock.h"
#include "drop_vfs.h"

enum { VALUES = 50 };

static void declare(struct shop *shop, int64_t interval)
{
    shop_plan(shop);
    plan_settings(shop->bed.plan)->retain_interval = interval;
    shop_retain_words(shop, VALUES);
    shop_keep(shop, "mixer", true);
    shop_image(shop);
}

static void start(struct shop *shop, struct audit *audit)
{
    struct error error;
    shop->store = shop_try_open(shop, &error);
    assert_non_null(shop->store);
    store_load_keeps(shop->store, shop->keeps);
    store_load_image(shop->store, shop->bed.image, clock_monotonic());
    view_latch(shop->bed.view);
    if (!store_start(shop->store, shop->bed.image, audit, &error))
        fail_msg("%s", error.text);
}

static void scan(struct shop *shop, uint16_t counter)
{
    struct error error;
    struct keeps_table table;
    struct keeps_key key = {.is_text = true, .bytes = "step", .length = 4};
    struct keeps_value step = {.type = KEEPS_INTEGER, .integer = counter};
    view_latch(shop->bed.view);
    for (uint32_t p = 0; p < VALUES; p++)
        bed_assign_point(&shop->bed, p, &counter);
    assert_true(keeps_find(shop->keeps, "mixer", true, &table));
    assert_true(keeps_set(shop->keeps, table, &key, &step, &error));
    bed_publish(&shop->bed);
}

static void wait_for_commits(const struct shop *shop, uint64_t commits)
{
    while (store_status(shop->store).commits < commits)
        usleep(1000);
}

static uint16_t expect_whole(struct shop *shop)
{
    struct keeps_table table;
    struct keeps_key key = {.is_text = true, .bytes = "step", .length = 4};
    const uint16_t *cells = view_cells(shop->bed.view);
    uint16_t first = cells[shop->bed.plan->points[0].cell];
    for (uint32_t p = 0; p < VALUES; p++)
        assert_int_equal(cells[shop->bed.plan->points[p].cell], first);
    assert_true(keeps_find(shop->keeps, "mixer", false, &table));
    assert_int_equal(keeps_get(shop->keeps, table, &key, NULL).integer, first);
    return first;
}

static void what_changes_reaches_the_file(void **state)
{
    struct shop *shop = *state;
    declare(shop, NS_PER_MS);
    start(shop, NULL);
    uint16_t counter = 0;
    for (uint64_t commits = 1; commits <= 20; commits++) {
        scan(shop, ++counter);
        wait_for_commits(shop, commits);
    }
    scan(shop, ++counter);
    shop_close(shop); /* with the last one */
    declare(shop, NS_PER_MS);
    start(shop, NULL);
    assert_int_equal(expect_whole(shop), counter);
    shop_close(shop);
}

static void every_commit_is_one_scan(void **state)
{
    struct shop *shop = *state;
    declare(shop, NS_PER_MS);
    start(shop, NULL);
    uint16_t counter = 0;
    for (uint64_t commits = 1; commits <= 10; commits++) {
        for (int i = 0; i < 50; i++)
            scan(shop, ++counter);
        wait_for_commits(shop, commits);
    }
    shop_close(shop);
    declare(shop, NS_PER_MS);
    start(shop, NULL);
    assert_int_equal(expect_whole(shop), counter);
    shop_close(shop);
}

static void a_call_does_not_wait_for_the_interval(void **state)
{
    struct shop *shop = *state;
    declare(shop, 3600 * SECOND);
    start(shop, NULL);
    wait_for_commits(shop, 1); /* what there is at the start */
    image_force(shop->bed.image, 3, WORDS(9), NULL, 1);
    store_force(shop->store, 3, true);
    wait_for_commits(shop, 2);
    store_settle(shop->store, &(struct source){.path = "a.lua", .text = "x", .length = 1}, 1);
    wait_for_commits(shop, 3);
    shop_close(shop);
}

static void the_audit_log_is_written_by_it(void **state)
{
    struct shop *shop = *state;
    struct error error;
    struct audit *audit = audit_create(&error);
    struct stat file = {.st_size = 0};
    char path[200];
    snprintf(path, sizeof path, "%s/test.audit", shop->folder);
    declare(shop, 3600 * SECOND);
    start(shop, audit);
    audit_note(audit, AUDIT_START, NULL, "test starts");
    while (stat(path, &file) != 0 || file.st_size == 0)
        usleep(1000);
    audit_note(audit, AUDIT_STOP, NULL, "test stops");
    off_t before = file.st_size;
    shop_close(shop);
    assert_int_equal(stat(path, &file), 0);
    assert_true(file.st_size >= before);
    audit_note(audit, AUDIT_STOP, NULL, "nobody listens any more");
    audit_destroy(audit);
}

/* ---- images come and go ---- */

struct writer {
    struct shop *shop;
    atomic_bool ends;
};

static void *write_on(void *context)
{
    struct writer *writer = context;
    for (uint16_t counter = 1; !atomic_load(&writer->ends); counter++)
        image_set(writer->shop->bed.image, counter % VALUES, &counter, NULL, counter);
    return NULL;
}

static void images_are_switched_while_it_works(void **state)
{
    struct shop *shop = *state;
    struct error error;
    struct shop others[2] = {*shop, *shop};
    declare(shop, NS_PER_MS);
    start(shop, NULL);
    for (int i = 0; i < 40; i++) {
        struct shop *to = &others[i % 2];
        struct writer writer = {.shop = to};
        pthread_t thread;
        declare(to, NS_PER_MS);
        image_share(to->bed.image, shop->keeps, NULL);
        assert_true(store_prepare(shop->store, to->bed.image, &error));
        assert_int_equal(pthread_create(&thread, NULL, write_on, &writer), 0);
        store_switch(shop->store);
        wait_for_commits(shop, store_status(shop->store).commits + 1);
        if (i > 0) { /* nobody has the one before any more */
            struct shop *before = &others[(i + 1) % 2];
            view_destroy(before->bed.view);
            image_destroy(before->bed.image);
            plan_unref(before->bed.plan);
            keeps_destroy(before->keeps);
        }
        atomic_store(&writer.ends, true);
        pthread_join(thread, NULL);
    }
    store_close(shop->store);
    shop->store = NULL;
    view_destroy(others[1].bed.view);
    image_destroy(others[1].bed.image);
    plan_unref(others[1].bed.plan);
    keeps_destroy(others[1].keeps);
    shop_close(shop);
}

/* ---- a disk that does not answer ---- */

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool closed, waiting;
static sqlite3_io_methods slow;

static int sync_slowly(sqlite3_file *file, int flags)
{
    if (atomic_load(&closed)) {
        atomic_store(&waiting, true);
        pthread_mutex_lock(&gate);
        pthread_mutex_unlock(&gate);
    }
    return drop_sync(file, flags);
}

static int open_slow(sqlite3_vfs *vfs, const char *name, sqlite3_file *to, int flags, int *out)
{
    int code = drop_open(vfs, name, to, flags, out);
    if (to->pMethods)
        to->pMethods = &slow;
    return code;
}

static size_t count_threads(void)
{
    DIR *folder = opendir("/proc/self/task");
    size_t count = 0;
    assert_non_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

static void a_disk_that_hangs_does_not_hold_up_the_end(void **state)
{
    struct shop *shop = *state;
    size_t threads = count_threads();
    struct drop_disk *disk = drop_disk_create(1);
    slow = drop_methods;
    slow.xSync = sync_slowly;
    disk->vfs.xOpen = open_slow;
    declare(shop, NS_PER_MS);
    start(shop, NULL);
    wait_for_commits(shop, 1);
    pthread_mutex_lock(&gate);
    atomic_store(&closed, true);
    scan(shop, 7);
    while (!atomic_load(&waiting))
        usleep(1000);
    struct store *left = shop->store;
    int64_t before = clock_monotonic();
    assert_false(store_close(shop->store)); /* so that the audit ring stays */
    shop->store = NULL;
    shop_close(shop); /* image and all: the thread must not touch them any more */
    assert_true(clock_monotonic() - before >= SECOND * 9 / 10);
    atomic_store(&closed, false);
    sem_t *done = &left->done;
    pthread_mutex_unlock(&gate);
    sem_wait(done);
    while (count_threads() > threads) /* it gives back its stack */
        usleep(1000);
    drop_disk_destroy(disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(what_changes_reaches_the_file),
        SHOP_TEST(every_commit_is_one_scan),
        SHOP_TEST(a_call_does_not_wait_for_the_interval),
        SHOP_TEST(the_audit_log_is_written_by_it),
        SHOP_TEST(images_are_switched_while_it_works),
        SHOP_TEST(a_disk_that_hangs_does_not_hold_up_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

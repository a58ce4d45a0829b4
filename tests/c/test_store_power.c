/* Proves that power may go at any moment: what the file holds afterwards is what the last
 * acknowledged commit left, or the one under way, whole. Every value and every field of the keep
 * carries the same counter, so that a mixture would show. */

#include "store_bed.h"

#include "drop_vfs.h"

enum { CUTS = 500, WORDS = 200 };

static void declare(struct shop *shop)
{
    static char names[WORDS][16];
    shop_plan(shop);
    for (int i = 0; i < WORDS; i++) {
        snprintf(names[i], sizeof names[i], "V%d", i);
        shop_declare(shop, WIDE(names[i], (uint16_t)(2 * i), .retain = true));
    }
    shop_keep(shop, "mixer", true);
    shop_image(shop);
}

static void set_field(struct shop *shop, const char *name, int64_t number)
{
    struct error error;
    struct keeps_table table;
    struct keeps_key key = {.is_text = true, .bytes = name, .length = strlen(name)};
    struct keeps_value value = {.type = KEEPS_INTEGER, .integer = number};
    assert_true(keeps_find(shop->keeps, "mixer", true, &table));
    assert_true(keeps_set(shop->keeps, table, &key, &value, &error));
}

static int64_t field(struct shop *shop, const char *name)
{
    struct keeps_table table;
    struct keeps_key key = {.is_text = true, .bytes = name, .length = strlen(name)};
    if (!keeps_find(shop->keeps, "mixer", false, &table))
        return 0;
    return keeps_get(shop->keeps, table, &key, NULL).integer;
}

static void scan(struct shop *shop, uint32_t counter)
{
    for (uint32_t i = 0; i < WORDS; i++) {
        char name[16];
        snprintf(name, sizeof name, "V%u", i);
        bed_assign_point(&shop->bed, bed_point(&shop->bed, name),
                         WORDS((uint16_t)counter, (uint16_t)(counter >> 16)));
    }
    set_field(shop, "first", counter);
    set_field(shop, "second", counter);
    bed_publish(&shop->bed);
    view_latch(shop->bed.view);
}

static uint32_t value(const struct shop *shop, uint32_t i)
{
    const uint16_t *words = view_cells(shop->bed.view) + shop->bed.plan->points[i].cell;
    return words[0] | (uint32_t)words[1] << 16;
}

/* All the same; returns it. */
static uint32_t expect_whole(struct shop *shop)
{
    uint32_t first = value(shop, 0);
    for (uint32_t i = 1; i < WORDS; i++)
        assert_int_equal(value(shop, i), first);
    assert_int_equal(field(shop, "first"), first);
    assert_int_equal(field(shop, "second"), first);
    return first;
}

struct luck {
    unsigned acknowledged, ahead; /* after how many cuts it was the last commit, the one after */
};

/* Opens, looks, and works until the power goes. Returns the last acknowledged counter. */
static uint32_t live(struct shop *shop, struct drop_disk *disk, uint32_t acknowledged,
                     struct luck *luck)
{
    drop_restore(disk);
    declare(shop);
    shop_open(shop);
    assert_true(store_status(shop->store).works);
    uint32_t counter = expect_whole(shop);
    if (counter != acknowledged && counter != acknowledged + 1)
        fail_msg("%u was acknowledged, but the file has %u", acknowledged, counter);
    luck->acknowledged += counter == acknowledged;
    luck->ahead += counter == acknowledged + 1;
    acknowledged = counter;
    disk->left = 1 + (long)(drop_random(disk) % 150);
    while (!disk->dead) {
        uint64_t commits = shop_commits(shop);
        scan(shop, ++counter);
        shop_round(shop);
        if (shop_commits(shop) > commits)
            acknowledged = counter;
        if (drop_random(disk) % 40 == 0) /* in order, or as well as the power lets us */
            break;
    }
    shop_close(shop);
    if (!disk->dead)
        drop_cut(disk);
    return acknowledged;
}

static void what_was_acknowledged_survives_every_power_loss(void **state)
{
    struct drop_disk *disk = drop_disk_create(4711);
    struct shop shop = {.now = 0};
    struct luck luck = {0, 0};
    uint32_t acknowledged = 0;
    (void)state;
    shop_folder(&shop);
    for (int cut = 0; cut < CUTS; cut++)
        acknowledged = live(&shop, disk, acknowledged, &luck);
    assert_true(acknowledged > CUTS);
    assert_int_equal(luck.acknowledged + luck.ahead, CUTS);
    assert_true(luck.ahead > 0); /* else no power was ever cut at an interesting moment */
    shop_remove(&shop);
    drop_disk_destroy(disk);
}

/* The test itself can fail: a disk that lies about syncing loses what was acknowledged. */
static int lie(sqlite3_file *file, int flags)
{
    (void)flags;
    return drop_works(drop_of(file)->disk) ? SQLITE_OK : SQLITE_IOERR_FSYNC;
}

static sqlite3_io_methods liar;

static int open_liar(sqlite3_vfs *vfs, const char *name, sqlite3_file *to, int flags, int *out)
{
    int code = drop_open(vfs, name, to, flags, out);
    if (to->pMethods)
        to->pMethods = &liar;
    return code;
}

static void a_disk_that_lies_is_found_out(void **state)
{
    struct drop_disk *disk = drop_disk_create(4711);
    struct shop shop = {.now = 0};
    bool found = false;
    (void)state;
    liar = drop_methods;
    liar.xSync = lie;
    shop_folder(&shop);
    for (int cut = 0; cut < 20 && !found; cut++) {
        drop_restore(disk);
        disk->vfs.xOpen = drop_open;
        declare(&shop);
        shop_open(&shop);
        uint32_t before = value(&shop, 0);
        store_close(shop.store);
        disk->vfs.xOpen = open_liar;
        shop.store = NULL;
        struct error error;
        shop.store = shop_try_open(&shop, &error);
        assert_non_null(shop.store);
        assert_true(store_attach(shop.store, shop.bed.image, NULL, &error));
        for (uint32_t i = 1; i <= 20; i++) {
            scan(&shop, before + i);
            shop_round(&shop);
        }
        drop_cut(disk);
        shop_close(&shop);
        drop_restore(disk);
        disk->vfs.xOpen = drop_open;
        declare(&shop);
        shop_open(&shop);
        found = value(&shop, 0) != before + 20;
        shop_close(&shop);
    }
    assert_true(found);
    shop_remove(&shop);
    drop_disk_destroy(disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_acknowledged_survives_every_power_loss),
        cmocka_unit_test(a_disk_that_lies_is_found_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Proves that no file can harm: one that is damaged or not ours is set aside under another name,
 * one row that was changed is found by its sum, and a page from another commit by the sum of all.
 * What is loaded is what was saved, or nothing. */

#include "store_bed.h"

#include <fcntl.h>

enum { VALUES = 60 };

struct bytes {
    unsigned char *bytes;
    size_t size;
};

static void declare(struct shop *shop)
{
    shop_plan(shop);
    shop_retain_words(shop, VALUES);
    shop_keep(shop, "mixer", true);
    shop_image(shop);
}

static void set_all(struct shop *shop, uint16_t value)
{
    for (uint32_t p = 0; p < VALUES; p++)
        bed_assign_point(&shop->bed, p, WORDS(value));
    struct error error;
    struct keeps_table table;
    struct keeps_key key = {.is_text = true, .bytes = "step", .length = 4};
    struct keeps_value step = {.type = KEEPS_INTEGER, .integer = value};
    assert_true(keeps_find(shop->keeps, "mixer", true, &table));
    assert_true(keeps_set(shop->keeps, table, &key, &step, &error));
    bed_publish(&shop->bed);
    view_latch(shop->bed.view);
}

/* How many values are `value`; all others are 0. */
static unsigned count(const struct shop *shop, uint16_t value)
{
    unsigned found = 0;
    for (uint32_t p = 0; p < VALUES; p++) {
        uint16_t word = view_cells(shop->bed.view)[shop->bed.plan->points[p].cell];
        if (word != value && word != 0)
            fail_msg("%u is neither %u nor 0", word, value);
        found += word == value;
    }
    return found;
}

static struct bytes load(const char *path)
{
    struct bytes file = {malloc(1 << 20), 0};
    FILE *from = fopen(path, "rb");
    assert_non_null(from);
    file.size = fread(file.bytes, 1, 1 << 20, from);
    fclose(from);
    return file;
}

static void save(const char *path, const struct bytes *file, size_t size)
{
    FILE *to = fopen(path, "wb");
    assert_non_null(to);
    assert_int_equal(fwrite(file->bytes, 1, size, to), size);
    fclose(to);
}

static struct bytes make(struct shop *shop, uint16_t value)
{
    declare(shop);
    shop_open(shop);
    set_all(shop, value);
    shop_round(shop);
    shop_close(shop);
    return load(shop->path);
}

static void clear(const struct shop *shop)
{
    char command[200];
    snprintf(command, sizeof command, "rm -f '%s'/test.state*", shop->folder);
    assert_int_equal(system(command), 0);
}

/* Opens whatever lies there; what is lost was noticed; afterwards everything works. */
static unsigned survive(struct shop *shop, uint16_t value)
{
    declare(shop);
    shop_open(shop);
    bool noticed = shop->store->anew || shop_has(shop, "test.state.damaged-1");
    unsigned found = count(shop, value);
    if (found < VALUES && !noticed)
        fail_msg("%u of %u values are lost without a word", VALUES - found, VALUES);
    set_all(shop, 77);
    shop_round(shop);
    assert_true(store_status(shop->store).works);
    shop_close(shop);
    declare(shop);
    shop_open(shop);
    assert_int_equal(count(shop, 77), VALUES);
    assert_false(shop->store->anew);
    shop_close(shop);
    return found;
}

static void a_file_cut_anywhere_is_set_aside(void **state)
{
    struct shop *shop = *state;
    struct bytes file = make(shop, 1234);
    for (size_t size = 512; size < file.size; size += 512) {
        clear(shop);
        save(shop->path, &file, size);
        unsigned found = survive(shop, 1234);
        if (size <= file.size - 4096) /* in the last page there may be nothing */
            assert_int_equal(found, 0);
    }
    free(file.bytes);
}

static void a_flipped_bit_is_found(void **state)
{
    struct shop *shop = *state;
    struct bytes file = make(shop, 1234);
    unsigned seed = 3, whole = 0, one_less = 0, aside = 0;
    for (int i = 0; i < 400; i++) {
        size_t at = ((size_t)rand_r(&seed) << 8 ^ (size_t)rand_r(&seed)) % file.size;
        unsigned char bit = (unsigned char)(1 << rand_r(&seed) % 8);
        clear(shop);
        file.bytes[at] ^= bit;
        save(shop->path, &file, file.size);
        file.bytes[at] ^= bit;
        unsigned found = survive(shop, 1234);
        whole += found == VALUES;
        one_less += found < VALUES && found > 0;
        aside += found == 0;
    }
    free(file.bytes);
    assert_true(whole && aside); /* unused space; the head and the trees */
    (void)one_less;
}

/* The row's value, where the page holds it as plain bytes. */
static void a_flipped_value_costs_that_value_alone(void **state)
{
    struct shop *shop = *state;
    struct bytes file = make(shop, 1234);
    free(file.bytes);
    shop_do(shop, "UPDATE variable SET value = 1235 WHERE path = 'mem.V7'");
    assert_int_equal(survive(shop, 1234), VALUES - 1);
    assert_false(shop_has(shop, "test.state.damaged-1"));
}

static void a_row_under_another_name_is_not_loaded(void **state)
{
    struct shop *shop = *state;
    struct bytes file = make(shop, 1234);
    free(file.bytes);
    shop_do(shop, "DELETE FROM variable WHERE path = 'mem.V8';"
                  "UPDATE variable SET path = 'mem.V8' WHERE path = 'mem.V7'");
    assert_int_equal(survive(shop, 1234), 0); /* two things are wrong: it is no commit of ours */
}

static void a_row_that_is_missing_is_missed(void **state)
{
    struct shop *shop = *state;
    struct bytes file = make(shop, 1234);
    free(file.bytes);
    shop_do(shop, "DELETE FROM variable WHERE path = 'mem.V7'");
    assert_int_equal(survive(shop, 1234), 0);
    assert_true(shop_has(shop, "test.state.damaged-1"));
}

/* Rows of an older commit are each their sum's. */
static void a_mixture_of_two_commits_is_not_loaded(void **state)
{
    struct shop *shop = *state;
    struct bytes file = make(shop, 1000);
    free(file.bytes);
    shop_do(shop, "CREATE TABLE old AS SELECT * FROM variable WHERE path = 'mem.V7'");
    declare(shop);
    shop_open(shop);
    set_all(shop, 1234);
    shop_round(shop);
    shop_close(shop);
    shop_do(shop, "INSERT OR REPLACE INTO variable SELECT * FROM old; DROP TABLE old");
    assert_int_equal(survive(shop, 1234), 0);
}

static void what_is_not_ours_is_set_aside_whole(void **state)
{
    struct shop *shop = *state;
    char text[256], path[128];
    shop_do(shop, "CREATE TABLE theirs (a); INSERT INTO theirs VALUES ('kept')");
    assert_int_equal(survive(shop, 1234), 0);
    memcpy(path, shop->path, sizeof path);
    snprintf(shop->path, sizeof shop->path, "%.100s.damaged-1", path);
    assert_string_equal(shop_query(shop, "SELECT a FROM theirs", text), "kept");
    memcpy(shop->path, path, sizeof path);
    struct bytes text_file = {(unsigned char *)"name = value\n", 13};
    save(shop->path, &text_file, 13);
    assert_int_equal(survive(shop, 1234), 0);
    assert_true(shop_has(shop, "test.state.damaged-2"));
}

static void a_file_of_a_later_version_is_set_aside(void **state)
{
    struct shop *shop = *state;
    struct bytes file = make(shop, 1234);
    free(file.bytes);
    shop_do(shop, "UPDATE meta SET value = 2 WHERE name = 'schema'");
    assert_int_equal(survive(shop, 1234), 0);
    assert_true(shop_has(shop, "test.state.damaged-1"));
}

/* As kill -9 leaves it: with a log beside it. Damage in the log gives an older commit, whole. */
static void a_damaged_log_gives_an_older_commit(void **state)
{
    struct shop *shop = *state;
    char path[160];
    unsigned seed = 5;
    declare(shop);
    shop_open(shop);
    for (uint16_t i = 1; i <= 5; i++) {
        set_all(shop, i);
        shop_round(shop);
    }
    snprintf(path, sizeof path, "%s-wal", shop->path);
    struct bytes file = load(shop->path), log = load(path);
    shop_close(shop);
    assert_true(log.size > 0);
    for (int i = 0; i < 200; i++) {
        size_t at = (size_t)rand_r(&seed) % log.size, size = i % 2 ? at : log.size;
        clear(shop);
        log.bytes[at] ^= 4;
        save(shop->path, &file, file.size);
        save(path, &log, size);
        log.bytes[at] ^= 4;
        declare(shop);
        shop_open(shop);
        uint16_t first = view_cells(shop->bed.view)[shop->bed.plan->points[0].cell];
        assert_true(first <= 5);
        assert_int_equal(count(shop, first), VALUES);
        shop_close(shop);
    }
    free(file.bytes);
    free(log.bytes);
}

static void an_emptied_file_beside_its_log_is_damaged(void **state)
{
    struct shop *shop = *state;
    char path[160];
    struct bytes file = make(shop, 1234);
    snprintf(path, sizeof path, "%s-wal", shop->path);
    save(path, &file, 4096);
    save(shop->path, &file, 0);
    free(file.bytes);
    assert_int_equal(survive(shop, 1234), 0);
    assert_true(shop_has(shop, "test.state.damaged-1"));
    assert_true(shop_has(shop, "test.state.damaged-1-wal"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(a_file_cut_anywhere_is_set_aside),
        SHOP_TEST(a_flipped_bit_is_found),
        SHOP_TEST(a_flipped_value_costs_that_value_alone),
        SHOP_TEST(a_row_under_another_name_is_not_loaded),
        SHOP_TEST(a_row_that_is_missing_is_missed),
        SHOP_TEST(a_mixture_of_two_commits_is_not_loaded),
        SHOP_TEST(what_is_not_ours_is_set_aside_whole),
        SHOP_TEST(a_file_of_a_later_version_is_set_aside),
        SHOP_TEST(a_damaged_log_gives_an_older_commit),
        SHOP_TEST(an_emptied_file_beside_its_log_is_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

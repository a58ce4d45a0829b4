/* Proves that a retained keep comes back as it was: every type, every key, tables in tables, fields
 * in their order; that a change costs the rows that it changed; and that a keep which is not
 * retained stays out of the file. */

#include "store_bed.h"

#include <math.h>
#include "image/keep_path.h"

static void declare(struct shop *shop)
{
    shop_plan(shop);
    shop_keep(shop, "mixer", true);
    shop_keep(shop, "plain", false);
    shop_image(shop);
    shop_open(shop);
}

static struct keeps_table keep(struct shop *shop, const char *name)
{
    struct keeps_table table;
    assert_true(keeps_find(shop->keeps, name, true, &table));
    return table;
}

static struct keeps_key text_key(const char *bytes)
{
    return (struct keeps_key){.is_text = true, .bytes = bytes, .length = strlen(bytes)};
}

static struct keeps_value put(struct shop *shop, struct keeps_table table, struct keeps_key key,
                              struct keeps_value value)
{
    struct error error;
    if (!keeps_set(shop->keeps, table, &key, &value, &error))
        fail_msg("%s", error.text);
    return value;
}

#define INTEGER_OF(n) ((struct keeps_value){.type = KEEPS_INTEGER, .integer = n})
#define NUMBER_OF(n) ((struct keeps_value){.type = KEEPS_NUMBER, .number = n})
#define TEXT_OF(b, n) ((struct keeps_value){.type = KEEPS_TEXT, .text = {b, n}})
#define TABLE ((struct keeps_value){.type = KEEPS_TABLE})
#define NIL ((struct keeps_value){.type = KEEPS_NIL})
#define NUMBERED(n) ((struct keeps_key){.integer = n})

/* What a scan's end does. */
static void scan(struct shop *shop)
{
    bed_publish(&shop->bed);
    view_latch(shop->bed.view);
    shop_round(shop);
}

/* The keep as one text, in the order of its fields. */
static void print_table(struct shop *shop, struct keeps_table table, FILE *to)
{
    struct keeps_key key;
    struct keeps_value value;
    char text[KEEPS_TEXT_MAX], path[KEEP_PATH];
    uint32_t at = 0;
    while (keeps_next(shop->keeps, table, &at, &key, &value, text)) {
        keep_path_add(path, 0, &key);
        fprintf(to, "%s=", path);
        switch (value.type) {
        case KEEPS_BOOLEAN:
            fprintf(to, "%s", value.boolean ? "true" : "false");
            break;
        case KEEPS_INTEGER:
            fprintf(to, "%lld", (long long)value.integer);
            break;
        case KEEPS_NUMBER:
            fprintf(to, "%a", value.number);
            break;
        case KEEPS_TEXT:
            fprintf(to, "%zu:", value.text.length);
            for (size_t i = 0; i < value.text.length; i++)
                fprintf(to, "%02x", (unsigned char)value.text.bytes[i]);
            break;
        default:
            fputc('{', to);
            print_table(shop, value.table, to);
            fputc('}', to);
        }
        fputc(' ', to);
    }
}

static char *print(struct shop *shop, const char *name)
{
    char *text;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    struct keeps_table table;
    if (keeps_find(shop->keeps, name, false, &table))
        print_table(shop, table, to);
    fclose(to);
    return text;
}

/* Closes, opens, and expects the same. */
static void expect_back(struct shop *shop)
{
    char *before = print(shop, "mixer");
    shop_close(shop);
    declare(shop);
    char *after = print(shop, "mixer");
    assert_string_equal(after, before);
    free(before);
    free(after);
}

static void every_type_and_every_key_comes_back(void **state)
{
    struct shop *shop = *state;
    char bytes[KEEPS_TEXT_MAX];
    declare(shop);
    struct keeps_table mixer = keep(shop, "mixer");
    put(shop, mixer, text_key("zeta"), INTEGER_OF(INT64_MIN));
    put(shop, mixer, text_key("alpha"), NUMBER_OF(0.1));
    put(shop, mixer, text_key("whole"), NUMBER_OF(3.0)); /* stays a number */
    put(shop, mixer, text_key("minus"), NUMBER_OF(-0.0));
    put(shop, mixer, text_key("wide"), NUMBER_OF(INFINITY));
    put(shop, mixer, text_key("none"), NUMBER_OF((double)NAN));
    put(shop, mixer, text_key("yes"), (struct keeps_value){.type = KEEPS_BOOLEAN, .boolean = true});
    put(shop, mixer, text_key("no"), (struct keeps_value){.type = KEEPS_BOOLEAN});
    put(shop, mixer, text_key("empty"), TEXT_OF("", 0));
    put(shop, mixer, text_key("nul"), TEXT_OF("a\0b", 3));
    put(shop, mixer, text_key("utf"), TEXT_OF("\xC3\xA4", 2));
    put(shop, mixer, text_key("not utf"), TEXT_OF("\xE4", 1));
    put(shop, mixer, text_key(""), INTEGER_OF(1));
    put(shop, mixer, text_key("a.b[1]"), INTEGER_OF(2));
    put(shop, mixer, text_key("\"\\\n\x7F"), INTEGER_OF(3));
    put(shop, mixer, text_key("\xFF\xC3"), INTEGER_OF(4));
    put(shop, mixer, text_key("1"), INTEGER_OF(5));
    put(shop, mixer, NUMBERED(1), INTEGER_OF(6));
    put(shop, mixer, NUMBERED(INT64_MIN), INTEGER_OF(7));
    memset(bytes, '\xF0', sizeof bytes);
    put(shop, mixer, text_key("long"), TEXT_OF(bytes, sizeof bytes));
    memset(bytes, '\x01', KEEPS_KEY_MAX);
    put(shop, mixer, (struct keeps_key){.is_text = true, .bytes = bytes, .length = KEEPS_KEY_MAX},
        INTEGER_OF(8));
    scan(shop);
    expect_back(shop);
    shop_close(shop);
}

static void tables_come_back_with_what_lies_in_them(void **state)
{
    struct shop *shop = *state;
    declare(shop);
    struct keeps_table at = keep(shop, "mixer");
    char bytes[KEEPS_KEY_MAX];
    memset(bytes, '\xFE', sizeof bytes);
    struct keeps_key longest = {.is_text = true, .bytes = bytes, .length = sizeof bytes};
    put(shop, at, text_key("empty"), TABLE);
    for (int depth = 1; depth < KEEPS_DEPTH_MAX; depth++) {
        put(shop, at, text_key("depth"), INTEGER_OF(depth));
        at = put(shop, at, depth % 2 ? longest : NUMBERED(depth), TABLE).table;
    }
    put(shop, at, longest, INTEGER_OF(1));
    scan(shop);
    expect_back(shop);
    shop_close(shop);
}

static int64_t rows_written(struct shop *shop)
{
    return sqlite3_total_changes64(shop->store->file.db);
}

static void a_change_costs_what_was_changed(void **state)
{
    struct shop *shop = *state;
    declare(shop);
    struct keeps_table mixer = keep(shop, "mixer");
    for (int i = 1; i <= 500; i++)
        put(shop, mixer, NUMBERED(i), INTEGER_OF(i));
    scan(shop);
    int64_t before = rows_written(shop);
    put(shop, mixer, NUMBERED(250), INTEGER_OF(1));
    scan(shop);
    assert_int_equal(rows_written(shop) - before, 2); /* and the sum */
    put(shop, mixer, NUMBERED(1), NIL); /* a queue: one goes at the front, one comes at the end */
    put(shop, mixer, NUMBERED(501), INTEGER_OF(501));
    before = rows_written(shop);
    scan(shop);
    assert_int_equal(rows_written(shop) - before, 3);
    expect_back(shop);
    shop_close(shop);
}

static void what_is_taken_away_and_made_again_comes_last(void **state)
{
    struct shop *shop = *state;
    declare(shop);
    struct keeps_table mixer = keep(shop, "mixer");
    put(shop, mixer, text_key("first"), INTEGER_OF(1));
    struct keeps_table list = put(shop, mixer, text_key("list"), TABLE).table;
    put(shop, list, NUMBERED(2), INTEGER_OF(2));
    put(shop, list, NUMBERED(1), INTEGER_OF(1));
    put(shop, mixer, text_key("last"), INTEGER_OF(3));
    scan(shop);
    put(shop, mixer, text_key("first"), NIL);
    put(shop, mixer, text_key("first"), INTEGER_OF(1));
    list = put(shop, mixer, text_key("list"), TABLE).table; /* a new one in its place */
    put(shop, list, NUMBERED(1), INTEGER_OF(1));
    put(shop, list, NUMBERED(2), INTEGER_OF(2));
    scan(shop);
    expect_back(shop);
    put(shop, keep(shop, "mixer"), text_key("list"), NIL);
    scan(shop);
    expect_back(shop);
    shop_close(shop);
}

static void random_changes_come_back(void **state)
{
    struct shop *shop = *state;
    unsigned seed = 11;
    declare(shop);
    for (int round = 0; round < 60; round++) {
        struct keeps_table at = keep(shop, "mixer");
        for (int i = 0; i < 30; i++) {
            struct keeps_key key = NUMBERED(rand_r(&seed) % 6);
            int what = rand_r(&seed) % 8;
            struct keeps_value value = keeps_get(shop->keeps, at, &key, NULL);
            if (value.type == KEEPS_TABLE && what < 5)
                at = value.table;
            else if (what == 0)
                put(shop, at, key, TABLE);
            else if (what == 1)
                put(shop, at, key, NIL);
            else
                put(shop, at, key, INTEGER_OF(rand_r(&seed)));
            if (what == 7)
                at = keep(shop, "mixer");
        }
        scan(shop);
        if (round % 3 == 0)
            expect_back(shop);
    }
    expect_back(shop);
    shop_close(shop);
}

static void a_keep_that_is_not_retained_stays_out(void **state)
{
    struct shop *shop = *state;
    char text[256];
    declare(shop);
    put(shop, keep(shop, "plain"), text_key("step"), INTEGER_OF(1));
    put(shop, keep(shop, "mixer"), text_key("step"), INTEGER_OF(2));
    scan(shop);
    shop_close(shop);
    assert_string_equal(
        shop_query(shop, "SELECT group_concat(name || '.' || field || ' = ' || value) FROM keep",
                   text),
        "mixer.step = 2");
}

static void what_a_faulted_scan_left_is_not_saved(void **state)
{
    struct shop *shop = *state;
    char text[256];
    declare(shop);
    put(shop, keep(shop, "mixer"), text_key("step"), INTEGER_OF(2));
    scan(shop);
    put(shop, keep(shop, "mixer"), text_key("step"), INTEGER_OF(3)); /* never published */
    shop_round(shop);
    shop_close(shop);
    assert_string_equal(shop_query(shop, "SELECT value FROM keep", text), "2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(every_type_and_every_key_comes_back),
        SHOP_TEST(tables_come_back_with_what_lies_in_them),
        SHOP_TEST(a_change_costs_what_was_changed),
        SHOP_TEST(what_is_taken_away_and_made_again_comes_last),
        SHOP_TEST(random_changes_come_back),
        SHOP_TEST(a_keep_that_is_not_retained_stays_out),
        SHOP_TEST(what_a_faulted_scan_left_is_not_saved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

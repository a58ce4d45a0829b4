/* Proves that nothing is lost while a program is on trial: rows of what is gone, retyped or out of
 * limits stay until it is proven, and its text is kept with that. */

#include "store_bed.h"

static const struct source TEXTS[] = {{.path = "tank.lua", .text = "return 1", .length = 8},
                                      {.path = "lib.lua", .text = "a\0b", .length = 3}};

/* SPEED as it is declared for the test; B besides. */
static void declare(struct shop *shop, struct variable speed)
{
    shop_plan(shop);
    if (speed.name)
        shop_declare(shop, speed);
    shop_declare(shop, WORD("B", 10, .retain = true));
    shop_image(shop);
    shop_open(shop);
}

static void save_speed(struct shop *shop, uint16_t word)
{
    declare(shop, WORD("SPEED", 0, .retain = true));
    shop_set(shop, "SPEED", &word);
    shop_round(shop);
    shop_close(shop);
}

static const char *speeds(const struct shop *shop, char text[256])
{
    return shop_query(shop,
                      "SELECT ifnull(group_concat(type || ' ' || value, ', '), 'none')"
                      " FROM variable WHERE path = 'mem.SPEED'",
                      text);
}

static void settle(struct shop *shop)
{
    store_settle(shop->store, TEXTS, 2);
    store_round(shop->store, shop->now, false);
}

static void a_row_stays_until_its_program_is_proven(void **state)
{
    struct shop *shop = *state;
    char text[256];
    save_speed(shop, 42);
    declare(shop, (struct variable){.name = NULL});
    shop_set(shop, "B", WORDS(1));
    shop_round(shop);
    shop_close(shop);
    assert_string_equal(speeds(shop, text), "uint16 42");
    declare(shop, (struct variable){.name = NULL});
    settle(shop);
    shop_close(shop);
    assert_string_equal(speeds(shop, text), "none");
}

static void a_retyped_one_lies_beside_the_new_one(void **state)
{
    struct shop *shop = *state;
    char text[256];
    save_speed(shop, 42);
    declare(shop, WIDE("SPEED", 0, .retain = true));
    assert_int_equal(bed_value(&shop->bed, "SPEED"), 0);
    shop_set(shop, "SPEED", WORDS(7, 0));
    shop_round(shop);
    shop_close(shop);
    assert_string_equal(speeds(shop, text), "uint16 42, uint32 7");
    declare(shop, WORD("SPEED", 0, .retain = true)); /* the old program again */
    assert_int_equal(bed_value(&shop->bed, "SPEED"), 42);
    settle(shop);
    shop_close(shop);
    assert_string_equal(speeds(shop, text), "uint16 42");
}

static void a_value_out_of_limits_is_not_loaded_and_not_lost(void **state)
{
    struct shop *shop = *state;
    char text[256];
    save_speed(shop, 170);
    declare(shop, WORD("SPEED", 0, .retain = true, RANGE(0, 100), DEFAULT(50)));
    assert_int_equal(bed_value(&shop->bed, "SPEED"), 50);
    shop_round(shop);
    shop_close(shop);
    assert_string_equal(speeds(shop, text), "uint16 170");
    declare(shop, WORD("SPEED", 0, .retain = true, RANGE(0, 100), DEFAULT(50)));
    settle(shop);
    shop_close(shop);
    assert_string_equal(speeds(shop, text), "uint16 50");
}

static void a_new_value_takes_the_place_of_one_out_of_limits(void **state)
{
    struct shop *shop = *state;
    char text[256];
    save_speed(shop, 170);
    declare(shop, WORD("SPEED", 0, .retain = true, RANGE(0, 100), DEFAULT(50)));
    shop_round(shop);
    shop_set(shop, "SPEED", WORDS(60));
    shop_round(shop);
    shop_close(shop);
    assert_string_equal(speeds(shop, text), "uint16 60");
}

static void what_is_no_longer_retained_goes_too(void **state)
{
    struct shop *shop = *state;
    char text[256];
    save_speed(shop, 42);
    declare(shop, WORD("SPEED", 0));
    assert_int_equal(bed_value(&shop->bed, "SPEED"), 0);
    image_force(shop->bed.image, bed_point(&shop->bed, "SPEED"), WORDS(3), NULL, 1);
    store_force(shop->store, bed_point(&shop->bed, "SPEED"), true);
    settle(shop);
    shop_close(shop);
    assert_string_equal(speeds(shop, text), "none");
    assert_string_equal(shop_query(shop, "SELECT value FROM force", text), "3");
    declare(shop, WIDE("SPEED", 0));
    settle(shop);
    shop_close(shop);
    assert_string_equal(shop_query(shop, "SELECT value FROM force", text), "nothing");
}

static void the_proven_text_comes_back(void **state)
{
    struct shop *shop = *state;
    size_t count = 7;
    declare(shop, WORD("SPEED", 0));
    assert_null(store_proven(shop->store, &count));
    assert_int_equal(count, 0);
    settle(shop);
    for (int i = 0; i < 2; i++) {
        struct source *sources = store_proven(shop->store, &count);
        assert_int_equal(count, 2);
        for (size_t k = 0; k < count; k++) {
            assert_string_equal(sources[k].path, TEXTS[k].path);
            assert_int_equal(sources[k].length, TEXTS[k].length);
            assert_memory_equal(sources[k].text, TEXTS[k].text, TEXTS[k].length);
        }
        free(sources);
        shop_close(shop);
        declare(shop, WORD("SPEED", 0));
    }
    uint64_t commits = shop_commits(shop);
    shop_round(shop);
    commits = shop_commits(shop);
    settle(shop); /* the same again */
    assert_int_equal(shop_commits(shop), commits);
    store_settle(shop->store, &TEXTS[1], 1);
    store_round(shop->store, shop->now, false);
    struct source *sources = store_proven(shop->store, &count);
    assert_int_equal(count, 1);
    assert_string_equal(sources[0].path, "lib.lua");
    free(sources);
    shop_close(shop);
}

/* ---- another image ---- */

static void another_image_takes_over(void **state)
{
    struct shop *shop = *state, other = {.now = 0};
    struct error error;
    char text[256];
    declare(shop, WORD("SPEED", 0, .retain = true));
    shop_set(shop, "SPEED", WORDS(42));
    shop_round(shop);
    shop_plan(&other);
    shop_declare(&other, WORD("SPEED", 5, .retain = true));
    shop_declare(&other, WORD("NEW", 6, .retain = true));
    shop_image(&other);
    assert_true(store_prepare(shop->store, other.bed.image, &error));
    assert_int_equal(store_status(shop->store).variables, 2);
    shop_set(&other, "SPEED", WORDS(43));
    shop_round(shop);
    store_switch(shop->store);
    shop_set(shop, "SPEED", WORDS(1)); /* nobody's business any more */
    shop_round(shop);
    assert_int_equal(store_status(shop->store).commits, 2);
    struct bed before = shop->bed;
    store_settle(shop->store, TEXTS, 1);
    shop_round(shop);
    store_close(shop->store);
    shop->store = NULL;
    view_destroy(before.view);
    image_destroy(before.image);
    plan_unref(before.plan);
    keeps_destroy(shop->keeps);
    shop_close(&other);
    assert_string_equal(speeds(shop, text), "uint16 43");
    assert_string_equal(shop_query(shop, "SELECT count(*) FROM variable", text), "2");
}

/* What was proven says nothing about what has come since. */
static void a_switch_keeps_what_the_new_program_wants(void **state)
{
    struct shop *shop = *state, other = {.now = 0};
    struct error error;
    char text[256];
    save_speed(shop, 42);
    declare(shop, (struct variable){.name = NULL});
    shop_plan(&other);
    shop_declare(&other, WORD("C", 5, .retain = true));
    shop_image(&other);
    assert_true(store_prepare(shop->store, other.bed.image, &error));
    store_settle(shop->store, TEXTS, 1);
    store_switch(shop->store);
    shop_round(shop);
    shop_close(shop);
    shop_close(&other);
    assert_string_equal(speeds(shop, text), "uint16 42");
    assert_string_equal(shop_query(shop, "SELECT path FROM source", text), "tank.lua");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(a_row_stays_until_its_program_is_proven),
        SHOP_TEST(a_retyped_one_lies_beside_the_new_one),
        SHOP_TEST(a_value_out_of_limits_is_not_loaded_and_not_lost),
        SHOP_TEST(a_new_value_takes_the_place_of_one_out_of_limits),
        SHOP_TEST(what_is_no_longer_retained_goes_too),
        SHOP_TEST(the_proven_text_comes_back),
        SHOP_TEST(another_image_takes_over),
        SHOP_TEST(a_switch_keeps_what_the_new_program_wants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

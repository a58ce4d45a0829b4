/* Proves that whoever edits a default and starts the program again is told, in the words of a
 * reload, that a retained value hides it: until the program is proven, and not where it applies. */

#include "store_bed.h"

static const struct source TEXT = {.path = "tank.lua", .text = "return 1", .length = 8};

static void life(struct shop *shop, struct variable speed, bool proven, char text[4096])
{
    shop_plan(shop);
    shop_declare(shop, speed);
    shop_image(shop);
    struct ear ear = listen_begin();
    shop_open(shop);
    listen_end(&ear, text, 4096);
    if (proven)
        store_settle(shop->store, &TEXT, 1);
    shop_round(shop);
    shop_close(shop);
}

#define SPEED(x) WORD("SPEED", 0, .retain = true, .where = "t.lua:7", DEFAULT(x))

static const char CHANGES[] =
    "t.lua:7: the default of mem.SPEED changes from 5 to 6, but its value "
    "stays; msm set SPEED --default applies it\n";

static void an_edited_default_is_told_until_it_is_proven(void **state)
{
    char text[4096];
    life(*state, SPEED(5), true, text);
    assert_string_equal(text, "");
    life(*state, SPEED(5), false, text);
    assert_string_equal(text, "");
    life(*state, SPEED(6), false, text);
    assert_string_equal(text, CHANGES);
    life(*state, SPEED(6), true, text);
    assert_string_equal(text, CHANGES);
    life(*state, SPEED(6), true, text);
    assert_string_equal(text, "");
}

static void what_was_never_proven_says_nothing(void **state)
{
    char text[4096];
    life(*state, SPEED(5), false, text);
    life(*state, SPEED(6), false, text);
    assert_string_equal(text, "");
}

static void another_length_is_told_as_such(void **state)
{
    char text[4096];
    life(*state, BED_VARIABLE("TEXT", TABLE_HOLDING, TYPE_STRING, 0, .length = 4, .retain = true),
         true, text);
    life(*state, BED_VARIABLE("TEXT", TABLE_HOLDING, TYPE_STRING, 0, .length = 8, .retain = true),
         true, text);
    assert_non_null(strstr(text, "the retained value of mem.TEXT is not taken over: its length is "
                                 "8 now and was 4"));
}

static void a_default_that_applies_is_not_told(void **state)
{
    char text[4096];
    life(*state, SPEED(5), true, text);
    life(*state, WORD("SPEED", 0, .retain = true, RANGE(6, 9), DEFAULT(6)), true, text);
    assert_null(strstr(text, "but its value stays"));
    assert_non_null(strstr(text, "outside of its limits"));
    life(*state, WIDE("SPEED", 0, .retain = true, DEFAULT(7)), true, text); /* another one */
    assert_null(strstr(text, "but its value stays"));
}

static void an_array_is_told_once(void **state)
{
    char text[4096];
    struct variable v = SPEED(5);
    v.count = 3;
    life(*state, v, true, text);
    v = SPEED(6);
    v.count = 3;
    life(*state, v, true, text);
    assert_string_equal(text, CHANGES);
}

static void a_file_of_an_earlier_version_is_completed(void **state)
{
    struct shop *shop = *state;
    char text[4096];
    life(shop, SPEED(5), false, text);
    shop_do(shop, "DROP TABLE initial");
    life(shop, SPEED(5), true, text);
    assert_string_equal(text, "");
    life(shop, SPEED(6), true, text);
    assert_string_equal(text, CHANGES);
    assert_false(shop_has(shop, "test.state.damaged-1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(an_edited_default_is_told_until_it_is_proven),
        SHOP_TEST(what_was_never_proven_says_nothing),
        SHOP_TEST(a_default_that_applies_is_not_told),
        SHOP_TEST(another_length_is_told_as_such),
        SHOP_TEST(an_array_is_told_once),
        SHOP_TEST(a_file_of_an_earlier_version_is_completed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

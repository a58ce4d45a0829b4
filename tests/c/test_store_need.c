/* Proves that nothing is made in a folder that nobody stated, before there is something to retain;
 * and that it is made then, with all that was kept in memory until then. */

#include "store_bed.h"

#include "image/audit.h"

struct wish {
    bool retains, keeps, audit_stated;
};

static void begin(struct shop *shop, struct wish wish, struct audit *audit)
{
    const struct store_options options = {
        .directory = shop->folder, .name = "test", .when_needed = true};
    struct error error;
    shop_plan(shop);
    shop_declare(shop, WORD("SPEED", 0, .retain = wish.retains));
    shop_keep(shop, "mixer", wish.keeps);
    plan_settings(shop->bed.plan)->audit_stated = wish.audit_stated;
    shop_image(shop);
    shop->store = store_open(&options, &error);
    if (!shop->store)
        fail_msg("%s", error.text);
    store_load_keeps(shop->store, shop->keeps);
    store_load_image(shop->store, shop->bed.image, 1);
    assert_true(store_attach(shop->store, shop->bed.image, audit, &error));
}

/* What a program does anyway: it is proven, and something is told to the audit log. */
static void live(struct shop *shop, struct audit *audit)
{
    store_settle(shop->store, &(struct source){.path = "a.lua", .text = "text", .length = 4}, 1);
    audit_note(audit, AUDIT_START, NULL, "test");
    shop_round(shop);
    store_round(shop->store, shop->now, true);
}

static void expect_files(struct shop *shop, struct wish wish, bool state, bool log)
{
    struct error error;
    struct audit *audit = audit_create(&error);
    begin(shop, wish, audit);
    live(shop, audit);
    assert_int_equal(shop_has(shop, "test.state"), state);
    assert_int_equal(shop_has(shop, "test.audit"), log);
    assert_string_equal(store_status(shop->store).path, state ? shop->path : "");
    assert_true(store_status(shop->store).works);
    shop_close(shop);
    audit_destroy(audit);
}

static void nothing_is_made_where_nothing_is_retained(void **state)
{
    expect_files(*state, (struct wish){.retains = false}, false, false);
}

static void a_retained_variable_needs_a_file(void **state)
{
    expect_files(*state, (struct wish){.retains = true}, true, true);
}

static void a_retained_keep_needs_a_file(void **state)
{
    expect_files(*state, (struct wish){.keeps = true}, true, true);
}

static void a_script_may_ask_for_the_log_alone(void **state)
{
    expect_files(*state, (struct wish){.audit_stated = true}, false, true);
}

static void a_file_that_is_there_is_used(void **state)
{
    struct shop *shop = *state;
    size_t count;
    expect_files(shop, (struct wish){.retains = true}, true, true);
    expect_files(shop, (struct wish){.retains = false}, true, true);
    begin(shop, (struct wish){.retains = false}, NULL);
    struct source *sources = store_proven(shop->store, &count);
    assert_int_equal(count, 1);
    assert_string_equal(sources[0].text, "text");
    free(sources);
    shop_close(shop);
}

static void expect_in_log(const struct shop *shop, const char *what)
{
    char path[128], text[4096] = "";
    snprintf(path, sizeof path, "%s/test.audit", shop->folder);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    assert_non_null(strstr(text, what));
}

static void a_force_that_persists_needs_a_file(void **state)
{
    struct shop *shop = *state;
    struct error error;
    char text[256];
    struct audit *audit = audit_create(&error);
    begin(shop, (struct wish){.retains = false}, audit);
    image_share(shop->bed.image, shop->keeps, audit);
    live(shop, audit);
    store_force(shop->store, 0, false);
    assert_int_equal(store_round(shop->store, shop->now, true), INT64_MAX);
    assert_false(shop_has(shop, "test.state"));
    assert_true(store_need(shop->store, &error));
    image_force(shop->bed.image, 0, WORDS(7), &(struct origin){.peer = "x"}, 1);
    store_round(shop->store, shop->now, false); /* which comes before main is through */
    store_force(shop->store, 0, true);
    shop_round(shop);
    expect_in_log(shop, "\"kind\": \"force\"");
    shop_close(shop);
    audit_destroy(audit);
    assert_string_equal(shop_query(shop, "SELECT path || value FROM force", text), "mem.SPEED7");
    assert_string_equal(shop_query(shop, "SELECT text FROM source", text), "text");
}

static void a_program_that_retains_may_come_later(void **state)
{
    struct shop *shop = *state;
    struct error error;
    struct shop next = *shop;
    begin(shop, (struct wish){.retains = false}, NULL);
    shop_round(shop);
    shop_plan(&next);
    shop_declare(&next, WORD("SPEED", 0, .retain = true));
    shop_image(&next);
    assert_true(store_prepare(shop->store, next.bed.image, &error));
    store_switch(shop->store);
    shop_round(shop);
    assert_true(shop_has(shop, "test.state"));
    assert_int_equal(shop_commits(shop), 1);
    shop_close(shop);
    shop_close(&next);
}

static void what_cannot_be_made_is_not_promised(void **state)
{
    struct shop *shop = *state;
    struct error error;
    const char *good = strdup(shop->folder);
    begin(shop, (struct wish){.retains = false}, NULL);
    snprintf(shop->store->directory, sizeof shop->store->directory, "%s/gone", good);
    assert_false(store_need(shop->store, &error));
    assert_non_null(strstr(error.text, "gone may not be written: No such file"));
    assert_false(store_status(shop->store).path[0]);
    shop_close(shop);
    free((void *)good);
}

static void the_end_of_none_is_accepted(void **state)
{
    (void)state;
    assert_true(store_close(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(nothing_is_made_where_nothing_is_retained),
        SHOP_TEST(a_retained_variable_needs_a_file),
        SHOP_TEST(a_retained_keep_needs_a_file),
        SHOP_TEST(a_script_may_ask_for_the_log_alone),
        SHOP_TEST(a_file_that_is_there_is_used),
        SHOP_TEST(a_force_that_persists_needs_a_file),
        SHOP_TEST(a_program_that_retains_may_come_later),
        SHOP_TEST(what_cannot_be_made_is_not_promised),
        SHOP_TEST(the_end_of_none_is_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

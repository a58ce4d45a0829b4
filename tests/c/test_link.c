/* Proves that links' rows are counted here, look the same to everyone, and stand still while a scan
 * runs. (Waking is proved by test_outbox.c.) */

#include "image/view_inside.h"
#include "mirror_bed.h"

static int setup(void **state)
{
    bed_init(state);
    struct bed *bed = *state;
    struct error error;
    struct server_spec server = {.where = "t.lua:1", .name = "tcp", .bind = "::1", .port = 1502};
    bed_declare(bed, WORD("A", 0, .memory = mirror_memory(bed, "plc")));
    bed_declare(bed, WORD("OURS", 0));
    assert_true(plan_server(bed->plan, &server, &error) >= 0);
    bed_ready(bed);
    return 0;
}

static void clients_come_before_servers(void **state)
{
    struct bed *bed = *state;
    assert_int_equal(link_count(bed->plan), 2);
    assert_string_equal(link_name(bed->plan, 0), "plc");
    assert_string_equal(link_name(bed->plan, 1), "tcp");
    assert_false(link_look(bed->image, 1).online);
    assert_true(link_wanted(bed->image, 1));
}

static void what_is_published_is_seen_after_the_next_latch(void **state)
{
    struct bed *bed = *state;
    struct link_status status = {.online = true, .complete = true, .answered = 5, .conflicts = 2};
    link_publish(bed->image, 1, &status, false);
    assert_int_equal(link_look(bed->image, 1).answered, 5);
    assert_false(view_link(bed->view, 1)->online);
    view_latch(bed->view);
    const struct link_status *seen = view_link(bed->view, 1);
    assert_true(seen->online && seen->complete);
    assert_int_equal(seen->answered, 5);
    assert_int_equal(seen->conflicts, 2);
    assert_false(view_link(bed->view, 0)->online);
    status.online = false;
    link_publish(bed->image, 1, &status, false);
    assert_true(seen->online);
    view_latch(bed->view);
    assert_false(view_link(bed->view, 1)->online);
}

/* With every poll, so that it must not cost the latch anything. */
static void an_answer_alone_leaves_nothing_to_latch(void **state)
{
    struct bed *bed = *state;
    link_publish(bed->image, 0, &(struct link_status){.online = true, .answered = 5}, false);
    view_latch(bed->view);
    link_publish(bed->image, 0, &(struct link_status){.online = true, .answered = 6}, false);
    assert_int_equal(dirty_take(&bed->view->dirty), SIZE_MAX);
    assert_int_equal(view_link(bed->view, 0)->answered, 6);
    assert_int_equal(link_look(bed->image, 0).answered, 6);
    link_error(bed->image, 0, "no answer");
    assert_int_equal(view_link(bed->view, 0)->errors, 0);
    view_latch(bed->view);
    assert_int_equal(view_link(bed->view, 0)->errors, 1);
}

static void errors_are_counted_and_the_last_one_is_kept(void **state)
{
    struct bed *bed = *state;
    char text[LINK_ERROR_MAX], longer[2 * LINK_ERROR_MAX];
    assert_false(link_last_error(bed->image, 0, text));
    link_error(bed->image, 0, "no answer");
    assert_true(link_last_error(bed->image, 0, text));
    assert_string_equal(text, "no answer");
    link_publish(bed->image, 0, &(struct link_status){.errors = 99}, false);
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    link_error(bed->image, 0, longer);
    assert_true(link_last_error(bed->image, 0, text));
    assert_int_equal(strlen(text), LINK_ERROR_MAX - 1);
    view_latch(bed->view);
    assert_int_equal(view_link(bed->view, 0)->errors, 2);
    assert_false(link_last_error(bed->image, 1, text));
}

static void a_return_is_news_like_a_write(void **state)
{
    struct bed *bed = *state;
    struct link_status status = {.online = true, .reconnected = 99};
    link_publish(bed->image, 0, &status, false);
    assert_int_equal(view_latch(bed->view), 0);
    assert_int_equal(view_link(bed->view, 0)->reconnected, 0);
    bed_put(bed, 0, 3);
    link_publish(bed->image, 0, &status, true);
    assert_int_equal(view_latch(bed->view), 2);
    assert_int_equal(view_link(bed->view, 0)->reconnected, 2);
    link_publish(bed->image, 0, &status, false);
    view_latch(bed->view);
    assert_int_equal(view_link(bed->view, 0)->reconnected, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, bed_finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(clients_come_before_servers),
        TEST(what_is_published_is_seen_after_the_next_latch),
        TEST(an_answer_alone_leaves_nothing_to_latch),
        TEST(errors_are_counted_and_the_last_one_is_kept),
        TEST(a_return_is_news_like_a_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

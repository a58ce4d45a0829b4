/* Proves that what is known of values goes along with them where its source does: quality, what
 * waits to be sent, links; that masters are answered accordingly, and that nothing waits for ever.
 */

#include "adopt_bed.h"

/* ---- quality ---- */

static void quality_goes_along_where_its_source_does(void **state)
{
    struct pair *pair = *state;
    pair_plc(pair);
    pair_declare(pair, WORD("READ", 0, PLC()));
    pair_declare(pair, WORD("NOT_YET", 1, PLC()));
    bed_declare(pair->from, WORD("MOVED", 2, PLC()));
    bed_declare(pair->to, WORD("MOVED", 3, PLC()));
    bed_declare(pair->from, WORD("LIMITED", 4, PLC()));
    bed_declare(pair->to, WORD("LIMITED", 4, PLC(RANGE(0, 5))));
    pair_declare(pair, WORD("MASTERS", 0, .direction = DIRECTION_IN));
    bed_declare(pair->from, WORD("TURNS", 1, .direction = DIRECTION_IN));
    bed_declare(pair->to, WORD("TURNS", 1));
    pair_ready(pair);
    pair_online(pair->from, 0, true);
    pair_poll(pair->from, 0, "READ", 11);
    pair_poll(pair->from, 0, "MOVED", 12);
    pair_poll(pair->from, 0, "LIMITED", 13);
    pair_set(pair->from, "MASTERS", 1);
    pair_adopt(pair, 5000);
    assert_int_equal(bed_mark(pair->to, "READ")->quality, QUALITY_GOOD);
    assert_int_equal(bed_value(pair->to, "READ"), 11);
    assert_int_equal(view_time(pair->to->view, bed_point(pair->to, "READ")), BED_NOW + 1);
    assert_int_equal(bed_mark(pair->to, "NOT_YET")->quality, QUALITY_NEVER);
    assert_int_equal(bed_mark(pair->to, "MOVED")->quality, QUALITY_NEVER);
    assert_int_equal(bed_value(pair->to, "MOVED"), 0);
    assert_int_equal(bed_mark(pair->to, "LIMITED")->quality, QUALITY_RANGE); /* the device has it */
    assert_int_equal(bed_value(pair->to, "LIMITED"), 13);
    assert_int_equal(bed_mark(pair->to, "MASTERS")->quality, QUALITY_GOOD);
    assert_int_equal(bed_mark(pair->to, "TURNS")->quality, QUALITY_GOOD); /* the program's own */
    assert_int_equal(pair->refused_count, 0);
}

static enum exception read_plc(struct bed *bed, uint16_t count)
{
    uint16_t words[8];
    struct request request = {.memory = 1, .read = {TABLE_HOLDING, 0, count, words}};
    return image_request(bed->image, &request, BED_NOW);
}

/* A master is answered 0B exactly where a value is old, in the new image as in the old one. */
static void gates_are_counted_right(void **state)
{
    struct pair *pair = *state;
    pair_plc(pair);
    pair_declare(pair, WORD("A", 0, PLC()));
    pair_declare(pair, WORD("B", 1, PLC()));
    bed_declare(pair->to, WORD("C", 2, PLC()));
    pair_ready(pair);
    pair_online(pair->from, 0, true);
    pair_poll(pair->from, 0, "A", 1);
    pair_poll(pair->from, 0, "B", 2);
    assert_int_equal(read_plc(pair->from, 2), EXCEPTION_NONE);
    pair_adopt(pair, 5000);
    assert_int_equal(read_plc(pair->to, 2), EXCEPTION_NONE);
    assert_int_equal(read_plc(pair->to, 3), EXCEPTION_GATEWAY_TARGET);
    pair_poll(pair->to, 0, "C", 3);
    assert_int_equal(read_plc(pair->to, 3), EXCEPTION_NONE);
    pair_turn(pair);
    pair_adopt(pair, 6000);
    assert_int_equal(read_plc(pair->to, 2), EXCEPTION_NONE);
}

static void what_nobody_feeds_any_more_is_not_stale_for_ever(void **state)
{
    struct pair *pair = *state;
    bed_plc(pair->from);
    bed_memory(pair->to, (struct memory){.name = "plc"});
    pair_declare(pair, WORD("A", 0, .memory = 1));
    pair_ready(pair);
    assert_int_equal(bed_mark(pair->from, "A")->quality, QUALITY_NEVER);
    pair_adopt(pair, 5000);
    assert_int_equal(bed_mark(pair->to, "A")->quality, QUALITY_GOOD);
    assert_int_equal(read_plc(pair->to, 1), EXCEPTION_NONE);
}

/* Back in an image that was at work before: nobody has read meanwhile what only it has. */
static void what_was_not_read_meanwhile_is_stale(void **state)
{
    struct pair *pair = *state;
    pair_plc(pair);
    pair_declare(pair, WORD("BOTH", 0, PLC()));
    bed_declare(pair->from, WORD("ONLY", 1, PLC()));
    pair_ready(pair);
    pair_online(pair->from, 0, true);
    pair_poll(pair->from, 0, "BOTH", 1);
    pair_poll(pair->from, 0, "ONLY", 2);
    pair_adopt(pair, 5000);
    pair_turn(pair);
    pair_adopt(pair, 6000);
    assert_int_equal(bed_mark(pair->to, "BOTH")->quality, QUALITY_GOOD);
    assert_int_equal(bed_mark(pair->to, "ONLY")->quality, QUALITY_STALE);
    assert_int_equal(bed_value(pair->to, "ONLY"), 2);
    assert_int_equal(read_plc(pair->to, 2), EXCEPTION_GATEWAY_TARGET);
}

/* ---- links and what waits to be sent ---- */

static size_t collect(struct bed *bed, struct mirror_change *changes, uint16_t *cells)
{
    return mirror_collect(bed->image, 0, changes, 16, cells);
}

static uint32_t group_of(struct bed *bed, const char *name)
{
    return bed->plan->points[bed_point(bed, name)].group;
}

static void what_waits_to_be_sent_still_waits(void **state)
{
    struct pair *pair = *state;
    struct mirror_change changes[16];
    uint16_t cells[64];
    pair_plc(pair);
    pair_declare(pair, WORD("A", 0, PLC()));
    pair_declare(pair, WORD("B", 1, PLC()));
    pair_declare(pair, WORD("C", 2, PLC()));
    bed_declare(pair->to, WORD("NEW", 9, PLC()));
    pair_ready(pair);
    pair_online(pair->from, 0, true);
    pair_set(pair->from, "C", 3);
    pair_set(pair->from, "A", 1);
    bed_assign(pair->to, "B", 7); /* its body: "B" is not new */
    bed_assign(pair->to, "NEW", 8);
    bed_publish(pair->to);
    pair_adopt(pair, 5000);
    assert_int_equal(collect(pair->to, changes, cells), 3);
    assert_int_equal(changes[0].group, group_of(pair->to, "NEW"));
    assert_int_equal(changes[1].group, group_of(pair->to, "C"));
    assert_int_equal(changes[1].time, BED_NOW + 1);
    assert_int_equal(changes[2].group, group_of(pair->to, "A"));
    assert_int_equal(bed_mark(pair->to, "A")->delivery, DELIVERY_PENDING);
    assert_int_equal(bed_mark(pair->to, "B")->delivery, DELIVERY_NONE);
    assert_int_equal(bed_value(pair->to, "B"), 0);
    assert_int_equal(collect(pair->to, changes, cells), 0);
}

static void nothing_waits_where_nothing_did(void **state)
{
    struct pair *pair = *state;
    struct mirror_change changes[16];
    uint16_t cells[64];
    pair_plc(pair);
    pair_declare(pair, WORD("A", 0, PLC()));
    pair_ready(pair);
    bed_assign(pair->to, "A", 7);
    bed_publish(pair->to);
    pair_adopt(pair, 5000);
    assert_int_equal(collect(pair->to, changes, cells), 0);
    assert_int_equal(mirror_pending(pair->to->image, false, NULL, 0), 0);
}

/* Its group is another one, so that its client knows nothing of it: what was on its way goes again,
 * or the stop would wait for it for ever. */
static void a_write_on_its_way_survives_a_new_neighbour(void **state)
{
    struct pair *pair = *state;
    struct mirror_change changes[16];
    uint16_t cells[64];
    pair_plc(pair);
    pair_declare(pair, WORD("A", 0, PLC()));
    bed_declare(pair->to, BIT("BIT", 0, 3, PLC()));
    pair_ready(pair);
    pair_online(pair->from, 0, true);
    pair_set(pair->from, "A", 1);
    assert_int_equal(collect(pair->from, changes, cells), 1); /* now the old client has it */
    pair_adopt(pair, 5000);
    assert_int_equal(collect(pair->to, changes, cells), 1);
    assert_int_equal(changes[0].group, group_of(pair->to, "A"));
}

static void a_value_that_is_no_more_sent_does_not_wait(void **state)
{
    struct pair *pair = *state;
    pair_plc(pair);
    bed_declare(pair->from, WORD("A", 0, PLC()));
    bed_declare(pair->to, WORD("A", 0, PLC(.direction = DIRECTION_IN)));
    pair_ready(pair);
    pair_online(pair->from, 0, true);
    pair_set(pair->from, "A", 1);
    pair_adopt(pair, 5000);
    assert_int_equal(mirror_pending(pair->to->image, false, NULL, 0), 0);
    assert_int_equal(collect(pair->to, (struct mirror_change[16]){{0}}, (uint16_t[64]){0}), 0);
}

static void links_go_along_by_partner(void **state)
{
    struct pair *pair = *state;
    struct link_status good = {.online = true, .complete = true, .answered = 77, .conflicts = 3};
    char text[LINK_ERROR_MAX];
    pair_plc(pair);
    pair_declare(pair, WORD("A", 0, PLC()));
    pair_ready(pair);
    pair_poll(pair->from, 0, "A", 1);
    link_error(pair->from->image, 0, "no answer");
    link_publish(pair->from->image, 0, &good, true);
    link_want(pair->from->image, 0, false);
    pair_adopt(pair, 5000);
    struct link_status status = link_look(pair->to->image, 0);
    assert_true(status.online && status.complete);
    assert_int_equal(status.answered, 77);
    assert_int_equal(status.errors, 1);
    assert_int_equal(status.conflicts, 3);
    assert_int_equal(status.reconnected, 2);
    assert_true(link_last_error(pair->to->image, 0, text));
    assert_string_equal(text, "no answer");
    assert_false(link_wanted(pair->to->image, 0));
    assert_true(view_link(pair->to->view, 0)->online);
}

/* Tasks that need the device wait until what is new was read. */
static void a_link_is_not_complete_with_something_new(void **state)
{
    struct pair *pair = *state;
    struct link_status good = {.online = true, .complete = true};
    pair_plc(pair);
    pair_declare(pair, WORD("A", 0, PLC()));
    bed_declare(pair->to, WORD("NEW", 1, PLC()));
    pair_ready(pair);
    pair_poll(pair->from, 0, "A", 1);
    link_publish(pair->from->image, 0, &good, false);
    pair_adopt(pair, 5000);
    assert_true(link_look(pair->to->image, 0).online);
    assert_false(link_look(pair->to->image, 0).complete);
}

static void a_link_that_is_opened_anew_is_not_online(void **state)
{
    struct pair *pair = *state;
    bed_plc(pair->from);
    bed_memory(pair->to, (struct memory){.name = "plc"});
    pair_declare(pair, WORD("A", 0, .memory = 1));
    pair_ready(pair);
    pair_online(pair->from, 0, true);
    pair_poll(pair->from, 0, "A", 1);
    pair_adopt(pair, 5000);
    pair_turn(pair);
    pair_adopt(pair, 6000);
    assert_false(link_look(pair->to->image, 0).online);
    assert_int_equal(bed_mark(pair->to, "A")->quality, QUALITY_STALE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAIR_TEST(quality_goes_along_where_its_source_does),
        PAIR_TEST(gates_are_counted_right),
        PAIR_TEST(what_nobody_feeds_any_more_is_not_stale_for_ever),
        PAIR_TEST(what_was_not_read_meanwhile_is_stale),
        PAIR_TEST(what_waits_to_be_sent_still_waits),
        PAIR_TEST(nothing_waits_where_nothing_did),
        PAIR_TEST(a_write_on_its_way_survives_a_new_neighbour),
        PAIR_TEST(a_value_that_is_no_more_sent_does_not_wait),
        PAIR_TEST(links_go_along_by_partner),
        PAIR_TEST(a_link_is_not_complete_with_something_new),
        PAIR_TEST(a_link_that_is_opened_anew_is_not_online),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

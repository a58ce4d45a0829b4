/* Proves the truth table's lines (DESIGN.md, "What happens to a value") about what comes from a
 * device and what goes to it while all is well, over the whole path: scan, image, client, device.
 * Each test is a row or a part of one. */

#include "truth_bed.h"

/* cold start: a default is nobody's write, so the device's value stays; what the body assigns is
 * one, so it goes out; the first scan sees both and calls neither written. */
static void cold_start(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("DEFAULTED", 0, DEFAULT(4)));
    bed_declare(t->bed, WORD("ASSIGNED", 1, DEFAULT(4)));
    device_put(t->device, TABLE_HOLDING, 0, WORDS(50, 51), 2);
    truth_body(t, 1, 7);
    truth_begin(t);
    assert_int_equal(truth_value(t, "DEFAULTED"), 4);
    assert_int_equal(truth_value(t, "ASSIGNED"), 7);
    assert_false(truth_written(t, "DEFAULTED") || truth_written(t, "ASSIGNED"));
    client_bed_connect(t->cb);
    truth_run(t, 50 * MS);
    assert_int_equal(t->device->writes, 1);
    assert_int_equal(truth_held(t, 0), 50);
    assert_int_equal(truth_held(t, 1), 7);
    assert_int_equal(truth_value(t, "DEFAULTED"), 50);
}

/* cold start: the body's assignment is one even where it equals the default. */
static void cold_start_the_body_says_the_default(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("A", 0, DEFAULT(4)));
    device_set(t->device, 0, 50);
    truth_body(t, 0, 4);
    truth_begin(t);
    client_bed_connect(t->cb);
    truth_run(t, 50 * MS);
    assert_int_equal(truth_held(t, 0), 4);
}

/* first good poll, "in": the device's value, whatever the default is. */
static void first_good_poll_in(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("A", 0, DEFAULT(4), .direction = DIRECTION_IN));
    device_set(t->device, 0, 50);
    truth_begin(t);
    assert_int_equal(truth_mark(t, "A")->quality, QUALITY_NEVER);
    client_bed_connect(t->cb);
    truth_run(t, 50 * MS);
    assert_int_equal(truth_value(t, "A"), 50);
    assert_int_equal(truth_mark(t, "A")->quality, QUALITY_GOOD);
    assert_int_equal(t->device->writes, 0);
}

/* first good poll, "inout": the device's value, unless a script or a master wrote it since start; a
 * `set` is refused until the device is there, a master's write reaches it with `stale = "serve"`.
 */
static void first_good_poll_inout(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("NOT", 0, DEFAULT(4)));
    bed_declare(t->bed, WORD("SCRIPT", 1));
    bed_declare(t->bed, WORD("MASTER", 2));
    device_put(t->device, TABLE_HOLDING, 0, WORDS(50, 51, 52), 3);
    truth_begin(t);
    SCAN(t, SET("SCRIPT", 7));
    uint32_t master = bed_point(t->bed, "MASTER");
    assert_int_equal(image_set(t->bed->image, master, WORDS(9), NULL, t->cb->now),
                     EXCEPTION_GATEWAY_TARGET);
    struct request request = {.memory = bed_find(t->bed, "MASTER")->memory,
                              .serve_stale = true,
                              .write = {TABLE_HOLDING, 2, 1, WORDS(8), false}};
    assert_int_equal(image_request(t->bed->image, &request, t->cb->now), EXCEPTION_NONE);
    client_bed_connect(t->cb);
    truth_run(t, 50 * MS);
    assert_int_equal(truth_value(t, "NOT"), 50);
    assert_int_equal(truth_held(t, 0), 50);
    assert_int_equal(truth_held(t, 1), 7);
    assert_int_equal(truth_held(t, 2), 8);
    assert_int_equal(truth_value(t, "SCRIPT"), 7);
}

/* first good poll: `wins = "program"` sends an "inout" that nobody assigned. */
static void first_good_poll_program_wins(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("A", 0, DEFAULT(4), .wins = WINNER_PROGRAM));
    device_set(t->device, 0, 50);
    truth_begin(t);
    client_bed_connect(t->cb);
    truth_run(t, 50 * MS);
    assert_int_equal(truth_held(t, 0), 4);
    assert_int_equal(truth_value(t, "A"), 4);
}

/* first good poll, "out": ours is sent, assigned or not; not where the device has it already. */
static void first_good_poll_out(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("OTHER", 0, DEFAULT(4), .direction = DIRECTION_OUT));
    bed_declare(t->bed, WORD("SAME", 1, DEFAULT(5), .direction = DIRECTION_OUT));
    device_put(t->device, TABLE_HOLDING, 0, WORDS(50, 5), 2);
    truth_begin(t);
    client_bed_connect(t->cb);
    truth_run(t, 50 * MS);
    assert_int_equal(truth_held(t, 0), 4);
    assert_int_equal(t->device->writes, 1);
}

/* nothing is written before the first good answer, which alone lets what is never polled go. */
static void first_good_poll_comes_first(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("A", 0));
    bed_declare(t->bed, WORD("SEND", 9, .unpolled = true, .direction = DIRECTION_OUT));
    bed_declare(t->bed, WORD("SAID", 12, .unpolled = true));
    bed_declare(t->bed, WORD("UNSAID", 14, .unpolled = true, DEFAULT(6)));
    t->device->lose_answers = 1;
    device_set(t->device, 14, 66);
    truth_begin(t);
    client_bed_connect(t->cb);
    SCAN(t, SET("A", 1), SET("SEND", 2), SET("SAID", 3));
    truth_run(t, 900 * MS);
    assert_true(t->device->carried_out > 0);
    assert_int_equal(t->device->writes, 0);
    truth_run(t, 200 * MS);
    assert_int_equal(truth_held(t, 0), 1);
    assert_int_equal(truth_held(t, 9), 2);
    assert_int_equal(truth_held(t, 12), 3);
    assert_int_equal(truth_held(t, 14), 66);
}

/* script assigns: the last value of a scan counts, and only that is sent. */
static void script_assigns_the_last_value(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("A", 0));
    truth_online(t);
    SCAN(t, SET("A", 1), SET("A", 2));
    truth_run(t, 50 * MS);
    assert_int_equal(truth_held(t, 0), 2);
    assert_int_equal(t->device->writes, 1);
}

/* script assigns: what it was, or something else and back again, is no write on the wire. */
static void script_assigns_what_it_was(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("A", 0));
    bed_declare(t->bed, WORD("OUT", 1, .direction = DIRECTION_OUT));
    device_set(t->device, 0, 5);
    truth_online(t);
    SCAN(t, SET("A", 5), SET("OUT", 0));
    truth_run(t, 50 * MS);
    SCAN(t, SET("A", 6), SET("OUT", 9), SET("A", 5), SET("OUT", 0));
    truth_run(t, 300 * MS);
    assert_int_equal(t->device->writes, 0);
}

/* end of the scan: bits go under their mask, and each element of an array by itself: what the
 * device changed beside them meanwhile stays. */
static void end_of_scan_only_what_was_written(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("ARRAY", 0, .count = 3));
    bed_declare(t->bed, BIT("BIT3", 8, 3));
    bed_declare(t->bed, BYTE("BYTE", 9, 8));
    truth_online(t);
    device_set(t->device, 0, 60);
    device_set(t->device, 2, 62);
    device_set(t->device, 8, 0xFF00);
    device_set(t->device, 9, 0x00AA);
    SCAN(t, ELEMENT("ARRAY", 7, 1), SET("BIT3", 8), SET("BYTE", 0x7700));
    truth_run(t, 20 * MS);
    assert_int_equal(t->device->writes, 3);
    truth_note(t, 0, 6, 1, 1);
    truth_note(t, 1, 22, 8, 1);
    truth_note(t, 2, 22, 9, 1);
    truth_run(t, 200 * MS);
    assert_int_equal(truth_held(t, 0), 60);
    assert_int_equal(truth_held(t, 1), 7);
    assert_int_equal(truth_held(t, 8), 0xFF08);
    assert_int_equal(truth_held(t, 9), 0x77AA);
    assert_int_equal(truth_value(t, "ARRAY"), 60);
}

/* The device changes register 0, and a poll brings it between latch and publish. */
static void the_device_changes(struct truth *t)
{
    device_set(t->device, 0, 5);
    client_bed_run(t->cb, 110 * MS);
}

/* … so it neither counts as a conflict nor takes back what the device brings meanwhile. */
static void script_assigns_what_it_was_is_no_rival(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("A", 0));
    bed_declare(t->bed, WORD("OURS", 1, .wins = WINNER_PROGRAM));
    truth_online(t);
    t->meanwhile = the_device_changes;
    device_set(t->device, 1, 6);
    SCAN(t, SET("A", 0), SET("OURS", 0));
    assert_int_equal(image_conflicts(t->bed->image), 0);
    truth_run(t, 200 * MS);
    assert_int_equal(truth_value(t, "A"), 5);
    assert_int_equal(truth_value(t, "OURS"), 6);
    assert_int_equal(t->device->writes, 0);
}

/* remote wrote the same variable during the scan, "inout": the remote value stays, the script sees
 * it in its next scan as written, and the conflict is counted. */
static void remote_wrote_during_the_scan(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("A", 0));
    truth_online(t);
    t->meanwhile = the_device_changes;
    SCAN(t, SET("A", 1));
    assert_int_equal(image_conflicts(t->bed->image), 1);
    assert_int_equal(truth_value(t, "A"), 5);
    assert_true(truth_written(t, "A"));
    truth_run(t, 300 * MS);
    assert_int_equal(truth_held(t, 0), 5);
    assert_int_equal(t->device->writes, 0);
}

/* the same with `wins = "program"`: ours stays, goes out, and nothing is counted. */
static void remote_wrote_during_the_scan_program_wins(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("A", 0, .wins = WINNER_PROGRAM));
    truth_online(t);
    t->meanwhile = the_device_changes;
    SCAN(t, SET("A", 1));
    assert_int_equal(image_conflicts(t->bed->image), 0);
    truth_run(t, 300 * MS);
    assert_int_equal(truth_value(t, "A"), 1);
    assert_int_equal(truth_held(t, 0), 1);
}

/* the same for an "out": the script's value. */
static void remote_wrote_during_the_scan_out(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("A", 0, .direction = DIRECTION_OUT));
    truth_online(t);
    t->meanwhile = the_device_changes;
    SCAN(t, SET("A", 1));
    truth_run(t, 300 * MS);
    assert_int_equal(truth_value(t, "A"), 1);
    assert_int_equal(truth_held(t, 0), 1);
    assert_int_equal(image_conflicts(t->bed->image), 0);
}

/* Ours is published while a write of another variable is under way, so that it waits and the poll
 * that comes between two writes finds both sides changed. */
static void change_both_sides(struct truth *t)
{
    truth_run(t, 35 * MS); /* so that a poll is due while the first write is under way */
    t->device->latency = 20 * MS;
    device_set(t->device, 0, 5);
    SCAN(t, SET("B", 1));
    client_bed_run(t->cb, 2 * MS);
    SCAN(t, SET("A", 1));
}

/* client merge, both changed: the device's value stays in an "inout" and the link counts it … */
static void merge_both_changed(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("A", 0));
    bed_declare(t->bed, WORD("B", 3));
    truth_online(t);
    change_both_sides(t);
    truth_run(t, 400 * MS);
    assert_int_equal(truth_value(t, "A"), 5);
    assert_int_equal(truth_held(t, 0), 5);
    assert_int_equal(client_bed_status(t->cb).conflicts, 1);
    truth_state(t, "A", DELIVERY_REFUSED, 0);
}

/* … unless the program wins. */
static void merge_both_changed_program_wins(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("A", 0, .wins = WINNER_PROGRAM));
    bed_declare(t->bed, WORD("B", 3));
    truth_online(t);
    change_both_sides(t);
    truth_run(t, 400 * MS);
    assert_int_equal(truth_held(t, 0), 1);
    assert_int_equal(client_bed_status(t->cb).conflicts, 0);
}

/* client merge, an "out" that the device changed: ours again. */
static void merge_out_is_ours(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("OUT", 0, .direction = DIRECTION_OUT));
    truth_online(t);
    device_set(t->device, 0, 9);
    truth_run(t, 200 * MS);
    assert_int_equal(truth_held(t, 0), 0);
    assert_int_equal(truth_value(t, "OUT"), 0);
}

/* client merge by variable, never by word: of two bits in one register each side changes one, and
 * both changes stay. */
static void merge_is_by_variable(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, BIT("OURS", 8, 0));
    bed_declare(t->bed, BIT("THEIRS", 8, 1));
    truth_online(t);
    device_set(t->device, 8, 2);
    SCAN(t, SET("OURS", 1));
    truth_run(t, 300 * MS);
    assert_int_equal(truth_held(t, 8), 3);
    assert_int_equal(truth_value(t, "OURS"), 1);
    assert_int_equal(truth_value(t, "THEIRS"), 2);
    assert_int_equal(client_bed_status(t->cb).conflicts, 0);
}

/* a poll counts only if it was sent after the last write was answered: one that was overtaken by a
 * write brings the old value late, and the script never sees it. */
static void merge_an_earlier_poll_does_not_count(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("A", 0));
    t->cb->spec.depth = 2;
    truth_online(t);
    t->device->unordered = true;
    t->device->latency = 80 * MS;
    while (t->cb->wire_count == 0)
        truth_run(t, MS);
    t->device->latency = 2 * MS; /* of what follows */
    SCAN(t, SET("A", 7));
    for (int i = 0; i < 20; i++)
        assert_int_equal(truth_value(t, "A"), 7);
    assert_int_equal(truth_held(t, 0), 7);
    assert_int_equal(t->device->writes, 1);
}

/* a newer write replaces a queued one: values that the script has left behind are not sent. */
static void merge_a_newer_write_replaces(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("A", 0));
    bed_declare(t->bed, WORD("B", 3));
    truth_online(t);
    t->device->latency = 35 * MS;
    SCAN(t, SET("B", 9)); /* is under way while … */
    client_bed_run(t->cb, 0);
    SCAN(t, SET("A", 1)); /* … these wait */
    SCAN(t, SET("A", 2));
    truth_run(t, 400 * MS);
    assert_int_equal(t->device->writes, 2);
    assert_int_equal(truth_held(t, 0), 2);
    SCAN(t, SET("A", 3)); /* one that is under way is followed */
    truth_run(t, 10 * MS);
    SCAN(t, SET("A", 4));
    truth_run(t, 400 * MS);
    assert_int_equal(t->device->writes, 4);
    assert_int_equal(truth_held(t, 0), 4);
}

/* overlapping variables move as one group: writing the half writes the whole. */
static void merge_overlapping_variables_move_as_one(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WIDE("LARGE", 16));
    bed_declare(t->bed, WORD("HALF", 17));
    truth_online(t);
    SCAN(t, SET("HALF", 7));
    truth_run(t, 200 * MS);
    assert_int_equal(t->device->writes, 1);
    truth_note(t, 0, 16, 16, 2);
    assert_int_equal(truth_held(t, 17), 7);
    device_put(t->device, TABLE_HOLDING, 16, WORDS(1, 2), 2);
    truth_run(t, 200 * MS);
    assert_int_equal(truth_value(t, "HALF"), 2);
    assert_int_equal(truth_value(t, "LARGE"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TRUTH_TEST(cold_start),
        TRUTH_TEST(cold_start_the_body_says_the_default),
        TRUTH_TEST(first_good_poll_in),
        TRUTH_TEST(first_good_poll_inout),
        TRUTH_TEST(first_good_poll_program_wins),
        TRUTH_TEST(first_good_poll_out),
        TRUTH_TEST(first_good_poll_comes_first),
        TRUTH_TEST(script_assigns_the_last_value),
        TRUTH_TEST(script_assigns_what_it_was),
        TRUTH_TEST(end_of_scan_only_what_was_written),
        TRUTH_TEST(script_assigns_what_it_was_is_no_rival),
        TRUTH_TEST(remote_wrote_during_the_scan),
        TRUTH_TEST(remote_wrote_during_the_scan_program_wins),
        TRUTH_TEST(remote_wrote_during_the_scan_out),
        TRUTH_TEST(merge_both_changed),
        TRUTH_TEST(merge_both_changed_program_wins),
        TRUTH_TEST(merge_out_is_ours),
        TRUTH_TEST(merge_is_by_variable),
        TRUTH_TEST(merge_an_earlier_poll_does_not_count),
        TRUTH_TEST(merge_a_newer_write_replaces),
        TRUTH_TEST(merge_overlapping_variables_move_as_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Proves that a client of the next program goes on where the one before stood: nothing is sent or
 * asked twice where nothing changed, nothing that waited is lost and its order stays, what was
 * under way is in doubt, what the device was found not to do or have is remembered, nobody is told
 * anything again. */

#include "inherit_bed.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static void expect_write(struct client_bed *cb, unsigned index, uint16_t address, uint16_t count)
{
    assert_true(index < cb->device.writes);
    assert_int_equal(cb->device.notes[index].address, address);
    assert_int_equal(cb->device.notes[index].count, count);
}

/* ---- nothing changed ---- */

static void nothing_is_sent_or_asked_that_was_not_due(void **state)
{
    struct client_bed *cb = *state;
    client_bed_run(cb, 20 * MS); /* nothing is under way */
    unsigned before = cb->device.carried_out;
    client_bed_run(cb, 1 * SECOND);
    unsigned control = cb->device.carried_out - before;
    before = cb->device.carried_out;
    for (int i = 0; i < 20; i++) {
        client_bed_run(cb, 50 * MS);
        inherit_reload(cb);
        assert_int_equal(client_bed_status(cb).online, true);
        assert_int_equal(client_bed_status(cb).complete, true);
        assert_int_equal(script_mark(cb, "A")->quality, QUALITY_GOOD);
        assert_int_equal(script_read(cb, "B"), 11);
    }
    assert_int_equal(cb->device.carried_out - before, control);
    assert_int_equal(cb->device.writes, 0);
}

static void errors_and_conflicts_go_on(void **state)
{
    struct client_bed *cb = *state;
    cb->device.lose_requests = 1;
    client_bed_run(cb, 1200 * MS);
    struct link_status before = client_bed_status(cb);
    assert_true(before.errors > 0);
    inherit_reload(cb);
    struct link_status after = client_bed_status(cb);
    assert_int_equal(after.errors, before.errors);
    assert_int_equal(after.answered, before.answered);
    assert_int_equal(after.reconnected, before.reconnected);
}

/* ---- what waits ---- */

static void what_waits_keeps_its_order(void **state)
{
    struct client_bed *cb = *state;
    client_bed_disconnect(cb, "gone");
    script_write(cb, "C", 3);
    client_bed_run(cb, 10 * MS); /* collected */
    script_write(cb, "A", 1);
    client_bed_run(cb, 10 * MS);
    script_write(cb, "OUT", 6); /* not collected yet */
    inherit_reload(cb);
    assert_int_equal(script_mark(cb, "A")->delivery, DELIVERY_PENDING);
    assert_int_equal(script_mark(cb, "OUT")->delivery, DELIVERY_PENDING);
    assert_int_equal(script_mark(cb, "OUT")->quality, QUALITY_GOOD);
    client_bed_run(cb, 500 * MS);
    inherit_reload(cb);
    client_bed_connect(cb);
    client_bed_run(cb, 300 * MS);
    assert_int_equal(cb->device.writes, 3);
    expect_write(cb, 0, 2, 1);
    expect_write(cb, 1, 0, 1);
    expect_write(cb, 2, 6, 1);
    assert_int_equal(inherit_held(cb, 0), 1);
    assert_int_equal(script_mark(cb, "A")->delivery, DELIVERY_CONFIRMED);
}

static void what_waits_still_expires(void **state)
{
    struct client_bed *cb = *state;
    client_bed_disconnect(cb, "gone");
    script_write(cb, "A", 1);
    client_bed_run(cb, 3 * SECOND);
    inherit_reload(cb);
    client_bed_run(cb, 1900 * MS);
    assert_int_equal(script_mark(cb, "A")->delivery, DELIVERY_PENDING);
    inherit_reload(cb);
    client_bed_run(cb, 200 * MS);
    assert_int_equal(script_mark(cb, "A")->delivery, DELIVERY_EXPIRED);
    assert_int_equal(script_read(cb, "A"), 0);
}

/* The device carries it out, and its answer is nobody's: a poll in between must not undo it. */
static void a_write_under_way_is_in_doubt(void **state)
{
    struct client_bed *cb = *state;
    cb->device.latency = 20 * MS;
    script_write(cb, "A", 5);
    client_bed_run(cb, 2 * MS);
    assert_int_equal(cb->wire_count, 1);
    device_set(&cb->device, 0, 99);
    inherit_reload(cb);
    uint64_t errors = client_bed_status(cb).errors;
    client_bed_run(cb, 300 * MS);
    assert_int_equal(inherit_held(cb, 0), 5);
    assert_int_equal(script_read(cb, "A"), 5);
    assert_int_equal(cb->device.writes, 2);
    assert_int_equal(client_bed_status(cb).errors, errors);
    assert_int_equal(cb->dropped, 1);
}

static void what_was_refused_is_not_sent_again(void **state)
{
    struct client_bed *cb = *state;
    cb->device.refuse_low = cb->device.refuse_high = 6;
    cb->device.refuse_with = EXCEPTION_VALUE;
    cb->device.refuse_writes_only = true;
    script_write(cb, "OUT", 5);
    client_bed_run(cb, 300 * MS);
    assert_int_equal(cb->device.writes, 1);
    inherit_reload(cb);
    client_bed_run(cb, 1 * SECOND);
    assert_int_equal(cb->device.writes, 1);
    assert_int_equal(script_mark(cb, "OUT")->delivery, DELIVERY_REFUSED);
    assert_int_equal(script_mark(cb, "OUT")->reason, EXCEPTION_VALUE);
}

/* ---- what was learnt ---- */

static void the_abilities_are_remembered(void **state)
{
    struct client_bed *cb = *state;
    cb->device.no_mask = cb->device.no_one = true;
    script_write(cb, "BIT", 8);
    client_bed_run(cb, 300 * MS);
    assert_int_equal(inherit_held(cb, 12), 8);
    assert_int_equal(cb->device.functions[22], 1);
    assert_int_equal(cb->device.functions[6], 1);
    inherit_reload(cb);
    script_write(cb, "BIT", 0);
    client_bed_run(cb, 300 * MS);
    assert_int_equal(inherit_held(cb, 12), 0);
    assert_int_equal(cb->device.functions[22], 1);
    assert_int_equal(cb->device.functions[6], 1);
}

static void addresses_that_are_not_there_are_remembered(void **state)
{
    struct client_bed *cb = *state;
    cb->device.refuse_low = 4;
    cb->device.refuse_high = 5;
    cb->device.refuse_with = EXCEPTION_ADDRESS;
    client_bed_run(cb, 500 * MS);
    assert_int_equal(client_bed_status(cb).complete, true);
    uint64_t errors = client_bed_status(cb).errors;
    for (int i = 0; i < 5; i++) {
        struct takeover t = takeover_begin(cb);
        inherit_declare(&t.next);
        bed_declare(&t.next, WORD("MORE", (uint16_t)(20 + i)));
        takeover_end(&t);
        client_bed_run(cb, 500 * MS);
        assert_int_equal(client_bed_status(cb).complete, true);
    }
    assert_int_equal(client_bed_status(cb).errors, errors);
}

/* ---- what is said ---- */

struct ear {
    int file, stderr_copy;
    char text[4096];
};

static void listen_to(struct ear *ear)
{
    *ear = (struct ear){.file = memfd_create("ear", 0), .stderr_copy = dup(STDERR_FILENO)};
    dup2(ear->file, STDERR_FILENO);
}

static unsigned lines_heard(struct ear *ear)
{
    dup2(ear->stderr_copy, STDERR_FILENO);
    close(ear->stderr_copy);
    ssize_t length = pread(ear->file, ear->text, sizeof ear->text - 1, 0);
    close(ear->file);
    unsigned lines = 0;
    for (ssize_t i = 0; i < length; i++)
        lines += ear->text[i] == '\n';
    return lines;
}

static void a_loss_is_told_once(void **state)
{
    struct client_bed *cb = *state;
    struct ear ear;
    listen_to(&ear);
    client_bed_disconnect(cb, "connection refused");
    client_bed_run(cb, 1 * SECOND);
    inherit_reload(cb);
    client_bed_run(cb, 4 * SECOND);
    for (int i = 0; i < 5; i++) {
        inherit_reload(cb);
        assert_int_equal(script_mark(cb, "A")->quality, QUALITY_STALE);
        client_bed_run(cb, 5 * SECOND);
    }
    client_bed_connect(cb);
    client_bed_run(cb, 300 * MS);
    inherit_reload(cb);
    client_bed_run(cb, 300 * MS);
    assert_int_equal(lines_heard(&ear), 2);
    assert_non_null(strstr(ear.text, "connection refused, 7 variables of plc are stale"));
    assert_non_null(strstr(ear.text, "answers again after 3"));
}

static void a_silent_unit_is_probed_in_its_time(void **state)
{
    struct client_bed *cb = *state;
    struct ear ear;
    listen_to(&ear);
    cb->device.dead = true;
    client_bed_run(cb, 20 * SECOND);
    uint64_t before = client_bed_status(cb).errors;
    for (int i = 0; i < 10; i++) {
        inherit_reload(cb);
        assert_false(client_bed_status(cb).online);
        client_bed_run(cb, 100 * MS);
    }
    assert_true(client_bed_status(cb).errors - before <= 1);
    cb->device.dead = false;
    client_bed_run(cb, 31 * SECOND);
    assert_true(client_bed_status(cb).online);
    assert_int_equal(lines_heard(&ear), 2);
}

/* ---- another way to ask ---- */

static void a_new_period_holds_from_now_on(void **state)
{
    struct client_bed *cb = *state;
    client_bed_run(cb, 30 * MS);
    cb->spec.period = 10 * SECOND;
    inherit_reload(cb);
    unsigned before = cb->device.carried_out;
    client_bed_run(cb, 9 * SECOND);
    assert_int_equal(cb->device.carried_out - before, 1);
    cb->spec.period = 50 * MS;
    inherit_reload(cb);
    before = cb->device.carried_out;
    client_bed_run(cb, 990 * MS);
    assert_int_equal(cb->device.carried_out - before, 20);
}

static void a_stopped_link_stays_stopped(void **state)
{
    struct client_bed *cb = *state;
    link_want(cb->bed.image, 0, false);
    client_bed_run(cb, 100 * MS);
    unsigned before = cb->device.carried_out;
    inherit_reload(cb);
    client_bed_run(cb, 1 * SECOND);
    assert_int_equal(cb->device.carried_out, before);
    link_want(cb->bed.image, 0, true);
    client_bed_run(cb, 100 * MS);
    assert_true(cb->device.carried_out > before);
    assert_true(client_bed_status(cb).online);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, inherit_setup, client_bed_finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_sent_or_asked_that_was_not_due),
        TEST(errors_and_conflicts_go_on),
        TEST(what_waits_keeps_its_order),
        TEST(what_waits_still_expires),
        TEST(a_write_under_way_is_in_doubt),
        TEST(what_was_refused_is_not_sent_again),
        TEST(the_abilities_are_remembered),
        TEST(addresses_that_are_not_there_are_remembered),
        TEST(a_loss_is_told_once),
        TEST(a_silent_unit_is_probed_in_its_time),
        TEST(a_new_period_holds_from_now_on),
        TEST(a_stopped_link_stays_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

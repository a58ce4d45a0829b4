/* Proves what a person is told of a client: which device, which variable, what happened and what to
 * do, word for word; and that a device with many faults gets one line a second, which counts those
 * that were left out. stderr is a file in memory here. */

#include "client_bed.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

struct ear {
    int file, stderr_copy;
    char text[8192];
};

static struct ear listen_to(void)
{
    struct ear ear = {.file = memfd_create("ear", 0), .stderr_copy = dup(STDERR_FILENO)};
    assert_true(ear.file >= 0);
    dup2(ear.file, STDERR_FILENO);
    return ear;
}

static const char *heard(struct ear *ear)
{
    dup2(ear->stderr_copy, STDERR_FILENO);
    close(ear->stderr_copy);
    ssize_t length = pread(ear->file, ear->text, sizeof ear->text - 1, 0);
    close(ear->file);
    ear->text[length > 0 ? length : 0] = '\0';
    return ear->text;
}

static int setup(void **state)
{
    client_bed_init(state);
    struct client_bed *cb = *state;
    bed_declare(&cb->bed, WORD("A", 0, .path = "plc.A"));
    bed_declare(&cb->bed, WORD("B", 3, .path = "plc.B"));
    bed_declare(&cb->bed, WORD("OUT", 6, .path = "plc.OUT", .direction = DIRECTION_OUT));
    bed_declare(&cb->bed, WIDE("WIDE", 8, .path = "plc.WIDE"));
    bed_declare(&cb->bed, WORD("ARRAY", 12, .path = "plc.ARRAY", .count = 2));
    bed_declare(&cb->bed, WORD("SOON", 16, .path = "plc.SOON", .has_expire = true,
                               .expire = 800 * (int64_t)MS));
    client_bed_online(cb);
    return 0;
}

static void refuse(struct client_bed *cb, int low, int high)
{
    cb->device.refuse_low = low;
    cb->device.refuse_high = high;
    cb->device.refuse_with = EXCEPTION_VALUE;
    cb->device.refuse_writes_only = true;
}

static void a_lost_connection_and_its_return(void **state)
{
    struct client_bed *cb = *state;
    struct ear ear = listen_to();
    client_bed_disconnect(cb, "connection refused");
    client_bed_run(cb, 2000 * (int64_t)MS);
    client_bed_connect(cb);
    client_bed_run(cb, 50 * MS);
    assert_string_equal(heard(&ear),
                        "tank: 10.0.0.7:502 unit 1: connection refused, 6 variables of "
                        "plc are stale; trying again after 0.5 s, then up to 30 s apart\n"
                        "tank: 10.0.0.7:502 unit 1: answers again after 2.0 s\n");
}

/* A loss that is over before anything turned stale is nobody's concern. */
static void a_short_loss_is_not_told(void **state)
{
    struct client_bed *cb = *state;
    struct ear ear = listen_to();
    client_bed_disconnect(cb, "connection reset");
    client_bed_run(cb, 500 * MS);
    client_bed_connect(cb);
    client_bed_run(cb, 3000 * (int64_t)MS);
    assert_string_equal(heard(&ear), "");
}

static void a_silent_device(void **state)
{
    struct client_bed *cb = *state;
    struct ear ear = listen_to();
    cb->device.dead = true;
    client_bed_run(cb, 60000 * (int64_t)MS);
    const char *text = heard(&ear);
    assert_non_null(strstr(text, "tank: 10.0.0.7:502 unit 1: no answer for 2."));
    assert_non_null(strstr(text, " s, 6 variables of plc are stale; trying again after 0."));
    assert_ptr_equal(strchr(text, '\n') + 1, text + strlen(text)); /* once */
}

static void a_refused_write(void **state)
{
    struct client_bed *cb = *state;
    struct ear ear = listen_to();
    refuse(cb, 13, 13);
    view_latch(cb->bed.view);
    bed_assign_point(&cb->bed, bed_point(&cb->bed, "ARRAY") + 1, WORDS(7));
    view_publish(cb->bed.view, cb->now);
    client_bed_run(cb, 3000 * (int64_t)MS);
    assert_string_equal(heard(&ear), "tank: plc.ARRAY[2] = 7: 10.0.0.7:502 unit 1 refused the "
                                     "write: illegal data value (exception 03)\n");
}

static void write_all(struct client_bed *cb, uint16_t word)
{
    view_latch(cb->bed.view);
    bed_assign(&cb->bed, "A", word);
    bed_assign(&cb->bed, "B", word);
    bed_assign(&cb->bed, "OUT", word);
    view_publish(cb->bed.view, cb->now);
}

static void one_line_a_second(void **state)
{
    struct client_bed *cb = *state;
    struct ear ear = listen_to();
    refuse(cb, 0, 10);
    write_all(cb, 7);
    client_bed_run(cb, 500 * MS);
    write_all(cb, 8);
    client_bed_run(cb, 600 * MS);
    script_write(cb, "A", 9); /* named already in this minute */
    script_write(cb, "B", 9);
    client_bed_run(cb, 500 * MS);
    assert_string_equal(heard(&ear),
                        "tank: plc.A = 7: 10.0.0.7:502 unit 1 refused the write: illegal data "
                        "value (exception 03)\n"
                        "tank: plc.B = 9: 10.0.0.7:502 unit 1 refused the write: illegal data "
                        "value (exception 03) (4 lines before this one left out)\n");
}

/* A loss waits for its second, and is not lost behind a line about a value. */
static void a_loss_behind_another_line(void **state)
{
    struct client_bed *cb = *state;
    struct ear ear = listen_to();
    client_bed_disconnect(cb, "connection refused");
    script_write(cb, "SOON", 7);
    client_bed_run(cb, 4000 * (int64_t)MS);
    assert_string_equal(heard(&ear),
                        "tank: plc.SOON = 7: not delivered to 10.0.0.7:502 unit 1 in "
                        "time and given up\n"
                        "tank: 10.0.0.7:502 unit 1: connection refused, 6 variables of "
                        "plc are stale; trying again after 0.5 s, then up to 30 s apart\n");
}

static void a_value_that_cannot_be_written_whole(void **state)
{
    struct client_bed *cb = *state;
    struct ear ear = listen_to();
    cb->device.no_many = true;
    view_latch(cb->bed.view);
    bed_assign_point(&cb->bed, bed_point(&cb->bed, "WIDE"), WORDS(1, 1));
    view_publish(cb->bed.view, cb->now);
    client_bed_run(cb, 500 * MS);
    assert_string_equal(heard(&ear),
                        "tank: plc.WIDE takes 2 registers, and 10.0.0.7:502 unit 1 can write only "
                        "one at a time (exception 01): others would see it half written, so it is "
                        "not written\n");
}

static void a_write_that_was_given_up(void **state)
{
    struct client_bed *cb = *state;
    client_bed_disconnect(cb, "connection refused");
    client_bed_run(cb, 3000 * (int64_t)MS);
    struct ear ear = listen_to();
    script_write(cb, "A", 7);
    script_write(cb, "OUT", 7);
    client_bed_run(cb, 6000 * (int64_t)MS);
    assert_string_equal(heard(&ear),
                        "tank: plc.A = 7: not delivered to 10.0.0.7:502 unit 1 in time "
                        "and given up\n");
}

/* An output that the device keeps at another value: said once, with what would help. */
static void a_device_that_rounds(void **state)
{
    struct client_bed *cb = *state;
    struct ear ear = listen_to();
    script_write(cb, "OUT", 100);
    for (int i = 0; i < 500; i++) {
        device_set(&cb->device, 6, 97);
        client_bed_run(cb, 10 * MS);
    }
    assert_string_equal(heard(&ear),
                        "tank: plc.OUT: the device keeps 97 where 100 was written 3 times; "
                        "tolerance = 3.1 would accept it. It is written once a minute from here "
                        "on\n");
}

/* A register that the device does not have, found and said once. */
static void a_register_that_is_missing(void **state)
{
    struct client_bed *cb = *state;
    struct ear ear = listen_to();
    refuse(cb, 3, 3);
    cb->device.refuse_writes_only = false;
    cb->device.refuse_with = EXCEPTION_ADDRESS;
    client_bed_run(cb, 30000 * (int64_t)MS);
    assert_string_equal(heard(&ear),
                        "tank: plc.B: 10.0.0.7:502 unit 1 has no holding register 3 (exception "
                        "02)\n");
}

#define SAYS_TEST(name) cmocka_unit_test_setup_teardown(name, setup, client_bed_finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SAYS_TEST(a_lost_connection_and_its_return),
        SAYS_TEST(a_short_loss_is_not_told),
        SAYS_TEST(a_silent_device),
        SAYS_TEST(a_refused_write),
        SAYS_TEST(one_line_a_second),
        SAYS_TEST(a_loss_behind_another_line),
        SAYS_TEST(a_value_that_cannot_be_written_whole),
        SAYS_TEST(a_write_that_was_given_up),
        SAYS_TEST(a_device_that_rounds),
        SAYS_TEST(a_register_that_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

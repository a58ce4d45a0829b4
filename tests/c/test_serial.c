/* Proves on pseudo terminals that a port is opened as asked or refused with a text that says what
 * to do, that every byte goes through unchanged in both directions, and that a port that went away
 * is told from one that is silent. What only hardware can show (parity, RTS and RS-485 that work,
 * TIOCEXCL against others) is not proved here. */

#include "pty_bed.h"
#include <sys/stat.h>
#include <sys/wait.h>
#include "modbus/rtu.h"
#include "modbus/serial.h"

static int setup(void **state)
{
    struct pty *pty = calloc(1, sizeof *pty);
    pty_make(pty);
    *state = pty;
    return 0;
}

static int teardown(void **state)
{
    pty_drop(*state);
    free(*state);
    return 0;
}

static struct serial *open_well(const struct line_spec *line)
{
    struct error error;
    struct serial *serial = serial_open(line, &error);
    if (!serial)
        fail_msg("%s", error.text);
    return serial;
}

static void expect_refused(const struct line_spec *line, const char *said)
{
    struct error error = {""};
    assert_null(serial_open(line, &error));
    if (!strstr(error.text, said) || !strstr(error.text, line->device))
        fail_msg("\"%s\" does not say \"%s\" of %s", error.text, said, line->device);
}

static void sends_a_frame_with_its_crc(void **state)
{
    struct pty *pty = *state;
    struct line_spec line = pty_line(pty);
    struct serial *serial = open_well(&line);
    uint8_t pdu[253], expected[RTU_MAX], got[RTU_MAX];
    for (size_t i = 0; i < sizeof pdu; i++)
        pdu[i] = (uint8_t)i;
    pdu[0] = 3;
    size_t lengths[] = {1, 5, sizeof pdu};
    for (size_t i = 0; i < 3; i++) {
        size_t length = rtu_write(expected, 17, pdu, lengths[i]);
        assert_true(serial_send(serial, 17, pdu, lengths[i]));
        assert_int_equal(pty_take(pty->master, got, length, PTY_PATIENCE_MS), length);
        assert_memory_equal(got, expected, length);
    }
    assert_false(serial_send(serial, 17, pdu, 0));
    serial_close(serial);
}

static size_t receive(struct serial *serial, uint8_t *bytes, size_t length)
{
    size_t have = 0;
    while (have < length && pty_waits(serial_fd(serial), PTY_PATIENCE_MS)) {
        long got = serial_receive(serial, bytes + have, length - have);
        assert_true(got >= 0);
        have += (size_t)got;
    }
    return have;
}

static void receives_every_byte_unchanged(void **state)
{
    struct pty *pty = *state;
    struct line_spec line = pty_line(pty);
    line.parity = 'E';
    struct serial *serial = open_well(&line);
    uint8_t sent[256], got[256];
    for (size_t i = 0; i < sizeof sent; i++)
        sent[i] = (uint8_t)i;
    pty_give(pty->master, sent, sizeof sent);
    assert_int_equal(receive(serial, got, sizeof got), sizeof got);
    assert_memory_equal(got, sent, sizeof sent);
    assert_false(pty_waits(pty->master, 0)); /* and nothing was echoed */
    serial_close(serial);
}

static void silence_is_not_the_end(void **state)
{
    struct pty *pty = *state;
    struct line_spec line = pty_line(pty);
    struct serial *serial = open_well(&line);
    uint8_t byte;
    assert_int_equal(serial_receive(serial, &byte, 1), 0);
    pty_pull(pty);
    assert_true(serial_receive(serial, &byte, 1) < 0);
    uint8_t pdu[] = {3, 0, 0, 0, 1};
    assert_false(serial_send(serial, 1, pdu, sizeof pdu));
    serial_close(serial);
}

static void what_came_before_is_thrown_away(void **state)
{
    struct pty *pty = *state;
    struct line_spec line = pty_line(pty);
    pty_give(pty->master, (const uint8_t *)"old", 3);
    assert_true(pty_waits(pty->keep, PTY_PATIENCE_MS));
    struct serial *serial = open_well(&line);
    uint8_t bytes[8];
    assert_int_equal(serial_receive(serial, bytes, sizeof bytes), 0);
    pty_give(pty->master, (const uint8_t *)"new", 3);
    assert_int_equal(receive(serial, bytes, 3), 3);
    assert_memory_equal(bytes, "new", 3);
    serial_close(serial);
}

static void one_program_at_a_time(void **state)
{
    struct line_spec line = pty_line(*state);
    struct serial *first = open_well(&line);
    expect_refused(&line, "used by another program");
    serial_close(first);
    serial_close(open_well(&line));
}

static void the_device_must_be_a_port(void **state)
{
    struct line_spec line = pty_line(*state);
    line.device = "/tmp/msm-no-such-port";
    expect_refused(&line, "no such device");
    line.device = "/dev/null";
    expect_refused(&line, "not a serial port");
    line.device = "/etc/passwd";
    expect_refused(&line, "not a serial port");
    line.device = "/tmp";
    expect_refused(&line, "not a serial port");
}

/* In a process of its own, that is nobody's. */
static void permission_names_the_group(void **state)
{
    struct pty *pty = *state;
    struct line_spec line = pty_line(pty);
    if (geteuid() != 0)
        skip();
    assert_int_equal(chmod(pty->folder, 0755), 0);
    assert_int_equal(fchmod(pty->keep, 0600), 0);
    pid_t child = fork();
    if (child == 0) {
        struct error error = {""};
        bool refused = setuid(65534) == 0 && !serial_open(&line, &error);
        _exit(refused && strstr(error.text, "permission denied; the group dialout") ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void settings_reach_the_driver(void **state)
{
    static const uint32_t bauds[] = {1200, 9600, 19200, 115200, 921600, 4000000};
    struct pty *pty = *state;
    for (size_t i = 0; i < 6; i++) {
        struct line_spec line = pty_line(pty);
        struct termios now;
        line.baud = bauds[i];
        line.stop_bits = (uint8_t)(1 + i % 2);
        struct serial *serial = open_well(&line);
        assert_int_equal(tcgetattr(pty->keep, &now), 0);
        assert_int_equal(now.c_cflag & CSTOPB ? 2 : 1, line.stop_bits);
        assert_true(i != 1 || cfgetospeed(&now) == B9600);
        assert_true(i != 5 || cfgetospeed(&now) == B4000000);
        serial_close(serial);
    }
}

static void what_cannot_be_is_refused(void **state)
{
    struct line_spec line = pty_line(*state);
    line.baud = 9601;
    expect_refused(&line, "the nearest ones are 9600 and 19200");
    line.baud = 5000000;
    expect_refused(&line, "3500000 and 4000000");
    line.baud = 1;
    expect_refused(&line, "110 and 300");
    line = pty_line(*state);
    line.rs485 = true;
    expect_refused(&line, "does not switch the direction of RS-485");
    line.rs485 = false;
    line.rts = 'U';
    expect_refused(&line, "no RTS");
}

/* A rate that exists, but libmodbus does not know: it sets 9600 and says nothing. */
static void a_rate_that_was_not_set_is_noticed(void **state)
{
    struct line_spec line = pty_line(*state);
    line.baud = 2000000;
    expect_refused(&line, "does not do 2000000 baud; it stays at 9600");
}

static void time_on_the_line(void **state)
{
    (void)state;
    struct line_spec line = {.baud = 9600, .parity = 'E', .stop_bits = 1};
    assert_int_equal(serial_bits(&line), 11);
    assert_int_equal(serial_time(&line, 96), 110 * NS_PER_MS);
    line.parity = 'N';
    assert_int_equal(serial_bits(&line), 10);
    line.stop_bits = 2;
    assert_int_equal(serial_bits(&line), 11);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sends_a_frame_with_its_crc),   TEST(receives_every_byte_unchanged),
        TEST(silence_is_not_the_end),       TEST(what_came_before_is_thrown_away),
        TEST(one_program_at_a_time),        TEST(the_device_must_be_a_port),
        TEST(permission_names_the_group),   TEST(settings_reach_the_driver),
        TEST(what_cannot_be_is_refused),    TEST(a_rate_that_was_not_set_is_noticed),
        cmocka_unit_test(time_on_the_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

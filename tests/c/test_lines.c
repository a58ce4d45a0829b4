/* Proves on pseudo terminals, with real threads and real time, that a serial line exchanges a
 * memory with a real libmodbus slave, serves one to a real libmodbus master, comes back when its
 * port does, and ends when it is told to. */

#include "lines_bed.h"
#include <errno.h>

/* ---- a real slave ---- */

static void mirrors_a_real_slave(void **state)
{
    struct desk *desk = *state;
    struct slave slave;
    slave_start(&slave, &desk->cable.ends[1]);
    start(desk, &desk->cable.ends[0], CLIENT);
    for (uint16_t i = 0; i < WORDS; i++)
        UNTIL(word_of(desk, i) == 0x0D00 + i);
    UNTIL(is_online(desk));
    for (uint16_t i = 1; i <= 20; i++) {
        slave_word(&slave, 3, i);
        UNTIL(word_of(desk, 3) == i);
        put(desk, 4, (uint16_t)(100 + i)); /* the wake must reach the line */
        UNTIL(slave_word(&slave, 4, -1) == 100 + i);
    }
    slave_stop(&slave);
}

/* ---- a real master ---- */

static void serves_a_real_master(void **state)
{
    struct desk *desk = *state;
    uint16_t words[WORDS], some[] = {0x0D0A, 0x1113, 0xFFFF};
    start(desk, &desk->cable.ends[0], SERVER);
    UNTIL(is_online(desk));
    modbus_t *master = new_master(&desk->cable.ends[1]);
    for (uint16_t i = 0; i < 20; i++) {
        some[0] = i;
        assert_int_equal(modbus_write_registers(master, 2, 3, some), 3);
        assert_int_equal(modbus_read_registers(master, 0, WORDS, words), WORDS);
        assert_memory_equal(words + 2, some, sizeof some);
        assert_int_equal(word_of(desk, 2), i);
    }
    assert_int_equal(modbus_read_registers(master, 0, WORDS + 1, words), -1);
    assert_int_equal(errno, EMBXILADD);
    UNTIL(link_look(desk->program.image, 0).answered > 0);
    modbus_set_response_timeout(master, 0, 200000);
    modbus_set_slave(master, UNIT + 1);
    assert_int_equal(modbus_read_registers(master, 0, 1, words), -1); /* silence */
    assert_int_equal(errno, ETIMEDOUT);
    modbus_set_response_timeout(master, 10, 0);
    modbus_set_slave(master, UNIT);
    assert_int_equal(modbus_read_registers(master, 0, 1, words), 1);
    drop_peer(master);
}

static void a_stopped_server_is_silent(void **state)
{
    struct desk *desk = *state;
    uint16_t word;
    start(desk, &desk->cable.ends[0], SERVER);
    UNTIL(is_online(desk));
    modbus_t *master = peer(&desk->cable.ends[1]);
    link_want(desk->program.image, 0, false);
    UNTIL(!is_online(desk));
    modbus_set_response_timeout(master, 0, 200000);
    assert_int_equal(modbus_read_registers(master, 0, 1, &word), -1);
    link_want(desk->program.image, 0, true);
    UNTIL(is_online(desk));
    modbus_set_response_timeout(master, 10, 0);
    assert_int_equal(modbus_read_registers(master, 0, 1, &word), 1);
    drop_peer(master);
}

static void a_stopped_client_keeps_the_port(void **state)
{
    struct desk *desk = *state;
    struct error error;
    struct slave slave;
    struct line_spec line = pty_line(&desk->cable.ends[0]);
    slave_start(&slave, &desk->cable.ends[1]);
    start(desk, &desk->cable.ends[0], CLIENT);
    UNTIL(word_of(desk, 1) == 0x0D01);
    link_want(desk->program.image, 0, false);
    UNTIL(!is_online(desk));
    assert_null(serial_open(&line, &error));
    assert_non_null(strstr(error.text, "used by another program"));
    slave_word(&slave, 1, 5);
    link_want(desk->program.image, 0, true);
    UNTIL(word_of(desk, 1) == 5);
    slave_stop(&slave);
}

/* ---- the port comes and goes: a port of its own, the test is the device ---- */

static void expect_poll(struct pty *pty)
{
    static const uint8_t poll_of_8[] = {UNIT, 3, 0, 0, 0, WORDS};
    uint8_t frame[8];
    assert_int_equal(pty_take(pty->master, frame, sizeof frame, PTY_PATIENCE_MS), sizeof frame);
    assert_memory_equal(frame, poll_of_8, sizeof poll_of_8);
}

static void a_port_may_come_late_and_again(void **state)
{
    struct desk *desk = *state;
    struct pty own;
    char text[LINK_ERROR_MAX];
    pty_make(&own);
    pty_pull(&own);
    start(desk, &own, CLIENT);
    UNTIL(link_last_error(desk->program.image, 0, text) || !is_online(desk));
    for (int i = 0; i < 2; i++) {
        pty_plug(&own);
        expect_poll(&own);
        pty_pull(&own);
    }
    UNTIL(link_last_error(desk->program.image, 0, text));
    pty_drop(&own);
}

static void a_server_says_when_its_port_is_gone(void **state)
{
    struct desk *desk = *state;
    struct pty own;
    char text[LINK_ERROR_MAX];
    pty_make(&own);
    start(desk, &own, SERVER);
    UNTIL(is_online(desk));
    pty_pull(&own);
    UNTIL(!is_online(desk));
    assert_true(link_last_error(desk->program.image, 0, text));
    assert_true(strstr(text, "the port is gone") || strstr(text, "no such device"));
    pty_plug(&own);
    UNTIL(is_online(desk));
    pty_drop(&own);
}

/* ---- the end ---- */

static void ends_at_once_in_the_middle_of_anything(void **state)
{
    struct desk *desk = *state;
    /* nobody answers: it waits for 2 s, or for the port */
    start(desk, &desk->cable.ends[0], CLIENT);
    uint8_t byte;
    assert_int_equal(pty_take(desk->cable.ends[1].keep, &byte, 1, PTY_PATIENCE_MS), 1);
    int64_t begin = clock_monotonic();
    lines_stop(desk->lines);
    assert_true(clock_monotonic() - begin < NS_PER_S);
    link_want(desk->program.image, 0, false); /* a wake that finds nobody */
    lines_destroy(desk->lines);
    desk->lines = NULL;
    link_want(desk->program.image, 0, true);
}

static void a_line_without_users_is_left_alone(void **state)
{
    struct desk *desk = *state;
    struct line_spec line = pty_line(&desk->cable.ends[0]);
    start(desk, &desk->cable.ends[0], NOBODY);
    struct error error;
    struct serial *serial = serial_open(&line, &error);
    assert_non_null(serial);
    serial_close(serial);
    lines_stop(NULL);
    lines_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(mirrors_a_real_slave),
        TEST(serves_a_real_master),
        TEST(a_stopped_server_is_silent),
        TEST(a_stopped_client_keeps_the_port),
        TEST(a_port_may_come_late_and_again),
        TEST(a_server_says_when_its_port_is_gone),
        TEST(ends_at_once_in_the_middle_of_anything),
        TEST(a_line_without_users_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

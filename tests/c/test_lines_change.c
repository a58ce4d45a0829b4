/* Proves on pseudo terminals, with real threads and a real libmodbus at the other end, what happens
 * to serial lines when another program takes over: a port that stays goes on with the new clients
 * or servers without being opened again; one that comes, goes, or has other settings or another
 * role is opened after the old one was closed; and what was only prepared leaves no trace. */

#include "lines_bed.h"
#include "image/adopt.h"

static const struct pty *port(const struct desk *desk)
{
    return &desk->cable.ends[0];
}

static struct lines_change *prepare(struct desk *desk, struct program *next,
                                    struct plan_match **match)
{
    struct error error;
    *match = plan_match_create(desk->program.plan, next->plan, &error);
    need(*match, &error);
    struct lines_change *change =
        lines_prepare(desk->lines, next->image, next->servers, *match, &error);
    need(change, &error);
    return change;
}

static void change_over(struct desk *desk, enum role role, uint32_t baud)
{
    struct error error;
    struct plan_match *match;
    struct program next = load(port(desk), role, baud);
    struct lines_change *change = prepare(desk, &next, &match);
    lines_hold(desk->lines);
    int64_t now = clock_monotonic();
    need(image_adopt(next.image, desk->program.image, match, now, NULL, NULL, &error), &error);
    lines_commit(change, now);
    lines_release(desk->lines);
    lines_settle(desk->lines);
    plan_match_destroy(match);
    drop(&desk->program);
    desk->program = next;
}

/* ---- clients ---- */

/* At any moment: with a request on the wire, or none, with a write that waits. */
static void a_port_goes_on_with_the_next_clients(void **state)
{
    struct desk *desk = *state;
    struct slave slave;
    slave_start(&slave, &desk->cable.ends[1]);
    start(desk, port(desk), CLIENT);
    UNTIL(is_online(desk));
    for (uint16_t i = 1; i <= 40; i++) {
        put(desk, 1, i);
        change_over(desk, CLIENT, BAUD);
        assert_true(is_online(desk));
        put(desk, 2, i); /* the wake of the new image */
        slave_word(&slave, 3, i);
        UNTIL(slave_word(&slave, 1, -1) == i && slave_word(&slave, 2, -1) == i);
        UNTIL(word_of(desk, 3) == i);
        assert_int_equal(word_of(desk, 1), i);
    }
    assert_int_equal(link_look(desk->program.image, 0).errors, 0);
    slave_stop(&slave);
}

static bool is_free(const struct desk *desk)
{
    struct error error;
    struct line_spec line = pty_line(port(desk));
    struct serial *serial = serial_open(&line, &error);
    bool opened = serial != NULL;
    serial_close(serial);
    return opened;
}

static void a_line_comes_and_goes(void **state)
{
    struct desk *desk = *state;
    struct slave slave;
    slave_start(&slave, &desk->cable.ends[1]);
    start(desk, port(desk), NO_LINE);
    for (uint16_t i = 1; i <= 3; i++) {
        assert_true(is_free(desk));
        slave_word(&slave, 3, i);
        change_over(desk, CLIENT, BAUD);
        UNTIL(word_of(desk, 3) == i);
        assert_false(is_free(desk));
        change_over(desk, NO_LINE, 0);
        assert_int_equal(word_of(desk, 3), i);
    }
    slave_stop(&slave);
}

static void other_settings_open_the_port_again(void **state)
{
    struct desk *desk = *state;
    struct slave slave;
    slave_start(&slave, &desk->cable.ends[1]);
    start(desk, port(desk), CLIENT);
    for (uint16_t i = 1; i <= 6; i++) {
        slave_word(&slave, 3, i);
        UNTIL(word_of(desk, 3) == i);
        change_over(desk, CLIENT, i % 2 ? 57600 : BAUD);
        UNTIL(is_online(desk));
        assert_int_equal(link_look(desk->program.image, 0).errors, 0);
    }
    slave_stop(&slave);
}

static void what_was_only_prepared_leaves_no_trace(void **state)
{
    struct desk *desk = *state;
    struct slave slave;
    static const enum role roles[] = {CLIENT, SERVER, NO_LINE};
    slave_start(&slave, &desk->cable.ends[1]);
    start(desk, port(desk), CLIENT);
    for (uint16_t i = 0; i < 3; i++) {
        struct plan_match *match;
        struct program next = load(port(desk), roles[i], BAUD);
        struct lines_change *change = prepare(desk, &next, &match);
        lines_hold(desk->lines);
        lines_release(desk->lines);
        lines_discard(change);
        plan_match_destroy(match);
        drop(&next);
        put(desk, 1, i);
        slave_word(&slave, 3, i);
        UNTIL(slave_word(&slave, 1, -1) == i && word_of(desk, 3) == i);
    }
    lines_discard(NULL);
    slave_stop(&slave);
}

/* ---- servers ---- */

static void a_master_notices_nothing(void **state)
{
    struct desk *desk = *state;
    uint16_t words[WORDS];
    start(desk, port(desk), SERVER);
    UNTIL(is_online(desk));
    modbus_t *master = new_master(&desk->cable.ends[1]);
    for (uint16_t i = 1; i <= 20; i++) {
        assert_int_equal(modbus_write_register(master, 2, i), 1);
        int64_t answered = link_look(desk->program.image, 0).answered;
        change_over(desk, SERVER, BAUD);
        assert_int_equal(modbus_read_registers(master, 0, WORDS, words), WORDS);
        assert_int_equal(words[2], i);
        UNTIL(link_look(desk->program.image, 0).answered > answered);
        assert_true(is_online(desk));
    }
    drop_peer(master);
}

static void a_line_may_change_its_role(void **state)
{
    struct desk *desk = *state;
    struct slave slave;
    uint16_t words[WORDS];
    slave_start(&slave, &desk->cable.ends[1]);
    slave_word(&slave, 3, 7);
    start(desk, port(desk), CLIENT);
    UNTIL(word_of(desk, 3) == 7);
    slave_stop(&slave);
    change_over(desk, SERVER, BAUD);
    UNTIL(is_online(desk));
    modbus_t *master = new_master(&desk->cable.ends[1]);
    modbus_flush(master); /* what the client asked last */
    assert_int_equal(modbus_read_registers(master, 0, WORDS, words), WORDS);
    assert_int_equal(words[3], 7);
    drop_peer(master);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_port_goes_on_with_the_next_clients),
        TEST(a_line_comes_and_goes),
        TEST(other_settings_open_the_port_again),
        TEST(what_was_only_prepared_leaves_no_trace),
        TEST(a_master_notices_nothing),
        TEST(a_line_may_change_its_role),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

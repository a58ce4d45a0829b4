/* Proves on real sockets that connections to devices outlive programs: a device sees one connection
 * and never more requests at once than it may, over a hundred changes; an answer that the program
 * before had asked for is not taken by the next one; clients join a connection that is there, hosts
 * come and go, and what the script or a master changes still wakes the connection. */

#include "change_bed.h"

enum { UNIT = 1 };

static void test_one_connection(void **state)
{
    (void)state;
    struct program programs[2];
    struct robot robot;
    robot_start(&robot, 2);
    struct client_spec spec = dial_spec("127.0.0.1", robot.port, UNIT);
    spec.period = 1 * MS;
    for (int i = 0; i < 2; i++)
        program_make(&programs[i], NULL, &spec);
    struct tcp *tcp = program_start(&programs[0]);
    wait_for_online(&programs[0].bed, 0, true);
    for (int i = 0; i < 100; i++) {
        change(tcp, &programs[i % 2], &programs[(i + 1) % 2]);
        assert_true(link_look(programs[(i + 1) % 2].bed.image, 0).online);
        pause_ms(i % 4);
        if (i % 5 == 0)
            robot_wait(&robot);
    }
    robot_wait(&robot);
    wait_for_word(&programs[0].bed, 0, 42);
    assert_int_equal(atomic_load(&robot.accepted), 1);
    assert_false(atomic_load(&robot.crowded));
    for (int i = 0; i < 2; i++)
        assert_int_equal(link_look(programs[i].bed.image, 0).errors, 0);
    tcp_destroy(tcp);
    robot_end(&robot);
    program_close(&programs[0]);
    program_close(&programs[1]);
}

/* The second request comes only after the answer to the first, so the first is dealt with. */
static void test_a_late_answer(void **state)
{
    (void)state;
    struct program programs[2];
    uint16_t port;
    uint8_t orphan[REQUEST], request[REQUEST], answer[9 + 2 * DIAL_WORDS] = {0};
    int listener = listen_on(&port);
    struct client_spec spec = dial_spec("127.0.0.1", port, UNIT);
    for (int i = 0; i < 2; i++)
        program_make(&programs[i], NULL, &spec);
    struct tcp *tcp = program_start(&programs[0]);
    int fd = accept_one(listener);
    answer_poll(fd, 5);
    assert_true(take(fd, orphan, sizeof orphan));
    wait_for_word(&programs[0].bed, 0, 5);
    change(tcp, &programs[0], &programs[1]);
    program_close(&programs[0]);
    pause_ms(50); /* more than two periods */
    assert_int_equal(recv(fd, request, 1, MSG_PEEK | MSG_DONTWAIT), -1);
    memcpy(answer, orphan, 8);
    answer[5] = 3 + 2 * DIAL_WORDS;
    answer[8] = 2 * DIAL_WORDS;
    answer[10] = 77;
    give(fd, answer, sizeof answer);
    assert_int_equal(recv(fd, request, 1, MSG_PEEK), 1);
    assert_int_equal(dial_bed_word(&programs[1].bed, 0, 0), 5);
    answer_poll(fd, 6);
    wait_for_word(&programs[1].bed, 0, 6);
    assert_true(nobody_waits(listener));
    assert_int_equal(link_look(programs[1].bed.image, 0).errors, 0);
    tcp_destroy(tcp);
    close(fd);
    close(listener);
    program_close(&programs[1]);
}

/* The new image wakes the connection, the old one is not heard any more. */
static void test_woken(void **state)
{
    (void)state;
    struct program programs[2];
    uint8_t request[REQUEST];
    uint16_t port;
    int listener = listen_on(&port);
    struct client_spec spec = dial_spec("127.0.0.1", port, UNIT);
    spec.period = 3600 * (int64_t)NS_PER_S;
    for (int i = 0; i < 2; i++)
        program_make(&programs[i], NULL, &spec);
    struct tcp *tcp = program_start(&programs[0]);
    int fd = accept_one(listener);
    answer_poll(fd, 5);
    wait_for_word(&programs[0].bed, 0, 5);
    for (uint8_t i = 0; i < 20; i++) {
        change(tcp, &programs[i % 2], &programs[(i + 1) % 2]);
        dial_bed_write(&programs[i % 2].bed, 0, 1, (uint16_t)(1000 + i));
        dial_bed_write(&programs[(i + 1) % 2].bed, 0, 0, (uint16_t)(100 + i));
        assert_true(take(fd, request, sizeof request));
        assert_int_equal(request[7], 6);
        assert_int_equal(request[9], 0);
        assert_int_equal(request[11], 100 + i);
        give(fd, request, sizeof request);
        for (int64_t end = patience(); clock_monotonic() < end; pause_ms(1))
            if (dial_bed_word(&programs[(i + 1) % 2].bed, 0, 0) == 100 + i)
                break;
    }
    tcp_destroy(tcp);
    close(fd);
    close(listener);
    program_close(&programs[0]);
    program_close(&programs[1]);
}

static void test_joined_and_left(void **state)
{
    (void)state;
    struct program one, two;
    uint8_t request[REQUEST];
    uint16_t port;
    int listener = listen_on(&port);
    struct client_spec spec = dial_spec("127.0.0.1", port, 1);
    spec.period = 3600 * (int64_t)NS_PER_S;
    program_make(&one, NULL, &spec);
    program_open(&two);
    dial_bed_add(&two.bed, spec);
    spec.unit = 2;
    dial_bed_add(&two.bed, spec);
    program_seal(&two);
    struct tcp *tcp = program_start(&one);
    int fd = accept_one(listener);
    answer_poll(fd, 5);
    wait_for_word(&one.bed, 0, 5);
    change(tcp, &one, &two);
    assert_int_equal(recv(fd, request, sizeof request, MSG_PEEK | MSG_WAITALL), sizeof request);
    assert_int_equal(request[6], 2);
    answer_poll(fd, 6);
    wait_for_word(&two.bed, 1, 6);
    assert_int_equal(dial_bed_word(&two.bed, 0, 0), 5);
    wait_for_online(&two.bed, 1, true);
    change(tcp, &two, &one);
    assert_int_equal(dial_bed_word(&one.bed, 0, 0), 5);
    assert_true(nobody_waits(listener));
    tcp_destroy(tcp);
    assert_true(closed(fd));
    close(fd);
    close(listener);
    program_close(&one);
    program_close(&two);
}

/* From one host to another, to none at all, and back. */
static void test_hosts_come_and_go(void **state)
{
    (void)state;
    struct program programs[3];
    uint16_t ports[2];
    int listeners[2], fd = -1;
    for (int i = 0; i < 2; i++) {
        listeners[i] = listen_on(&ports[i]);
        struct client_spec spec = dial_spec("127.0.0.1", ports[i], UNIT);
        program_make(&programs[i], NULL, &spec);
    }
    program_make(&programs[2], NULL, NULL);
    struct tcp *tcp = program_start(&programs[2]);
    for (int i = 0; i < 6; i++) {
        change(tcp, &programs[(i + 2) % 3], &programs[i % 3]);
        if (fd >= 0) {
            assert_true(closed(fd));
            close(fd);
            fd = -1;
        }
        if (i % 3 == 2)
            continue;
        fd = accept_one(listeners[i % 3]);
        answer_poll(fd, (uint16_t)(10 + i));
        wait_for_word(&programs[i % 3].bed, 0, (uint16_t)(10 + i));
        assert_true(nobody_waits(listeners[1 - i % 3]));
    }
    tcp_destroy(tcp);
    for (int i = 0; i < 2; i++)
        close(listeners[i]);
    for (int i = 0; i < 3; i++)
        program_close(&programs[i]);
}

/* A device that is not there keeps its turn: a change is no reason to knock at once. */
static void test_while_it_is_down(void **state)
{
    (void)state;
    struct program programs[2];
    uint16_t port;
    char text[LINK_ERROR_MAX] = "";
    int fd = dead_port(&port);
    struct client_spec spec = dial_spec("127.0.0.1", port, UNIT);
    for (int i = 0; i < 2; i++)
        program_make(&programs[i], NULL, &spec);
    struct tcp *tcp = program_start(&programs[0]);
    for (int64_t end = patience(); clock_monotonic() < end; pause_ms(1))
        if (link_last_error(programs[0].bed.image, 0, text))
            break;
    assert_string_equal(text, "connection refused");
    for (int i = 0; i < 50; i++)
        change(tcp, &programs[i % 2], &programs[(i + 1) % 2]);
    assert_int_equal(listen(fd, 16), 0);
    wait_for_online(&programs[0].bed, 0, false);
    struct timeval limit = {PATIENCE_S, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    int peer = accept_one(fd);
    answer_poll(peer, 9);
    wait_for_word(&programs[0].bed, 0, 9);
    wait_for_online(&programs[0].bed, 0, true);
    tcp_destroy(tcp);
    close(peer);
    close(fd);
    program_close(&programs[0]);
    program_close(&programs[1]);
}

/* While the name is being looked up, on another thread. */
static void test_while_resolving(void **state)
{
    (void)state;
    struct program programs[3];
    const char *const hosts[] = {"plc7.no-such-name.invalid", "plc7.no-such-name.invalid",
                                 "plc8.no-such-name.invalid"};
    for (int i = 0; i < 3; i++) {
        struct client_spec spec = dial_spec(hosts[i], 502, UNIT);
        program_make(&programs[i], NULL, &spec);
    }
    struct tcp *tcp = program_start(&programs[2]);
    for (int i = 0; i < 60; i++) {
        change(tcp, &programs[(i + 2) % 3], &programs[i % 3]);
        pause_ms(i % 3);
    }
    program_close(&programs[0]);
    program_close(&programs[1]);
    char text[LINK_ERROR_MAX] = "";
    for (int64_t end = patience(); clock_monotonic() < end; pause_ms(1))
        if (link_last_error(programs[2].bed.image, 0, text) && strstr(text, "plc8"))
            break;
    assert_non_null(strstr(text, "the name plc8.no-such-name.invalid is not known ("));
    tcp_destroy(tcp);
    program_close(&programs[2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_connection),
        cmocka_unit_test(test_a_late_answer),
        cmocka_unit_test(test_woken),
        cmocka_unit_test(test_joined_and_left),
        cmocka_unit_test(test_hosts_come_and_go),
        cmocka_unit_test(test_while_it_is_down),
        cmocka_unit_test(test_while_resolving),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

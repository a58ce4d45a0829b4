/* Proves, on real sockets of the loopback, that a link comes up, says in words why it does not, and
 * comes up again: refused, dropped, silent, cut in the middle of a frame, gone and back on the same
 * port; that there is never a second connection while one lives, nor one for each unit; that a
 * script can stop and start it; and that dead devices, however many, do not hold up a live one. */

#include "device_bed.h"

enum { UNIT = 1, DEAD = 200 };

struct site {
    struct dial_bed bed;
    struct tcp *tcp;
};

static void site_start(struct site *site)
{
    struct error error;
    dial_bed_seal(&site->bed);
    site->tcp = tcp_create(&error);
    dial_need(site->tcp != NULL, &error);
    dial_need(tcp_dial(site->tcp, site->bed.image, &error), &error);
    dial_need(tcp_start(site->tcp, &error), &error);
}

static void site_end(struct site *site)
{
    tcp_destroy(site->tcp);
    dial_bed_close(&site->bed);
}

static void site_with(struct site *site, struct client_spec spec)
{
    dial_bed_open(&site->bed);
    dial_bed_add(&site->bed, spec);
    site_start(site);
}

static void site_at(struct site *site, uint16_t port)
{
    site_with(site, dial_spec("127.0.0.1", port, UNIT));
}

static void wait_for_error(struct site *site, size_t link, const char *part)
{
    char text[LINK_ERROR_MAX] = "";
    for (int64_t end = patience(); clock_monotonic() < end; pause_ms(1))
        if (link_last_error(site->bed.image, link, text) && strstr(text, part))
            return;
    fail_msg("no error with \"%s\", the last one was \"%s\"", part, text);
}

/* ---- a device made of MSM's own server ---- */

static void device_start(struct desk *device, uint16_t port)
{
    struct error error;
    device->bed.spec.port = port;
    device->tcp = tcp_create(&error);
    assert_non_null(device->tcp);
    start(device);
}

static void device_set(struct desk *device, uint16_t word)
{
    struct request request = {.memory = BED_MEM, .write = {TABLE_HOLDING, 0, 1, &word, false}};
    assert_int_equal(image_request(device->bed.image, &request, 1), EXCEPTION_NONE);
}

static uint16_t device_word(struct desk *device)
{
    uint16_t word = 0;
    struct request request = {.memory = BED_MEM, .read = {TABLE_HOLDING, 0, 1, &word}};
    assert_int_equal(image_request(device->bed.image, &request, 1), EXCEPTION_NONE);
    return word;
}

static void wait_for_device_word(struct desk *device, uint16_t word)
{
    for (int64_t end = patience(); device_word(device) != word && clock_monotonic() < end;)
        pause_ms(1);
    assert_int_equal(device_word(device), word);
}

static void test_mirrors(void **state)
{
    struct desk *device = *state;
    struct site site;
    start(device);
    device_set(device, 7);
    site_at(&site, tcp_port(device->tcp, 0));
    wait_for_online(&site.bed, 0, true);
    wait_for_word(&site.bed, 0, 7);
    device_set(device, 8);
    wait_for_word(&site.bed, 0, 8);
    dial_bed_write(&site.bed, 0, 0, 99);
    wait_for_device_word(device, 99);
    assert_int_equal(tcp_connections(device->tcp), 1);
    site_end(&site);
}

/* A write does not wait for the period: it is woken. */
static void test_woken(void **state)
{
    struct desk *device = *state;
    struct site site;
    struct client_spec spec = {0};
    start(device);
    spec = dial_spec("127.0.0.1", tcp_port(device->tcp, 0), UNIT);
    spec.period = 3600 * (int64_t)NS_PER_S;
    site_with(&site, spec);
    wait_for_online(&site.bed, 0, true);
    for (uint16_t i = 1; i <= 50; i++) {
        dial_bed_write(&site.bed, 0, 0, i);
        wait_for_device_word(device, i);
    }
    site_end(&site);
}

static void test_restart_on_the_same_port(void **state)
{
    struct desk *device = *state;
    struct site site;
    start(device);
    uint16_t port = tcp_port(device->tcp, 0);
    site_with(&site, dial_spec("localhost", port, UNIT));
    for (uint16_t round = 1; round <= 2; round++) {
        device_set(device, round);
        wait_for_online(&site.bed, 0, true);
        wait_for_word(&site.bed, 0, round);
        tcp_destroy(device->tcp);
        device->tcp = NULL;
        wait_for_online(&site.bed, 0, false);
        wait_for_error(&site, 0, "connection refused");
        device_start(device, port);
    }
    wait_for_online(&site.bed, 0, true);
    assert_true(link_look(site.bed.image, 0).reconnected > 0);
    site_end(&site);
}

static void test_stop_and_start(void **state)
{
    struct desk *device = *state;
    struct site site;
    start(device);
    site_at(&site, tcp_port(device->tcp, 0));
    for (int round = 0; round < 2; round++) {
        wait_for_online(&site.bed, 0, true);
        wait_for_connections(device, 1);
        link_want(site.bed.image, 0, false);
        wait_for_online(&site.bed, 0, false);
        wait_for_connections(device, 0);
        link_want(site.bed.image, 0, true);
    }
    wait_for_online(&site.bed, 0, true);
    site_end(&site);
}

/* ---- a device played by the test itself ---- */

struct stage {
    struct site site;
    uint16_t port;
    int listener;
};

static int stage_open(void **state)
{
    struct stage *stage = *state = test_calloc(1, sizeof *stage);
    stage->listener = listen_on(&stage->port);
    return 0;
}

static int stage_close(void **state)
{
    struct stage *stage = *state;
    close(stage->listener);
    site_end(&stage->site);
    test_free(stage);
    return 0;
}

/* The client's next connection, on which its first poll is answered. */
static int play(struct stage *stage, uint16_t word)
{
    int fd = accept_one(stage->listener);
    answer_poll(fd, word);
    wait_for_word(&stage->site.bed, 0, word);
    return fd;
}

#define PLAYED(name) cmocka_unit_test_setup_teardown(name, stage_open, stage_close)

static void test_refused(void **state)
{
    (void)state;
    struct site site;
    uint16_t port;
    int fd = dead_port(&port);
    site_at(&site, port);
    wait_for_error(&site, 0, "connection refused");
    assert_false(link_look(site.bed.image, 0).online);
    site_end(&site);
    close(fd);
}

static void test_unknown_name(void **state)
{
    (void)state;
    struct site site;
    site_with(&site, dial_spec("plc7.no-such-name.invalid", 502, UNIT));
    wait_for_error(&site, 0, "the name plc7.no-such-name.invalid is not known (");
    site_end(&site);
}

static void test_dropped(void **state)
{
    struct stage *stage = *state;
    site_at(&stage->site, stage->port);
    int fd = play(stage, 5);
    close(fd);
    wait_for_online(&stage->site.bed, 0, false);
    fd = play(stage, 6);
    wait_for_online(&stage->site.bed, 0, true);
    close(fd);
}

static void test_reset(void **state)
{
    struct stage *stage = *state;
    site_at(&stage->site, stage->port);
    int fd = accept_one(stage->listener);
    answer_poll(fd, 5);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
    close(fd);
    wait_for_error(&stage->site, 0, "connection reset by the device");
    close(accept_one(stage->listener));
}

static void test_closes_in_the_middle_of_a_frame(void **state)
{
    struct stage *stage = *state;
    uint8_t request[REQUEST];
    site_at(&stage->site, stage->port);
    int fd = accept_one(stage->listener);
    assert_true(take(fd, request, sizeof request));
    request[5] = 3 + 2 * DIAL_WORDS;
    give(fd, request, 10);
    shutdown(fd, SHUT_WR);
    wait_for_error(&stage->site, 0, "closed by the device");
    assert_true(closed(fd));
    close(fd);
    assert_int_equal(dial_bed_word(&stage->site.bed, 0, 0), 0);
    fd = play(stage, 6); /* nothing of the half frame is left over */
    close(fd);
}

static void test_broken_framing(void **state)
{
    struct stage *stage = *state;
    static const uint8_t rubbish[] = "HTTP/1.1 400 Bad Request\r\n";
    site_at(&stage->site, stage->port);
    int fd = accept_one(stage->listener);
    give(fd, rubbish, sizeof rubbish);
    assert_true(closed(fd));
    wait_for_error(&stage->site, 0, "impossible length");
    close(fd);
}

/* Accepts and says nothing: closed, and only then tried again. */
static void test_silent_and_never_two(void **state)
{
    struct stage *stage = *state;
    struct client_spec spec = dial_spec("127.0.0.1", stage->port, UNIT);
    spec.timeout = 20 * MS;
    site_with(&stage->site, spec);
    for (int round = 0; round < 2; round++) {
        int fd = accept_one(stage->listener);
        assert_true(nobody_waits(stage->listener));
        uint8_t byte;
        while (recv(fd, &byte, 1, 0) > 0)
            assert_true(nobody_waits(stage->listener));
        close(fd);
    }
    wait_for_error(&stage->site, 0, "no answer");
}

static void test_units_share_a_connection(void **state)
{
    struct stage *stage = *state;
    uint8_t request[2][REQUEST];
    dial_bed_open(&stage->site.bed);
    dial_bed_add(&stage->site.bed, dial_spec("127.0.0.1", stage->port, 1));
    dial_bed_add(&stage->site.bed, dial_spec("127.0.0.1", stage->port, 2));
    site_start(&stage->site);
    int fd = accept_one(stage->listener);
    assert_true(take(fd, request[0], REQUEST) && take(fd, request[1], REQUEST));
    assert_int_equal(request[0][6] + request[1][6], 1 + 2);
    assert_true(nobody_waits(stage->listener));
    link_want(stage->site.bed.image, 0, false); /* the other one still wants it */
    answer_poll(fd, 1);
    close(fd);
}

static void test_two_hundred_dead(void **state)
{
    struct desk *device = *state;
    struct site site;
    uint16_t port;
    int dead[DEAD];
    start(device);
    dial_bed_open(&site.bed);
    dial_bed_add(&site.bed, dial_spec("127.0.0.1", tcp_port(device->tcp, 0), UNIT));
    for (int i = 0; i < DEAD; i++) {
        dead[i] = dead_port(&port);
        dial_bed_add(&site.bed, dial_spec("127.0.0.1", port, UNIT));
    }
    site_start(&site);
    for (uint16_t i = 1; i <= 50; i++) {
        device_set(device, i);
        wait_for_word(&site.bed, 0, i);
    }
    for (int i = 0; i < DEAD; i++)
        wait_for_error(&site, (size_t)i + 1, "connection refused");
    assert_int_equal(tcp_connections(device->tcp), 1);
    assert_int_equal(link_look(site.bed.image, 0).errors, 0);
    site_end(&site);
    for (int i = 0; i < DEAD; i++)
        close(dead[i]);
}

/* Ended at any moment: while resolving, connecting, waiting, or with nothing to do at all. */
static void test_ended_at_once(void **state)
{
    (void)state;
    uint16_t port;
    int fd = dead_port(&port);
    for (int i = 0; i < 20; i++) {
        struct site site;
        site_with(&site, dial_spec(i % 2 ? "plc7.no-such-name.invalid" : "127.0.0.1", port, UNIT));
        if (i % 4 < 2)
            link_want(site.bed.image, 0, false);
        site_end(&site);
    }
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_mirrors),
        TEST(test_woken),
        TEST(test_restart_on_the_same_port),
        TEST(test_stop_and_start),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_unknown_name),
        PLAYED(test_dropped),
        PLAYED(test_reset),
        PLAYED(test_closes_in_the_middle_of_a_frame),
        PLAYED(test_broken_framing),
        PLAYED(test_silent_and_never_two),
        PLAYED(test_units_share_a_connection),
        TEST(test_two_hundred_dead),
        cmocka_unit_test(test_ended_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

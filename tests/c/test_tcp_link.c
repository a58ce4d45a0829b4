/* Proves what a server's link shows and obeys: online while it listens, when the last request came,
 * stop (socket and connections closed) and start (the same port again), from another thread, and
 * that a port which somebody else took meanwhile is tried until it is free. */

#include "tcp_bed.h"

#include "image/link.h"

/* The bed of tcp_bed.h knows no links: here is a program with two servers. */
struct site {
    struct image *image;
    struct server *servers[2];
    struct tcp *tcp;
};

static struct plan *site_plan(void)
{
    struct error error;
    struct plan *plan = plan_create("site");
    struct memory memory = {.name = "mem", .where = "bed", .order = ORDER_ABCD};
    bed_need(plan_memory(plan, &memory, &error) >= 0, &error);
    bed_raw(plan, 0, TABLE_HOLDING, 0, 10);
    for (int i = 0; i < 2; i++) {
        struct server_spec spec = {.where = "bed", .name = i ? "two" : "one"};
        spec.bind = i ? "127.0.0.2" : "127.0.0.1";
        spec.port = (uint16_t)(1 + i); /* the plan refuses 0; the tests' ports are chosen below */
        bed_need(plan_server(plan, &spec, &error) >= 0, &error);
    }
    bed_need(plan_seal(plan, &error), &error);
    for (size_t i = 0; i < plan->server_count; i++)
        ((struct server_spec *)&plan->servers[i])->port = 0;
    return plan;
}

static int site_open(void **state)
{
    struct site *site = calloc(1, sizeof *site);
    struct error error = {""};
    struct plan *plan = site_plan();
    site->image = image_create(plan, 1, &error);
    bed_need(site->image, &error);
    site->tcp = tcp_create(&error);
    bed_need(site->tcp, &error);
    for (size_t i = 0; i < 2; i++) {
        site->servers[i] = server_create(site->image, &plan->servers[i]);
        bed_need(tcp_listen(site->tcp, site->servers[i], &error), &error);
    }
    bed_need(tcp_start(site->tcp, &error), &error);
    plan_unref(plan);
    *state = site;
    return 0;
}

static int site_close(void **state)
{
    struct site *site = *state;
    tcp_destroy(site->tcp);
    for (size_t i = 0; i < 2; i++)
        server_destroy(site->servers[i]);
    image_destroy(site->image);
    free(site);
    return 0;
}

static void wait_for_online(struct site *site, size_t link, bool online)
{
    int64_t deadline = clock_monotonic() + PATIENCE_S * (int64_t)NS_PER_S;
    while (link_look(site->image, link).online != online && clock_monotonic() < deadline)
        pause_ms(1);
    assert_int_equal(link_look(site->image, link).online, online);
}

static void test_status(void **state)
{
    struct site *site = *state;
    assert_true(link_look(site->image, 0).online);
    assert_true(link_look(site->image, 1).online);
    assert_int_equal(link_look(site->image, 0).answered, 0);
    int64_t before = clock_monotonic();
    int fd = client_from("127.0.0.1", tcp_port(site->tcp, 0));
    assert_true(served(fd));
    close(fd); /* the tick that publishes comes after the connection has gone */
    int64_t deadline = before + PATIENCE_S * (int64_t)NS_PER_S;
    while (!link_look(site->image, 0).answered && clock_monotonic() < deadline)
        pause_ms(1);
    assert_true(link_look(site->image, 0).answered >= before);
    assert_int_equal(link_look(site->image, 1).answered, 0);
}

static bool is_refused(uint16_t port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    bool refused = connect(fd, (struct sockaddr *)&address, sizeof address) < 0;
    close(fd);
    return refused;
}

static void test_stop_and_start(void **state)
{
    struct site *site = *state;
    uint16_t port = tcp_port(site->tcp, 0);
    for (int round = 0; round < 3; round++) {
        int fd = client_from("127.0.0.1", port);
        assert_true(served(fd));
        link_want(site->image, 0, false);
        assert_true(closed(fd));
        close(fd);
        wait_for_online(site, 0, false);
        assert_true(is_refused(port));
        assert_true(link_look(site->image, 1).online);
        link_want(site->image, 0, true);
        wait_for_online(site, 0, true);
        assert_int_equal(tcp_port(site->tcp, 0), port);
    }
    int fd = client_from("127.0.0.1", port);
    assert_true(served(fd));
    close(fd);
}

/* Wanted twice, or unwanted and wanted again at once: it is there in the end. */
static void test_flapping(void **state)
{
    struct site *site = *state;
    for (int i = 0; i < 1001; i++)
        link_want(site->image, 0, i % 2 == 0);
    wait_for_online(site, 0, true);
    link_want(site->image, 0, true);
    link_want(site->image, 1, false);
    wait_for_online(site, 1, false);
    int fd = client_from("127.0.0.1", tcp_port(site->tcp, 0));
    assert_true(served(fd));
    close(fd);
}

static int take_port(uint16_t port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 1), 0);
    return fd;
}

static void test_port_taken(void **state)
{
    struct site *site = *state;
    uint16_t port = tcp_port(site->tcp, 0);
    link_want(site->image, 0, false);
    wait_for_online(site, 0, false);
    int thief = take_port(port);
    link_want(site->image, 0, true);
    link_want(site->image, 1, false);
    wait_for_online(site, 1, false); /* the wish for 0 was heard before, or with it */
    assert_false(link_look(site->image, 0).online);
    close(thief);
    wait_for_online(site, 0, true);
    int fd = client_from("127.0.0.1", port);
    assert_true(served(fd));
    close(fd);
}

static void test_end_while_stopped(void **state)
{
    struct site *site = *state;
    link_want(site->image, 0, false);
    wait_for_online(site, 0, false);
}

#define SITE(name) cmocka_unit_test_setup_teardown(name, site_open, site_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SITE(test_status),     SITE(test_stop_and_start),    SITE(test_flapping),
        SITE(test_port_taken), SITE(test_end_while_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

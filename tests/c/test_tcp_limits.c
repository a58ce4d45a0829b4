/* Proves on real sockets who comes in at all: an address has its own limit and its own permission,
 * and a flood of connections delays nobody who is in. */

#include "tcp_bed.h"

#include "image/audit.h"

static void an_address_has_its_own_limit(void **state)
{
    struct desk *desk = *state;
    desk->bed.spec.max_connections_per_address = 2;
    start(desk);
    uint16_t port = tcp_port(desk->tcp, 0);
    int first = client(desk), second = client(desk);
    assert_true(served(first));
    assert_true(served(second));
    int third = client(desk), other = client_from("127.0.0.2", port);
    assert_true(closed(third));
    assert_true(served(other));
    assert_true(served(first));
    close(second);
    wait_for_connections(desk, 2);
    int again = client(desk);
    assert_true(served(again));
    close(first);
    close(third);
    close(other);
    close(again);
}

static void a_limit_of_zero_is_the_default(void **state)
{
    struct desk *desk = *state;
    desk->bed.spec.max_connections = desk->bed.spec.max_connections_per_address = 0;
    start(desk);
    int fds[TCP_MAX_CONNECTIONS_PER_ADDRESS + 1];
    for (size_t i = 0; i < TCP_MAX_CONNECTIONS_PER_ADDRESS; i++) {
        fds[i] = client(desk);
        assert_true(served(fds[i]));
    }
    fds[TCP_MAX_CONNECTIONS_PER_ADDRESS] = client(desk);
    assert_true(closed(fds[TCP_MAX_CONNECTIONS_PER_ADDRESS]));
    for (size_t i = 0; i <= TCP_MAX_CONNECTIONS_PER_ADDRESS; i++)
        close(fds[i]);
}

static void only_allowed_addresses_come_in(void **state)
{
    struct desk *desk = *state;
    struct cidr allow;
    struct error error;
    assert_true(cidr_parse("127.0.0.2/32", &allow, &error));
    desk->bed.spec.allow = &allow;
    desk->bed.spec.allow_count = 1;
    start(desk);
    uint16_t port = tcp_port(desk->tcp, 0);
    int bad = client(desk), good = client_from("127.0.0.2", port);
    assert_true(closed(bad));
    assert_true(served(good));
    close(bad);
    close(good);
}

static void peer_of(int fd, char *text, size_t size)
{
    struct sockaddr_in here;
    socklen_t length = sizeof here;
    char address[INET_ADDRSTRLEN];
    assert_int_equal(getsockname(fd, (struct sockaddr *)&here, &length), 0);
    inet_ntop(AF_INET, &here.sin_addr, address, sizeof address);
    snprintf(text, size, "%s:%u", address, ntohs(here.sin_port));
}

static void expect_entry(struct audit *audit, enum audit_kind kind, int fd)
{
    struct audit_entry entry;
    uint64_t lost;
    char peer[AUDIT_PEER_MAX];
    peer_of(fd, peer, sizeof peer);
    assert_true(audit_take(audit, &entry, &lost));
    assert_int_equal(entry.kind, kind);
    assert_string_equal(entry.origin.peer, peer);
    if (kind == AUDIT_REFUSED)
        assert_string_equal(entry.text, "connection refused by allow of tcp:bed");
    else
        assert_int_equal(entry.origin.function, 6);
    plan_unref(entry.plan);
}

/* Who was refused, and who wrote, with the port that tells two programs of one machine apart. */
static void the_audit_log_names_the_peer(void **state)
{
    struct desk *desk = *state;
    struct cidr allow;
    struct error error;
    static const uint8_t write[12] = {0, 1, 0, 0, 0, 6, 1, 6, 0, 0, 0, 5};
    uint8_t answer[12];
    struct audit *audit = audit_create(&error);
    audit_set_level(audit, AUDIT_ALL);
    image_share(desk->bed.image, NULL, audit);
    assert_true(cidr_parse("127.0.0.2/32", &allow, &error));
    desk->bed.spec.allow = &allow;
    desk->bed.spec.allow_count = 1;
    start(desk);
    int bad = client(desk);
    assert_true(closed(bad));
    expect_entry(audit, AUDIT_REFUSED, bad);
    int good = client_from("127.0.0.2", tcp_port(desk->tcp, 0));
    give(good, write, sizeof write);
    assert_true(take(good, answer, sizeof answer));
    expect_entry(audit, AUDIT_WRITE, good);
    tcp_destroy(desk->tcp);
    desk->tcp = NULL;
    image_share(desk->bed.image, NULL, NULL);
    audit_destroy(audit);
    close(bad);
    close(good);
}

static void a_flood_of_connections_delays_nobody(void **state)
{
    struct desk *desk = *state;
    desk->bed.spec.max_connections = 4;
    start(desk);
    int good = client(desk);
    assert_true(served(good));
    for (int i = 0; i < 500; i++) {
        close(client(desk));
        if (i % 10 == 0)
            assert_true(served(good));
    }
    wait_for_connections(desk, 1);
    close(good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_address_has_its_own_limit),         TEST(a_limit_of_zero_is_the_default),
        TEST(only_allowed_addresses_come_in),       TEST(the_audit_log_names_the_peer),
        TEST(a_flood_of_connections_delays_nobody),
    };
    return cmocka_run_group_tests_name("tcp_limits", tests, NULL, NULL);
}

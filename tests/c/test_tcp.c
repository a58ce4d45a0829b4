/* Proves on real sockets that a server answers everyone and survives what peers send, half-close,
 * break or reset; how its connections are tuned; and that what cannot be listened on is said with
 * what to do. Beside it: test_tcp_limits.c, who comes in at all; test_tcp_timeouts.c and
 * test_tcp_full.c, what takes real time to prove. */

#include "tcp_bed.h"
#include <fcntl.h>
#include <sys/wait.h>

static void requests_are_answered(void **state)
{
    struct desk *desk = *state;
    start(desk);
    int fd = client(desk);
    static const uint8_t write[] = {0xFF, 0xFF, 0, 0, 0, 6, 1, 6, 0, 0, 0x12, 0x34};
    static const uint8_t read[] = {0, 1, 0, 0, 0, 5, 1, 3, 2, 0x12, 0x34};
    uint8_t answer[12];
    give(fd, write, sizeof write);
    assert_true(take(fd, answer, 12));
    assert_memory_equal(answer, write, 12);
    give(fd, READ, sizeof READ);
    assert_true(take(fd, answer, 11));
    assert_memory_equal(answer, read, 11);
    assert_int_equal(tcp_connections(desk->tcp), 1);
    close(fd);
    wait_for_connections(desk, 0);
}

static void a_frame_in_single_bytes(void **state)
{
    struct desk *desk = *state;
    start(desk);
    int fd = client(desk);
    for (size_t i = 0; i < sizeof READ; i++) {
        give(fd, READ + i, 1);
        pause_ms(2);
    }
    uint8_t answer[READ_ANSWER];
    assert_true(take(fd, answer, sizeof answer));
    assert_true(served(fd));
    close(fd);
}

static void many_in_flight(void **state)
{
    struct desk *desk = *state;
    start(desk);
    int fd = client(desk);
    enum { FLIGHT = 200 };
    uint8_t requests[FLIGHT][12];
    for (size_t i = 0; i < FLIGHT; i++) {
        memcpy(requests[i], READ_MUCH, 12);
        requests[i][1] = (uint8_t)i;
    }
    give(fd, requests[0], sizeof requests);
    for (size_t i = 0; i < FLIGHT; i++) {
        uint8_t answer[READ_MUCH_ANSWER];
        assert_true(take(fd, answer, sizeof answer));
        assert_int_equal(answer[1], i);
    }
    close(fd);
}

static void half_close_gets_the_answer_and_then_the_end(void **state)
{
    struct desk *desk = *state;
    start(desk);
    int fd = client(desk);
    give(fd, READ, sizeof READ);
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    uint8_t answer[READ_ANSWER + 1];
    assert_int_equal(recv(fd, answer, sizeof answer, MSG_WAITALL), READ_ANSWER);
    assert_int_equal(recv(fd, answer, 1, 0), 0);
    close(fd);
    wait_for_connections(desk, 0);
}

static void broken_framing_is_closed_after_the_answers(void **state)
{
    struct desk *desk = *state;
    start(desk);
    static const uint8_t lengths[][2] = {{0, 0}, {0, 1}, {0, 255}, {0xFF, 0xFF}};
    for (size_t i = 0; i < 4; i++) {
        int fd = client(desk);
        uint8_t bytes[24], answer[READ_ANSWER];
        memcpy(bytes, READ, 12);
        memcpy(bytes + 12, READ, 12);
        memcpy(bytes + 12 + 4, lengths[i], 2);
        give(fd, bytes, sizeof bytes);
        assert_true(take(fd, answer, sizeof answer));
        assert_true(closed(fd));
        close(fd);
    }
    wait_for_connections(desk, 0);
}

static void a_reset_is_only_one_connections_end(void **state)
{
    struct desk *desk = *state;
    start(desk);
    int good = client(desk);
    for (int i = 0; i < 50; i++) {
        int bad = client(desk);
        struct linger hard = {1, 0};
        setsockopt(bad, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        give(bad, READ_MUCH, i % 13 ? (size_t)(i % 13) : 1);
        close(bad);
        assert_true(served(good));
    }
    wait_for_connections(desk, 1);
    close(good);
}

/* The server's end of a connection, in this process: found by the client's port. */
static int server_end(int client_fd)
{
    struct sockaddr_in mine, peer;
    socklen_t size = sizeof mine;
    getsockname(client_fd, (struct sockaddr *)&mine, &size);
    for (int fd = 0; fd < 1024; fd++) {
        size = sizeof peer;
        if (getpeername(fd, (struct sockaddr *)&peer, &size) == 0 && peer.sin_family == AF_INET &&
            peer.sin_port == mine.sin_port)
            return fd;
    }
    return -1;
}

static int option_of(int fd, int level, int option)
{
    int value = -1;
    socklen_t size = sizeof value;
    getsockopt(fd, level, option, &value, &size);
    return value;
}

static void connections_are_tuned(void **state)
{
    struct desk *desk = *state;
    start(desk);
    int fd = client(desk);
    assert_true(served(fd));
    int end = server_end(fd);
    assert_true(end >= 0);
    assert_int_equal(option_of(end, IPPROTO_TCP, TCP_NODELAY), 1);
    assert_int_equal(option_of(end, SOL_SOCKET, SO_KEEPALIVE), 1);
    assert_int_equal(option_of(end, IPPROTO_TCP, TCP_KEEPIDLE), 10);
    assert_int_equal(option_of(end, IPPROTO_TCP, TCP_KEEPINTVL), 5);
    assert_int_equal(option_of(end, IPPROTO_TCP, TCP_KEEPCNT), 3);
    assert_int_equal(option_of(end, IPPROTO_TCP, TCP_USER_TIMEOUT), 20000);
    assert_true(fcntl(end, F_GETFD) & FD_CLOEXEC);
    close(fd);
}

static void both_families_on_one_port(void **state)
{
    struct desk *desk = *state;
    int probe = socket(AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 here = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    bool none = probe < 0 || bind(probe, (struct sockaddr *)&here, sizeof here) < 0;
    close(probe);
    if (none)
        skip();
    struct cidr allow[2];
    struct error error;
    assert_true(cidr_parse("127.0.0.0/8", &allow[0], &error));
    assert_true(cidr_parse("::1", &allow[1], &error));
    desk->bed.spec.bind = "::";
    desk->bed.spec.allow = allow;
    desk->bed.spec.allow_count = 2;
    start(desk);
    int v4 = client(desk), v6 = socket(AF_INET6, SOCK_STREAM, 0);
    here.sin6_port = htons(tcp_port(desk->tcp, 0));
    assert_int_equal(connect(v6, (struct sockaddr *)&here, sizeof here), 0);
    assert_true(served(v4));
    assert_true(served(v6));
    close(v4);
    close(v6);
}

static void two_servers_on_one_thread(void **state)
{
    struct desk *desk = *state;
    struct server_spec spec = desk->bed.spec;
    spec.read_only = true;
    struct server *second = server_create(desk->bed.image, &spec);
    struct error error;
    assert_true(tcp_listen(desk->tcp, second, &error));
    start(desk);
    int read_only = client_from("127.0.0.1", tcp_port(desk->tcp, 0));
    int writable = client_from("127.0.0.1", tcp_port(desk->tcp, 1));
    static const uint8_t write[] = {0, 1, 0, 0, 0, 6, 1, 6, 0, 0, 0, 5};
    uint8_t answer[12];
    give(read_only, write, sizeof write);
    assert_true(take(read_only, answer, 9));
    assert_int_equal(answer[7], 0x86);
    give(writable, write, sizeof write);
    assert_true(take(writable, answer, 12));
    assert_int_equal(answer[7], 6);
    assert_int_equal(tcp_connections(desk->tcp), 2);
    tcp_destroy(desk->tcp);
    desk->tcp = NULL;
    assert_true(closed(read_only));
    assert_true(closed(writable));
    server_destroy(second);
    close(read_only);
    close(writable);
}

static void what_was_never_started_is_destroyed(void **state)
{
    struct desk *desk = *state;
    struct error error;
    tcp_destroy(NULL);
    assert_true(tcp_listen(desk->tcp, desk->bed.server, &error));
    assert_true(tcp_port(desk->tcp, 0) > 0);
    assert_int_equal(tcp_connections(desk->tcp), 0);
}

static void refuses(struct desk *desk, const char *bind, uint16_t port, const char *expected)
{
    struct error error = {""};
    desk->bed.spec.bind = bind;
    desk->bed.spec.port = port;
    assert_false(tcp_listen(desk->tcp, desk->bed.server, &error));
    if (!strstr(error.text, expected))
        fail_msg("\"%s\" does not say \"%s\"", error.text, expected);
}

static void what_cannot_be_listened_on(void **state)
{
    struct desk *desk = *state;
    struct error error;
    char expected[100];
    assert_true(tcp_listen(desk->tcp, desk->bed.server, &error));
    uint16_t port = tcp_port(desk->tcp, 0);
    snprintf(expected, sizeof expected,
             "cannot listen on 127.0.0.1:%u: the port is in use by another program", port);
    refuses(desk, "127.0.0.1", port, expected);
    refuses(desk, "192.0.2.1", 0, "cannot listen on 192.0.2.1:0: this machine has no such address");
    refuses(desk, "plc1", 502, "cannot listen on plc1:502: this is no IPv4 or IPv6 address");
    refuses(desk, "127.1", 502, "no IPv4 or IPv6 address");
    refuses(desk, "fd00:::1", 502, "cannot listen on [fd00:::1]:502: this is no IPv4");
    refuses(desk, "", 502, "no IPv4 or IPv6 address");
}

/* In a child, because it gives up root where it has it. 77: this system lets anyone have them. */
static void low_ports_want_permission(void **state)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct desk *desk = *state;
        struct error error = {""};
        if (geteuid() == 0 && setuid(65534) != 0)
            _exit(77);
        desk->bed.spec.port = 1;
        bool listens = tcp_listen(desk->tcp, desk->bed.server, &error);
        _exit(listens ? 77 : strstr(error.text, "need root or CAP_NET_BIND_SERVICE") ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(requests_are_answered),
        TEST(a_frame_in_single_bytes),
        TEST(many_in_flight),
        TEST(half_close_gets_the_answer_and_then_the_end),
        TEST(broken_framing_is_closed_after_the_answers),
        TEST(a_reset_is_only_one_connections_end),
        TEST(connections_are_tuned),
        TEST(both_families_on_one_port),
        TEST(two_servers_on_one_thread),
        TEST(what_was_never_started_is_destroyed),
        TEST(what_cannot_be_listened_on),
        TEST(low_ports_want_permission),
    };
    return cmocka_run_group_tests_name("tcp", tests, NULL, NULL);
}

/* Proves on real sockets that a server keeps its limits and its promises to everyone else while
 * one peer stalls, floods, never reads, half-closes, breaks the framing or vanishes; and that
 * what cannot be listened on is said with what to do. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "modbus/mbap.h"
#include "modbus/tcp.h"
#include "modbus_bed.h"

enum { PATIENCE_S = 20, MANY = 100000 };

static const uint8_t READ[12] = {0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 1};
static const uint8_t READ_MUCH[12] = {0, 2, 0, 0, 0, 6, 1, 3, 0, 0, 0, 125};
enum { READ_ANSWER = 11, READ_MUCH_ANSWER = 259 };

struct desk {
    struct bed bed;
    struct tcp *tcp;
};

static int desk_open(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);
    struct error error;
    bed_open(&desk->bed);
    desk->bed.spec.max_connections = desk->bed.spec.max_connections_per_address = MANY;
    desk->tcp = tcp_create(&error);
    assert_non_null(desk->tcp);
    *state = desk;
    return 0;
}

static int desk_close(void **state)
{
    struct desk *desk = *state;
    tcp_destroy(desk->tcp);
    bed_close(&desk->bed);
    free(desk);
    return 0;
}

/* The spec may be changed before. */
static void start(struct desk *desk)
{
    struct error error;
    if (!tcp_listen(desk->tcp, desk->bed.server, &error) || !tcp_start(desk->tcp, &error))
        fail_msg("%s", error.text);
}

static int client_from(const char *source, uint16_t port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    struct timeval patience = {PATIENCE_S, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct sockaddr_in address = {.sin_family = AF_INET};
    inet_pton(AF_INET, source, &address.sin_addr);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    address.sin_port = htons(port);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static int client(const struct desk *desk)
{
    return client_from("127.0.0.1", tcp_port(desk->tcp, 0));
}

static void give(int fd, const uint8_t *bytes, size_t length)
{
    assert_int_equal(send(fd, bytes, length, MSG_NOSIGNAL), length);
}

/* Whether `length` bytes came before the end or PATIENCE_S. */
static bool take(int fd, uint8_t *bytes, size_t length)
{
    return recv(fd, bytes, length, MSG_WAITALL) == (ssize_t)length;
}

/* Whether a request is answered: false when the server has closed or closes. */
static bool served(int fd)
{
    uint8_t answer[READ_ANSWER];
    return send(fd, READ, sizeof READ, MSG_NOSIGNAL) == sizeof READ &&
           take(fd, answer, sizeof answer) && answer[7] == 3;
}

/* Whether the server ends the connection, whatever it had sent before. */
static bool closed(int fd)
{
    uint8_t bytes[4096];
    ssize_t got;
    while ((got = recv(fd, bytes, sizeof bytes, 0)) > 0)
        ;
    return got == 0 || errno == ECONNRESET;
}

static void pause_ms(int milliseconds)
{
    poll(NULL, 0, milliseconds);
}

static void wait_for_connections(const struct desk *desk, size_t count)
{
    int64_t deadline = clock_monotonic() + PATIENCE_S * (int64_t)NS_PER_S;
    while (tcp_connections(desk->tcp) != count && clock_monotonic() < deadline)
        pause_ms(1);
    assert_int_equal(tcp_connections(desk->tcp), count);
}

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

/* Requests without reading an answer, until nothing more goes in for a while: then the server is
 * held up, its socket full. Returns how many whole requests were given. */
static size_t flood(int fd)
{
    uint8_t block[100 * 12];
    for (size_t i = 0; i < sizeof block; i += 12)
        memcpy(block + i, READ_MUCH, 12);
    size_t bytes = 0;
    struct pollfd wait = {fd, POLLOUT, 0};
    while (poll(&wait, 1, 500) > 0) {
        size_t at = bytes % sizeof block;
        ssize_t sent = send(fd, block + at, sizeof block - at, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN)
            break;
        bytes += sent > 0 ? (size_t)sent : 0;
    }
    return bytes / 12;
}

static void a_late_reader_gets_every_answer(void **state)
{
    struct desk *desk = *state;
    start(desk);
    int fd = client(desk);
    size_t requests = flood(fd);
    assert_true(requests > 0);
    shutdown(fd, SHUT_WR);
    for (size_t i = 0; i < requests; i++) {
        uint8_t answer[READ_MUCH_ANSWER];
        assert_true(take(fd, answer, sizeof answer));
        assert_int_equal(answer[8], 250);
    }
    uint8_t end;
    assert_int_equal(recv(fd, &end, 1, 0), 0);
    close(fd);
}

static void who_never_reads_is_closed_and_delays_nobody(void **state)
{
    struct desk *desk = *state;
    tcp_set_timeouts(desk->tcp, 60000, 1000);
    start(desk);
    int good = client(desk), bad = client(desk);
    assert_true(served(good));
    flood(bad);
    int64_t held_up = clock_monotonic();
    while (tcp_connections(desk->tcp) == 2)
        assert_true(served(good));
    assert_true(clock_monotonic() - held_up < 15 * (int64_t)NS_PER_S); /* the kernel takes 20 */
    assert_true(closed(bad));
    assert_true(served(good));
    close(good);
    close(bad);
}

static void half_a_frame_is_closed_and_delays_nobody(void **state)
{
    struct desk *desk = *state;
    tcp_set_timeouts(desk->tcp, 300, 60000);
    start(desk);
    int good = client(desk), bad = client(desk);
    assert_true(served(bad));
    int64_t begun = clock_monotonic();
    static const uint8_t begin[] = {0, 1, 0, 0, 0, 254, 1, 8, 0, 0};
    give(bad, begin, sizeof begin);
    assert_true(served(good));
    int dripped = 0; /* which does not buy time */
    while (dripped < 200 && tcp_connections(desk->tcp) == 2) {
        dripped += send(bad, begin, 1, MSG_NOSIGNAL) == 1;
        assert_true(served(good));
        pause_ms(50);
    }
    assert_true(dripped < 200);
    assert_true(closed(bad));
    assert_true(clock_monotonic() - begun >= 300 * (int64_t)NS_PER_MS);
    assert_true(served(good)); /* whole frames have no timeout */
    close(good);
    close(bad);
}

/* Frames that end and begin in the same segment keep the connection alive. */
static void overlapping_frames_are_no_half_frame(void **state)
{
    struct desk *desk = *state;
    tcp_set_timeouts(desk->tcp, 1500, 60000);
    start(desk);
    int fd = client(desk);
    int64_t end = clock_monotonic() + 3500 * (int64_t)NS_PER_MS;
    give(fd, READ, 6);
    while (clock_monotonic() < end) {
        uint8_t bytes[12], answer[READ_ANSWER];
        memcpy(bytes, READ + 6, 6);
        memcpy(bytes + 6, READ, 6);
        give(fd, bytes, sizeof bytes);
        assert_true(take(fd, answer, sizeof answer));
        pause_ms(20);
    }
    assert_true(closed(fd)); /* but the last one never ends */
    close(fd);
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

static void idle_connections_time_out(void **state)
{
    struct desk *desk = *state;
    desk->bed.spec.idle_timeout = 1500 * (int64_t)NS_PER_MS;
    start(desk);
    int busy = client(desk), idle = client(desk);
    assert_true(served(idle));
    while (tcp_connections(desk->tcp) < 2)
        assert_true(served(busy));
    while (tcp_connections(desk->tcp) == 2) {
        assert_true(served(busy));
        pause_ms(20);
    }
    assert_true(closed(idle));
    assert_true(served(busy));
    close(idle);
    close(busy);
}

static void nobody_makes_room_within_a_second(void **state)
{
    struct desk *desk = *state;
    desk->bed.spec.max_connections = 1;
    start(desk);
    int first = client(desk), newcomer = -1;
    int64_t begun = clock_monotonic();
    assert_true(served(first));
    while (newcomer < 0 && clock_monotonic() < begun + PATIENCE_S * (int64_t)NS_PER_S) {
        newcomer = client(desk);
        if (served(newcomer))
            break;
        close(newcomer);
        newcomer = -1;
        pause_ms(20);
    }
    assert_true(newcomer >= 0);
    assert_true(clock_monotonic() - begun >= NS_PER_S);
    assert_true(closed(first));
    assert_int_equal(tcp_connections(desk->tcp), 1);
    close(first);
    close(newcomer);
}

static void the_longest_idle_makes_room(void **state)
{
    struct desk *desk = *state;
    desk->bed.spec.max_connections = 4;
    tcp_set_timeouts(desk->tcp, 60000, 60000);
    start(desk);
    int longest = client(desk), longer = client(desk), half = client(desk), busy = client(desk);
    give(half, READ, 5); /* silent for the longest time, but something is under way */
    assert_true(served(longest));
    assert_true(served(longer));
    int64_t begun = clock_monotonic();
    while (clock_monotonic() - begun < 1200 * (int64_t)NS_PER_MS) {
        assert_true(served(busy));
        pause_ms(10);
    }
    int newcomer = client(desk);
    assert_true(served(newcomer));
    assert_true(closed(longest));
    assert_true(served(longer));
    assert_true(served(busy));
    give(half, READ + 5, 7);
    uint8_t answer[READ_ANSWER];
    assert_true(take(half, answer, sizeof answer));
    int fds[] = {longest, longer, half, busy, newcomer};
    for (size_t i = 0; i < 5; i++)
        close(fds[i]);
}

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

enum { DESCRIPTORS_LEFT = 6 };

/* A server that may have only a few descriptors more than it has. Ends when `until` does, and
 * says by its exit code whether it has waited rather than spun meanwhile. */
static void serve_with_few_descriptors(struct desk *desk, int say, int until)
{
    start(desk);
    int next = dup(until);
    close(next);
    struct rlimit few = {(rlim_t)next + DESCRIPTORS_LEFT, (rlim_t)next + DESCRIPTORS_LEFT};
    setrlimit(RLIMIT_NOFILE, &few);
    uint16_t port = tcp_port(desk->tcp, 0);
    char end;
    bool said = write(say, &port, sizeof port) == sizeof port && read(until, &end, 1) == 0;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    _exit(said && usage.ru_utime.tv_sec + usage.ru_stime.tv_sec < 2 ? 0 : 1);
}

static void without_descriptors_newcomers_are_sent_away(void **state)
{
    struct desk *desk = *state;
    int up[2], down[2];
    assert_int_equal(pipe(up), 0);
    assert_int_equal(pipe(down), 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(down[1]);
        serve_with_few_descriptors(desk, up[1], down[0]);
    }
    close(down[0]);
    uint16_t port;
    assert_int_equal(read(up[0], &port, sizeof port), sizeof port);
    int fds[3 * DESCRIPTORS_LEFT];
    size_t in = 0;
    for (size_t i = 0; i < 3 * DESCRIPTORS_LEFT; i++) {
        fds[i] = client_from("127.0.0.1", port);
        in += served(fds[i]); /* false at once, not after PATIENCE_S: it was accepted and closed */
    }
    assert_in_range(in, 1, DESCRIPTORS_LEFT);
    for (size_t i = 0; i < in; i++)
        assert_true(served(fds[i]));
    for (size_t i = 0; i < 3 * DESCRIPTORS_LEFT; i++)
        close(fds[i]);
    bool again = false;
    for (int i = 0; i < 1000 && !again; i++) {
        int fd = client_from("127.0.0.1", port);
        again = served(fd);
        close(fd);
    }
    assert_true(again);
    close(down[1]);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(up[0]);
    close(up[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(requests_are_answered),
        TEST(a_frame_in_single_bytes),
        TEST(many_in_flight),
        TEST(half_close_gets_the_answer_and_then_the_end),
        TEST(a_late_reader_gets_every_answer),
        TEST(who_never_reads_is_closed_and_delays_nobody),
        TEST(half_a_frame_is_closed_and_delays_nobody),
        TEST(overlapping_frames_are_no_half_frame),
        TEST(broken_framing_is_closed_after_the_answers),
        TEST(a_reset_is_only_one_connections_end),
        TEST(idle_connections_time_out),
        TEST(nobody_makes_room_within_a_second),
        TEST(the_longest_idle_makes_room),
        TEST(an_address_has_its_own_limit),
        TEST(a_limit_of_zero_is_the_default),
        TEST(only_allowed_addresses_come_in),
        TEST(a_flood_of_connections_delays_nobody),
        TEST(connections_are_tuned),
        TEST(both_families_on_one_port),
        TEST(two_servers_on_one_thread),
        TEST(what_was_never_started_is_destroyed),
        TEST(what_cannot_be_listened_on),
        TEST(low_ports_want_permission),
        TEST(without_descriptors_newcomers_are_sent_away),
    };
    return cmocka_run_group_tests_name("tcp", tests, NULL, NULL);
}

#pragma once
/* The bed of modbus_bed.h on real sockets of the loopback, for the tests of src/modbus/tcp.c, and
 * clients of it that see answers and ends. Waits are for events; PATIENCE_S is reached only when
 * something is broken. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/clock.h"
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

static inline int desk_open(void **state)
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

static inline int desk_close(void **state)
{
    struct desk *desk = *state;
    tcp_destroy(desk->tcp);
    bed_close(&desk->bed);
    free(desk);
    return 0;
}

/* The spec may be changed before. */
static inline void start(struct desk *desk)
{
    struct error error;
    if (!tcp_listen(desk->tcp, desk->bed.server, &error) || !tcp_start(desk->tcp, &error))
        fail_msg("%s", error.text);
}

static inline int client_from(const char *source, uint16_t port)
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

static inline int client(const struct desk *desk)
{
    return client_from("127.0.0.1", tcp_port(desk->tcp, 0));
}

static inline void give(int fd, const uint8_t *bytes, size_t length)
{
    assert_int_equal(send(fd, bytes, length, MSG_NOSIGNAL), length);
}

/* Whether `length` bytes came before the end or PATIENCE_S. */
static inline bool take(int fd, uint8_t *bytes, size_t length)
{
    return recv(fd, bytes, length, MSG_WAITALL) == (ssize_t)length;
}

/* Whether a request is answered: false when the server has closed or closes. */
static inline bool served(int fd)
{
    uint8_t answer[READ_ANSWER];
    return send(fd, READ, sizeof READ, MSG_NOSIGNAL) == sizeof READ &&
           take(fd, answer, sizeof answer) && answer[7] == 3;
}

/* Whether the server ends the connection, whatever it had sent before. */
static inline bool closed(int fd)
{
    uint8_t bytes[4096];
    ssize_t got;
    while ((got = recv(fd, bytes, sizeof bytes, 0)) > 0)
        ;
    return got == 0 || errno == ECONNRESET;
}

static inline void pause_ms(int milliseconds)
{
    poll(NULL, 0, milliseconds);
}

static inline void wait_for_connections(const struct desk *desk, size_t count)
{
    int64_t deadline = clock_monotonic() + PATIENCE_S * (int64_t)NS_PER_S;
    while (tcp_connections(desk->tcp) != count && clock_monotonic() < deadline)
        pause_ms(1);
    assert_int_equal(tcp_connections(desk->tcp), count);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_close)

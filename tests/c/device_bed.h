#pragma once
/* A device that is played by the test itself, on a real socket of the loopback: it accepts when the
 * test says so, and answers what the test says. */

#include "dial_bed.h"
#include "tcp_bed.h"

enum { REQUEST = 12 };

static inline int listen_on(uint16_t *port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    struct timeval limit = {PATIENCE_S, 0};
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 16), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static inline int accept_one(int listener)
{
    struct timeval limit = {PATIENCE_S, 0};
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        fail_msg("no connection came");
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return fd;
}

static inline bool nobody_waits(int listener)
{
    return poll(&(struct pollfd){.fd = listener, .events = POLLIN}, 1, 0) == 0;
}

/* Answers one poll of the four registers. */
static inline void answer_poll(int fd, uint16_t word)
{
    uint8_t request[REQUEST], answer[9 + 2 * DIAL_WORDS] = {0};
    assert_true(take(fd, request, sizeof request));
    assert_int_equal(request[7], 3);
    memcpy(answer, request, 8);
    answer[5] = 3 + 2 * DIAL_WORDS;
    answer[8] = 2 * DIAL_WORDS;
    answer[9] = (uint8_t)(word >> 8);
    answer[10] = (uint8_t)word;
    give(fd, answer, sizeof answer);
}

/* A port on which nobody listens, and nobody else will: it stays bound. */
static inline int dead_port(uint16_t *port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

/* ---- what becomes of the clients ---- */

static inline int64_t patience(void)
{
    return clock_monotonic() + PATIENCE_S * (int64_t)NS_PER_S;
}

static inline void wait_for_online(struct dial_bed *bed, size_t link, bool online)
{
    for (int64_t end = patience(); clock_monotonic() < end; pause_ms(1))
        if (link_look(bed->image, link).online == online)
            return;
    char text[LINK_ERROR_MAX] = "";
    link_last_error(bed->image, link, text);
    fail_msg("link %zu is %s online; last error: %s", link, online ? "not" : "still", text);
}

static inline void wait_for_word(struct dial_bed *bed, uint32_t client, uint16_t word)
{
    for (int64_t end = patience(); clock_monotonic() < end; pause_ms(1))
        if (dial_bed_word(bed, client, 0) == word)
            return;
    fail_msg("the value %u did not come", word);
}

/* Sockets with a receive timeout do what a command needs. Answers are framed and judged by the very
 * functions that the links use. */

#include "control/probe_call.h"

#include "base/clock.h"
#include "modbus/mbap.h"
#include "modbus/query.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static bool is_port(const char *text)
{
    char *end;
    long port = strtol(text, &end, 10);
    return *text >= '0' && *text <= '9' && !*end && port >= 1 && port <= UINT16_MAX;
}

/* A colon divides name and port only where there is one, or an address stands in brackets. False
 * for brackets that are not closed, or closed by something else. */
static bool split(const char *text, size_t *length, const char **port)
{
    const char *colon = strrchr(text, ':'), *close = strchr(text, ']');
    if (text[0] == '[') {
        *length = close ? (size_t)(close - text - 1) : 0;
        *port = close && close[1] == ':' ? close + 2 : "502";
        return close && (close[1] == ':' || !close[1]);
    }
    bool divided = colon && colon == strchr(text, ':');
    *length = divided ? (size_t)(colon - text) : strlen(text);
    *port = divided ? colon + 1 : "502";
    return true;
}

bool probe_target_read(struct probe_target *target, const char *text, struct error *error)
{
    const char *port;
    size_t length;
    if (text[0] == '/')
        return error_set(error, "\"%s\" is a path; probe speaks Modbus TCP only, as 10.0.0.7:502",
                         text);
    if (!split(text, &length, &port) || length == 0 || length >= PROBE_HOST || !is_port(port))
        return error_set(error,
                         "\"%s\" is no device; write it as 10.0.0.7, plc7:1502 or "
                         "[fe80::1]:502, with a port of 1..65535",
                         text);
    *target = (struct probe_target){.host = ""};
    memcpy(target->host, text + (text[0] == '['), length);
    snprintf(target->port, sizeof target->port, "%ld", strtol(port, NULL, 10));
    return true;
}

/* A send timeout bounds connect, too. */
static int dial(const struct addrinfo *address, int seconds)
{
    struct timeval limit = {.tv_sec = seconds};
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (connect(fd, address->ai_addr, address->ai_addrlen) == 0)
        return fd;
    int code = errno == EINPROGRESS ? ETIMEDOUT : errno;
    close(fd);
    errno = code;
    return -1;
}

static const char *reason(int code)
{
    if (code == ECONNREFUSED)
        return "connection refused: the machine is there, but nothing listens on that port";
    return code == ETIMEDOUT ? "nobody answers there" : strerror(code);
}

bool probe_call_open(struct probe_call *call, const struct probe_target *target, uint8_t unit,
                     int seconds, struct error *error)
{
    struct addrinfo *addresses = NULL, hints = {.ai_socktype = SOCK_STREAM};
    *call = (struct probe_call){.fd = -1, .seconds = seconds, .unit = unit};
    int code = getaddrinfo(target->host, target->port, &hints, &addresses);
    if (code)
        return error_set(error, "the name %s cannot be resolved: %s", target->host,
                         gai_strerror(code));
    for (struct addrinfo *each = addresses; each && call->fd < 0; each = each->ai_next)
        call->fd = dial(each, seconds);
    code = errno;
    freeaddrinfo(addresses);
    return call->fd >= 0 ||
           error_set(error, "%s port %s: %s", target->host, target->port, reason(code));
}

void probe_call_close(struct probe_call *call)
{
    if (call->fd >= 0)
        close(call->fd);
    call->fd = -1;
}

/* Waits for bytes until the deadline, however slowly they come; 0: the connection was closed. */
static ssize_t wait_bytes(struct probe_call *call, uint8_t *bytes, size_t room, int64_t until,
                          struct error *error)
{
    int64_t left = until - clock_monotonic();
    struct pollfd wait = {.fd = call->fd, .events = POLLIN};
    ssize_t got = -1;
    if (left <= 0 || poll(&wait, 1, (int)(left / NS_PER_MS) + 1) == 0)
        error_set(error, "connected, but no answer for %d s; is the unit id right (--unit)?",
                  call->seconds);
    else if ((got = recv(call->fd, bytes, room, 0)) < 0)
        error_set(error, "%s", strerror(errno));
    else if (got == 0)
        error_set(error, "the device closed the connection without an answer");
    return got;
}

/* The next whole frame of ours; others are none of our business. */
static bool receive(struct probe_call *call, struct mbap *mbap, uint8_t *bytes, struct error *error)
{
    int64_t until = clock_monotonic() + (int64_t)call->seconds * NS_PER_S;
    size_t length = 0;
    for (;;) {
        enum mbap_result result = mbap_parse(bytes, length, mbap);
        bool ours = result == MBAP_FRAME && mbap->transaction == call->transaction;
        if (ours)
            return mbap->unit == call->unit ||
                   error_set(error, "unit %u answered instead of %u", mbap->unit, call->unit);
        if (result == MBAP_BROKEN || result == MBAP_FOREIGN)
            return error_set(error, "what answers there does not speak Modbus TCP");
        if (result != MBAP_MORE) {
            length -= mbap->frame;
            memmove(bytes, bytes + mbap->frame, length);
            continue;
        }
        ssize_t got = wait_bytes(call, bytes + length, MBAP_MAX - length, until, error);
        if (got <= 0)
            return false;
        length += (size_t)got;
    }
}

enum probe_answer probe_call_read(struct probe_call *call, enum table table, uint16_t address,
                                  uint16_t count, uint16_t *words, uint8_t *exception,
                                  struct error *error)
{
    uint8_t frame[MBAP_MAX], bytes[MBAP_MAX];
    const uint8_t *request = frame + MBAP_HEADER;
    struct mbap mbap;
    size_t length = query_read(frame + MBAP_HEADER, table, address, count);
    size_t size = mbap_write(frame, ++call->transaction, call->unit, length);
    if (send(call->fd, frame, size, MSG_NOSIGNAL) != (ssize_t)size) {
        error_set(error, "%s", strerror(errno));
        return PROBE_FAILED;
    }
    if (!receive(call, &mbap, bytes, error))
        return PROBE_FAILED;
    switch (query_judge(request, length, mbap.pdu, mbap.pdu_length, exception, error)) {
    case VERDICT_GOOD:
        query_words(request, mbap.pdu, words);
        return PROBE_GOOD;
    case VERDICT_EXCEPTION:
        return PROBE_EXCEPTION;
    default:
        error_prefix(error, "the answer does not fit the request: ");
        return PROBE_FAILED;
    }
}

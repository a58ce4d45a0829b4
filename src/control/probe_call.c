/* Sockets with a receive timeout do what a command needs. Answers are framed and judged by the very
 * functions that the links use. */

#include "control/probe_call.h"

#include "modbus/mbap.h"
#include "modbus/query.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { NAME_MAX_LENGTH = 256 };

static bool is_port(const char *text)
{
    char *end;
    long port = strtol(text, &end, 10);
    return *text >= '0' && *text <= '9' && !*end && port >= 1 && port <= UINT16_MAX;
}

/* A colon divides name and port only where there is one, or an address stands in brackets. */
static bool split(const char *target, char *host, const char **port, struct error *error)
{
    const char *begin = target, *end = target + strlen(target), *colon = strrchr(target, ':');
    const char *close = strchr(target, ']');
    *port = "502";
    if (target[0] == '[' && close) {
        begin = target + 1;
        colon = close[1] == ':' ? close + 1 : NULL;
        end = close;
    } else if (colon && colon == strchr(target, ':')) {
        end = colon;
    } else {
        colon = NULL;
    }
    if (colon)
        *port = colon + 1;
    if (begin == end || end - begin >= NAME_MAX_LENGTH || !is_port(*port))
        return error_set(error,
                         "\"%s\" is no device; it is written as 10.0.0.7, plc7:1502 or "
                         "[fe80::1]:502",
                         target);
    memcpy(host, begin, (size_t)(end - begin));
    host[end - begin] = 0;
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

bool probe_call_open(struct probe_call *call, const char *target, uint8_t unit, int seconds,
                     struct error *error)
{
    char host[NAME_MAX_LENGTH];
    const char *port;
    struct addrinfo *addresses = NULL, hints = {.ai_socktype = SOCK_STREAM};
    *call = (struct probe_call){.fd = -1, .unit = unit};
    if (!split(target, host, &port, error))
        return false;
    int code = getaddrinfo(host, port, &hints, &addresses);
    if (code)
        return error_set(error, "the name %s is not known: %s", host, gai_strerror(code));
    for (struct addrinfo *each = addresses; each && call->fd < 0; each = each->ai_next)
        call->fd = dial(each, seconds);
    code = errno;
    freeaddrinfo(addresses);
    return call->fd >= 0 || error_set(error, "%s port %s: %s", host, port, strerror(code));
}

void probe_call_close(struct probe_call *call)
{
    if (call->fd >= 0)
        close(call->fd);
    call->fd = -1;
}

/* The next whole frame of ours; others are none of our business. */
static bool receive(struct probe_call *call, struct mbap *mbap, uint8_t *bytes, struct error *error)
{
    size_t length = 0;
    for (;;) {
        enum mbap_result result = mbap_parse(bytes, length, mbap);
        bool ours = result == MBAP_FRAME && mbap->transaction == call->transaction;
        if (ours)
            return mbap->unit == call->unit ||
                   error_set(error, "unit %u answered instead of %u", mbap->unit, call->unit);
        if (result == MBAP_BROKEN)
            return error_set(error, "what answers there does not speak Modbus TCP");
        if (result != MBAP_MORE) {
            length -= mbap->frame;
            memmove(bytes, bytes + mbap->frame, length);
            continue;
        }
        ssize_t got = recv(call->fd, bytes + length, MBAP_MAX - length, 0);
        if (got == 0)
            return error_set(error, "the device closed the connection");
        if (got < 0)
            return error_set(error, "%s", errno == EAGAIN ? "no answer" : strerror(errno));
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
        return PROBE_FAILED;
    }
}

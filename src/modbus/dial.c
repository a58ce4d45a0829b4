/* A small state machine: idle, resolving, connecting, up, waiting, and round again. Whatever
 * happens, dial_run follows: it looks whether the connection is still wanted, lets the caller do
 * what is due, sends once, and sets the one timer. A failed attempt goes on to the name's next
 * address; after the last one it waits, the longer the more often, and only a device that has
 * answered something makes that short again: one that accepts and closes is not there. */

#include "modbus/dial.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/duration.h"
#include "base/memory.h"
#include "modbus/dial_socket.h"

/* To connect, a device gets its `timeout`, but long enough for one repeated SYN. */
static const int64_t CONNECT_LEAST = 3 * (int64_t)NS_PER_S;

static void shut(struct dial *dial)
{
    if (dial->source.fd >= 0) {
        loop_remove(dial->loop, &dial->source);
        close(dial->source.fd);
    }
    dial->source.fd = -1;
    dial->stuck = false;
}

static int64_t connect_time(const struct dial *dial)
{
    return dial->timeout_least > CONNECT_LEAST ? dial->timeout_least : CONNECT_LEAST;
}

/* Without random bytes all wait equally long, which does no harm but for the crowd. */
static uint32_t chance(void)
{
    uint32_t random = 0;
    ssize_t got = getrandom(&random, sizeof random, GRND_NONBLOCK);
    return got == sizeof random ? random : 0;
}

/* The connection is gone or was not made; `why` may lie in the caller or the question. */
static void lose(struct dial *dial, const char *why)
{
    int64_t now = loop_now(dial->loop);
    shut(dial);
    if (dial->state == DIAL_UP && caller_heard(dial->caller))
        dial->attempt = 0;
    dial->until = now + client_backoff(dial->attempt++, chance());
    dial->state = DIAL_WAITING;
    caller_lost(dial->caller, why, dial->until, now);
}

static bool try_address(struct dial *dial, const struct sockaddr_storage *address)
{
    struct error error;
    int fd = dial_socket_open(address, dial->timeout_most);
    if (fd < 0)
        return false;
    dial->source.fd = fd;
    if (!loop_add(dial->loop, &dial->source, EPOLLOUT, &error)) {
        close(fd);
        dial->source.fd = -1;
        errno = ENOMEM;
        return false;
    }
    dial->until = loop_now(dial->loop) + connect_time(dial);
    dial->state = DIAL_CONNECTING;
    return true;
}

/* The next address that can be tried at all; `why` is what the one before failed with. */
static void try_next(struct dial *dial, const char *why)
{
    while (dial->address < dial->question.count) {
        if (try_address(dial, &dial->question.addresses[dial->address++]))
            return;
        why = dial_socket_text(errno);
    }
    lose(dial, why);
}

static void resolved(struct resolver_question *question)
{
    struct dial *dial = (struct dial *)((char *)question - offsetof(struct dial, question));
    dial->address = 0;
    try_next(dial, question->why);
    dial_run(dial);
}

static void resolve(struct dial *dial)
{
    dial->state = DIAL_RESOLVING;
    resolver_ask(dial->resolver, &dial->question);
}

static void give_up_address(struct dial *dial)
{
    char text[32], why[96];
    duration_format(connect_time(dial), text, sizeof text);
    snprintf(why, sizeof why, "it does not answer: not connected within %s", text);
    shut(dial);
    try_next(dial, why);
}

static void decided(struct dial *dial)
{
    int code = dial_socket_result(dial->source.fd);
    if (code) {
        shut(dial);
        try_next(dial, dial_socket_text(code));
        return;
    }
    dial->state = DIAL_UP;
    loop_change(dial->loop, &dial->source, EPOLLIN);
    caller_connected(dial->caller, loop_now(dial->loop));
}

static bool passing(int code)
{
    return code == EAGAIN || code == EINTR;
}

static void receive(struct dial *dial)
{
    uint8_t *where;
    size_t room = caller_room(dial->caller, &where);
    ssize_t got = recv(dial->source.fd, where, room, 0);
    if (got > 0)
        caller_received(dial->caller, (size_t)got, loop_now(dial->loop));
    else if (got == 0)
        lose(dial, "closed by the device");
    else if (!passing(errno))
        lose(dial, dial_socket_text(errno));
}

static void send_pending(struct dial *dial)
{
    const uint8_t *bytes;
    size_t pending = caller_pending(dial->caller, &bytes);
    ssize_t sent = pending ? send(dial->source.fd, bytes, pending, MSG_NOSIGNAL) : 0;
    if (sent < 0 && !passing(errno)) {
        lose(dial, dial_socket_text(errno));
        return;
    }
    if (sent > 0)
        caller_sent(dial->caller, (size_t)sent);
    bool stuck = sent < (ssize_t)pending;
    if (stuck != dial->stuck)
        loop_change(dial->loop, &dial->source, stuck ? EPOLLIN | EPOLLOUT : EPOLLIN);
    dial->stuck = stuck;
}

static void stop(struct dial *dial)
{
    if (dial->state == DIAL_RESOLVING)
        resolver_forget(dial->resolver, &dial->question);
    shut(dial);
    dial->state = DIAL_IDLE;
    dial->attempt = 0;
    caller_lost(dial->caller, "stopped", 0, loop_now(dial->loop));
}

static void look_whether_wanted(struct dial *dial)
{
    bool wanted = caller_wanted(dial->caller);
    if (wanted && dial->state == DIAL_IDLE)
        resolve(dial);
    else if (!wanted && dial->state != DIAL_IDLE)
        stop(dial);
}

static void look_at_clock(struct dial *dial)
{
    if (loop_now(dial->loop) < dial->until)
        return;
    if (dial->state == DIAL_CONNECTING)
        give_up_address(dial);
    else if (dial->state == DIAL_WAITING)
        resolve(dial);
}

static void set_timer(struct dial *dial)
{
    int64_t due = caller_due(dial->caller);
    bool timed = dial->state == DIAL_CONNECTING || dial->state == DIAL_WAITING;
    if (timed && dial->until < due)
        due = dial->until;
    if (due == INT64_MAX)
        loop_unset_timer(dial->loop, &dial->timer);
    else if (!dial->timer.place || dial->timer.when != due)
        loop_set_timer(dial->loop, &dial->timer, due);
}

void dial_run(struct dial *dial)
{
    look_whether_wanted(dial);
    look_at_clock(dial);
    const char *why = caller_run(dial->caller, loop_now(dial->loop));
    if (dial->state == DIAL_UP) {
        if (why)
            lose(dial, why);
        else
            send_pending(dial);
    }
    set_timer(dial);
}

static void ready(struct loop_source *source, uint32_t events)
{
    struct dial *dial = (struct dial *)source;
    if (dial->state == DIAL_CONNECTING)
        decided(dial);
    else if (events & ~(uint32_t)EPOLLOUT)
        receive(dial);
    dial_run(dial);
}

/* After a turn that took long an answer may lie in the socket although its time is over: it counts.
 */
static void fire(struct loop_timer *timer)
{
    struct dial *dial = (struct dial *)((char *)timer - offsetof(struct dial, timer));
    if (dial->state == DIAL_UP && caller_waits(dial->caller))
        receive(dial);
    dial_run(dial);
}

struct dial *dial_create(struct loop *loop, struct resolver *resolver, const char *host,
                         uint16_t port, struct error *error)
{
    struct caller *caller = caller_create(error);
    if (!caller)
        return NULL;
    size_t size = strlen(host) + 1;
    struct dial *dial = memory_zeroed(1, sizeof *dial + size);
    memcpy(dial->host, host, size);
    dial->source = (struct loop_source){-1, ready};
    dial->timer.fire = fire;
    dial->question.host = dial->host;
    dial->question.port = port;
    dial->question.answered = resolved;
    dial->loop = loop;
    dial->resolver = resolver;
    dial->caller = caller;
    return dial;
}

void dial_destroy(struct dial *dial)
{
    shut(dial);
    resolver_forget(dial->resolver, &dial->question);
    loop_unset_timer(dial->loop, &dial->timer);
    caller_destroy(dial->caller);
    free(dial);
}

void dial_changed(struct dial *dial)
{
    caller_timeouts(dial->caller, &dial->timeout_least, &dial->timeout_most);
    loop_set_timer(dial->loop, &dial->timer, 0);
}

/* One event, one recv, every whole frame answered, one send. A short read means that the socket
 * is drained, so nobody asks twice; epoll is told about a change only when a send did not take
 * everything. Then the connection is stuck: it reads nothing until its answers are gone, which
 * leaves the flooding to the peer's own window and the memory bounded. */

#include "modbus/connection.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/cidr.h"
#include "base/clock.h"

struct connection {
    struct loop_source source; /* first, so that an event's source is its connection */
    struct connections *all;
    struct connection *previous, *next;
    int64_t heard; /* when bytes last came */
    int64_t begun; /* when the half frame in the session began; 0 when there is none */
    int64_t stuck; /* when the peer last took bytes while some are left over; 0 when none are */
    bool ending;   /* nothing more is read; closed as soon as nothing is pending */
    uint8_t address[16];
    struct origin origin;
    struct session session;
};

/* A frame that ends in the same event in which the next one begins restarts the time; bytes that
 * merely drip into an unfinished one do not. While stuck it is we who do not read. */
static void note_half_frame(struct connection *connection, bool progress, int64_t now)
{
    if (connection->stuck || !session_half_frame(&connection->session))
        connection->begun = 0;
    else if (connection->begun == 0 || progress)
        connection->begun = now;
}

static void note_stuck(struct connection *connection, bool progress, int64_t now)
{
    if (connection->stuck == 0)
        loop_change(connection->all->loop, &connection->source, EPOLLOUT);
    if (connection->stuck == 0 || progress)
        connection->stuck = now;
}

static void note_free(struct connection *connection)
{
    if (connection->stuck == 0)
        return;
    connection->stuck = 0;
    loop_change(connection->all->loop, &connection->source, EPOLLIN);
}

/* Sends until the session has nothing left or the socket takes no more. False: the connection is
 * dead. */
static bool flush(struct connection *connection, int64_t now)
{
    const uint8_t *bytes;
    size_t pending;
    while ((pending = session_pending(&connection->session, &bytes)) > 0) {
        ssize_t sent = send(connection->source.fd, bytes, pending, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            return false;
        if (sent > 0 && !session_sent(&connection->session, (size_t)sent, now))
            connection->ending = true;
        if (sent < (ssize_t)pending) {
            note_stuck(connection, sent > 0, now);
            return true;
        }
    }
    if (connection->ending)
        return false;
    note_free(connection);
    return true;
}

/* False: the connection is dead. */
static bool receive(struct connection *connection, int64_t now)
{
    struct session *session = &connection->session;
    uint8_t *where;
    size_t room = session_room(session, &where), held = session->in_length;
    ssize_t got = recv(connection->source.fd, where, room, 0);
    if (got <= 0)
        return got < 0 && (errno == EAGAIN || errno == EINTR);
    connection->heard = connection->all->heard = now;
    if (!session_received(session, (size_t)got, now))
        connection->ending = true;
    bool progress = session->in_length < held + (size_t)got;
    if (!flush(connection, now))
        return false;
    note_half_frame(connection, progress, now);
    return true;
}

static void ready(struct loop_source *source, uint32_t events)
{
    struct connection *connection = (struct connection *)source;
    int64_t now = loop_now(connection->all->loop);
    bool alive;
    if (connection->stuck) {
        alive = !(events & (EPOLLERR | EPOLLHUP)) && flush(connection, now);
        if (alive)
            note_half_frame(connection, false, now);
    } else {
        alive = receive(connection, now);
    }
    if (!alive)
        connection_close(connection);
}

bool connection_open(struct connections *all, const struct newcomer *newcomer)
{
    struct connection *connection = malloc(sizeof *connection);
    if (!connection)
        return false;
    *connection = (struct connection){0};
    connection->source = (struct loop_source){newcomer->fd, ready};
    connection->all = all;
    connection->heard = loop_now(all->loop);
    connection->origin = newcomer->origin;
    memcpy(connection->address, newcomer->address, sizeof connection->address);
    session_init(&connection->session, all->server, &connection->origin);
    struct error unsaid;
    if (!loop_add(all->loop, &connection->source, EPOLLIN, &unsaid)) {
        free(connection);
        return false;
    }
    connection->next = all->first;
    if (all->first)
        all->first->previous = connection;
    all->first = connection;
    all->count++;
    atomic_fetch_add(all->total, 1);
    return true;
}

void connection_close(struct connection *connection)
{
    struct connections *all = connection->all;
    loop_remove(all->loop, &connection->source);
    close(connection->source.fd);
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        all->first = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    free(connection);
    all->count--;
    atomic_fetch_sub(all->total, 1);
}

size_t connections_from(const struct connections *all, const uint8_t address[16])
{
    size_t count = 0;
    for (const struct connection *at = all->first; at; at = at->next)
        count += memcmp(at->address, address, sizeof at->address) == 0;
    return count;
}

/* A request may have arrived and not been looked at yet: that counts as under way, too. */
static bool is_idle(const struct connection *connection, int64_t now)
{
    int unread = 0;
    return now - connection->heard >= NS_PER_S && !connection->stuck && !connection->begun &&
           ioctl(connection->source.fd, FIONREAD, &unread) == 0 && unread == 0;
}

struct connection *connections_longest_idle(const struct connections *all, const uint8_t *address)
{
    int64_t now = loop_now(all->loop);
    struct connection *longest = NULL;
    for (struct connection *at = all->first; at; at = at->next) {
        if (address && memcmp(at->address, address, sizeof at->address) != 0)
            continue;
        if ((!longest || at->heard < longest->heard) && is_idle(at, now))
            longest = at;
    }
    return longest;
}

static bool is_late(const struct connection *connection, int64_t now)
{
    const struct connection_timeouts *timeouts = connection->all->timeouts;
    int64_t idle = server_spec(connection->all->server)->idle_timeout;
    return (connection->begun && now - connection->begun >= timeouts->frame) ||
           (connection->stuck && now - connection->stuck >= timeouts->send) ||
           (idle && now - connection->heard >= idle);
}

void connections_tick(struct connections *all)
{
    int64_t now = loop_now(all->loop);
    for (struct connection *at = all->first, *next; at; at = next) {
        next = at->next;
        if (is_late(at, now))
            connection_close(at);
    }
}

void connections_close(struct connections *all)
{
    while (all->first)
        connection_close(all->first);
}

static void exclude(struct connections *all)
{
    const struct server_spec *spec = server_spec(all->server);
    for (struct connection *at = all->first, *next; at; at = next) {
        next = at->next;
        if (!cidr_match(spec->allow, spec->allow_count, at->address))
            connection_close(at);
    }
}

static struct connection *too_many_from_its_address(struct connections *all, size_t most)
{
    if (all->count <= most)
        return NULL;
    struct connection *at = all->first;
    while (at && connections_from(all, at->address) <= most)
        at = at->next;
    return at;
}

/* When all are busy it is the newest. */
static void close_one(struct connections *all, struct connection *newest, const uint8_t *address)
{
    struct connection *idle = connections_longest_idle(all, address);
    connection_close(idle ? idle : newest);
}

void connections_serve(struct connections *all, struct server *server, size_t most,
                       size_t most_per_address)
{
    all->server = server;
    for (struct connection *at = all->first; at; at = at->next)
        session_serve(&at->session, server);
    exclude(all);
    for (struct connection *at; (at = too_many_from_its_address(all, most_per_address));)
        close_one(all, at, at->address);
    while (all->count > most)
        close_one(all, all->first, NULL);
}

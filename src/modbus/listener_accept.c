/* Accepting. A refusal costs the newcomer its connection and nobody else anything; it is said in
 * the log, but not more often than once in ten seconds, because a flood must not become a flood
 * of lines. Out of descriptors, the spare one is given up for a moment to accept and close with:
 * otherwise the waiting newcomer would wake the loop for ever. */

#include "modbus/listener_accept.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/cidr.h"
#include "base/clock.h"
#include "base/log.h"
#include "modbus/address.h"
#include "modbus/tcp.h"

/* Newcomers in one go, so that a flood of them does not hold up those who are already in. */
enum { ACCEPT_AT_ONCE = 16 };

static const int64_t QUIET = 10 * (int64_t)NS_PER_S;

int listener_open_spare(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void pause_accepting(struct listener *listener)
{
    listener->pausing = true;
    loop_change(listener->connections.loop, &listener->source, 0);
    listener->busy(listener->context);
}

static void say_refused(struct listener *listener, const uint8_t address[16], const char *why)
{
    int64_t now = loop_now(listener->connections.loop);
    if (listener->said && now - listener->said < QUIET) {
        listener->unsaid++;
        return;
    }
    char text[INET6_ADDRSTRLEN], more[64] = "";
    if (listener->unsaid)
        snprintf(more, sizeof more, " (and %zu refused before)", listener->unsaid);
    log_line("%s: refused a connection from %s: %s%s",
             server_spec(listener->connections.server)->name, address_text(address, text), why,
             more);
    listener->said = now;
    listener->unsaid = 0;
}

/* The listening socket is of one of the two families, so that an address is always found. */
static void name(struct newcomer *newcomer, const struct sockaddr_storage *peer)
{
    char text[INET6_ADDRSTRLEN];
    bool v4 = peer->ss_family == AF_INET;
    uint16_t port = v4 ? ((const struct sockaddr_in *)peer)->sin_port
                       : ((const struct sockaddr_in6 *)peer)->sin6_port;
    cidr_address((const struct sockaddr *)peer, newcomer->address);
    address_text(newcomer->address, text);
    bool brackets = strchr(text, ':') != NULL;
    snprintf(newcomer->origin.peer, sizeof newcomer->origin.peer, brackets ? "[%s]:%u" : "%s:%u",
             text, ntohs(port));
}

/* False: errno says why there is none. */
static bool next_newcomer(struct listener *listener, struct newcomer *newcomer)
{
    struct sockaddr_storage peer = {0};
    socklen_t size = sizeof peer;
    *newcomer = (struct newcomer){0};
    newcomer->fd =
        accept4(listener->source.fd, (struct sockaddr *)&peer, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (newcomer->fd >= 0)
        name(newcomer, &peer);
    return newcomer->fd >= 0;
}

/* Without a descriptor for it, a newcomer can still be sent away. */
static bool send_away(struct listener *listener)
{
    if (listener->spare < 0)
        return false;
    close(listener->spare);
    struct newcomer newcomer;
    bool any = next_newcomer(listener, &newcomer);
    if (any)
        close(newcomer.fd);
    listener->spare = listener_open_spare();
    if (any)
        say_refused(listener, newcomer.address, "no file descriptor is left (see ulimit -n)");
    return any;
}

/* Whether to go on accepting after a failure. */
static bool accept_failed(struct listener *listener, int code)
{
    switch (code) {
    case EAGAIN:
        return false;
    case EMFILE:
    case ENFILE:
        if (send_away(listener))
            return true;
        pause_accepting(listener);
        return false;
    case ENOBUFS:
    case ENOMEM:
        pause_accepting(listener);
        return false;
    default: /* the newcomer's own failure (accept(2)): it is gone, the next one is not */
        return true;
    }
}

size_t listener_most(const struct server_spec *spec)
{
    return spec->max_connections ? spec->max_connections : TCP_MAX_CONNECTIONS;
}

size_t listener_most_per_address(const struct server_spec *spec)
{
    return spec->max_connections_per_address ? spec->max_connections_per_address
                                             : TCP_MAX_CONNECTIONS_PER_ADDRESS;
}

/* Closes the longest idle connection, of one address or of all, to make room; false where all are
 * busy. A master that leaks connections must not lock itself out for ever. */
static bool make_room(struct connections *all, const uint8_t *address)
{
    struct connection *idle = connections_longest_idle(all, address);
    if (idle)
        connection_close(idle);
    return idle != NULL;
}

static bool is_allowed(const struct listener *listener, const struct newcomer *newcomer)
{
    struct server *server = listener->connections.server;
    const struct server_spec *spec = server_spec(server);
    if (cidr_match(spec->allow, spec->allow_count, newcomer->address))
        return true;
    audit_note(image_audit(server_image(server)), AUDIT_REFUSED, &newcomer->origin,
               "connection refused by allow of %s", spec->name);
    return false;
}

/* Why somebody may not come in, or NULL. */
static const char *objection(struct listener *listener, const struct newcomer *newcomer)
{
    struct connections *all = &listener->connections;
    const struct server_spec *spec = server_spec(all->server);
    if (!is_allowed(listener, newcomer))
        return "not on the list of `allow`";
    if (connections_from(all, newcomer->address) >= listener_most_per_address(spec) &&
        !make_room(all, newcomer->address))
        return "too many from this address, all of them busy (`max_connections_per_address`)";
    if (all->count >= listener_most(spec) && !make_room(all, NULL))
        return "too many, and all of them busy (`max_connections`)";
    return NULL;
}

static void admit(struct listener *listener, const struct newcomer *newcomer)
{
    const char *why = objection(listener, newcomer);
    if (!why && !connection_open(&listener->connections, newcomer))
        why = "out of memory";
    if (why) {
        close(newcomer->fd);
        say_refused(listener, newcomer->address, why);
    } else {
        listener->busy(listener->context);
    }
}

void listener_accept(struct loop_source *source, uint32_t events)
{
    struct listener *listener = (struct listener *)source;
    (void)events;
    bool more = true;
    for (int i = 0; i < ACCEPT_AT_ONCE && more; i++) {
        struct newcomer newcomer;
        if (next_newcomer(listener, &newcomer))
            admit(listener, &newcomer);
        else
            more = accept_failed(listener, errno);
    }
}

void listener_accept_again(struct listener *listener)
{
    if (listener->spare < 0)
        listener->spare = listener_open_spare();
    listener->pausing = false;
    loop_change(listener->connections.loop, &listener->source, EPOLLIN);
}

/* Accepting. A refusal costs the newcomer its connection and nobody else anything; it is said in
 * the log, but not more often than once in ten seconds, because a flood must not become a flood
 * of lines. Out of descriptors, the spare one is given up for a moment to accept and close with:
 * otherwise the waiting newcomer would wake the loop for ever. */

#include "modbus/listener.h"
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
#include "image/link.h"
#include "modbus/address.h"
#include "modbus/tcp.h"

/* Newcomers in one go, so that a flood of them does not hold up those who are already in. */
enum { ACCEPT_AT_ONCE = 16 };

static const int64_t QUIET = 10 * (int64_t)NS_PER_S;

static int open_spare(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void rest(struct listener *listener)
{
    listener->resting = true;
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

static int next_newcomer(struct listener *listener, uint8_t address[16])
{
    struct sockaddr_storage peer;
    socklen_t size = sizeof peer;
    int fd =
        accept4(listener->source.fd, (struct sockaddr *)&peer, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0 && !cidr_address((struct sockaddr *)&peer, address))
        memset(address, 0, 16); /* cannot be: the listening socket is of one of the two families */
    return fd;
}

/* Without a descriptor for it, a newcomer can still be sent away. */
static bool send_away(struct listener *listener)
{
    if (listener->spare < 0)
        return false;
    close(listener->spare);
    uint8_t address[16];
    int fd = next_newcomer(listener, address);
    if (fd >= 0)
        close(fd);
    listener->spare = open_spare();
    if (fd >= 0)
        say_refused(listener, address, "no file descriptor is left (see ulimit -n)");
    return fd >= 0;
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
        rest(listener);
        return false;
    case ENOBUFS:
    case ENOMEM:
        rest(listener);
        return false;
    default: /* the newcomer's own failure (accept(2)): it is gone, the next one is not */
        return true;
    }
}

static uint32_t limit(uint32_t stated, uint32_t otherwise)
{
    return stated ? stated : otherwise;
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

/* Why an address may not come in, or NULL. */
static const char *objection(struct listener *listener, const uint8_t address[16])
{
    struct connections *all = &listener->connections;
    const struct server_spec *spec = server_spec(all->server);
    if (!cidr_match(spec->allow, spec->allow_count, address))
        return "not on the list of `allow`";
    if (connections_from(all, address) >=
            limit(spec->max_connections_per_address, TCP_MAX_CONNECTIONS_PER_ADDRESS) &&
        !make_room(all, address))
        return "too many from this address, all of them busy (`max_connections_per_address`)";
    if (atomic_load(&all->count) >= limit(spec->max_connections, TCP_MAX_CONNECTIONS) &&
        !make_room(all, NULL))
        return "too many, and all of them busy (`max_connections`)";
    return NULL;
}

static void admit(struct listener *listener, int fd, const uint8_t address[16])
{
    const char *why = objection(listener, address);
    if (!why && !connection_open(&listener->connections, fd, address))
        why = "out of memory";
    if (why) {
        close(fd);
        say_refused(listener, address, why);
    } else {
        listener->busy(listener->context);
    }
}

static void ready(struct loop_source *source, uint32_t events)
{
    struct listener *listener = (struct listener *)source;
    (void)events;
    bool more = true;
    for (int i = 0; i < ACCEPT_AT_ONCE && more; i++) {
        uint8_t address[16];
        int fd = next_newcomer(listener, address);
        if (fd >= 0)
            admit(listener, fd, address);
        else
            more = accept_failed(listener, errno);
    }
}

static void publish(struct listener *listener)
{
    listener->published = listener->connections.heard;
    if (listener->link < 0)
        return;
    struct link_status status = {
        .online = listener->listening,
        .complete = listener->listening,
        .answered = listener->published,
    };
    link_publish(server_image(listener->connections.server), (size_t)listener->link, &status,
                 false);
}

static bool start(struct listener *listener, struct error *error)
{
    const struct server_spec *spec = server_spec(listener->connections.server);
    uint16_t port = listener->port ? listener->port : spec->port;
    int fd = address_listen(spec->bind, port, &listener->port, error);
    if (fd < 0)
        return false;
    listener->source = (struct loop_source){fd, ready};
    listener->spare = open_spare();
    if (!loop_add(listener->connections.loop, &listener->source, EPOLLIN, error)) {
        close(fd);
        if (listener->spare >= 0)
            close(listener->spare);
        return false;
    }
    listener->listening = true;
    publish(listener);
    return true;
}

static void stop(struct listener *listener)
{
    if (!listener->listening)
        return;
    connections_close(&listener->connections);
    loop_remove(listener->connections.loop, &listener->source);
    close(listener->source.fd);
    if (listener->spare >= 0)
        close(listener->spare);
    listener->listening = listener->resting = false;
    publish(listener);
}

bool listener_open(struct listener *listener, struct error *error)
{
    listener->link = server_link(listener->connections.server);
    return start(listener, error);
}

void listener_close(struct listener *listener)
{
    stop(listener);
}

static bool is_wanted(const struct listener *listener)
{
    return listener->link < 0 ||
           link_wanted(server_image(listener->connections.server), (size_t)listener->link);
}

static void start_again(struct listener *listener)
{
    const char *name = server_spec(listener->connections.server)->name;
    struct error error;
    if (start(listener, &error)) {
        if (listener->failing)
            log_line("%s: listening again", name);
        listener->failing = false;
        return;
    }
    if (!listener->failing)
        log_line("%s: %s; trying again until it works", name, error.text);
    listener->failing = true;
    listener->busy(listener->context);
}

void listener_obey(struct listener *listener)
{
    bool wanted = is_wanted(listener);
    if (wanted && !listener->listening)
        start_again(listener);
    else if (!wanted) {
        stop(listener);
        listener->failing = false;
    }
}

static void wake(struct listener *listener)
{
    if (listener->spare < 0)
        listener->spare = open_spare();
    listener->resting = false;
    loop_change(listener->connections.loop, &listener->source, EPOLLIN);
}

bool listener_tick(struct listener *listener)
{
    connections_tick(&listener->connections);
    if (listener->connections.heard != listener->published)
        publish(listener);
    if (listener->failing)
        listener_obey(listener);
    bool rested = listener->resting;
    if (rested)
        wake(listener);
    return rested || listener->failing || listener->connections.first != NULL;
}

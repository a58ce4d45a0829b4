#pragma once
/* The connections of one listening socket: each moves bytes between its socket and its session.
 * Everything here happens on the loop's thread, but for reading the total. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/loop.h"
#include "image/audit.h"
#include "modbus/session.h"

struct connection;

struct connection_timeouts {
    int64_t frame, send; /* nanoseconds; see tcp.h */
};

struct connections {
    struct loop *loop;
    struct server *server;
    const struct connection_timeouts *timeouts;
    struct connection *first;
    int64_t heard; /* when bytes last came, over all of them; 0: never */
    size_t count;
    atomic_size_t *total; /* of all listening sockets: read by any thread */
};

/* Who comes in. */
struct newcomer {
    int fd;              /* non-blocking */
    uint8_t address[16]; /* as in cidr.h */
    struct origin origin;
};

/* Takes over the socket; false (and the socket still the caller's) when memory or epoll is short.
 */
bool connection_open(struct connections *all, const struct newcomer *newcomer);
void connection_close(struct connection *connection);

size_t connections_from(const struct connections *all, const uint8_t address[16]);

/* The one that has been silent longest, among those silent for at least a second with nothing
 * under way in either direction; NULL when all are in use. Of one address only, where that is not
 * NULL. */
struct connection *connections_longest_idle(const struct connections *all, const uint8_t *address);

/* Closes those that let a frame, an answer or the whole connection lie for too long. */
void connections_tick(struct connections *all);
void connections_close(struct connections *all);

/* Another server answers from here on; whom its `allow` excludes is closed, and whoever is too many
 * for the limits: those first that have been silent longest. */
void connections_serve(struct connections *all, struct server *server, size_t most,
                       size_t most_per_address);

#pragma once
/* All TCP servers and clients of a program, on one thread with one epoll: accepts, limits, times
 * out and moves bytes between sockets and sessions or callers. One peer's silence or flood never
 * delays another. */

#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"
#include "modbus/server.h"

struct tcp;

enum {
    TCP_FRAME_TIMEOUT_MS = 3000, /* a frame that began must end */
    TCP_SEND_TIMEOUT_MS = 10000, /* a peer that takes no answers is closed */
    TCP_MAX_CONNECTIONS = 64,    /* defaults of server.tcp's options of these names */
    TCP_MAX_CONNECTIONS_PER_ADDRESS = 16
};

struct tcp *tcp_create(struct error *error); /* NULL on failure */

/* Stops the thread if it runs, closes everything. NULL is accepted. */
void tcp_destroy(struct tcp *tcp);

/* Binds and listens as the server's spec says (its `bind` may be IPv4 or IPv6; "::" takes both).
 * Before tcp_start; the server must outlive `tcp`. Errors are one line that says what to do:
 * "cannot listen on 127.0.0.1:502: permission denied (ports below 1024 need root or
 * CAP_NET_BIND_SERVICE)". */
bool tcp_listen(struct tcp *tcp, struct server *server, struct error *error);

/* Port that was bound, when the spec's was 0 (tests). */
uint16_t tcp_port(const struct tcp *tcp, size_t listener);

/* Other timeouts than TCP_FRAME_TIMEOUT_MS and TCP_SEND_TIMEOUT_MS. Before tcp_start. */
void tcp_set_timeouts(struct tcp *tcp, int frame_ms, int send_ms);

/* The TCP clients of the image's plan (dialer.h). Before tcp_start. */
bool tcp_dial(struct tcp *tcp, struct image *image, struct error *error);

/* Starts the thread. */
bool tcp_start(struct tcp *tcp, struct error *error);

/* Connections now, over all servers: any thread. */
size_t tcp_connections(const struct tcp *tcp);

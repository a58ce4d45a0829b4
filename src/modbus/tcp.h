#pragma once
/* All TCP servers and clients of a program, on one thread with one epoll: accepts, limits, times
 * out and moves bytes between sockets and sessions or callers. One peer's silence or flood never
 * delays another. */

#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"
#include "modbus/server.h"

struct plan_match;
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

/* Port that was bound, when the spec's was 0 (tests); listeners count as the TCP servers of the
 * plan. Not while a change is committed. */
uint16_t tcp_port(const struct tcp *tcp, size_t listener);

/* Other timeouts than TCP_FRAME_TIMEOUT_MS and TCP_SEND_TIMEOUT_MS. Before tcp_start. */
void tcp_set_timeouts(struct tcp *tcp, int frame_ms, int send_ms);

/* The TCP clients of the image's plan (dialer.h). Before tcp_start. */
bool tcp_dial(struct tcp *tcp, struct image *image, struct error *error);

/* ---- another program takes over ----
 *
 * In three steps, so that whatever can fail has failed before anything changes: prepare (nobody
 * notices), commit (everybody stands still, nothing can fail), settle or, instead of a commit,
 * discard. */

struct tcp_change;

/* What the plan `match->to` needs beyond what is there: its clients, and sockets for servers that
 * match->servers does not name (bound; nobody is accepted yet). `servers` are those of that plan by
 * number; those over TCP are taken. `match` stays until the commit. NULL with an error, as from
 * tcp_listen, with the server's line in the script before it. Any thread but its own; not while
 * held. One change at a time. */
struct tcp_change *tcp_prepare(struct tcp *tcp, struct image *to, struct server *const *servers,
                               const struct plan_match *match, struct error *error);
void tcp_discard(struct tcp_change *change); /* NULL is accepted */

/* Between the two the thread stands still. */
void tcp_hold(struct tcp *tcp);
void tcp_release(struct tcp *tcp);

/* While it is held, and after image_adopt. Listening sockets that match go on with their new
 * server and their connections, but for those that its `allow` excludes. Connections to devices
 * that match go on with their new client (client_inherit); an answer to what the old one had under
 * way is taken as nobody's, and until it has come or timed out it counts for `depth`. What nobody
 * needs any more is closed; sockets that listened only rest, in case the old program comes back.
 * The old image and servers are not used again. Consumes the change. */
void tcp_commit(struct tcp_change *change, int64_t now);

/* Closes the sockets that rest. Any thread but its own; not while held. */
void tcp_settle(struct tcp *tcp);

/* Starts the thread. */
bool tcp_start(struct tcp *tcp, struct error *error);

/* Connections now, over all servers: any thread. */
size_t tcp_connections(const struct tcp *tcp);

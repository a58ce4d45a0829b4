#pragma once
/* The control socket of a running program, on the main thread's loop: a Unix stream socket, mode
 * 0600, on which only the same user and root are heard (SO_PEERCRED). One JSON object a line in
 * each direction:
 *
 *   {"do": "get", "names": ["LEVEL"], "id": 7}
 *   {"id": 7, "ok": true, "values": [{"name": "LEVEL", "value": 20.5, "unit": "%", …}]}
 *   {"id": 7, "ok": false, "kind": "unknown", "error": "LEVL is not declared; did you mean LEVEL?"}
 *
 * `id` is anything, and comes back; answers to one connection's requests come in order but for
 * those that take time (reload, eval) and streams (watch, log), whose lines carry the id. What can
 * be asked is the table in asks.h. Bounds: SOCKET_LINE bytes a request, SOCKET_CONNECTIONS (the
 * longest silent one goes), SOCKET_OUT bytes that wait for a peer who does not read (then it is
 * closed; a stream leaves out what it could not send, and says how much). */

#include "base/error.h"
#include "base/loop.h"
#include "control/host.h"

enum { SOCKET_LINE = 64 * 1024, SOCKET_OUT = 1024 * 1024, SOCKET_CONNECTIONS = 64 };

struct socket;

/* Refused when a program of that name answers there; a dead one's socket is replaced. `host` is
 * copied. */
struct socket *socket_open(struct loop *loop, const char *name, const struct control_host *host,
                           struct error *error);
void socket_close(struct socket *socket); /* says goodbye to all, removes the file; NULL accepted */

/* The program was replaced: streams look again. */
void socket_changed(struct socket *socket);

#pragma once
/* One listening socket: who may come in. It never stops accepting: whoever is not wanted is
 * accepted and closed, so that the kernel's queue stays free for those who are. The link as a whole
 * stops and starts as the image says (link_want); how it is, it publishes there. The socket may
 * outlive the server that answers behind it. */

#include "base/error.h"
#include "base/loop.h"
#include "modbus/connection.h"

enum { LISTENER_BIND = 48 }; /* an IPv6 address as text */

struct listener {
    struct loop_source source; /* first, so that an event's source is its listener; -1: no socket */
    struct connections connections;
    char bind[LISTENER_BIND]; /* as the server's spec says it, … */
    uint16_t asked;           /* … and its port, 0 for any */
    uint16_t port;            /* that was bound first; the same one after each stop */
    int spare;         /* a descriptor in reserve: what to accept with when there are no more */
    bool listening;    /* in the loop */
    bool pausing;      /* accepting failed for want of memory or descriptors; until the next tick */
    bool failing;      /* it could not listen again, and that was said */
    int64_t said;      /* when a refusal was last logged */
    size_t unsaid;     /* refusals since then */
    int link;          /* its server's number among the links, or -1 */
    int64_t published; /* the last request that the image knows of */
    void (*wake)(void *context); /* from any thread: the image wants listener_obey */
    void (*busy)(void *context); /* called when there is something to tick for */
    void *context;
};

/* Binds what the spec says: whoever connects waits. Needs no loop. */
bool listener_bind(struct listener *listener, const struct server_spec *spec, struct error *error);

/* Answers for this server from here on, and is woken by its image. The connections stay, but for
 * those that its spec excludes. listener_obey follows. */
void listener_serve(struct listener *listener, struct server *server);

/* Its image is told nothing more, and wakes it no more. */
void listener_leave(struct listener *listener);

/* Joins the loop, with the socket that is bound or one that is bound now. The listener must not
 * move after. */
bool listener_start(struct listener *listener, struct error *error);

/* Leaves the loop, closes the connections and keeps the socket. */
void listener_rest(struct listener *listener);

/* Closes the socket and the connections. */
void listener_close(struct listener *listener);

/* Stops or starts listening, as the link is wanted. Where the port cannot be had again that is said
 * once, and tried at each tick. */
void listener_obey(struct listener *listener);

/* Times connections out, goes on accepting after a pause, publishes when the last request came.
 * False: nothing is left to tick for. */
bool listener_tick(struct listener *listener);

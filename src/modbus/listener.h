#pragma once
/* One listening socket: who may come in. It never stops accepting: whoever is not wanted is
 * accepted and closed, so that the kernel's queue stays free for those who are. The link as a whole
 * stops and starts as the image says (link_want); how it is, it publishes there. */

#include "base/error.h"
#include "base/loop.h"
#include "modbus/connection.h"

struct listener {
    struct loop_source source; /* first, so that an event's source is its listener */
    struct connections connections;
    int spare;     /* a descriptor in reserve: what to accept with when there are no more */
    bool resting;  /* accepting failed for want of memory or descriptors; until the next tick */
    int64_t said;  /* when a refusal was last logged */
    size_t unsaid; /* refusals since then */
    uint16_t port; /* that was bound first; the same one after each stop */
    int link;      /* its server's number among the links, or -1 */
    bool listening;
    bool failing;                /* it could not listen again, and that was said */
    int64_t published;           /* the last request that the image knows of */
    void (*busy)(void *context); /* called when there is something to tick for */
    void *context;
};

/* Binds, listens and joins the loop. `connections`' loop, server and timeouts, `busy` and
 * `context` are filled in by the caller before; the listener must not move after. */
bool listener_open(struct listener *listener, struct error *error);

/* Closes the connections, too. */
void listener_close(struct listener *listener);

/* Stops or starts listening, as the link is wanted. Where the port cannot be had again that is said
 * once, and tried at each tick. */
void listener_obey(struct listener *listener);

/* Times connections out, goes on accepting after a rest, publishes when the last request came.
 * False: nothing is left to tick for. */
bool listener_tick(struct listener *listener);

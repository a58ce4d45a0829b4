#pragma once
/* One connection to the control socket. */

#include "base/loop.h"
#include "control/asks.h"
#include "control/line_in.h"
#include "control/line_out.h"
#include "control/socket.h"

struct peer {
    struct loop_source source; /* first, so that an event's source is its peer */
    struct asker asker;
    struct loop *loop;
    const struct control_host *host;
    struct line_in in;
    struct line_out out;
    struct loop_timer again; /* what could not be done at once: more lines, the end */
    uint32_t events;         /* for which the loop watches */
    bool busy;               /* requests are being carried out: what they say is sent after them */
    bool ended;              /* it sends nothing more */
    bool doomed;             /* closed as soon as nobody is at work on it */
    int64_t heard;           /* monotonic ns: when it last sent or took anything */
    void (*closed)(struct peer *peer); /* its owner takes it off his list */
    void *owner;
    struct peer *next, *previous; /* the owner's */
};

/* Takes the descriptor, which is non-blocking. NULL with an error; the descriptor is closed then.
 */
struct peer *peer_open(struct loop *loop, int fd, const struct origin *origin,
                       const struct control_host *host, struct reading *reading,
                       struct error *error);

/* Sends what goes without waiting, and ends. `closed` is called first. */
void peer_close(struct peer *peer);

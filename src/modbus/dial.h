#pragma once
/* One host and port: its caller, and the one connection that is made for it, kept, and made again.
 * On the loop's thread. For the dialer's files only. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/loop.h"
#include "modbus/caller.h"
#include "modbus/resolver.h"

enum dial_state {
    DIAL_IDLE,       /* nobody wants it */
    DIAL_RESOLVING,  /* the resolver has the question */
    DIAL_CONNECTING, /* `source` is a socket that is not yet decided */
    DIAL_UP,
    DIAL_WAITING /* for the next attempt, at `until` */
};

struct dial {
    struct loop_source source; /* first, so that an event's source is its dial */
    struct loop_timer timer;
    struct resolver_question question;
    struct loop *loop;
    struct resolver *resolver;
    struct caller *caller;
    enum dial_state state;
    bool stuck;                          /* the socket took not all of what is pending */
    size_t address;                      /* of the question's, which is tried */
    unsigned attempt;                    /* since the device last answered anything */
    int64_t until;                       /* when connecting is given up, or tried again */
    int64_t timeout_least, timeout_most; /* of its clients */
    char host[];
};

/* Any thread: the loop knows nothing of it until dial_changed. NULL with an error. */
struct dial *dial_create(struct loop *loop, struct resolver *resolver, const char *host,
                         uint16_t port, struct error *error);
void dial_destroy(struct dial *dial); /* its clients stay their owner's */

/* Its caller has other clients: the loop runs it soon. On the loop's thread, or while it stands. */
void dial_changed(struct dial *dial);

/* Does all that is due, and sees to it that it is called again in time. */
void dial_run(struct dial *dial);

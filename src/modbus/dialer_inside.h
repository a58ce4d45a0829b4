#pragma once
/* What the files of dialer.h share: dialer.c is how the dials are woken, dialer_change.c which
 * clients they have. */

#include "modbus/dialer.h"

#include <stdatomic.h>
#include "base/waker.h"
#include "modbus/client.h"
#include "modbus/dial.h"

/* One for each client. */
struct bell {
    struct dialer *dialer;
    struct client *client;
    uint32_t number; /* in the plan */
    struct dial *dial;
    size_t seat; /* among the dial's clients */
    atomic_bool rung;
    struct bell *next; /* on the list, while it is rung */
};

/* The bells of one image. */
struct bells {
    struct image *image;
    struct bell *rows;
    size_t count;
};

struct dialer {
    struct waker waker;
    struct loop *loop;
    struct resolver *resolver; /* NULL until there are clients */
    struct bells bells;
    struct dial **dials;
    size_t dial_count;
    struct bell *_Atomic rung;
};

void dialer_attach(const struct bells *bells);

/* Whoever rang before is forgotten: the image is not used by anybody else any more. */
void dialer_detach(struct dialer *dialer);

/* Frees the clients, too. */
void dialer_finish(struct bells *bells);

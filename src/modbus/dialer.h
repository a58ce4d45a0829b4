#pragma once
/* The sockets under the callers: for each host and port that clients of the plan name one caller
 * and at most one connection, which is made, kept and made again (backoff to 30 s). Names are
 * resolved on the resolver's thread, each time anew; all addresses of a name are tried. On the
 * loop's thread. The clients are those of one image at a time: the first ones come as all others
 * do, by a change. */

#include <stdint.h>
#include "base/error.h"
#include "base/loop.h"
#include "image/image.h"

struct dialer;
struct dialer_change;
struct plan_match;

/* Without clients, it does nothing. */
struct dialer *dialer_create(struct loop *loop);

/* After the loop has ended. NULL is accepted. */
void dialer_destroy(struct dialer *dialer);

/* What any TCP client of the plan needs of the loop. On the loop's thread, or while it stands. */
bool dialer_open(struct dialer *dialer, const struct plan *plan, struct error *error);

/* Makes the TCP clients of the image's plan, and dials for hosts that nobody dials yet. Any thread,
 * after dialer_open. NULL with an error. */
struct dialer_change *dialer_prepare(struct dialer *dialer, struct image *image,
                                     struct error *error);
void dialer_discard(struct dialer_change *change); /* NULL is accepted */

/* They take the places of those that are there, which they inherit from by match->clients; a NULL
 * match names nobody. Connections to hosts that are dialled again stay. Wakes up with the image
 * from here on. On the loop's thread, or while it stands. Consumes the change. */
void dialer_commit(struct dialer_change *change, const struct plan_match *match, int64_t now);

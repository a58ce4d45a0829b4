#pragma once
/* The sockets under the callers: for each host and port that clients of the plan name one caller
 * and at most one connection, which is made, kept and made again (backoff to 30 s). Names are
 * resolved on the resolver's thread, each time anew; all addresses of a name are tried. On the
 * loop's thread. */

#include "base/error.h"
#include "base/loop.h"
#include "image/image.h"

struct dialer;

/* Makes clients and callers for all TCP clients of the image's plan and wakes up with them. Before
 * the loop runs. NULL with an error. Without such clients it does nothing. */
struct dialer *dialer_create(struct loop *loop, struct image *image, struct error *error);

/* After the loop has ended. NULL is accepted. */
void dialer_destroy(struct dialer *dialer);

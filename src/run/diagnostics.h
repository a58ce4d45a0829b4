#pragma once
/* program { diagnostics = { input = 9000 } }: what a SCADA wants to know about the runtime, as
 * input registers of `mem`. Declared as variables when the body has ended, so that msm map lists
 * them and commands find them; written by the main thread. */

#include "control/host.h"
#include "image/image.h"

/* Writes them as they are now; nothing where the program has none. Any moment; 10 times a second is
 * enough. The heartbeat is the scan's own count, so it stands still when the scan does. */
void diagnostics_write(struct image *image, const struct scan *scan,
                       const struct host_status *status, int64_t now);

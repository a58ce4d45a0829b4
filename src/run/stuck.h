#pragma once
/* Threads that do not come back: the scan's, or a loader's. Such a thread is given up with what it
 * holds, the Lua state and the scan; what belongs to the image is not lost, and a new thread goes
 * on with that. Two are borne, because each may hold a core and 64 MiB for ever; the third ends the
 * process in order, with outputs made safe. Main thread, but for stuck_note. */

#include <stdbool.h>
#include "base/error.h"

struct generation;
struct runtime;

bool stuck_open(struct runtime *runtime, struct error *error);
void stuck_close(struct runtime *runtime);

/* In a signal handler on the scan's thread, which cannot note a fault itself; `context` is the
 * runtime. If it is still so when the main thread hears of it, that is a fault of the program. */
void stuck_note(void *context, const struct generation *generation);

/* The scan's thread, anew: for the first program, and after one was abandoned. */
bool stuck_start_thread(struct runtime *runtime, struct error *error);

/* One more thread does not come back, of whatever kind. Does not return from the third. */
void stuck_count(struct runtime *runtime);

#pragma once
/* A reload as a transaction: load and try on a thread of its own, make outputs safe that go, swap
 * between two scans, then the probation, in which a fault brings the last proven program back. What
 * does not get that far changes nothing and says why, to whoever asked and in the log. Main thread.
 */

#include <stdbool.h>
#include "base/source.h"
#include "control/host.h"

struct runtime;

void reload_open(struct runtime *runtime);

/* Loads the script's file again. `asker` (or NULL) is told when the probation has ended. */
void reload_ask(struct runtime *runtime, const struct origin *origin, struct host_answer *asker);

/* The same with one text instead of its file (copied); `tries`: as reload_compare. */
void reload_ask_patched(struct runtime *runtime, const struct source *patch, bool tries,
                        const struct origin *origin, struct host_answer *asker);

/* The same as reload_ask, after one that is under way: a file has changed. */
void reload_again(struct runtime *runtime);

/* What a reload would do, from the script's file or another one. */
void reload_compare(struct runtime *runtime, const char *path, struct host_answer *asker);

/* The present program has ended by a fault: starts its own text afresh. False: something else is
 * under way. */
bool reload_restart(struct runtime *runtime);

/* Starts the last proven text in place of the present program. False: there is none. */
bool reload_fall_back(struct runtime *runtime, const char *reason);

/* Whether a fault of the present program leads back, and the way back, for `reason`. */
bool reload_can_go_back(const struct runtime *runtime);
void reload_back(struct runtime *runtime, const char *reason);

/* Whether the one that is under way is of the script's file; whether a swap is prepared. */
bool reload_is_asked(const struct runtime *runtime);
bool reload_is_swapping(const struct runtime *runtime);

/* Watches the files of the present program, where that is wanted. */
void reload_watch(struct runtime *runtime);

/* Forgets who asked; ends whatever is under way. */
void reload_forget(struct runtime *runtime, struct host_answer *asker);
void reload_end(struct runtime *runtime);

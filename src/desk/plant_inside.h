#pragma once
/* What the files of a plant share: plant.c makes it and moves its time, plant_reload.c exchanges
 * its program, plant_restart.c begins anew. */

#include "base/memory.h"
#include "image/plan_match.h"
#include "desk/plant.h"
#include "image/keeps.h"
#include "run/generation.h"
#include "virtual/wire.h"

struct plant {
    char *path;
    const char *lua_root;
    struct watchdog *watchdog;
    bool quiet, strict, remembers;
    void (*stuck)(void *context, const char *where);
    struct instant now;
    struct keeps *keeps;
    struct generation *current;
    struct generation *former; /* that plant_back leads to, or NULL */
    struct wire *wire;
    struct view *hand;
    struct error fault; /* "" as long as there is none */
    bool fault_said;
    int64_t restart_at;   /* after a fault, monotonic ns; INT64_MAX: not at all */
    int64_t restart_wait; /* before the last try that was refused; 0: there was none */
    uint64_t restarts;
};

/* What is made before anything changes, to take the place of what is at work. Zeroed there is
 * nothing. */
struct takeover {
    struct keeps *copy; /* that the body looks at */
    struct generation *next;
    struct plan_match *match;
    struct wire *wire;
    struct view *hand;
};

struct program_options takeover_options(struct plant *plant, const char *path, const char *why);

/* Clients and hand of `next`. */
bool takeover_connect(struct plant *plant, struct takeover *takeover, struct error *error);

/* From here on `next` is what runs. Returns what ran before, which is the caller's. */
struct generation *takeover_finish(struct plant *plant, struct takeover *takeover);
void takeover_release(struct takeover *takeover);

/* The program at work is proven: nobody comes back, and what it does not keep is not kept. */
void plant_settle(struct plant *plant);
const struct keep_spec *plant_find_keep(const struct plan *plan, const char *name);

struct generation_events plant_events(struct plant *plant);

/* Makes its scan, gives it the keeps. False with an error. */
bool plant_begin(struct plant *plant, struct generation *next, struct error *error);

/* Says in its image that the servers listen. */
void plant_listen(struct image *image);

/* What devices do up to `until`, each thing at its own moment; the clock goes along. */
void plant_run_devices(struct plant *plant, int64_t until);

/* The program has stopped itself, or was stopped. */
bool plant_is_over(const struct plant *plant);

/* restart_at has come: starts the program's text again, or says when it is tried again. */
void plant_revive(struct plant *plant);

/* Stops the program in order: on_stop, safe values, and the time that devices get to take them.
 * False with the fault of on_stop; it is stopped all the same. */
bool plant_stop(struct plant *plant, struct error *error);

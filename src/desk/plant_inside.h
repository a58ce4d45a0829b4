#pragma once
/* What the files of a plant share: plant.c makes it and moves its time, plant_reload.c exchanges
 * its program. */

#include "base/memory.h"
#include "desk/plant.h"
#include "image/keeps.h"
#include "run/generation.h"
#include "virtual/wire.h"

struct plant {
    char *path;
    const char *lua_root;
    struct watchdog *watchdog;
    bool quiet, strict;
    struct instant now;
    struct keeps *keeps;
    struct generation *current;
    struct wire *wire;
    struct view *hand;
    struct error fault; /* "" as long as there is none */
    bool fault_said;
};

struct generation_events plant_events(struct plant *plant);

/* Makes its scan, gives it the keeps. False with an error. */
bool plant_begin(struct plant *plant, struct generation *next, struct error *error);

/* Says in its image that the servers listen. */
void plant_listen(struct image *image);

/* Stops the program in order: on_stop, safe values, and the time that devices get to take them.
 * False with the fault of on_stop; it is stopped all the same. */
bool plant_stop(struct plant *plant, struct error *error);

#pragma once
/* What a new text does is tried before it takes over: in a copy that adopts what the running
 * program holds, runs one scan and is thrown away. */

#include <stdbool.h>
#include "base/error.h"
#include "run/generation.h"

struct trial_order {
    struct image *from;                              /* of the running program */
    struct scan *running;                            /* likewise; its time is the trial's */
    void (*stuck)(void *context, const char *where); /* as of program_options */
    void *context;
    const struct instant *now; /* the trial's moment; NULL: that of the clock */
    bool restarts; /* the text that ran already: it may end itself, and be as empty as it is */
};

/* `copy` was loaded with a copy of the live keeps. False with an error where it faults, and where
 * a new text would end the running program or leave nothing of it: it declares nothing, or calls
 * program.stop() at once. */
bool trial_run(struct generation *copy, const struct trial_order *order, struct watchdog *watchdog,
               struct error *error);

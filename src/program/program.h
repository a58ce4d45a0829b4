#pragma once
/* One Lua state with one script in it: loads the body, which declares (the plan) and gives first
 * values (the draft), then is called by the scan. Owns everything that Lua needs; what outlives it
 * is the plan, in which there is no Lua. One thread at a time. */

#include <stdbool.h>
#include <stddef.h>
#include "base/clock.h"
#include "base/cycle.h"
#include "base/error.h"
#include "image/plan.h"
#include "image/view.h"

struct program;

struct program_options {
    const char *path;     /* of the script, as messages shall show it */
    const char *lua_root; /* folder to take the Lua library from, or NULL for the embedded one */
    bool open;            /* all of Lua's libraries, for tests; false: the sandbox */
    struct instant now;   /* the body's frozen time */
};

/* Reads the file, runs its body, seals the plan. NULL with an error that names file and line. */
struct program *program_load(const struct program_options *options, struct error *error);
void program_destroy(struct program *program); /* NULL is accepted */

/* Sealed; the program holds one reference, whoever keeps it longer takes his own. */
struct plan *program_plan(const struct program *program);

/* Puts the body's assignments into the image that was made from the plan. Once, before anybody
 * else sees the image, which must outlive the program: requests wait in it. */
void program_apply(struct program *program, struct image *image, int64_t now);

/* From here on the script reads and writes this view of that image. */
void program_attach(struct program *program, struct view *view);

/* The scan's hooks; `program` is a struct program. An error names file and line, with the
 * traceback behind it. */
bool program_start(void *program, const struct cycle *cycle, struct error *error);
bool program_task(void *program, size_t task, double dt, const struct cycle *cycle,
                  struct error *error);
bool program_stop(void *program, const struct cycle *cycle, struct error *error);
bool program_stop_wanted(void *program);

/* Collects garbage where nobody waits for the logic: what is new each time, everything when the
 * memory in use has doubled since. */
void program_rest(void *program);

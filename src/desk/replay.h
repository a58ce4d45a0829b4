#pragma once
/* A recording (record/recorder.h), played to its script or to a changed one: in virtual time, with
 * the real scan, each step gets what came in when it was recorded, and what the script makes of it
 * is compared with what was made of it then, up to the first difference.
 *
 * It begins where the recording does, or after a gap and another program at a snapshot: as after a
 * reload, so that only memory and keeps are as they were. Points are matched by name, type and
 * bits. No device and no master is there: answers to requests of the script are none of the
 * recording, nor is the age of values. */

#include <stdbool.h>
#include <stdio.h>
#include "base/error.h"

struct watchdog;

struct replay_options {
    const char *path;     /* of the recording */
    const char *script;   /* NULL: the one that was recorded */
    const char *lua_root; /* folder of the Lua library, or NULL for the embedded one */
    struct watchdog *watchdog;
};

enum replay_result { REPLAY_SAME, REPLAY_DIFFERENT, REPLAY_FAILED };

/* Says on `out` what came of it. FAILED: with an error. */
enum replay_result replay_run(const struct replay_options *options, FILE *out, struct error *error);

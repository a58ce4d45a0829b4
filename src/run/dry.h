#pragma once
/* msm run --dry N: the script, N scans, no network, no store, and no waiting: time moves from due
 * time to due time. */

#include "control/command.h"

/* `scans` as typed. Complaints and the remarks of msm check go to stderr; the exit status says
 * whether all went well. */
int dry_run(const struct command *command, const char *path, const char *lua_root,
            const char *scans);

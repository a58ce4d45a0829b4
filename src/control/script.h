#pragma once
/* A script for commands that look at what it declares and run none of its tasks. */

#include "program/program.h"

/* Runs its body under the watchdog, as run does. NULL, with the error said on stderr. `lua_root`
 * may be NULL. */
struct program *script_load(const char *path, const char *lua_root);

/* For program_options.stuck where the script runs on the only thread there is, which nobody can
 * give up: says where it is, and ends the process. */
void script_give_up(void *unused, const char *where);

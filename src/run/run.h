#pragma once
/* msm run: the one place, with main, that connects all rooms. */

#include "control/command.h"

int run_run(const struct command *command, int argc, char **argv);

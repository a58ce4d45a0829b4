#pragma once
/* msm test FILE…: LuaUnit tests of scripts, in virtual time (plant.h). */

#include "control/command.h"

int test_run(const struct command *command, int argc, char **argv);

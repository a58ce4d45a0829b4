#pragma once
/* msm passwd: who may log in to the pages of a program. */

struct command;

int passwd_run(const struct command *command, int argc, char **argv);

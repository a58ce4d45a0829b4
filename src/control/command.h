#pragma once
/* Commands of the command line: one file and one row in the table (main.c) each. */

#include <stdbool.h>
#include <stddef.h>

/* Exit codes that scripts may rely on. */
enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct command {
    const char *name;
    const char *operands; /* "FILE [--csv]", as the usage line shows them */
    const char *summary;  /* one line */
    const char *details;  /* the rest of its help: options, examples */
    int (*run)(const struct command *command, int argc, char **argv);
};

/* What one command line may hold. Rows end with a NULL name; a flag's `value` is NULL, an option
 * with a value points to where its text goes. */
struct command_option {
    const char *name; /* without the dashes */
    bool *flag;
    const char **value;
};

/* Reads options (before, after and between operands) and exactly `count` operands. On a mistake
 * says what is wrong and returns EXIT_USAGE; --help prints the help and returns EXIT_OK; otherwise
 * returns -1: go on. */
int command_read(const struct command *command, int argc, char **argv,
                 const struct command_option *options, const char **operands, int count);

void command_help(const struct command *command);

int check_run(const struct command *command, int argc, char **argv); /* check.c */
int map_run(const struct command *command, int argc, char **argv);   /* map.c */
int probe_run(const struct command *command, int argc, char **argv); /* probe.c */

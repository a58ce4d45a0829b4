#pragma once
/* Commands of the command line: one file and one row in the table (commands.c) each. Help, man page
 * and completion are made from these rows. */

#include <stdbool.h>
#include <stddef.h>

/* Exit codes that scripts may rely on. */
enum {
    EXIT_OK = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_NOT_RUNNING = 3,
    EXIT_UNKNOWN = 4, /* a name that is not declared */
    EXIT_REFUSED = 5
};

/* What completes an operand or an option's value. */
enum completes {
    COMPLETES_NOTHING,
    COMPLETES_FILE,
    COMPLETES_FOLDER,
    COMPLETES_NAME,
    COMPLETES_VALUE,  /* a name, then a value for it */
    COMPLETES_FORCED, /* a name that is forced */
    COMPLETES_PROGRAM
};

struct option_help {
    const char *name;  /* without the dashes */
    const char *takes; /* "N", "DIR"; NULL for a flag */
    const char *text;  /* what it does: one sentence, wrapped when printed */
    enum completes completes;
};

struct command {
    const char *name;
    const char *operands;     /* "FILE", "NAME VALUE", "[CODE]" as the usage line shows them */
    enum completes completes; /* its operands */
    const char *summary;      /* one line; NULL: not for persons, so that no list names it */
    const char *details;      /* the rest: what a person has to know; may be NULL */
    const struct option_help *options; /* ends with a NULL name; in the order to be shown */
    const char *example;               /* one or more command lines; may be NULL */
    int (*run)(const struct command *command, int argc, char **argv);
};

/* Ends with a NULL name; in the order of the alphabet. */
extern const struct command COMMANDS[];               /* src/commands.c, which knows all of them */
const struct command *command_find(const char *name); /* NULL when unknown */

/* Where the words of one command line go. Rows end with a NULL name; a flag's `value` is NULL. */
struct command_option {
    const char *name; /* one of the command's option_help */
    bool *flag;
    const char **value;
};

struct command_operands {
    const char **words;
    int least, most; /* how many */
    int count;       /* how many there were */
};

/* A whole message to stderr, with a newline. Words of the command line may be anything: control
 * characters in them are escaped (show.h). */
void command_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Reads options (before, after and between operands) and operands. On a mistake says what is wrong
 * and returns EXIT_USAGE; --help prints the help and returns EXIT_OK; otherwise returns -1: go on.
 */
int command_read(const struct command *command, int argc, char **argv,
                 const struct command_option *options, struct command_operands *operands);

/* The same for a command that takes nothing but --name; NULL where that is not stated. */
int command_read_name(const struct command *command, int argc, char **argv, const char **name);

void command_help(const struct command *command); /* to stdout */
int command_list(void);                           /* msm --help */

int ack_run(const struct command *command, int argc, char **argv);
int alarms_run(const struct command *command, int argc, char **argv);
int check_run(const struct command *command, int argc, char **argv);
int complete_run(const struct command *command, int argc, char **argv); /* for the shell; hidden */
int eval_run(const struct command *command, int argc, char **argv);
int force_run(const struct command *command, int argc, char **argv);
int get_run(const struct command *command, int argc, char **argv);
int journal_run(const struct command *command, int argc, char **argv);
int log_run(const struct command *command, int argc, char **argv);
int man_run(const struct command *command, int argc, char **argv);
int map_run(const struct command *command, int argc, char **argv);
int probe_run(const struct command *command, int argc, char **argv);
int reload_run(const struct command *command, int argc, char **argv);
int set_run(const struct command *command, int argc, char **argv);
int shelve_run(const struct command *command, int argc, char **argv);
int status_run(const struct command *command, int argc, char **argv);
int stop_run(const struct command *command, int argc, char **argv);
int trend_run(const struct command *command, int argc, char **argv);
int unforce_run(const struct command *command, int argc, char **argv);
int unshelve_run(const struct command *command, int argc, char **argv);
int watch_run(const struct command *command, int argc, char **argv);

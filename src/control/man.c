/* msm man: the man page, from the table of commands: what --help says of one, this says of all. */

#include "control/command.h"

#include <stdio.h>
#include <string.h>

/* Text for troff: a backslash or a hyphen means something else there, and so does a line that
 * begins with a dot or an apostrophe. */
static void put(const char *text)
{
    bool first = true;
    for (; *text; text++) {
        if (first && (*text == '.' || *text == '\''))
            fputs("\\&", stdout);
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else
            putchar(*text);
        first = *text == '\n';
    }
}

static void put_line(const char *text)
{
    put(text);
    putchar('\n');
}

static void put_option(const struct option_help *option)
{
    fputs(".TP\n\\fB\\-\\-", stdout);
    put(option->name);
    fputs("\\fR", stdout);
    if (option->takes) {
        fputs(" \\fI", stdout);
        put(option->takes);
        fputs("\\fR", stdout);
    }
    putchar('\n');
    put_line(option->text);
}

static void put_command(const struct command *command)
{
    fputs(".SS msm ", stdout);
    put(command->name);
    putchar(' ');
    put_line(command->operands);
    put_line(command->summary);
    if (command->details) {
        puts(".PP");
        put_line(command->details);
    }
    for (const struct option_help *o = command->options; o && o->name; o++)
        put_option(o);
    if (command->example) {
        puts(".PP\n.EX");
        put_line(command->example);
        puts(".EE");
    }
}

static const char HEAD[] =
    ".TH MSM 1 \"\" \"msm " MSM_VERSION "\" \"Modbus Shared Memory\"\n"
    ".SH NAME\n"
    "msm \\- Lua scripts as a PLC's logic cycle, on memory that Modbus masters read and write\n"
    ".SH SYNOPSIS\n"
    ".B msm\n"
    ".I COMMAND\n"
    "[\\fIOPERAND\\fR|\\fIOPTION\\fR]...\n"
    ".SH DESCRIPTION\n"
    "A script declares memory and links, servers and clients over TCP and serial lines; msm keeps\n"
    "the memory exchanged and runs the script's tasks on it. Options may stand before, between "
    "and\n"
    "after operands.\n"
    ".SH COMMANDS\n";

static const char TAIL[] =
    ".SH EXIT STATUS\n"
    ".TP\n0\nwell\n"
    ".TP\n1\nit failed\n"
    ".TP\n2\nthe command line is wrong\n"
    ".TP\n3\nno such program runs\n"
    ".TP\n4\na name is not declared\n"
    ".TP\n5\nrefused; nothing was changed\n"
    ".SH ENVIRONMENT\n"
    ".TP\n.B MSM_RUN\n"
    "the folder with the sockets of running programs, else $XDG_RUNTIME_DIR/msm, /run/msm for "
    "root,\n"
    "/tmp/msm\\-UID\n"
    ".TP\n.B STATE_DIRECTORY\n"
    "where \\fBrun\\fR keeps what is retained, unless \\fB\\-\\-state\\fR says otherwise\n";

int man_run(const struct command *self, int argc, char **argv)
{
    struct command_operands operands = {.words = NULL, .least = 0, .most = 0};
    const struct command_option options[] = {{NULL, NULL, NULL}};
    int result = command_read(self, argc, argv, options, &operands);
    if (result >= 0)
        return result;
    fputs(HEAD, stdout);
    for (const struct command *command = COMMANDS; command->name; command++)
        if (command->summary)
            put_command(command);
    fputs(TAIL, stdout);
    return EXIT_OK;
}

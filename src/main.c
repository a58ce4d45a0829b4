/* msm: finds the command and runs it. */

#include "base/nearest.h"
#include "control/command.h"
#include "run.h"

#include <stdio.h>
#include <string.h>

static const struct command COMMANDS[] = {
    {"check", "FILE [--lua-root DIR]",
     "Runs a script's body, no task and no server, and says what is wrong or odd.",
     "Errors and remarks go to stderr as file:line: message; the exit status is 1 on errors.\n\n"
     "  --lua-root DIR  take the Lua library from DIR instead of the binary\n",
     check_run},
    {"map", "FILE [--csv | --json | --markdown] [--lua-root DIR]",
     "Prints the register map of a script: what a SCADA has to be told.",
     "  --csv           comma-separated, with a header line\n"
     "  --json          an array of objects\n"
     "  --markdown      a table for a document\n"
     "  --lua-root DIR  take the Lua library from DIR instead of the binary\n\n"
     "Addresses are those of the protocol, from 0; column modicon has the form from 40001.\n",
     map_run},
    {"probe", "HOST[:PORT] [--unit N] [--at ADDR] [--count N] [--expect VALUE | --json]",
     "Reads a device's registers once and prints them in every type and order.",
     "Holding and input registers are read; port 502 unless told otherwise. The exit\n"
     "status is 1 when nothing could be read, or nothing gives the expected value.\n\n"
     "  --unit N        unit id, 0..255 (1)\n"
     "  --at ADDR       first address, 0..65535 (0)\n"
     "  --count N       registers, 1..125 (10)\n"
     "  --expect VALUE  print only the declarations that give this value, as the\n"
     "                  device's own display shows it, also scaled by powers of ten:\n"
     "                  --expect 23.5\n"
     "  --json          an array with an object for each of the two tables\n",
     probe_run},
    {"run", "FILE [--spin] [--lua-root DIR]",
     "Runs a script: its scan, and the servers and clients it declares.",
     "Ends with Ctrl-C or SIGTERM: on_stop runs, outputs with a safe value take it.\n\n"
     "  --spin          keep virtual processor cores awake, so that the scan wakes on time;\n"
     "                  for virtual machines, and at the price of a core's idle time each\n"
     "  --lua-root DIR  take the Lua library from DIR instead of the binary\n",
     run_run},
    {NULL, NULL, NULL, NULL, NULL},
};

static int print_help(void)
{
    puts("usage: msm COMMAND …\n\n"
         "Modbus Shared Memory: Lua scripts as a PLC's logic cycle, on memory that Modbus\n"
         "masters read and write.\n");
    for (const struct command *command = COMMANDS; command->name; command++)
        printf("  msm %s %s\n      %s\n", command->name, command->operands, command->summary);
    puts("\n  msm COMMAND --help tells more about one command; msm --version prints the version.");
    return EXIT_OK;
}

static int complain_unknown(const char *word)
{
    struct nearest nearest;
    nearest_init(&nearest, word);
    for (const struct command *command = COMMANDS; command->name; command++)
        nearest_offer(&nearest, command->name);
    const char *near = nearest_word(&nearest);
    fprintf(stderr, "msm: there is no command \"%s\"%s%s%s (msm --help lists them)\n", word,
            near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
    return EXIT_USAGE;
}

static const struct command *find(const char *name)
{
    const struct command *command = COMMANDS;
    while (command->name && strcmp(name, command->name) != 0)
        command++;
    return command->name ? command : NULL;
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fputs("usage: msm COMMAND …   (msm --help tells more)\n", stderr);
        return EXIT_USAGE;
    }
    if (is_help(argv[1]) && argc > 2 && find(argv[2])) {
        command_help(find(argv[2]));
        return EXIT_OK;
    }
    if (is_help(argv[1]))
        return print_help();
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        puts("msm " MSM_VERSION);
        return EXIT_OK;
    }
    const struct command *command = find(argv[1]);
    return command ? command->run(command, argc - 2, argv + 2) : complain_unknown(argv[1]);
}

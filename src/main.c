/* msm: finds the command and runs it. */

#include "base/nearest.h"
#include "control/command.h"

#include <stdio.h>
#include <string.h>

static int complain_unknown(const char *word)
{
    struct nearest nearest;
    nearest_init(&nearest, word);
    for (const struct command *command = COMMANDS; command->name; command++)
        if (command->summary)
            nearest_offer(&nearest, command->name);
    const char *near = nearest_word(&nearest);
    command_say("msm: there is no command \"%s\"%s%s%s (msm --help lists them)", word,
                near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
    return EXIT_USAGE;
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
    if (is_help(argv[1]) && argc > 2 && command_find(argv[2])) {
        command_help(command_find(argv[2]));
        return EXIT_OK;
    }
    if (is_help(argv[1]) && argc > 2)
        return complain_unknown(argv[2]);
    if (is_help(argv[1]))
        return command_list();
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        puts("msm " MSM_VERSION);
        return EXIT_OK;
    }
    const struct command *command = command_find(argv[1]);
    return command ? command->run(command, argc - 2, argv + 2) : complain_unknown(argv[1]);
}

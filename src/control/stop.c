/* msm stop: ends a program in order, and returns when it has ended. */

#include "control/command.h"
#include "control/talk.h"

int stop_run(const struct command *command, int argc, char **argv)
{
    const char *name = NULL;
    struct command_operands operands = {.words = NULL, .least = 0, .most = 0};
    const struct command_option options[] = {{"name", NULL, &name}, {NULL, NULL, NULL}};
    int result = command_read(command, argc, argv, options, &operands);
    if (result >= 0)
        return result;
    struct talk *talk = talk_open(command->name, name, &result);
    json_t *answer = talk ? talk_ask(talk, json_pack("{s:s}", "do", "stop"), &result) : NULL;
    if (answer) {
        for (json_t *more = answer; more; more = talk_receive(talk))
            json_decref(more);
        result = EXIT_OK;
    }
    talk_close(talk);
    return result;
}

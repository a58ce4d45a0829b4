/* msm unforce: lets go of what was forced, and says what that was. */

#include "control/command.h"
#include "control/show.h"
#include "control/talk.h"

#include <stdio.h>

int unforce_run(const struct command *command, int argc, char **argv)
{
    const char *target = NULL, *name = NULL;
    bool all = false, json = false, restore = false;
    struct command_operands operands = {.words = &target, .least = 0, .most = 1};
    const struct command_option options[] = {{"all", &all, NULL},
                                             {"json", &json, NULL},
                                             {"name", NULL, &name},
                                             {"restore", &restore, NULL},
                                             {NULL, NULL, NULL}};
    int result = command_read(command, argc, argv, options, &operands);
    if (result >= 0)
        return result;
    if (all == (operands.count == 1)) {
        fprintf(stderr, "msm unforce: it takes a NAME or --all%s\n", all ? ", not both" : "");
        return EXIT_USAGE;
    }
    json_t *request =
        all ? json_pack("{s:s, s:b, s:b}", "do", "unforce", "all", 1, "restore", restore)
            : json_pack("{s:s, s:s, s:b}", "do", "unforce", "name", target, "restore", restore);
    json_t *answer = talk_once(command->name, name, TALK_PATIENCE, request, &result);
    if (!answer)
        return result;
    const json_t *released = json_object_get(answer, "released");
    size_t i;
    json_t *row;
    if (json)
        show_json(released);
    json_array_foreach(released, i, row) if (!json) puts(json_string_value(row));
    json_decref(answer);
    return show_ended(command->name) ? EXIT_OK : EXIT_FAILED;
}

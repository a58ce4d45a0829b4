/* msm set: writes a value by name, as a master would. */

#include "control/command.h"
#include "control/show.h"
#include "control/talk.h"

#include <stdio.h>

static int complain(const struct command *command, const char *text)
{
    fprintf(stderr, "msm %s: %s\nusage: msm %s %s   (msm %s --help tells more)\n", command->name,
            text, command->name, command->operands, command->name);
    return EXIT_USAGE;
}

int set_run(const struct command *command, int argc, char **argv)
{
    const char *words[2], *name = NULL;
    bool json = false, to_default = false;
    struct command_operands operands = {.words = words, .least = 1, .most = 2};
    const struct command_option options[] = {{"default", &to_default, NULL},
                                             {"json", &json, NULL},
                                             {"name", NULL, &name},
                                             {NULL, NULL, NULL}};
    int result = command_read(command, argc, argv, options, &operands);
    if (result >= 0)
        return result;
    if (to_default == (operands.count == 2))
        return complain(command, to_default ? "--default takes the place of a value"
                                            : "VALUE is missing (or --default)");
    json_t *request =
        to_default ? json_pack("{s:s, s:s, s:b}", "do", "set", "name", words[0], "default", 1)
                   : json_pack("{s:s, s:s, s:s}", "do", "set", "name", words[0], "text", words[1]);
    json_t *answer = talk_once(command->name, name, TALK_PATIENCE, request, &result);
    if (!answer)
        return result;
    if (json)
        show_json(json_array_get(json_object_get(answer, "values"), 0));
    json_decref(answer);
    return show_ended(command->name) ? EXIT_OK : EXIT_FAILED;
}

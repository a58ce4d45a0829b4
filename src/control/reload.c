/* msm reload: has the program read its script again; returns when that is proven, or was refused or
 * rolled back. */

#include "control/command.h"
#include "control/show.h"
#include "control/talk.h"

#include <stdio.h>

int reload_run(const struct command *command, int argc, char **argv)
{
    const char *name;
    int result = command_read_name(command, argc, argv, &name);
    if (result >= 0)
        return result;
    json_t *answer = talk_once(command->name, name, 0, json_pack("{s:s}", "do", "reload"), &result);
    if (!answer)
        return result;
    const char *text = json_string_value(json_object_get(answer, "text"));
    if (text && *text)
        show_lines(stderr, text);
    json_decref(answer);
    return EXIT_OK;
}

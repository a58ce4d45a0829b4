/* msm force: holds a value against everybody; without operands, what is held. */

#include "control/command.h"
#include "control/show.h"
#include "control/talk.h"

#include <stdio.h>

static void print_forced(const json_t *values)
{
    size_t i;
    json_t *row;
    json_array_foreach(values, i, row)
    {
        json_t *beneath = json_object_get(row, "suppressed");
        printf("%s ", json_string_value(json_object_get(row, "name")));
        show_value(stdout, row);
        if (beneath) {
            json_t *other = json_pack("{s:O}", "value", beneath);
            fputs(" instead of ", stdout);
            show_value(stdout, other);
            json_decref(other);
        }
        putchar('\n');
    }
}

static json_t *request_for(const struct command_operands *operands, bool persist)
{
    if (operands->count == 0)
        return json_pack("{s:s}", "do", "forced");
    return json_pack("{s:s, s:s, s:s, s:b}", "do", "force", "name", operands->words[0], "text",
                     operands->words[1], "persist", persist);
}

int force_run(const struct command *command, int argc, char **argv)
{
    const char *words[2], *name = NULL;
    bool json = false, persist = false;
    struct command_operands operands = {.words = words, .least = 0, .most = 2};
    const struct command_option options[] = {{"json", &json, NULL},
                                             {"name", NULL, &name},
                                             {"persist", &persist, NULL},
                                             {NULL, NULL, NULL}};
    int result = command_read(command, argc, argv, options, &operands);
    if (result >= 0)
        return result;
    if (operands.count == 1) {
        fprintf(stderr,
                "msm force: VALUE is missing (without NAME and VALUE all forces are listed)\n");
        return EXIT_USAGE;
    }
    json_t *answer =
        talk_once(command->name, name, TALK_PATIENCE, request_for(&operands, persist), &result);
    if (!answer)
        return result;
    if (json)
        show_json(json_object_get(answer, "values"));
    else if (operands.count == 0)
        print_forced(json_object_get(answer, "values"));
    json_decref(answer);
    return show_ended(command->name) ? EXIT_OK : EXIT_FAILED;
}

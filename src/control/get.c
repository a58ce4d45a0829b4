/* msm get: values by name. One alone is printed bare, for scripts; several with their names. */

#include "control/command.h"
#include "control/show.h"
#include "control/talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAMES_MOST = 1000 };

static bool is_pattern(const char *name)
{
    return strpbrk(name, "*?");
}

static json_t *names_of(const struct command_operands *operands)
{
    json_t *names = json_array();
    for (int i = 0; i < operands->count; i++)
        json_array_append_new(names, json_string(operands->words[i]));
    return names;
}

/* Into a pipe one value goes as it is, for the program that reads it. That it is old, or none at
 * all, stands beside it. */
static void print_one(const struct command *command, const json_t *row)
{
    const char *quality = json_string_value(json_object_get(row, "quality"));
    if (strcmp(quality, "good") != 0)
        command_say("msm %s: the quality of %s is %s", command->name,
                    json_string_value(json_object_get(row, "name")), quality);
    (isatty(STDOUT_FILENO) ? show_value : show_raw)(stdout, row);
    putchar('\n');
}

static void print(const json_t *values)
{
    size_t i;
    json_t *row;
    json_array_foreach(values, i, row) show_row(stdout, row);
}

int get_run(const struct command *command, int argc, char **argv)
{
    const char *words[NAMES_MOST], *name = NULL;
    bool json = false;
    struct command_operands operands = {.words = words, .least = 1, .most = NAMES_MOST};
    const struct command_option options[] = {
        {"json", &json, NULL}, {"name", NULL, &name}, {NULL, NULL, NULL}};
    int result = command_read(command, argc, argv, options, &operands);
    if (result >= 0)
        return result;
    bool alone = operands.count == 1 && !is_pattern(words[0]);
    json_t *request = json_pack("{s:s, s:o}", "do", "get", "names", names_of(&operands));
    json_t *answer = talk_once(command->name, name, TALK_PATIENCE, request, &result);
    if (!answer)
        return result;
    const json_t *values = json_object_get(answer, "values");
    if (json)
        show_json(alone ? json_array_get(values, 0) : values);
    else if (alone)
        print_one(command, json_array_get(values, 0));
    else
        print(values);
    json_decref(answer);
    return show_ended(command->name) ? EXIT_OK : EXIT_FAILED;
}

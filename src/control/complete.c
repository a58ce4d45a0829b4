/* msm complete: what the shell may offer for the last word of a command line. Made from the table
 * of commands, the sockets of running programs, and the names in the one that is meant. */

#include "control/command.h"
#include "control/place.h"
#include "control/talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORDS_MOST = 256 };

/* For the shell, which knows files itself. */
static const char FILES[] = "@file", FOLDERS[] = "@folder";

static void offer(const char *word, const char *begin)
{
    if (strncmp(word, begin, strlen(begin)) == 0)
        puts(word);
}

static void offer_commands(const char *begin)
{
    for (const struct command *c = COMMANDS; c->name; c++)
        if (c->summary)
            offer(c->name, begin);
}

static void offer_options(const struct command *command, const char *begin)
{
    char word[64];
    for (const struct option_help *o = command->options; o && o->name; o++) {
        snprintf(word, sizeof word, "--%s", o->name);
        offer(word, begin);
    }
    offer("--help", begin);
}

static void offer_programs(const char *begin)
{
    char *running = place_running(), *rest = running;
    for (char *name = strsep(&rest, "\n"); name; name = strsep(&rest, "\n"))
        if (*name)
            offer(name, begin);
    free(running);
}

/* Silent where there is no program: a person is typing. */
static void offer_names(const char *program, const char *begin)
{
    int ignored;
    if (!freopen("/dev/null", "w", stderr))
        return;
    json_t *answer = talk_once("complete", program, json_pack("{s:s}", "do", "names"), &ignored);
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(answer, "names"), i, row)
        offer(json_string_value(json_object_get(row, "name")), begin);
    json_decref(answer);
}

static void offer_for(enum completes completes, const char *program, const char *begin)
{
    switch (completes) {
    case COMPLETES_NOTHING:
        break;
    case COMPLETES_FILE:
        puts(FILES);
        break;
    case COMPLETES_FOLDER:
        puts(FOLDERS);
        break;
    case COMPLETES_NAME:
        offer_names(program, begin);
        break;
    case COMPLETES_PROGRAM:
        offer_programs(begin);
        break;
    }
}

static const struct option_help *find_option(const struct command *command, const char *word)
{
    for (const struct option_help *o = command->options; o && o->name; o++)
        if (strncmp(word, "--", 2) == 0 && strcmp(word + 2, o->name) == 0)
            return o;
    return NULL;
}

/* What stands behind --name, so far. */
static const char *program_among(const char *const *words, int count)
{
    for (int i = 0; i + 1 < count; i++)
        if (strcmp(words[i], "--name") == 0)
            return words[i + 1];
    return NULL;
}

int complete_run(const struct command *self, int argc, char **argv)
{
    const char *words[WORDS_MOST];
    struct command_operands operands = {.words = words, .least = 1, .most = WORDS_MOST};
    const struct command_option options[] = {{NULL, NULL, NULL}};
    int result = command_read(self, argc, argv, options, &operands);
    if (result >= 0)
        return result;
    const char *last = words[operands.count - 1];
    const struct command *command = operands.count > 1 ? command_find(words[0]) : NULL;
    const struct option_help *option =
        command && operands.count > 2 ? find_option(command, words[operands.count - 2]) : NULL;
    if (operands.count == 1)
        offer_commands(last);
    else if (command && option && option->takes)
        offer_for(option->completes, NULL, last);
    else if (command && strncmp(last, "-", 1) == 0)
        offer_options(command, last);
    else if (command)
        offer_for(command->completes, program_among(words, operands.count - 1), last);
    return EXIT_OK;
}

/* msm complete: what the shell may offer for the last word of a command line. Made from the table
 * of commands, the sockets of running programs, and the names in the one that is meant. */

#include "control/command.h"
#include "control/place.h"
#include "control/talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
static json_t *ask(const char *program, json_t *request)
{
    int ignored;
    if (!freopen("/dev/null", "w", stderr)) {
        json_decref(request);
        return NULL;
    }
    return talk_once("complete", program, TALK_HASTE, request, &ignored);
}

/* Of the rows that the answer (taken) has in `field`. */
static void offer_rows(json_t *answer, const char *field, const char *begin)
{
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(answer, field), i, row)
        offer(json_string_value(json_object_get(row, "name")), begin);
    json_decref(answer);
}

/* What a variable takes, where that is a choice. */
static void offer_values(const char *program, const char *name, const char *begin)
{
    json_t *answer = ask(program, json_pack("{s:s, s:s}", "do", "names", "match", name));
    const json_t *row = json_array_get(json_object_get(answer, "names"), 0);
    const json_t *labels = json_object_get(row, "labels");
    const char *type = json_string_value(json_object_get(row, "type"));
    size_t i;
    json_t *label;
    json_array_foreach(labels, i, label) offer(json_string_value(json_array_get(label, 1)), begin);
    if (!labels && type && strcmp(type, "bool") == 0) {
        offer("true", begin);
        offer("false", begin);
    }
    json_decref(answer);
}

/* What stands before the last word, for which something is offered. */
struct before {
    const char *program; /* behind --name; or NULL */
    const char *first;   /* operand */
    int operands;
};

static void offer_for(enum completes completes, const struct before *before, const char *begin)
{
    const char *program = before->program;
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
        offer_rows(ask(program, json_pack("{s:s}", "do", "names")), "names", begin);
        break;
    case COMPLETES_VALUE:
        if (before->operands == 1)
            offer_values(program, before->first, begin);
        else if (before->operands == 0)
            offer_rows(ask(program, json_pack("{s:s}", "do", "names")), "names", begin);
        break;
    case COMPLETES_FORCED:
        if (before->operands == 0)
            offer_rows(ask(program, json_pack("{s:s}", "do", "forced")), "values", begin);
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

static struct before look_before(const struct command *command, const char *const *words, int count)
{
    struct before before = {.program = NULL};
    for (int i = 0; i < count; i++) {
        const struct option_help *option = find_option(command, words[i]);
        if (option && option->takes && i + 1 < count) {
            i++;
            if (strcmp(option->name, "name") == 0)
                before.program = words[i];
        } else if (!option && before.operands++ == 0) {
            before.first = words[i];
        }
    }
    return before;
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
        offer_for(option->completes, &(struct before){.operands = 0}, last);
    else if (command && strncmp(last, "-", 1) == 0)
        offer_options(command, last);
    else if (command) {
        const struct before before = look_before(command, words + 1, operands.count - 2);
        offer_for(command->completes, &before, last);
    }
    return EXIT_OK;
}

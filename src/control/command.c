/* Reading one command's words. Done by hand rather than by getopt, because the messages are for
 * people: they name the command, the nearest known option, and where the help is. */

#include "control/command.h"

#include "base/memory.h"
#include "base/nearest.h"
#include "base/utf8.h"
#include "control/show.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void command_say(const char *format, ...)
{
    char *text;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        memory_short(strlen(format));
    va_end(arguments);
    show_lines(stderr, text);
    free(text);
}

static int complain(const struct command *command, const char *what, const char *word)
{
    command_say("msm %s: %s%s%s\nusage: msm %s%s%s   (msm %s --help tells more)", command->name,
                what, *word ? " " : "", word, command->name, *command->operands ? " " : "",
                command->operands, command->name);
    return EXIT_USAGE;
}

static int complain_unknown(const struct command *command, const struct command_option *options,
                            const char *word)
{
    struct nearest nearest;
    char text[256];
    nearest_init(&nearest, word + 2);
    for (; options->name; options++)
        nearest_offer(&nearest, options->name);
    snprintf(text, sizeof text, "unknown option %s%s%s%s", word,
             nearest_word(&nearest) ? "; did you mean --" : "",
             nearest_word(&nearest) ? nearest_word(&nearest) : "",
             nearest_word(&nearest) ? "?" : "");
    return complain(command, text, "");
}

/* Takes argv[*at] as an option, and argv[*at + 1] or what follows "=" as its value. */
static int read_option(const struct command *command, const struct command_option *options,
                       int argc, char **argv, int *at)
{
    const char *word = argv[*at];
    size_t length = strcspn(word, "=");
    const char *value = word[length] ? word + length + 1 : NULL;
    const struct command_option *option = options;
    while (option->name &&
           (strncmp(option->name, word + 2, length - 2) != 0 || option->name[length - 2]))
        option++;
    if (!option->name)
        return complain_unknown(command, options, word);
    if (option->flag) {
        *option->flag = true;
        return value ? complain(command, "no value is taken by", word) : -1;
    }
    if (!value && *at + 1 < argc)
        value = argv[++*at];
    *option->value = value;
    return value ? -1 : complain(command, "a value must follow", word);
}

/* "FILE is missing": by the first of its operands. */
static int complain_missing(const struct command *command)
{
    char text[64];
    int length = (int)strspn(command->operands, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    snprintf(text, sizeof text, "%.*s is missing", length, command->operands);
    return complain(command, text, "");
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* A number below 0 is a value, not an option. */
static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] && !strchr("0123456789.", word[1]);
}

int command_read(const struct command *command, int argc, char **argv,
                 const struct command_option *options, struct command_operands *operands)
{
    bool only_operands = false;
    operands->count = 0;
    for (int i = 0; i < argc; i++) {
        const char *word = argv[i];
        if (!only_operands && strcmp(word, "--") == 0) {
            only_operands = true;
        } else if (!only_operands && is_help(word)) {
            command_help(command);
            return EXIT_OK;
        } else if (!only_operands && strncmp(word, "--", 2) == 0) {
            int result = read_option(command, options, argc, argv, &i);
            if (result >= 0)
                return result;
        } else if (!only_operands && is_option(word)) {
            return complain(command, "unknown option", word);
        } else if (operands->count == operands->most) {
            return complain(command, "one word too many:", word);
        } else if (command->completes != COMPLETES_FILE && !utf8_is_valid(word, strlen(word))) {
            return complain(command, "a word is not UTF-8, which is the only form of text here",
                            "");
        } else {
            operands->words[operands->count++] = word;
        }
    }
    return operands->count >= operands->least ? -1 : complain_missing(command);
}

int command_read_name(const struct command *command, int argc, char **argv, const char **name)
{
    struct command_operands operands = {.words = NULL, .least = 0, .most = 0};
    const struct command_option options[] = {{"name", NULL, name}, {NULL, NULL, NULL}};
    *name = NULL;
    return command_read(command, argc, argv, options, &operands);
}

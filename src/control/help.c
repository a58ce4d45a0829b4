/* A command's row as text: its help, the list of all, the man page. */

#include "control/command.h"

#include <stdio.h>
#include <string.h>

enum { WIDTH = 80, MARGIN = 2 };

/* Words of a text between two columns; the cursor stands at `column`. */
static void print_wrapped(const char *text, size_t left, size_t column)
{
    bool first = true; /* in its line */
    while (*text) {
        size_t length = strcspn(text, " ");
        if (!first && column + 1 + length > WIDTH) {
            printf("\n%*s", (int)left, "");
            column = left;
            first = true;
        }
        printf("%s%.*s", first ? "" : " ", (int)length, text);
        column += length + !first;
        first = false;
        text += length;
        while (*text == ' ')
            text++;
    }
    putchar('\n');
}

static size_t option_width(const struct option_help *option)
{
    return strlen("--") + strlen(option->name) + (option->takes ? 1 + strlen(option->takes) : 0);
}

static void print_options(const struct option_help *options)
{
    size_t widest = 0;
    for (const struct option_help *o = options; o->name; o++)
        widest = option_width(o) > widest ? option_width(o) : widest;
    for (const struct option_help *o = options; o->name; o++) {
        printf("%*s--%s%s%s%*s", MARGIN, "", o->name, o->takes ? " " : "", o->takes ? o->takes : "",
               (int)(widest - option_width(o) + 2), "");
        print_wrapped(o->text, MARGIN + widest + 2, MARGIN + widest + 2);
    }
}

/* Paragraphs, between which a newline stands; lines that begin with a space are kept as they are.
 */
static void print_paragraphs(const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        char line[2048];
        snprintf(line, sizeof line, "%.*s", (int)length, text);
        if (*line == ' ' || !*line)
            puts(line);
        else
            print_wrapped(line, 0, 0);
        text += length + (text[length] == '\n');
    }
}

static void print_usage(const struct command *command)
{
    printf("msm %s%s%s%s", command->name, *command->operands ? " " : "", command->operands,
           command->options && command->options->name ? " [OPTION…]" : "");
}

void command_help(const struct command *command)
{
    printf("usage: ");
    print_usage(command);
    putchar('\n');
    const char *const paragraphs[] = {command->summary, command->details};
    for (int i = 0; i < 2; i++) {
        if (!paragraphs[i])
            continue;
        putchar('\n');
        print_paragraphs(paragraphs[i]);
    }
    if (command->options && command->options->name) {
        putchar('\n');
        print_options(command->options);
    }
    if (command->example) {
        printf("\nexample\n");
        print_paragraphs(command->example);
    }
}

int command_list(void)
{
    puts("usage: msm COMMAND …\n\n"
         "Modbus Shared Memory: Lua scripts as a PLC's logic cycle, on memory that Modbus\n"
         "masters read and write.\n");
    for (const struct command *command = COMMANDS; command->name; command++) {
        if (!command->summary)
            continue;
        printf("  %-8s  ", command->name);
        print_wrapped(command->summary, 12, 12);
    }
    puts("\nmsm COMMAND --help tells more about one command; msm --version prints the version.");
    return EXIT_OK;
}

const struct command *command_find(const char *name)
{
    const struct command *command = COMMANDS;
    while (command->name && strcmp(name, command->name) != 0)
        command++;
    return command->name ? command : NULL;
}

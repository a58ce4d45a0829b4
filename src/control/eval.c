/* msm eval: a line of Lua in the running program, between two scans; without one a prompt, with
 * history and completion by libedit. */

#include "control/command.h"
#include "control/prompt.h"
#include "control/show.h"
#include "control/talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The exit status of one line. */
static int evaluate(struct talk *talk, const char *code)
{
    int result = EXIT_OK;
    json_t *answer = talk_ask(talk, json_pack("{s:s, s:s}", "do", "eval", "code", code), &result);
    const char *text = json_string_value(json_object_get(answer, "text"));
    if (text && *text)
        puts(text);
    json_decref(answer);
    fflush(stdout);
    return result;
}

static int evaluate_all(struct talk *talk)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    int result = EXIT_OK;
    while (result == EXIT_OK && (length = getline(&line, &size, stdin)) > 0) {
        if (line[length - 1] == '\n')
            line[length - 1] = '\0';
        if (*line)
            result = evaluate(talk, line);
    }
    free(line);
    return result;
}

static int converse(struct talk *talk)
{
    struct error error;
    struct prompt *prompt = prompt_open(talk, &error);
    const char *line;
    int result = EXIT_OK;
    if (!prompt) {
        fprintf(stderr, "msm eval: %s\n", error.text);
        return EXIT_FAILED;
    }
    printf("Lua in %s, between two scans; Tab completes, Ctrl-D ends.\n", talk_name(talk));
    while (result != EXIT_NOT_RUNNING && (line = prompt_line(prompt)))
        result = evaluate(talk, line);
    prompt_close(prompt);
    return result == EXIT_NOT_RUNNING ? result : EXIT_OK;
}

int eval_run(const struct command *command, int argc, char **argv)
{
    const char *code = NULL, *name = NULL;
    struct command_operands operands = {.words = &code, .least = 0, .most = 1};
    const struct command_option options[] = {{"name", NULL, &name}, {NULL, NULL, NULL}};
    int result = command_read(command, argc, argv, options, &operands);
    if (result >= 0)
        return result;
    struct talk *talk = talk_open(command->name, name, &result);
    if (talk && operands.count)
        result = evaluate(talk, code);
    else if (talk)
        result = isatty(STDIN_FILENO) ? converse(talk) : evaluate_all(talk);
    talk_close(talk);
    return result;
}

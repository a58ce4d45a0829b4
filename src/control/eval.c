/* msm eval: a line of Lua in the running program, between two scans; without one a prompt, with
 * history and completion by libedit. */

#include "control/command.h"
#include "control/prompt.h"
#include "control/show.h"
#include "control/talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/memory.h"

static json_t *request_for(const char *code)
{
    return json_pack("{s:s, s:s}", "do", "eval", "code", code);
}

static void print(const json_t *answer)
{
    const char *text = json_string_value(json_object_get(answer, "text"));
    if (text && *text)
        show_lines(stdout, text);
    fflush(stdout);
}

/* The exit status of one line. */
static int evaluate(struct talk *talk, const char *code)
{
    int result = EXIT_OK;
    json_t *answer = talk_ask(talk, request_for(code), &result);
    print(answer);
    json_decref(answer);
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

/* ---- at a prompt ---- */

/* A piece of code, of one line or, where that is not all of it, of several. */
struct piece {
    char *code; /* NULL: none is begun */
};

static void end_piece(struct piece *piece)
{
    free(piece->code);
    piece->code = NULL;
}

static void add_line(struct piece *piece, const char *line)
{
    char *whole = NULL;
    if (asprintf(&whole, "%s%s%s", piece->code ? piece->code : "", piece->code ? "\n" : "", line) <
        0)
        memory_short(strlen(line));
    free(piece->code);
    piece->code = whole;
}

/* Lua says that it met the end where something had to follow. */
static bool is_unfinished(const json_t *answer)
{
    static const char END[] = "<eof>";
    const char *error = json_string_value(json_object_get(answer, "error"));
    size_t length = error ? strlen(error) : 0;
    return length >= sizeof END - 1 && strcmp(error + length - (sizeof END - 1), END) == 0;
}

/* An empty line says that nothing follows, however unfinished that is. */
static int evaluate_piece(struct talk *talk, struct piece *piece, const char *line)
{
    int result = EXIT_OK;
    add_line(piece, line);
    json_t *request = request_for(piece->code);
    if (!request)
        fprintf(stderr, "msm eval: a text is not UTF-8\n");
    json_t *answer = request && talk_send(talk, request) ? talk_receive(talk) : NULL;
    bool goes_on = *line && is_unfinished(answer);
    if (!goes_on && request && talk_is_good(talk, answer, &result))
        print(answer);
    if (!goes_on)
        end_piece(piece);
    json_decref(answer);
    return result;
}

static bool is_end(const char *line)
{
    return strcmp(line, "quit") == 0 || strcmp(line, "exit") == 0;
}

static void print_help(void)
{
    puts(
        "A line of Lua runs between two scans, as one; its values are printed:\n"
        "  mem.LEVEL              the value of a variable, plc.SPEED of another memory's\n"
        "  mem.SETPOINT = 42      as the program itself would assign it\n"
        "  for k, v in pairs(x) do print(k, v) end\n"
        "It sees the globals of the script, not its locals. What it assigned is taken back when "
        "it\n"
        "raises an error. A line that is not all of a statement goes on behind >>, and an empty\n"
        "one gives it up.\n"
        "Tab completes a name, the arrows bring lines back, Ctrl-R finds one, Ctrl-C gives a line\n"
        "up. quit, exit or Ctrl-D end the prompt, not the program.");
}

static int obey(struct talk *talk, struct piece *piece, const char *line)
{
    if (piece->code || strcmp(line, "help") != 0)
        return evaluate_piece(talk, piece, line);
    print_help();
    return EXIT_OK;
}

static int converse(struct talk *talk)
{
    struct piece piece = {NULL};
    struct error error;
    struct prompt *prompt = prompt_open(talk, &error);
    const char *line;
    int result = EXIT_OK;
    if (!prompt) {
        fprintf(stderr, "msm eval: %s\n", error.text);
        return EXIT_FAILED;
    }
    printf("Lua in %s, between two scans; help tells more, Tab completes, Ctrl-D ends.\n",
           talk_name(talk));
    while (result != EXIT_NOT_RUNNING && (line = prompt_line(prompt, piece.code)) &&
           (piece.code || !is_end(line)))
        result = obey(talk, &piece, line);
    end_piece(&piece);
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

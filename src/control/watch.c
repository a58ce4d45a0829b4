/* msm watch: values as they change. On a terminal a table, else a line for each change, or the
 * program's own lines with --json. */

#include "control/command.h"
#include "control/screen.h"
#include "control/show.h"
#include "control/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void print(const json_t *answer, bool json)
{
    size_t i;
    json_t *row;
    if (json)
        show_json(answer);
    else
        json_array_foreach(json_object_get(answer, "values"), i, row) show_row(stdout, row);
}

static json_t *request_for(const struct command_operands *operands, double period)
{
    json_t *request = json_pack("{s:s, s:f, s:f}", "do", "watch", "period", period, "refresh", 1.0);
    if (operands->count)
        json_object_set_new(request, "match", json_string(operands->words[0]));
    return request;
}

static bool read_period(const char *text, double *period)
{
    char *end;
    *period = strtod(text, &end);
    return end != text && !*end && *period >= 0.02 && *period <= 3600;
}

int watch_run(const struct command *command, int argc, char **argv)
{
    const char *pattern = NULL, *name = NULL, *every = "0.1";
    bool json = false;
    double period;
    struct command_operands operands = {.words = &pattern, .least = 0, .most = 1};
    const struct command_option options[] = {
        {"json", &json, NULL}, {"name", NULL, &name}, {"period", NULL, &every}, {NULL, NULL, NULL}};
    int result = command_read(command, argc, argv, options, &operands);
    if (result >= 0)
        return result;
    if (!read_period(every, &period)) {
        command_say("msm watch: --period takes seconds from 0.02 to 3600, not \"%s\"", every);
        return EXIT_USAGE;
    }
    bool table = !json && isatty(STDOUT_FILENO) && isatty(STDIN_FILENO);
    json_t *request = request_for(&operands, period);
    if (!table)
        json_object_del(request, "refresh"); /* nothing has changed by that */
    struct talk *talk = talk_open(command->name, name, &result);
    if (!talk) {
        json_decref(request);
        return result;
    }
    talk_set_patience(talk, TALK_PATIENCE);
    json_t *answer = talk_ask(talk, request, &result);
    talk_set_patience(talk, 0);
    if (answer && table)
        result = screen_run(talk, answer);
    else if (answer)
        result = stream_run(talk, answer, print, json);
    talk_close(talk);
    return result;
}

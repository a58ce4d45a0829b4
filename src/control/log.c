/* msm log: what the program has said, and goes on to say. */

#include "control/command.h"
#include "control/show.h"
#include "control/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void print_time(double seconds)
{
    time_t whole = (time_t)seconds;
    struct tm local;
    char text[32];
    localtime_r(&whole, &local);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local);
    printf("%s.%03d ", text, (int)((seconds - (double)whole) * 1000));
}

static void print(const json_t *answer, bool json)
{
    const json_t *lines = json_object_get(answer, "lines");
    size_t i;
    json_t *line;
    json_array_foreach(lines, i, line)
    {
        if (json) {
            show_json(line);
            continue;
        }
        print_time(json_number_value(json_object_get(line, "time")));
        show_lines(stdout, json_string_value(json_object_get(line, "text")));
    }
    if (!json && json_integer_value(json_object_get(answer, "lost")))
        fprintf(stderr, "msm log: %lld lines came too fast to be shown\n",
                (long long)json_integer_value(json_object_get(answer, "lost")));
}

static bool read_lines(const char *text, long *lines)
{
    char *end;
    *lines = strtol(text, &end, 10);
    return end != text && !*end && *lines >= 0 && *lines <= 10000;
}

int log_run(const struct command *command, int argc, char **argv)
{
    const char *name = NULL, *count = "10";
    bool follow = false, json = false;
    long lines;
    struct command_operands operands = {.words = NULL, .least = 0, .most = 0};
    const struct command_option options[] = {{"follow", &follow, NULL},
                                             {"json", &json, NULL},
                                             {"lines", NULL, &count},
                                             {"name", NULL, &name},
                                             {NULL, NULL, NULL}};
    int result = command_read(command, argc, argv, options, &operands);
    if (result >= 0)
        return result;
    if (!read_lines(count, &lines)) {
        command_say("msm log: --lines takes a number from 0 to 10000, not \"%s\"", count);
        return EXIT_USAGE;
    }
    struct talk *talk = talk_open(command->name, name, &result);
    json_t *answer = NULL;
    json_t *request =
        json_pack("{s:s, s:I, s:b}", "do", "log", "lines", (json_int_t)lines, "follow", follow);
    if (talk) {
        talk_set_patience(talk, TALK_PATIENCE);
        answer = talk_ask(talk, request, &result);
        talk_set_patience(talk, 0);
    } else {
        json_decref(request);
    }
    if (answer && follow) {
        result = stream_run(talk, answer, print, json);
    } else if (answer) {
        print(answer, json);
        json_decref(answer);
        result = show_ended(command->name) ? EXIT_OK : EXIT_FAILED;
    }
    talk_close(talk);
    return result;
}

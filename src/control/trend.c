/* msm trend: what values were. Asked of the running program, or read from the file of one that does
 * not run. */

#include "control/command.h"
#include "control/history_json.h"
#include "control/moment.h"
#include "control/show.h"
#include "control/talk.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"

struct trend_words {
    const char *name, *file, *from, *to, *points;
    bool json, csv;
    const char *names[HISTORY_SERIES];
    int count;
    int64_t begin, end; /* UTC ms */
    long most;
};

/* ---- asking ---- */

static json_t *ask(const struct command *command, const struct trend_words *words, int *exit_code)
{
    json_t *names = json_array();
    for (int i = 0; i < words->count; i++)
        json_array_append_new(names, json_string(words->names[i]));
    return talk_once(command->name, words->name, TALK_PATIENCE,
                     json_pack("{s:s, s:o, s:f, s:f, s:I}", "do", "trend", "names", names, "from",
                               (double)words->begin / 1000, "to", (double)words->end / 1000,
                               "points", (json_int_t)words->most),
                     exit_code);
}

/* Names are the short ones there. */
static json_t *look_up(const struct command *command, struct trend_words *words, int *exit_code)
{
    struct history_result result = {.series = NULL};
    struct error error;
    json_t *answer = NULL, *points = json_integer(words->most);
    for (int i = 0; i < words->count; i++)
        words->names[i] += strncmp(words->names[i], "mem.", 4) == 0 ? 4 : 0;
    const struct trend_query query = {.names = words->names,
                                      .count = (size_t)words->count,
                                      .from = words->begin,
                                      .to = words->end,
                                      .most = history_stretches(points, (size_t)words->count)};
    *exit_code = EXIT_FAILED;
    if (history_look_up(words->file, &query, NULL, &result, &error))
        answer = history_trend_json(&result, words->begin, words->end);
    else
        command_say("msm %s: %s", command->name, error.text);
    history_result_finish(&result);
    json_decref(points);
    return answer;
}

/* ---- printing ---- */

static void print_number(const json_t *number)
{
    json_t *row = json_pack("{s:O}", "value", number);
    show_value(stdout, row);
    json_decref(row);
}

static bool is_gap(const json_t *point)
{
    return json_is_null(json_array_get(point, 3));
}

static void print_point(const json_t *point, const char *name)
{
    const json_t *low = json_array_get(point, 1), *high = json_array_get(point, 2);
    char text[MOMENT_TEXT];
    printf("%s %s%s", moment_text(json_number_value(json_array_get(point, 0)), false, text),
           name ? name : "", name ? " " : "");
    if (is_gap(point)) {
        puts("-");
        return;
    }
    print_number(json_array_get(point, 3));
    if (!json_equal(low, high)) {
        fputs(" (", stdout);
        print_number(low);
        fputs(" to ", stdout);
        print_number(high);
        fputs(")", stdout);
    }
    putchar('\n');
}

static void print_csv_point(const json_t *point, const char *name)
{
    char text[MOMENT_TEXT];
    printf("%s,%s", moment_text(json_number_value(json_array_get(point, 0)), true, text), name);
    for (size_t i = 1; i < 4; i++) {
        putchar(',');
        if (!is_gap(point))
            print_number(json_array_get(point, i));
    }
    putchar('\n');
}

static void print(const json_t *answer, const struct trend_words *words)
{
    size_t i, k;
    json_t *series, *point;
    if (words->csv)
        puts("time,name,min,max,last");
    json_array_foreach(json_object_get(answer, "series"), i, series)
    {
        const char *name = json_string_value(json_object_get(series, "name"));
        json_array_foreach(json_object_get(series, "points"), k, point)
        {
            if (words->csv)
                print_csv_point(point, name);
            else
                print_point(point, words->count > 1 ? name : NULL);
        }
    }
}

static int say_missing(const struct command *command, const json_t *answer)
{
    size_t i;
    json_t *series;
    int result = EXIT_OK;
    json_array_foreach(json_object_get(answer, "series"), i, series)
    {
        if (json_is_true(json_object_get(series, "recorded")))
            continue;
        command_say("msm %s: the history has nothing of %s", command->name,
                    json_string_value(json_object_get(series, "name")));
        result = EXIT_UNKNOWN;
    }
    return result;
}

/* ---- the command ---- */

static bool read_words(const struct command *command, struct trend_words *words)
{
    int64_t now = clock_now().utc / NS_PER_MS;
    struct error error;
    char *end;
    words->most = strtol(words->points, &end, 10);
    if (!moment_read(words->from, now, &words->begin, &error) ||
        !moment_read(words->to, now, &words->end, &error))
        ;
    else if (words->begin >= words->end)
        error_set(&error, "--from must be before --to");
    else if (*end || words->most < 1 || words->most > HISTORY_POINTS)
        error_set(&error, "--points takes a number, 1..%d, not \"%s\"", HISTORY_POINTS,
                  words->points);
    else if (words->csv && words->json)
        error_set(&error, "either --csv or --json");
    else if (words->file && words->name)
        error_set(&error, "--file is for a program that does not run, --name for one that does");
    else
        return true;
    command_say("msm %s: %s", command->name, error.text);
    return false;
}

int trend_run(const struct command *command, int argc, char **argv)
{
    struct trend_words words = {.from = "-1h", .to = "now", .points = "600"};
    struct command_operands operands = {.words = words.names, .least = 1, .most = HISTORY_SERIES};
    const struct command_option options[] = {
        {"csv", &words.csv, NULL},   {"file", NULL, &words.file}, {"from", NULL, &words.from},
        {"json", &words.json, NULL}, {"name", NULL, &words.name}, {"points", NULL, &words.points},
        {"to", NULL, &words.to},     {NULL, NULL, NULL}};
    int result = command_read(command, argc, argv, options, &operands);
    if (result >= 0)
        return result;
    words.count = operands.count;
    if (!read_words(command, &words))
        return EXIT_USAGE;
    json_t *answer = words.file ? look_up(command, &words, &result) : ask(command, &words, &result);
    if (!answer)
        return result;
    json_object_del(answer, "ok");
    if (words.json)
        show_json(answer);
    else
        print(answer, &words);
    result = say_missing(command, answer);
    json_decref(answer);
    return show_ended(command->name) ? result : EXIT_FAILED;
}

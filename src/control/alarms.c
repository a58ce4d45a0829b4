/* msm alarms: what is abnormal and wants somebody, the most urgent first. */

#include "control/command.h"
#include "control/show.h"
#include "control/talk.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static void print_text(const json_t *row, const char *field)
{
    const json_t *text = json_object_get(row, field);
    if (json_is_string(text))
        show_text(stdout, json_string_value(text), json_string_length(text));
}

static void print_time(const json_t *moment)
{
    char text[64];
    struct tm tm;
    time_t then = (time_t)json_number_value(moment);
    localtime_r(&then, &tm);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
    fputs(json_is_number(moment) ? text : "                   ", stdout);
}

static void print_hidden(const json_t *row)
{
    if (!json_is_number(json_object_get(row, "until")))
        return;
    fputs(" (until ", stdout);
    print_time(json_object_get(row, "until"));
    fputs(", by ", stdout);
    print_text(row, "by");
    fputs(": ", stdout);
    print_text(row, "reason");
    fputs(")", stdout);
}

/* "2026-01-02 03:04:05  high    unacknowledged  LEVEL  Tank level: 93.2 %" */
static void print_row(const json_t *row)
{
    static const char *const priorities[] = {"urgent", "high", "medium", "low"};
    json_int_t priority = json_integer_value(json_object_get(row, "priority"));
    print_time(json_object_get(row, "since"));
    printf("  %-6s  %-14s  ", priorities[priority >= 1 && priority <= 4 ? priority - 1 : 2],
           json_string_value(json_object_get(row, "state")));
    print_text(row, "name");
    fputs("  ", stdout);
    print_text(row, "text");
    print_hidden(row);
    putchar('\n');
}

int alarms_run(const struct command *command, int argc, char **argv)
{
    const char *name = NULL;
    bool all = false, json = false;
    struct command_operands operands = {.words = NULL, .least = 0, .most = 0};
    const struct command_option options[] = {
        {"all", &all, NULL}, {"json", &json, NULL}, {"name", NULL, &name}, {NULL, NULL, NULL}};
    int result = command_read(command, argc, argv, options, &operands);
    if (result >= 0)
        return result;
    json_t *answer = talk_once(command->name, name, TALK_PATIENCE,
                               json_pack("{s:s,s:b}", "do", "alarms", "all", all), &result);
    if (!answer)
        return result;
    const json_t *rows = json_object_get(answer, "alarms");
    size_t i;
    json_t *row;
    if (json)
        show_json(rows);
    json_array_foreach(rows, i, row) if (!json) print_row(row);
    json_decref(answer);
    return show_ended(command->name) ? EXIT_OK : EXIT_FAILED;
}

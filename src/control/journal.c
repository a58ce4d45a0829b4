/* msm journal: what happened, the oldest first, so that the newest stands above the prompt. */

#include "control/command.h"
#include "control/history_json.h"
#include "control/moment.h"
#include "control/show.h"
#include "control/talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"

struct journal_words {
    const char *name, *file, *from, *kind, *lines, *match;
    bool json;
    int64_t begin; /* UTC ms */
    long most;
};

static json_t *ask(const struct command *command, const struct journal_words *words, int *exit_code)
{
    json_t *request = json_pack("{s:s, s:f, s:I}", "do", "journal", "from",
                                (double)words->begin / 1000, "limit", (json_int_t)words->most);
    if (words->match)
        json_object_set_new(request, "match", json_string(words->match));
    if (words->kind)
        json_object_set_new(request, "kinds", json_pack("[s]", words->kind));
    return talk_once(command->name, words->name, TALK_PATIENCE, request, exit_code);
}

static json_t *look_up(const struct command *command, const struct journal_words *words,
                       int *exit_code)
{
    struct history_result result = {.series = NULL};
    struct error error;
    json_t *answer = NULL;
    bool alarms = !words->kind || strcmp(words->kind, "alarm") == 0;
    bool audits = !words->kind || strcmp(words->kind, "audit") == 0;
    const struct journal_query query = {.from = words->begin,
                                        .to = INT64_MAX,
                                        .match = words->match,
                                        .kinds = (alarms ? JOURNAL_ALARM : 0u) |
                                                 (audits ? JOURNAL_AUDIT : 0u),
                                        .most = (unsigned)words->most};
    *exit_code = EXIT_FAILED;
    if (history_look_up(words->file, NULL, &query, &result, &error))
        answer = history_journal_json(&result);
    else
        command_say("msm %s: %s", command->name, error.text);
    history_result_finish(&result);
    return answer;
}

/* ---- printing ---- */

static const char *text_of(const json_t *entry, const char *field)
{
    const char *text = json_string_value(json_object_get(entry, field));
    return text ? text : "";
}

static void print_text(const char *before, const char *text)
{
    if (!*text)
        return;
    fputs(before, stdout);
    show_text(stdout, text, strlen(text));
}

/* "2026-01-31 10:30:15.500 set SETPOINT: 50 % -> 55 %, by user 1000 (pid 4711)" */
static void print_entry(const json_t *entry)
{
    char text[MOMENT_TEXT];
    fputs(moment_text(json_number_value(json_object_get(entry, "time")), false, text), stdout);
    print_text(" ", text_of(entry, "what"));
    print_text(" ", text_of(entry, "name"));
    print_text(" ", text_of(entry, "level"));
    print_text(": ", text_of(entry, "text"));
    print_text(": ", text_of(entry, "old"));
    print_text(*text_of(entry, "old") ? " -> " : ": ", text_of(entry, "new"));
    print_text(", by ", text_of(entry, "who"));
    putchar('\n');
}

static void print(const json_t *entries)
{
    for (size_t i = json_array_size(entries); i > 0; i--)
        print_entry(json_array_get(entries, i - 1));
}

/* ---- the command ---- */

static bool read_words(const struct command *command, struct journal_words *words)
{
    int64_t now = clock_now().utc / NS_PER_MS;
    struct error error;
    char *end;
    words->most = strtol(words->lines, &end, 10);
    if (!moment_read(words->from, now, &words->begin, &error))
        ;
    else if (*end || words->most < 1 || words->most > HISTORY_ENTRIES)
        error_set(&error, "--lines takes a number, 1..%d, not \"%s\"", HISTORY_ENTRIES,
                  words->lines);
    else if (words->kind && strcmp(words->kind, "alarm") != 0 && strcmp(words->kind, "audit") != 0)
        error_set(&error, "--kind takes alarm or audit, not \"%s\"", words->kind);
    else if (words->file && words->name)
        error_set(&error, "--file is for a program that does not run, --name for one that does");
    else
        return true;
    command_say("msm %s: %s", command->name, error.text);
    return false;
}

int journal_run(const struct command *command, int argc, char **argv)
{
    struct journal_words words = {.from = "-1d", .lines = "100"};
    struct command_operands operands = {.words = &words.match, .least = 0, .most = 1};
    const struct command_option options[] = {
        {"file", NULL, &words.file}, {"from", NULL, &words.from},   {"json", &words.json, NULL},
        {"kind", NULL, &words.kind}, {"lines", NULL, &words.lines}, {"name", NULL, &words.name},
        {NULL, NULL, NULL}};
    int result = command_read(command, argc, argv, options, &operands);
    if (result >= 0)
        return result;
    if (!read_words(command, &words))
        return EXIT_USAGE;
    json_t *answer = words.file ? look_up(command, &words, &result) : ask(command, &words, &result);
    if (!answer)
        return result;
    if (words.json)
        show_json(json_object_get(answer, "entries"));
    else
        print(json_object_get(answer, "entries"));
    json_decref(answer);
    return show_ended(command->name) ? EXIT_OK : EXIT_FAILED;
}

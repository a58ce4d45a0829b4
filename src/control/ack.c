/* msm ack, msm shelve, msm unshelve: what a person does with alarms; each prints those that are
 * others now. */

#include "control/command.h"
#include "control/show.h"
#include "control/talk.h"

#include "base/clock.h"
#include "base/duration.h"

/* Takes the request; prints the names in `field`. */
static int ask(const struct command *command, const char *name, json_t *request, const char *field,
               bool json)
{
    int result;
    json_t *answer = talk_once(command->name, name, TALK_PATIENCE, request, &result);
    if (!answer)
        return result;
    const json_t *names = json_object_get(answer, field);
    size_t i;
    json_t *row;
    if (json)
        show_json(names);
    json_array_foreach(names, i, row) if (!json)
    {
        show_text(stdout, json_string_value(row), json_string_length(row));
        putchar('\n');
    }
    if (!json && !json_array_size(names))
        command_say("msm %s: there was nothing to be done", command->name);
    json_decref(answer);
    return show_ended(command->name) ? EXIT_OK : EXIT_FAILED;
}

int ack_run(const struct command *command, int argc, char **argv)
{
    const char *target = NULL, *name = NULL;
    bool all = false, json = false;
    struct command_operands operands = {.words = &target, .least = 0, .most = 1};
    const struct command_option options[] = {
        {"all", &all, NULL}, {"json", &json, NULL}, {"name", NULL, &name}, {NULL, NULL, NULL}};
    int result = command_read(command, argc, argv, options, &operands);
    if (result >= 0)
        return result;
    if (all == (operands.count == 1)) {
        command_say("msm ack: it takes an ALARM or --all%s", all ? ", not both" : "");
        return EXIT_USAGE;
    }
    return ask(command, name,
               all ? json_pack("{s:s,s:b}", "do", "ack", "all", 1)
                   : json_pack("{s:s,s:s}", "do", "ack", "name", target),
               "acknowledged", json);
}

int shelve_run(const struct command *command, int argc, char **argv)
{
    const char *target, *name = NULL, *time = NULL, *reason = NULL;
    bool json = false;
    int64_t nanoseconds;
    struct error error;
    struct command_operands operands = {.words = &target, .least = 1, .most = 1};
    const struct command_option options[] = {{"for", NULL, &time},
                                             {"json", &json, NULL},
                                             {"name", NULL, &name},
                                             {"reason", NULL, &reason},
                                             {NULL, NULL, NULL}};
    int result = command_read(command, argc, argv, options, &operands);
    if (result >= 0)
        return result;
    if (!time || !reason) {
        command_say("msm shelve: %s is missing, as in --for 30m --reason \"sensor is changed\"",
                    time ? "--reason" : "--for");
        return EXIT_USAGE;
    }
    if (!duration_parse(time, &nanoseconds, &error)) {
        command_say("msm shelve: --for: %s", error.text);
        return EXIT_USAGE;
    }
    return ask(command, name,
               json_pack("{s:s,s:s,s:f,s:s}", "do", "shelve", "name", target, "for",
                         (double)nanoseconds / NS_PER_S, "reason", reason),
               "shelved", json);
}

int unshelve_run(const struct command *command, int argc, char **argv)
{
    const char *target, *name = NULL;
    bool json = false;
    struct command_operands operands = {.words = &target, .least = 1, .most = 1};
    const struct command_option options[] = {
        {"json", &json, NULL}, {"name", NULL, &name}, {NULL, NULL, NULL}};
    int result = command_read(command, argc, argv, options, &operands);
    if (result >= 0)
        return result;
    return ask(command, name, json_pack("{s:s,s:s}", "do", "unshelve", "name", target), "unshelved",
               json);
}

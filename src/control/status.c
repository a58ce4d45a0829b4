/* msm status: how a program is, the most important line first. The exit status is 0 only while it
 * runs. */

#include "control/command.h"
#include "control/show.h"
#include "control/talk.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *text_of(const json_t *object, const char *field)
{
    const char *text = json_string_value(json_object_get(object, field));
    return text ? text : "";
}

static void print_field(const json_t *object, const char *field)
{
    const char *text = text_of(object, field);
    show_text(stdout, text, strlen(text));
}

static long long count_of(const json_t *object, const char *field)
{
    return (long long)json_integer_value(json_object_get(object, field));
}

static void print_label(const char *label)
{
    printf("%-10s ", label);
}

/* "1 task", "2 tasks" */
static void print_number(const json_t *object, const char *field, const char *what,
                         const char *after)
{
    long long count = count_of(object, field);
    printf("%lld %s%s%s", count, what, count == 1 ? "" : "s", after);
}

static void print_memory(double used, double cap)
{
    if (used < 1048576)
        printf("%.0f KiB of %.0f MiB\n", used / 1024, cap / 1048576);
    else
        printf("%.1f of %.0f MiB\n", used / 1048576, cap / 1048576);
}

static void print_duration(const json_t *object, const char *field)
{
    show_duration(stdout, json_object_get(object, field));
}

static void print_fault(const json_t *status)
{
    fputs("FAULT", stdout);
    if (!json_is_number(json_object_get(status, "restart_left")))
        return;
    fputs(", starts again in ", stdout);
    print_duration(status, "restart_left");
}

static void print_state(const json_t *status)
{
    const char *state = text_of(status, "state");
    print_field(status, "name");
    fputs(": ", stdout);
    if (strcmp(state, "fault") == 0) {
        print_fault(status);
    } else if (strcmp(state, "probation") == 0) {
        fputs("running, in probation for another ", stdout);
        print_duration(status, "probation_left");
    } else {
        fputs(strcmp(state, "run") == 0 ? "running" : state, stdout);
    }
    fputs(", ", stdout);
    print_field(status, "script");
    fputs(", for ", stdout);
    print_duration(status, "uptime");
    printf(" (process %lld)\n", count_of(status, "pid"));
}

/* "12:34:56" where that is today, else with its date, of this place. "" for none. */
static void local_time(const json_t *moment, char text[64])
{
    struct tm tm, today;
    time_t then = (time_t)json_number_value(moment), now = time(NULL);
    *text = '\0';
    if (!json_is_number(moment))
        return;
    localtime_r(&then, &tm);
    localtime_r(&now, &today);
    bool is_today = tm.tm_year == today.tm_year && tm.tm_yday == today.tm_yday;
    strftime(text, 64, is_today ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &tm);
}

/* Under its label and its time, where it has one; nothing for "". */
static void print_text(const char *label, const char *text, const json_t *moment)
{
    char when[64];
    if (!*text)
        return;
    local_time(moment, when);
    printf("\n%s%s%s:\n", label, *when ? ", " : "", when);
    show_lines(stdout, text);
}

static void print_texts(const json_t *status)
{
    const char *fault = text_of(status, "fault");
    const json_t *when = json_object_get(status, "last_fault_time");
    if (json_is_true(json_object_get(status, "fallback")))
        print_text("The script's own text does not run, but its last proven one, because",
                   text_of(status, "fallback_why"), NULL);
    print_text("The fault", fault, when);
    if (!*fault)
        print_text("The last fault", text_of(status, "last_fault"), when);
    print_text("The last reload", text_of(status, "last_reload"),
               json_object_get(status, "last_reload_time"));
}

static void print_scan(const json_t *status)
{
    const json_t *scan = json_object_get(status, "scan");
    const json_t *duration = json_object_get(scan, "duration");
    print_label("scan");
    print_number(scan, "count", "scan", ", period ");
    print_duration(scan, "period");
    printf(", %s\n", text_of(scan, "priority"));
    print_label("");
    fputs("takes ", stdout);
    print_duration(duration, "p50");
    fputs(" mostly, ", stdout);
    print_duration(duration, "max");
    fputs(" at most; ", stdout);
    print_number(scan, "overruns", "overrun", "\n");
}

static void print_counts(const json_t *status)
{
    const json_t *memory = json_object_get(status, "memory");
    print_label("program");
    print_number(status, "variables", "variable", ", ");
    printf("%lld forced, ", count_of(status, "forced"));
    print_number(status, "tasks", "task", ", ");
    print_memory((double)count_of(memory, "used"), (double)count_of(memory, "cap"));
    print_label("so far");
    print_number(status, "faults", "fault", ", ");
    print_number(status, "restarts", "restart", ", ");
    print_number(status, "reloads", "reload", ", ");
    printf("%lld refused or rolled back\n", count_of(status, "refused"));
    if (count_of(status, "abandoned")) {
        print_label("");
        print_number(status, "abandoned", "thread", "");
        puts(" did not come back and had to be given up; the third ends the process");
    }
}

static void print_store(const json_t *status)
{
    const json_t *store = json_object_get(status, "store");
    if (!json_is_object(store))
        return;
    print_label("retained");
    if (!json_is_true(json_object_get(store, "works"))) {
        fputs("NOT STORED: ", stdout);
        show_lines(stdout, text_of(store, "problem"));
        return;
    }
    if (!*text_of(store, "path")) {
        puts("nothing");
        return;
    }
    print_number(store, "variables", "variable", ", ");
    print_number(store, "keeps", "keep", " in ");
    print_field(store, "path");
    if (json_is_number(json_object_get(store, "age"))) {
        fputs(", last written ", stdout);
        print_duration(store, "age");
        fputs(" ago", stdout);
    }
    putchar('\n');
}

static void print_recording(const json_t *status)
{
    const json_t *recording = json_object_get(status, "recording");
    if (!json_is_object(recording))
        return;
    print_label("recording");
    if (!json_is_true(json_object_get(recording, "works"))) {
        fputs("STOPPED: ", stdout);
        show_lines(stdout, text_of(recording, "problem"));
        return;
    }
    print_number(recording, "scans", "scan", " in ");
    print_field(recording, "path");
    printf(", %.1f MiB", (double)count_of(recording, "bytes") / (1 << 20));
    if (count_of(recording, "lost"))
        printf(", %lld MISSING: the disk was too slow, or full", count_of(recording, "lost"));
    putchar('\n');
}

static void print_history(const json_t *status)
{
    const json_t *history = json_object_get(status, "history");
    if (!json_is_object(history))
        return;
    print_label("history");
    if (!json_is_true(json_object_get(history, "works"))) {
        fputs("NOT WRITTEN: ", stdout);
        show_lines(stdout, text_of(history, "problem"));
        return;
    }
    print_number(history, "names", "number", " in ");
    print_field(history, "path");
    printf(", %.1f MiB\n", (double)count_of(history, "bytes") / (1 << 20));
}

static void print_simulated(const json_t *status)
{
    if (!count_of(status, "simulated"))
        return;
    print_label("SIMULATED");
    print_number(status, "simulated", "device", ": nothing goes to a real one\n");
}

static const char *link_state(const json_t *link)
{
    if (!json_is_true(json_object_get(link, "wanted")))
        return "stopped";
    if (!json_is_true(json_object_get(link, "online")))
        return "OFFLINE";
    return json_is_true(json_object_get(link, "complete")) ? "online" : "STALE";
}

static void print_link(const json_t *link)
{
    bool server = strcmp(text_of(link, "kind"), "server") == 0;
    print_label(server ? "server" : "client");
    printf("%-7s %s",
           server && strcmp(link_state(link), "STALE") == 0 ? "online" : link_state(link),
           text_of(link, "name"));
    if (json_is_number(json_object_get(link, "age"))) {
        printf(", last %s ", server ? "request" : "answer");
        print_duration(link, "age");
        fputs(" ago", stdout);
    }
    if (count_of(link, "errors")) {
        fputs(", ", stdout);
        print_number(link, "errors", "error", ": ");
        print_field(link, "last_error");
    }
    putchar('\n');
}

static void print(const json_t *status)
{
    size_t i;
    json_t *link;
    print_state(status);
    print_texts(status);
    putchar('\n');
    print_scan(status);
    print_counts(status);
    print_store(status);
    print_recording(status);
    print_history(status);
    print_simulated(status);
    json_array_foreach(json_object_get(status, "links"), i, link) print_link(link);
}

static bool is_running(const json_t *status)
{
    const char *state = text_of(status, "state");
    return strcmp(state, "run") == 0 || strcmp(state, "probation") == 0;
}

int status_run(const struct command *command, int argc, char **argv)
{
    const char *name = NULL;
    bool json = false;
    struct command_operands operands = {.words = NULL, .least = 0, .most = 0};
    const struct command_option options[] = {
        {"json", &json, NULL}, {"name", NULL, &name}, {NULL, NULL, NULL}};
    int result = command_read(command, argc, argv, options, &operands);
    if (result >= 0)
        return result;
    json_t *status =
        talk_once(command->name, name, TALK_PATIENCE, json_pack("{s:s}", "do", "status"), &result);
    if (!status)
        return result;
    if (json) {
        json_object_del(status, "ok");
        show_json(status);
    } else {
        print(status);
    }
    result = is_running(status) ? EXIT_OK : EXIT_FAILED;
    json_decref(status);
    return show_ended(command->name) ? result : EXIT_FAILED;
}

/* msm check: loads a script as run does, without serving or running it, and says what a person
 * would want to know before it meets the plant. Errors stop it; the rest are warnings and notes. */

#include "control/command.h"
#include "control/findings.h"
#include "control/place.h"
#include "control/script.h"
#include "control/show.h"
#include "control/talk.h"

#include <stdio.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Whether any link shows this memory; with `writing`, one that brings values. */
static bool is_linked(const struct plan *plan, uint32_t memory, bool writing)
{
    if (plan->memories[memory].client >= 0)
        return true;
    for (size_t i = 0; i < plan->server_count; i++) {
        const struct server_spec *server = &plan->servers[i];
        if (writing && server->read_only)
            continue;
        if (plan_server_shows(server, memory))
            return true;
    }
    return false;
}

static void check_variable_traffic(struct findings *findings, const struct variable *v)
{
    bool mirrored = findings->plan->memories[v->memory].client >= 0;
    bool fed =
        mirrored || (is_linked(findings->plan, v->memory, true) && table_takes_writes(v->table));
    if (v->direction == DIRECTION_IN && !fed)
        findings_add(findings, v->where,
                     "warning: %s is only read by the program (\"in\"), but nothing feeds it",
                     v->path);
}

/* A memory without a link: said once, at its first variable with an address. */
static void report_unlinked(struct findings *findings, const struct variable *first)
{
    size_t count = 0;
    for (size_t i = 0; i < findings->plan->variable_count; i++) {
        const struct variable *v = findings->plan->variables[i];
        count += v->memory == first->memory && v->table != TABLE_VAR;
    }
    const char *memory = findings->plan->memories[first->memory].name;
    findings_add(
        findings, first->where,
        "warning: %s has no server and no client, so no Modbus master or device knows of its %zu "
        "variable%s with addresses; "
        "server.tcp { … } serves it, client.tcp { … } mirrors a device, var.%s needs no address",
        memory, count, count == 1 ? "" : "s", codec_type_name(first->type));
}

/* Who feeds what the program reads, and who sees what it writes. */
static void check_traffic(struct findings *findings)
{
    const struct plan *plan = findings->plan;
    for (uint32_t memory = 0; memory < plan->memory_count; memory++) {
        bool linked = is_linked(plan, memory, false);
        for (size_t i = 0; i < plan->variable_count; i++) {
            const struct variable *v = plan->variables[i];
            if (v->memory != memory || v->table == TABLE_VAR)
                continue;
            if (!linked) {
                report_unlinked(findings, v);
                break;
            }
            check_variable_traffic(findings, v);
        }
    }
}

/* A bare 40001 is address 40001 of the protocol; most who write it mean register 1. Those of coils,
 * 1..9999, look like any other. */
static bool is_modicon(enum table table, uint16_t address, uint16_t *meant)
{
    static const uint16_t firsts[] = {[TABLE_COIL] = 0,
                                      [TABLE_DISCRETE] = 10001,
                                      [TABLE_HOLDING] = 40001,
                                      [TABLE_INPUT] = 30001,
                                      [TABLE_VAR] = 0};
    uint16_t first = firsts[table];
    *meant = (uint16_t)(address - first);
    return first && address >= first && *meant < 9999;
}

static void check_addresses(struct findings *findings)
{
    const struct plan *plan = findings->plan;
    uint16_t meant;
    for (size_t i = 0; i < plan->variable_count; i++) {
        const struct variable *v = plan->variables[i];
        if (!v->modicon && is_modicon(v->table, v->address, &meant))
            findings_add(findings, v->where,
                         "warning: %s: address %u looks like a Modicon number, but addresses count "
                         "from 0; for the Modicon number write \"%u\" in quotes, or its address %u",
                         v->path, v->address, v->address, meant);
    }
    for (size_t i = 0; i < plan->raw_count; i++) {
        const struct raw *raw = &plan->raws[i];
        if (is_modicon(raw->table, raw->address, &meant))
            findings_add(findings, raw->where,
                         "warning: raw %s %u looks like a Modicon number, but addresses count from "
                         "0; the Modicon number's address is %u",
                         table_name(raw->table), raw->address, meant);
    }
}

static void add_remark(void *findings, const char *where, const char *text)
{
    findings_add(findings, where, "%s", text);
}

static void print_summary(const char *path, const struct plan *plan, unsigned findings)
{
    show_text(stdout, path, strlen(path));
    printf(": ok: %zu variable%s, %zu task%s, %zu server%s", plan->variable_count,
           plan->variable_count == 1 ? "" : "s", plan->task_count, plan->task_count == 1 ? "" : "s",
           plan->server_count, plan->server_count == 1 ? "" : "s");
    if (plan->client_count)
        printf(", %zu client%s", plan->client_count, plan->client_count == 1 ? "" : "s");
    if (findings)
        printf("; %u remark%s above", findings, findings == 1 ? "" : "s");
    if (plan->task_count)
        printf("; no task was run, msm run --dry N does that");
    putchar('\n');
}

static void say(const char *line)
{
    command_say("%s", line);
}

static bool check_file(const char *path, const char *lua_root)
{
    struct program *program = script_load(path, lua_root);
    if (!program)
        return false;
    struct findings findings = {.plan = program_plan(program), .say = say};
    program_remarks(program, add_remark, &findings);
    check_addresses(&findings);
    findings_overlaps(&findings);
    findings_gaps(&findings);
    check_traffic(&findings);
    findings_orders(&findings);
    findings_options(&findings);
    print_summary(path, findings.plan, findings.count);
    program_destroy(program);
    return true;
}

/* Whether a running program's script is this file: it says where, seen from its own folder. */
static bool runs_from(const char *name, const char *whole)
{
    int ignored;
    char script[2 * PATH_MAX];
    json_t *status =
        talk_once("check", name, TALK_HASTE, json_pack("{s:s}", "do", "status"), &ignored);
    const char *path = json_string_value(json_object_get(status, "script"));
    int pid = (int)json_integer_value(json_object_get(status, "pid"));
    if (path && *path == '/')
        snprintf(script, sizeof script, "%s", path);
    else
        snprintf(script, sizeof script, "/proc/%d/cwd/%s", pid, path ? path : "");
    char *real = realpath(script, NULL);
    bool same = path && real && strcmp(real, whole) == 0;
    free(real);
    json_decref(status);
    return same;
}

/* The one of `running` (a line each) whose script is this file; NULL for none, and for several. */
static const char *find_program(char *running, const char *whole)
{
    const char *found = NULL;
    size_t several = 0;
    for (char *rest = running, *name; (name = strsep(&rest, "\n"));) {
        if (!*name || !runs_from(name, whole))
            continue;
        found = name;
        several++;
    }
    return several == 1 ? found : NULL;
}

/* The running program names the file, and others of its folder, by the whole path that it was told;
 * who asked knows them from where he stands. */
static void show_difference(const char *line, const char *whole, const char *path)
{
    const char *slash = strrchr(path, '/'), *end = whole ? strrchr(whole, '/') : NULL;
    size_t folder = end ? (size_t)(end - whole) + 1 : 0;
    char shown[1024];
    if (!folder || strncmp(line, whole, folder) != 0) {
        show_lines(stdout, line);
        return;
    }
    snprintf(shown, sizeof shown, "%.*s%s", slash ? (int)(slash - path) + 1 : 0, path,
             line + folder);
    show_lines(stdout, shown);
}

/* The running program loads the file itself, so it is told the whole path. */
static int compare(const struct command *command, const char *path, const char *name)
{
    int result = EXIT_OK;
    char *whole = realpath(path, NULL), *running = place_running();
    if (!name && whole && strchr(running, '\n') != strrchr(running, '\n'))
        name = find_program(running, whole);
    json_t *answer =
        talk_once(command->name, name, 0,
                  json_pack("{s:s, s:s}", "do", "compare", "path", whole ? whole : path), &result);
    const json_t *lines = json_object_get(answer, "lines");
    size_t i;
    json_t *line;
    if (answer && !json_array_size(lines))
        puts("a reload from it would change nothing that others see");
    else if (answer)
        puts("a reload from it would do this:");
    json_array_foreach(lines, i, line) show_difference(json_string_value(line), whole, path);
    json_decref(answer);
    free(running);
    free(whole);
    return result;
}

int check_run(const struct command *command, int argc, char **argv)
{
    const char *path, *lua_root = NULL, *name = NULL;
    bool against_running = false;
    struct command_operands operands = {.words = &path, .least = 1, .most = 1};
    const struct command_option options[] = {{"against-running", &against_running, NULL},
                                             {"lua-root", NULL, &lua_root},
                                             {"name", NULL, &name},
                                             {NULL, NULL, NULL}};
    int result = command_read(command, argc, argv, options, &operands);
    if (result >= 0)
        return result;
    if (name && !against_running) {
        fprintf(stderr, "msm check: --name is of use only with --against-running\n");
        return EXIT_USAGE;
    }
    if (!check_file(path, lua_root))
        return EXIT_FAILED;
    return against_running ? compare(command, path, name) : EXIT_OK;
}

/* Numbers become lines for a person: three digits, and the unit that suits them. */

#include "run/report.h"

#include "base/clock.h"
#include "base/duration.h"
#include "base/log.h"
#include "control/client_text.h"
#include "image/point_name.h"

#include <stdio.h>
#include <string.h>

enum { SHORT = 32 };

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

void report_scan(const struct plan *plan, const struct scan *scan, const char *priority,
                 bool locked, size_t retained)
{
    char period[SHORT], values[2 * SHORT] = "";
    if (retained)
        snprintf(values, sizeof values, " (%zu retained)", retained);
    duration_format(scan_statistics(scan).period, period, sizeof period);
    log_line("%s: scan %s%s, %s%s, %zu variable%s%s", plan->name, period,
             plan->task_count ? "" : " (no task)", priority, locked ? "" : ", memory not locked",
             plan->variable_count, plural(plan->variable_count), values);
}

/* "all units", or "m1 as unit 1, m2 as unit 2". */
static void report_server(const struct plan *plan, const struct server_spec *server, uint16_t port)
{
    char units[512] = "";
    size_t used = 0;
    int all = server->memory_of[0];
    for (int unit = 0; unit < UNIT_IDS; unit++) {
        int memory = server->memory_of[unit];
        if (memory != all)
            all = UNIT_NONE;
        if (memory != UNIT_NONE && used < sizeof units)
            used += (size_t)snprintf(units + used, sizeof units - used, "%s%s as unit %d",
                                     used ? ", " : "", plan->memories[memory].name, unit);
    }
    if (server->line) {
        log_line("%s: serving %s on %s%s", plan->name, units, server->line->name,
                 server->read_only ? ", read only" : "");
        return;
    }
    bool v6 = strchr(server->bind, ':');
    log_line("%s: serving %s on %s%s%s:%u%s%s", plan->name,
             all == UNIT_NONE ? units : plan->memories[all].name, v6 ? "[" : "", server->bind,
             v6 ? "]" : "", port, all == UNIT_NONE ? "" : ", all units",
             server->read_only ? ", read only" : "");
}

void report_servers(const struct plan *plan, const struct tcp *tcp)
{
    size_t listener = 0;
    for (size_t i = 0; i < plan->server_count; i++)
        report_server(plan, &plan->servers[i],
                      plan->servers[i].line ? 0 : tcp_port(tcp, listener++));
    if (!plan->server_count && !plan->client_count)
        log_line("%s: warning: no server, so no Modbus master can reach the memory; server.tcp { "
                 "port = 1502 }"
                 " would serve it",
                 plan->name);
}

static size_t count_variables(const struct plan *plan, uint32_t memory)
{
    size_t count = 0;
    for (size_t i = 0; i < plan->variable_count; i++)
        count += plan->variables[i]->memory == memory && plan->variables[i]->table != TABLE_VAR;
    return count;
}

static size_t count_raws(const struct plan *plan, uint32_t memory)
{
    size_t count = 0;
    for (size_t i = 0; i < plan->raw_count; i++)
        count += plan->raws[i].memory == memory ? plan->raws[i].count : 0;
    return count;
}

static void report_client(const struct plan *plan, const struct client_spec *client)
{
    char period[SHORT], counts[4 * SHORT] = "", device[CLIENT_TEXT];
    size_t used = 0, variables = count_variables(plan, client->memory);
    size_t raws = count_raws(plan, client->memory);
    duration_format(client->period, period, sizeof period);
    if (variables)
        used = (size_t)snprintf(counts, sizeof counts, ", %zu variable%s", variables,
                                plural(variables));
    if (raws)
        snprintf(counts + used, sizeof counts - used, ", %zu raw word%s", raws, plural(raws));
    log_line("%s: mirroring %s with %s%s every %s%s", plan->name,
             plan->memories[client->memory].name, plan->settings.simulated ? "a SIMULATED " : "",
             client_text(client, device), period, counts);
}

enum { CLIENTS_SHOWN = 20 };

void report_clients(const struct plan *plan)
{
    for (size_t i = 0; i < plan->client_count && i < CLIENTS_SHOWN; i++)
        report_client(plan, &plan->clients[i]);
    if (plan->client_count > CLIENTS_SHOWN)
        log_line("%s: mirroring with %zu more device%s", plan->name,
                 plan->client_count - CLIENTS_SHOWN, plural(plan->client_count - CLIENTS_SHOWN));
    if (plan->settings.simulated)
        log_line("%s: %zu device%s SIMULATED: nothing goes to a real one", plan->name,
                 plan->client_count, plan->client_count == 1 ? " is" : "s are");
}

enum { FORCED_SHOWN = 10 };

void report_forced(struct image *image)
{
    uint32_t points[FORCED_SHOWN];
    size_t count = image_forced(image, points, FORCED_SHOWN);
    char names[FORCED_SHOWN * (POINT_NAME + 2) + SHORT] = "", name[POINT_NAME];
    size_t used = 0;
    if (!count)
        return;
    for (size_t i = 0; i < count && i < FORCED_SHOWN; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "",
                                 point_name(image_plan(image), points[i], name));
    if (count > FORCED_SHOWN)
        snprintf(names + used, sizeof names - used, " and %zu more", count - FORCED_SHOWN);
    log_line("%s: warning: %zu value%s forced from before the start: %s; msm unforce gives %s free",
             image_plan(image)->name, count, count == 1 ? " is" : "s are", names,
             count == 1 ? "it" : "them");
}

enum { UNDELIVERED_SHOWN = 20, UNDELIVERED_TEXT = 512 };

/* How many of the points stand for elements of one array, or for raw words of one device. */
static size_t count_alike(const struct plan *plan, const uint32_t *points, size_t count)
{
    int variable = plan->points[points[0]].variable, client = plan_point_client(plan, points[0]);
    size_t alike = 1;
    while (alike < count && plan->points[points[alike]].variable == variable &&
           plan_point_client(plan, points[alike]) == client)
        alike++;
    return alike;
}

/* "the last value of plc.X", "the last values of 12 elements of plc.X" */
static void describe_lost(const struct plan *plan, uint32_t number, size_t alike,
                          char text[UNDELIVERED_TEXT])
{
    const struct client_spec *client = &plan->clients[plan_point_client(plan, number)];
    int variable = plan->points[number].variable;
    const struct variable *v = variable < 0 ? NULL : plan->variables[variable];
    char what[4 * SHORT] = "";
    if (!v)
        snprintf(what, sizeof what, "%zu raw word%s", alike, plural(alike));
    else if (v->count)
        snprintf(what, sizeof what, "%zu element%s of ", alike, plural(alike));
    snprintf(text, UNDELIVERED_TEXT, "not delivered to %s: the last value%s of %s%s", client->name,
             plural(alike), what, v ? v->path : "");
}

void report_undelivered(const struct plan *plan, const uint32_t *points, size_t count,
                        void (*say)(void *context, const char *text), void *context)
{
    char text[UNDELIVERED_TEXT];
    size_t named = 0;
    for (int line = 0; named < count && line < UNDELIVERED_SHOWN; line++) {
        size_t alike = count_alike(plan, points + named, count - named);
        describe_lost(plan, points[named], alike, text);
        say(context, text);
        named += alike;
    }
    if (count > named) {
        snprintf(text, sizeof text, "and %zu more", count - named);
        say(context, text);
    }
}

/* "36.1 us", "18.2 ms". */
static const char *spent(int64_t nanoseconds, char *text)
{
    double value = (double)nanoseconds / NS_PER_US;
    const char *unit = "us";
    if (value >= 1000) {
        value /= 1000;
        unit = "ms";
    }
    snprintf(text, SHORT, "%.*f %s", value < 100 ? 1 : 0, value, unit);
    return text;
}

uint64_t report_overruns(const struct plan *plan, const struct scan *scan, uint64_t known)
{
    struct scan_stats stats = scan_statistics(scan);
    char period[SHORT], longest[SHORT];
    if (stats.overruns == known)
        return known;
    duration_format(stats.period, period, sizeof period);
    log_line("%s: warning: %llu overrun%s since the last report: a scan took up to %s, the fastest "
             "task is due every %s",
             plan->name, (unsigned long long)(stats.overruns - known),
             plural(stats.overruns - known), spent(stats.duration.max, longest), period);
    return stats.overruns;
}

static void report_figures(const char *name, const char *what, const struct scan_figures *figures)
{
    char mean[SHORT], p99[SHORT], p999[SHORT], max[SHORT];
    log_line("%s: %s mean %s, p99 %s, p99.9 %s, max %s", name, what, spent(figures->mean, mean),
             spent(figures->p99, p99), spent(figures->p999, p999), spent(figures->max, max));
}

/* "inout": what a master wrote during the scan stays, and that has to be visible somewhere. */
static void report_conflicts(const struct plan *plan, struct image *image)
{
    uint64_t conflicts = image_conflicts(image);
    if (conflicts)
        log_line("%s: %llu assignment%s of the program lost against another one's write of the "
                 "same variable in the same scan (a master's, a device's); wins = \"program\" "
                 "would turn that",
                 plan->name, (unsigned long long)conflicts, plural(conflicts));
}

void report_end(const struct plan *plan, const struct scan *scan, struct image *image,
                int64_t seconds_ns, bool faulted)
{
    struct scan_stats stats = scan_statistics(scan);
    log_line("%s: stopped %safter %.1f s: %llu scan%s, %llu overrun%s", plan->name,
             faulted ? "in FAULT " : "", (double)seconds_ns / NS_PER_S,
             (unsigned long long)stats.count, plural(stats.count),
             (unsigned long long)stats.overruns, plural(stats.overruns));
    if (stats.duration.max) {
        report_figures(plan->name, "scan", &stats.duration);
        report_figures(plan->name, "wake-up", &stats.latency);
    }
    report_conflicts(plan, image);
}

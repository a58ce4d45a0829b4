/* One family of figures is one row of a table: where it stands in the answer to `status`, and what
 * Prometheus is told of it. Names end in their unit, as its conventions have it. */

#include "hmi/hmi_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct metric {
    const char *name, *type, *help;
    const char *object, *field; /* of the answer; object NULL: at its top */
} METRICS[] = {
    {"msm_uptime_seconds", "gauge", "Since the process began.", NULL, "uptime"},
    {"msm_scans_total", "counter", "Scans.", "scan", "count"},
    {"msm_scan_overruns_total", "counter", "Due times that passed while the task ran.", "scan",
     "overruns"},
    {"msm_scan_period_seconds", "gauge", "Of the fastest task.", "scan", "period"},
    {"msm_faults_total", "counter", "Faults of the script.", NULL, "faults"},
    {"msm_restarts_total", "counter", "Restarts after a fault.", NULL, "restarts"},
    {"msm_reloads_total", "counter", "Reloads that were taken.", NULL, "reloads"},
    {"msm_reloads_refused_total", "counter", "Reloads that were refused or rolled back.", NULL,
     "refused"},
    {"msm_connections", "gauge", "Masters that are connected.", NULL, "connections"},
    {"msm_memory_used_bytes", "gauge", "Of the script.", "memory", "used"},
    {"msm_memory_cap_bytes", "gauge", "That the script may use.", "memory", "cap"},
    {"msm_forced", "gauge", "Values under force.", NULL, "forced"},
    {"msm_conflicts_total", "counter", "Assignments that lost against another one's write.", NULL,
     "conflicts"},
    {"msm_store_commits_total", "counter", "Of what is retained.", "store", "commits"},
};

static const char *const STATES[] = {"run", "probation", "fault", "stopping"};
static const char *const PRIORITIES[] = {"urgent", "high", "medium", "low"};

static void head(FILE *file, const char *name, const char *type, const char *help)
{
    fprintf(file, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A label's value: backslash, quote and line break have to be escaped. */
static void label(FILE *file, const char *text)
{
    for (; *text; text++) {
        if (*text == '\\' || *text == '"')
            putc('\\', file);
        if (*text == '\n')
            fputs("\\n", file);
        else
            putc(*text, file);
    }
}

static void add_metric(FILE *file, const struct metric *metric, const json_t *status)
{
    const json_t *object = metric->object ? json_object_get(status, metric->object) : status;
    const json_t *value = json_object_get(object, metric->field);
    if (!json_is_number(value))
        return;
    head(file, metric->name, metric->type, metric->help);
    fprintf(file, "%s %.17g\n", metric->name, json_number_value(value));
}

static void add_state(FILE *file, const json_t *status)
{
    const char *state = json_string_value(json_object_get(status, "state"));
    head(file, "msm_state", "gauge", "1 for the state that the program is in.");
    for (size_t i = 0; state && i < sizeof STATES / sizeof *STATES; i++)
        fprintf(file, "msm_state{state=\"%s\"} %d\n", STATES[i], strcmp(STATES[i], state) == 0);
}

/* quantile="0.99": as a summary has them. */
static void add_times(FILE *file, const json_t *status, const char *field, const char *name,
                      const char *help)
{
    static const char *const quantiles[][2] = {{"0.5", "p50"}, {"0.99", "p99"}, {"0.999", "p999"}};
    const json_t *times = json_object_get(json_object_get(status, "scan"), field);
    head(file, name, "gauge", help);
    for (size_t i = 0; i < 3; i++)
        fprintf(file, "%s{quantile=\"%s\"} %.9g\n", name, quantiles[i][0],
                json_number_value(json_object_get(times, quantiles[i][1])));
    fprintf(file, "%s{quantile=\"1\"} %.9g\n", name,
            json_number_value(json_object_get(times, "max")));
}

static void add_links(FILE *file, const json_t *links, const char *name, const char *type,
                      const char *help, const char *field)
{
    size_t i;
    json_t *link;
    head(file, name, type, help);
    json_array_foreach(links, i, link)
    {
        const json_t *value = json_object_get(link, field);
        if (!json_is_number(value) && !json_is_boolean(value))
            continue;
        fprintf(file, "%s{link=\"", name);
        label(file, json_string_value(json_object_get(link, "name")));
        fprintf(file, "\",kind=\"%s\"} %.17g\n", json_string_value(json_object_get(link, "kind")),
                json_is_boolean(value) ? json_is_true(value) : json_number_value(value));
    }
}

static void add_alarms(FILE *file, struct hmi *hmi)
{
    struct alarm_counts counts =
        alarms_sum(hmi->host.alarms ? hmi->host.alarms(hmi->host.context) : NULL);
    head(file, "msm_alarms_unacknowledged", "gauge", "Alarms that nobody has seen.");
    for (int i = 0; i < 4; i++)
        fprintf(file, "msm_alarms_unacknowledged{priority=\"%s\"} %u\n", PRIORITIES[i],
                counts.unacknowledged[i]);
    head(file, "msm_alarms_active", "gauge", "Alarms whose cause is there.");
    for (int i = 0; i < 4; i++)
        fprintf(file, "msm_alarms_active{priority=\"%s\"} %u\n", PRIORITIES[i], counts.active[i]);
}

static void add_all(FILE *file, struct hmi *hmi, const json_t *status)
{
    const json_t *links = json_object_get(status, "links");
    add_state(file, status);
    for (size_t i = 0; i < sizeof METRICS / sizeof *METRICS; i++)
        add_metric(file, &METRICS[i], status);
    add_times(file, status, "duration", "msm_scan_duration_seconds", "What a scan takes.");
    add_times(file, status, "latency", "msm_scan_latency_seconds", "How late a scan wakes.");
    add_links(file, links, "msm_link_online", "gauge", "1 while the device answers.", "online");
    add_links(file, links, "msm_link_age_seconds", "gauge", "Of the last good answer.", "age");
    add_links(file, links, "msm_link_errors_total", "counter", "Requests that failed.", "errors");
    add_alarms(file, hmi);
    head(file, "msm_hmi_streams", "gauge", "Browsers that look on.");
    fprintf(file, "msm_hmi_streams %zu\n", hmi->feed_count);
}

void metrics_answer(struct hmi *hmi, struct web_request *request)
{
    json_t *status = api_ask(hmi, json_pack("{s:s}", "do", "status"));
    char *text = NULL;
    size_t length = 0;
    FILE *file = status ? open_memstream(&text, &length) : NULL;
    if (file) {
        add_all(file, hmi, status);
        if (fclose(file) != 0) {
            free(text);
            text = NULL;
        }
    }
    json_decref(status);
    web_answer(request, 200, "text/plain; version=0.0.4; charset=utf-8", text, length);
}

/* How the program is.
 *
 *   {"do": "status"}
 *   {"ok": true, "name": "tank", "script": "scripts/tank.lua", "state": "run", "scan": {…},
 *     "links": […], "store": {…}, …}      all fields are in PROTOCOL.md */

#include "control/asks_inside.h"

#include <string.h>
#include <time.h>
#include <unistd.h>
#include "control/value_json.h"
#include "image/link.h"

static json_t *text_json(const char *text)
{
    return value_json_text(text ? text : "", text ? strlen(text) : 0);
}

static json_t *seconds(int64_t nanoseconds)
{
    return json_real((double)nanoseconds / NS_PER_S);
}

/* null for none */
static json_t *moment(int64_t utc)
{
    return utc ? seconds(utc) : json_null();
}

static json_t *age(int64_t since, int64_t now)
{
    return since ? seconds(now > since ? now - since : 0) : json_null();
}

static json_t *number(uint64_t count)
{
    return json_integer((json_int_t)count);
}

/* ---- scan ---- */

static json_t *figures_json(const struct scan_figures *f)
{
    return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o}", "last", seconds(f->last), "mean",
                     seconds(f->mean), "p50", seconds(f->p50), "p99", seconds(f->p99), "p999",
                     seconds(f->p999), "max", seconds(f->max));
}

static json_t *scan_json(const struct scan *scan, const char *priority)
{
    if (!scan)
        return json_null();
    struct scan_stats stats = scan_statistics(scan);
    return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o}", "count", number(stats.count), "overruns",
                     number(stats.overruns), "period", seconds(stats.period), "priority",
                     text_json(priority), "duration", figures_json(&stats.duration), "latency",
                     figures_json(&stats.latency));
}

/* ---- links ---- */

static json_t *memories_json(const struct plan *plan, size_t link)
{
    json_t *list = json_array();
    for (uint32_t m = 0; m < plan->memory_count; m++) {
        bool its = link < plan->client_count
                       ? plan->clients[link].memory == m
                       : plan_server_shows(&plan->servers[link - plan->client_count], m);
        if (its)
            json_array_append_new(list, text_json(plan->memories[m].name));
    }
    return list;
}

static json_t *link_json(struct image *image, size_t link, int64_t now)
{
    const struct plan *plan = image_plan(image);
    struct link_status status = link_look(image, link);
    char error[LINK_ERROR_MAX] = "";
    if (!link_last_error(image, link, error))
        error[0] = '\0';
    return json_pack("{s:o,s:s,s:o,s:b,s:b,s:b,s:o,s:o,s:o,s:o}", "name",
                     text_json(link_name(plan, link)), "kind",
                     link < plan->client_count ? "client" : "server", "memories",
                     memories_json(plan, link), "online", status.online, "complete",
                     status.complete, "wanted", link_wanted(image, link), "age",
                     age(link_answered(image, link), now), "errors", number(status.errors),
                     "conflicts", number(status.conflicts), "last_error", text_json(error));
}

static json_t *links_json(struct image *image, int64_t now)
{
    json_t *list = json_array();
    for (size_t link = 0; link < link_count(image_plan(image)); link++)
        json_array_append_new(list, link_json(image, link, now));
    return list;
}

/* ---- store ---- */

static json_t *store_json(const struct store *store, int64_t now)
{
    if (!store)
        return json_null();
    struct store_status status = store_status(store);
    return json_pack("{s:b,s:o,s:o,s:o,s:o,s:o,s:o}", "works", status.works, "problem",
                     text_json(status.problem), "path", text_json(status.path), "commits",
                     number(status.commits), "age", age(status.committed, now), "variables",
                     number(status.variables), "keeps", number(status.keeps));
}

static json_t *history_json(struct history *history)
{
    if (!history)
        return json_null();
    struct history_status status = history_status(history);
    return json_pack("{s:b,s:o,s:o,s:o,s:o,s:o}", "works", status.works, "problem",
                     text_json(status.problem), "path", text_json(status.path), "bytes",
                     number(status.bytes), "names", number(status.names), "samples",
                     number(status.samples));
}

/* ---- all ---- */

static const char *state_name(enum host_state state)
{
    static const char *const names[] = {[HOST_RUN] = "run",
                                        [HOST_PROBATION] = "probation",
                                        [HOST_FAULT] = "fault",
                                        [HOST_STOPPING] = "stopping"};
    return names[state];
}

static json_t *recording_json(const struct host_status *s)
{
    if (!s->recording.path)
        return json_null();
    return json_pack("{s:b,s:o,s:o,s:o,s:o,s:o}", "works", s->recording.works, "problem",
                     text_json(s->recording.problem), "path", text_json(s->recording.path), "bytes",
                     number(s->recording.bytes), "scans", number(s->recording.scans), "lost",
                     number(s->recording.lost));
}

static json_t *host_json(const struct host_status *s, int64_t utc)
{
    json_t *json = json_pack("{s:o,s:o,s:o,s:s,s:i,s:s,s:b,s:o,s:o,s:b,s:o,s:o,s:o}", "name",
                             text_json(s->name), "script", text_json(s->script), "users",
                             text_json(s->users), "version", MSM_VERSION, "pid", (int)getpid(),
                             "state", state_name(s->state), "fallback", s->proven_fallback,
                             "started", seconds(s->started), "loaded", seconds(s->loaded), "edited",
                             s->edited, "uptime", seconds(utc > s->started ? utc - s->started : 0),
                             "probation_left", seconds(s->probation_left), "restart_left",
                             s->restart_left < 0 ? json_null() : seconds(s->restart_left));
    json_t *counts =
        json_pack("{s:o,s:o,s:o,s:o,s:o,s:o}", "faults", number(s->faults), "restarts",
                  number(s->restarts), "reloads", number(s->reloads), "refused", number(s->refused),
                  "abandoned", number(s->abandoned), "connections", number(s->connections));
    json_t *texts = json_pack(
        "{s:o,s:o,s:o,s:o,s:o,s:o,s:{s:o,s:o,s:b}}", "fault", text_json(s->fault), "last_fault",
        text_json(s->last_fault), "last_fault_time", moment(s->last_fault_time), "last_reload",
        text_json(s->last_reload), "last_reload_time", moment(s->last_reload_time), "fallback_why",
        text_json(s->fallback_why), "memory", "used", number(s->memory_used), "cap",
        number(s->memory_cap), "locked", s->locked);
    json_object_update(json, counts);
    json_object_update(json, texts);
    json_decref(counts);
    json_decref(texts);
    return json;
}

void ask_status(struct ask *ask, const json_t *request)
{
    const struct field fields[] = {{NULL, 0, false, NULL}};
    if (!asks_fields(ask, request, fields))
        return;
    const struct control_host *host = ask->host;
    struct host_status status = {.name = ""};
    host->status(host->context, &status);
    struct image *image = host->image(host->context);
    const struct plan *plan = image_plan(image);
    struct instant now = clock_now();
    json_t *json = host_json(&status, now.utc);
    json_object_set_new(json, "scan", scan_json(host->scan(host->context), status.priority));
    json_object_set_new(json, "simulated",
                        number(plan->settings.simulated ? plan->client_count : 0));
    json_object_set_new(json, "tasks", number(plan->task_count));
    json_object_set_new(json, "variables", number(plan->variable_count));
    json_object_set_new(json, "forced", number(image_forced(image, NULL, 0)));
    json_object_set_new(json, "conflicts", number(image_conflicts(image)));
    json_object_set_new(json, "links", links_json(image, now.monotonic));
    json_object_set_new(json, "store", store_json(host->store(host->context), now.monotonic));
    json_object_set_new(json, "history", history_json(host->history(host->context)));
    json_object_set_new(json, "recording", recording_json(&status));
    asks_answer(ask, json);
}

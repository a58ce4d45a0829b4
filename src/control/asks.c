/* One request is one ask: it is made when the request comes, and gone when it is answered. Most are
 * answered before asks_run returns; those that take time or are streams stay on their asker's list
 * until they are done or he goes away. */

#include "control/asks_inside.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "base/nearest.h"
#include "control/marks.h"
#include "control/value_json.h"

static const struct ask_row ROWS[] = {
    {"ack", ask_ack, true},
    {"alarms", ask_alarms, false},
    {"compare", ask_compare, true},
    {"complete", ask_complete, true},
    {"edit", ask_edit, true},
    {"end", ask_end, false},
    {"eval", ask_eval, true},
    {"force", ask_force, false},
    {"forced", ask_forced, false},
    {"get", ask_get, false},
    {"journal", ask_journal, true},
    {"log", ask_log, true},
    {"names", ask_names, false},
    {"pages", ask_pages, false},
    {"reload", ask_reload, true},
    {"set", ask_set, false},
    {"shelve", ask_shelve, true},
    {"source", ask_source, false},
    {"status", ask_status, false},
    {"stop", ask_stop, false},
    {"trend", ask_trend, true},
    {"unforce", ask_unforce, false},
    {"unshelve", ask_unshelve, true},
    {"version", ask_version, false},
    {"versions", ask_versions, false},
    {"watch", ask_watch, true},
};

enum { ROW_COUNT = sizeof ROWS / sizeof *ROWS };

static const struct ask_row *find_row(const char *name)
{
    for (size_t i = 0; name && i < ROW_COUNT; i++) {
        if (strcmp(ROWS[i].name, name) == 0)
            return &ROWS[i];
    }
    return NULL;
}

const char *asks_name(size_t number)
{
    return number < ROW_COUNT ? ROWS[number].name : NULL;
}

/* ---- an ask's life ---- */

static void list(struct ask *ask)
{
    ask->next = ask->asker->first;
    ask->asker->first = ask;
    ask->asker->count++;
}

static void unlist(struct ask *ask)
{
    struct ask **place = &ask->asker->first;
    while (*place != ask)
        place = &(*place)->next;
    *place = ask->next;
    ask->asker->count--;
}

void asks_drop(struct ask *ask)
{
    unlist(ask);
    if (ask->answer.done)
        ask->host->forget(ask->host->context, &ask->answer);
    if (ask->finish)
        ask->finish(ask);
    json_decref(ask->id);
    free(ask);
}

/* ---- lines ---- */

static json_t *line_of(const struct ask *ask, bool ok)
{
    json_t *line = json_object();
    if (ask->id)
        json_object_set(line, "id", ask->id);
    json_object_set_new(line, "ok", json_boolean(ok));
    return line;
}

void asks_tell(struct ask *ask, json_t *fields)
{
    json_t *line = line_of(ask, true);
    if (fields)
        json_object_update(line, fields);
    json_decref(fields);
    ask->asker->send(ask->asker, line);
}

void asks_answer(struct ask *ask, json_t *fields)
{
    asks_tell(ask, fields);
    asks_drop(ask);
}

static void add_refusal(json_t *line, const char *kind, const char *text)
{
    json_object_set_new(line, "kind", json_string(kind));
    json_object_set_new(line, "error", value_json_text(text, strlen(text)));
}

static json_t *marks(const struct ask *ask, const char *text)
{
    const struct source *sources;
    size_t count = ask->host->sources(ask->host->context, &sources);
    return marks_of(text, sources, count);
}

static void refuse(struct ask *ask, const char *kind, const char *text)
{
    json_t *line = line_of(ask, false);
    add_refusal(line, kind, text);
    if (ask->marks)
        json_object_set_new(line, "errors", marks(ask, text));
    ask->asker->send(ask->asker, line);
    asks_drop(ask);
}

void asks_refuse(struct ask *ask, const char *kind, const char *format, ...)
{
    char *text;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    refuse(ask, kind, length < 0 ? "out of memory" : text);
    if (length >= 0)
        free(text);
}

void asks_complain(struct asker *asker, const char *text)
{
    json_t *line = json_object();
    json_object_set_new(line, "ok", json_false());
    add_refusal(line, ASKS_USAGE, text);
    asker->send(asker, line);
}

/* ---- what takes time ---- */

static json_t *lines_of(const char *text)
{
    json_t *lines = json_array();
    while (*text) {
        size_t length = strcspn(text, "\n");
        json_array_append_new(lines, value_json_text(text, length));
        text += length + (text[length] == '\n');
    }
    return lines;
}

static void host_answered(struct host_answer *answer, enum host_result result, const char *text)
{
    static const char *const kinds[] = {[HOST_FAILED] = ASKS_FAILED, [HOST_REFUSED] = ASKS_REFUSED};
    struct ask *ask = (struct ask *)((char *)answer - offsetof(struct ask, answer));
    answer->done = NULL;
    text = text ? text : "";
    if (result != HOST_OK) {
        refuse(ask, kinds[result], text);
        return;
    }
    json_t *fields = json_object();
    json_object_set_new(fields, ask->field,
                        ask->lines ? lines_of(text) : value_json_text(text, strlen(text)));
    asks_answer(ask, fields);
}

struct host_answer *asks_await(struct ask *ask, const char *field, bool lines)
{
    ask->field = field;
    ask->lines = lines;
    ask->answer.done = host_answered;
    return &ask->answer;
}

/* ---- for the rows ---- */

bool asks_fields(struct ask *ask, const json_t *request, const struct field *fields)
{
    struct error error;
    bool right = fields_read(request, fields, &error);
    if (!right)
        asks_refuse(ask, ASKS_USAGE, "%s", error.text);
    return right;
}

const struct reading *asks_reading(struct ask *ask)
{
    struct error error;
    if (reading_look(ask->asker->reading, &error))
        return ask->asker->reading;
    asks_refuse(ask, ASKS_FAILED, "%s", error.text);
    return NULL;
}

/* ---- requests ---- */

static void refuse_row(struct ask *ask, const char *name)
{
    struct nearest nearest;
    if (!name) {
        asks_refuse(ask, ASKS_USAGE,
                    "a request is an object that says what to do, {\"do\": \"status\"}");
        return;
    }
    nearest_init(&nearest, name);
    for (size_t i = 0; i < ROW_COUNT; i++)
        nearest_offer(&nearest, ROWS[i].name);
    const char *best = nearest_word(&nearest);
    asks_refuse(ask, ASKS_USAGE, "unknown request \"%.100s\"%s%s%s", name,
                best ? "; did you mean " : "", best ? best : "", best ? "?" : "");
}

void asks_run(struct asker *asker, const struct control_host *host, struct loop *loop,
              const json_t *request)
{
    const char *name = json_string_value(json_object_get(request, "do"));
    const struct ask_row *row = find_row(name);
    bool full = asker->count >= ASKS_MOST;
    struct ask *ask = calloc(1, sizeof *ask);
    if (!ask) {
        asker->send(asker, NULL);
        return;
    }
    *ask = (struct ask){.asker = asker, .host = host, .loop = loop};
    ask->id = json_incref(json_object_get(request, "id"));
    list(ask);
    if (!row)
        refuse_row(ask, name);
    else if (full && row->stays)
        asks_refuse(ask, ASKS_REFUSED,
                    "%d requests and streams are under way on this connection: end one, or wait",
                    ASKS_MOST);
    else
        row->begin(ask, request);
}

void asks_look(struct asker *asker)
{
    struct ask *next;
    for (struct ask *ask = asker->first; ask; ask = next) {
        next = ask->next;
        if (ask->look)
            ask->look(ask);
    }
}

void asks_end(struct asker *asker, const char *why)
{
    while (asker->first) {
        json_t *line = line_of(asker->first, false);
        add_refusal(line, ASKS_FAILED, why);
        json_object_set_new(line, "ended", json_true());
        asker->send(asker, line);
        asks_drop(asker->first);
    }
}

void asks_forget(struct asker *asker)
{
    while (asker->first)
        asks_drop(asker->first);
}

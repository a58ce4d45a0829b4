/* Numbers with the digits that they are worth: those of a float32 in its seven. */

#include "control/history_json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "control/value_json.h"

#define EXACT 9007199254740992.0 /* 2^53 */

enum { POINTS_DEFAULT = 600 };

int64_t history_moment(const json_t *seconds, double otherwise, int64_t now)
{
    double moment = seconds ? json_number_value(seconds) : otherwise;
    double ms = fmin(fmax(moment * 1000, -1e15), 1e15);
    return ms <= 0 ? now + (int64_t)ms : (int64_t)ms;
}

unsigned history_stretches(const json_t *points, size_t series)
{
    json_int_t wanted = points ? json_integer_value(points) : POINTS_DEFAULT;
    json_int_t most = (json_int_t)(HISTORY_POINTS / (series ? series : 1));
    return (unsigned)(wanted < 1 ? 1 : wanted < most ? wanted : most);
}

/* ---- trends ---- */

static json_t *seconds(int64_t ms)
{
    return ms % 1000 ? json_real((double)ms / 1000) : json_integer(ms / 1000);
}

static json_t *number(double value, int digits)
{
    char text[40];
    if (isnan(value))
        return json_null();
    if (value == floor(value) && fabs(value) < EXACT)
        return json_integer((json_int_t)value);
    snprintf(text, sizeof text, "%.*g", digits, value);
    return json_real(strtod(text, NULL));
}

static json_t *point_json(const struct trend_point *point, int digits)
{
    json_t *list = json_array();
    json_array_append_new(list, seconds(point->time));
    json_array_append_new(list, number(point->low, digits));
    json_array_append_new(list, number(point->high, digits));
    json_array_append_new(list, number(point->last, digits));
    return list;
}

static json_t *text_json(const char *text)
{
    return value_json_text(text, strlen(text));
}

static json_t *series_json(const struct history_series *series)
{
    bool recorded = series->type;
    int digits = recorded && strcmp(series->type, "float32") == 0 ? 7 : 15;
    json_t *json = json_object(), *points = json_array();
    json_object_set_new(json, "name", text_json(series->name));
    json_object_set_new(json, "recorded", json_boolean(recorded));
    if (recorded)
        json_object_set_new(json, "type", text_json(series->type));
    if (recorded && *series->unit)
        json_object_set_new(json, "unit", text_json(series->unit));
    for (size_t i = 0; i < series->count; i++)
        json_array_append_new(points, point_json(&series->points[i], digits));
    json_object_set_new(json, "points", points);
    return json;
}

json_t *history_trend_json(const struct history_result *result, int64_t from, int64_t to)
{
    json_t *json = json_object(), *list = json_array();
    for (size_t i = 0; i < result->series_count; i++)
        json_array_append_new(list, series_json(&result->series[i]));
    json_object_set_new(json, "series", list);
    json_object_set_new(json, "from", seconds(from));
    json_object_set_new(json, "to", seconds(to));
    return json;
}

/* ---- the journal ---- */

static void add_text(json_t *json, const char *field, const char *text)
{
    if (*text)
        json_object_set_new(json, field, text_json(text));
}

static json_t *entry_json(const struct journal_entry *entry)
{
    json_t *json = json_object();
    bool is_alarm = entry->kind == JOURNAL_ALARM;
    json_object_set_new(json, "time", seconds(entry->time));
    json_object_set_new(json, "kind", json_string(is_alarm ? "alarm" : "audit"));
    json_object_set_new(json, "what", text_json(entry->what));
    json_object_set_new(json, "name", text_json(entry->name));
    json_object_set_new(json, "text", text_json(entry->text));
    json_object_set_new(json, "who", text_json(entry->who));
    add_text(json, is_alarm ? "level" : "old", entry->before);
    add_text(json, "new", entry->after);
    if (entry->priority)
        json_object_set_new(json, "priority", json_integer(entry->priority));
    return json;
}

json_t *history_journal_json(const struct history_result *result)
{
    json_t *json = json_object(), *list = json_array();
    for (size_t i = 0; i < result->entry_count; i++)
        json_array_append_new(list, entry_json(&result->entries[i]));
    json_object_set_new(json, "entries", list);
    return json;
}

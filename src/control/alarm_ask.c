/* The rows tell whether there is such an alarm before anything is asked of the script. */

#include "control/alarm_ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/nearest.h"
#include "control/value_json.h"

static struct alarms *alarms_of(const struct ask *ask)
{
    return ask->host->alarms ? ask->host->alarms(ask->host->context) : NULL;
}

/* The name that was most likely meant, or NULL; it lies in `name`, because rows are copies. */
static const char *nearest_name(struct alarms *alarms, const char *asked, char name[ALARM_NAME])
{
    struct nearest nearest;
    struct alarm_row row;
    nearest_init(&nearest, asked);
    for (size_t i = 0; i < alarms_count(alarms); i++) {
        alarms_get(alarms, i, &row);
        nearest_offer(&nearest, row.name);
        if (nearest.best != row.name)
            continue;
        strcpy(name, row.name);
        nearest.best = name;
    }
    return nearest_word(&nearest);
}

bool alarm_find(struct ask *ask, const char *name, struct alarm_row *row)
{
    struct alarms *alarms = alarms_of(ask);
    char near[ALARM_NAME];
    for (size_t i = 0; i < alarms_count(alarms); i++) {
        alarms_get(alarms, i, row);
        if (strcmp(row->name, name) == 0)
            return true;
    }
    const char *word = nearest_name(alarms, name, near);
    if (alarms_count(alarms) == 0)
        asks_refuse(ask, ASKS_UNKNOWN, "this program has no alarms");
    else
        asks_refuse(ask, ASKS_UNKNOWN, "there is no alarm %.100s%s%s%s", name,
                    word ? "; did you mean " : "", word ? word : "", word ? "?" : "");
    return false;
}

/* ---- a row ---- */

static json_t *text_json(const char *text)
{
    return value_json_text(text, strlen(text));
}

static void add_text(json_t *json, const char *name, const char *text)
{
    if (*text)
        json_object_set_new(json, name, text_json(text));
}

json_t *alarm_json(const struct alarm_row *row)
{
    json_t *json = json_pack("{s:o,s:o,s:i,s:o,s:b}", "name", text_json(row->name), "text",
                             text_json(row->text), "priority", (int)row->priority, "state",
                             text_json(row->state), "on", row->active);
    add_text(json, "level", row->level);
    add_text(json, "group", row->group);
    add_text(json, "by", row->by);
    add_text(json, "reason", row->reason);
    if (row->first)
        json_object_set_new(json, "first", json_true());
    if (row->has_value)
        json_object_set_new(json, "value", json_real(row->value));
    json_object_set_new(json, "since", row->since > 0 ? json_real(row->since) : json_null());
    if (row->until > 0)
        json_object_set_new(json, "until", json_real(row->until));
    return json;
}

/* ---- what is asked of the script ---- */

/* Every byte that is no plain character by its number. */
char *alarm_quote(const char *text)
{
    char *quoted = malloc(4 * strlen(text) + 3), *at = quoted;
    if (!quoted)
        return NULL;
    *at++ = '"';
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte < ' ' || byte == '"' || byte == '\\' || byte > '~')
            at += sprintf(at, "\\%03u", byte);
        else
            *at++ = *text;
    }
    strcpy(at, "\"");
    return quoted;
}

void alarm_call(struct ask *ask, const char *function, const char *arguments, const char *field)
{
    size_t size = strlen(arguments) + 128;
    char *code = malloc(size);
    if (!code) {
        asks_refuse(ask, ASKS_FAILED, "out of memory");
        return;
    }
    snprintf(code, size, "require(\"msm.alarm.asked\").%s(%s)", function, arguments);
    ask->host->eval(ask->host->context, code, asks_await(ask, field, true));
    free(code);
}

/* What is declared, for completion and pages.
 *
 *   {"do": "names"}
 *   {"do": "names", "match": "plc.*"}
 *   {"ok": true, "names": [{"name": "LEVEL", "memory": "mem", "type": "float32", "table": "input",
 *     "address": 0, "direction": "out", "settable": false, "unit": "%", "min": 0, "max": 100,
 *     "desc": "Tank level", "retain": false, "pulse": false}]}
 *
 * Raw ranges come last, as {"name": "holding[0]", "raw": true, "count": 8, "type": "uint16", …}; a
 * pattern leaves them out unless it has a "[". */

#include "control/asks_inside.h"

#include <string.h>
#include "control/target.h"
#include "control/value_json.h"

static void add(json_t *row, const char *name, json_t *value)
{
    json_object_set_new(row, name, value);
}

static void add_words(json_t *row, const char *name, const char *text)
{
    if (text && *text)
        add(row, name, value_json_text(text, strlen(text)));
}

static void add_value(json_t *row, const struct variable *v, const char *name, bool stated,
                      const struct value *value)
{
    if (stated)
        add(row, name, value_json(v, value));
}

static json_t *labels_json(const struct variable *v)
{
    json_t *list = json_array();
    for (size_t i = 0; i < v->label_count; i++) {
        const struct label *label = &v->labels[i];
        json_t *pair = json_array();
        json_array_append_new(pair, v->type == TYPE_BOOL ? json_boolean(label->value != 0)
                                                         : json_integer(label->value));
        json_array_append_new(pair, value_json_text(label->text, strlen(label->text)));
        json_array_append_new(list, pair);
    }
    return list;
}

static void add_place(json_t *row, const struct target *target, const struct variable *v)
{
    add(row, "table", json_string(table_name(v->table)));
    if (v->table == TABLE_VAR)
        return;
    add(row, "address",
        json_integer(target->raw ? target->raw->address + (target->first - target->raw->point)
                                 : v->address));
    if (!table_is_bits(v->table) && (v->type == TYPE_BOOL || v->type == TYPE_BYTE))
        add(row, "bit", json_integer(v->bit));
}

static const char *direction_of(const struct target *target, const struct variable *v)
{
    static const char *const names[] = {
        [DIRECTION_IN] = "in", [DIRECTION_OUT] = "out", [DIRECTION_INOUT] = "inout"};
    if (target->declared)
        return names[v->direction];
    if (plan_point_is_in(target->plan, target->first))
        return "in";
    return plan_point_is_settable(target->plan, target->first) ? "inout" : "out";
}

/* A simulated device's values are for whoever plays it. */
static bool is_settable(const struct plan *plan, uint32_t point)
{
    return plan_point_is_settable(plan, point) ||
           (plan->settings.simulated && plan_point_is_fed(plan, point));
}

static void add_access(json_t *row, const struct target *target, const struct variable *v)
{
    const struct plan *plan = target->plan;
    int client = plan_point_client(plan, target->first);
    add(row, "direction", json_string(direction_of(target, v)));
    add(row, "settable", json_boolean(is_settable(plan, target->first)));
    if (client >= 0)
        add_words(row, "client", plan->clients[client].name);
}

static void add_seconds(json_t *row, const char *name, int64_t nanoseconds)
{
    if (nanoseconds)
        add(row, name, json_real((double)nanoseconds / NS_PER_S));
}

static void add_alarm(json_t *row, const struct people *people)
{
    for (int level = 0; level < LEVEL_COUNT; level++)
        if (people->has[level])
            add(row, people_level_name((enum alarm_level)level), json_real(people->limit[level]));
    if (people_has_limits(people))
        add(row, "priority", json_integer(people->priority ? people->priority : PRIORITY_MEDIUM));
    if (people->deadband != 0)
        add(row, "deadband", json_real(people->deadband));
    add_seconds(row, "on_delay", people->on_delay);
    add_seconds(row, "off_delay", people->off_delay);
}

static void add_people(json_t *row, const struct people *people)
{
    static const char *const access[] = {[HMI_RO] = "ro", [HMI_HIDE] = "hide"};
    add_alarm(row, people);
    if (people->hmi != HMI_RW)
        add(row, "hmi", json_string(access[people->hmi]));
    if (people->confirm)
        add(row, "confirm", json_true());
    if (people->unrecorded)
        add(row, "history", json_false());
    else if (people->history != 0)
        add(row, "history", json_real(people->history));
}

static void add_declared(json_t *row, const struct variable *v)
{
    add_words(row, "unit", v->unit);
    add_words(row, "desc", v->desc);
    if (v->type == TYPE_STRING)
        add(row, "length", json_integer(v->length));
    add_value(row, v, "min", v->has_min, &v->min);
    add_value(row, v, "max", v->has_max, &v->max);
    add_value(row, v, "default", v->has_default, &v->initial);
    add_value(row, v, "safe", v->has_safe, &v->safe);
    if (v->has_scale) {
        add(row, "scale", json_real(v->scale));
        add(row, "offset", json_real(v->offset));
    }
    if (v->decimals >= 0)
        add(row, "decimals", json_integer(v->decimals));
    if (v->label_count)
        add(row, "labels", labels_json(v));
    add(row, "retain", json_boolean(v->retain));
    add(row, "pulse", json_boolean(v->pulse));
    add_people(row, &v->people);
}

/* `count` as it is shown; 0 for none. */
static json_t *name_json(const struct target *target, uint32_t count)
{
    char name[TARGET_NAME], path[TARGET_NAME];
    struct variable room;
    const struct variable *v = target_variable(target, &room, path);
    json_t *row = json_object();
    add(row, "name", json_string(target_name(target, name)));
    add(row, "memory", json_string(target->plan->memories[target_memory(target)].name));
    add(row, "type", json_string(codec_type_name(v->type)));
    if (count)
        add(row, "count", json_integer(count));
    if (target->raw)
        add(row, "raw", json_true());
    add_place(row, target, v);
    add_access(row, target, v);
    add_declared(row, v);
    return row;
}

static void add_target(void *context, const struct target *target)
{
    json_array_append_new(context, name_json(target, target_is_list(target) ? target->count : 0));
}

static void add_ranges(json_t *list, const struct plan *plan)
{
    for (size_t i = 0; i < plan->raw_count; i++) {
        struct target first = target_of_point(plan, plan->raws[i].point);
        json_array_append_new(list, name_json(&first, plan->raws[i].count));
    }
}

void ask_names(struct ask *ask, const json_t *request)
{
    const json_t *match;
    const struct field fields[] = {{"match", FIELD_TEXT, false, &match}, {NULL, 0, false, NULL}};
    if (!asks_fields(ask, request, fields))
        return;
    const struct plan *plan = image_plan(ask->host->image(ask->host->context));
    const char *pattern = json_string_value(match);
    json_t *list = json_array();
    size_t found = target_each(plan, pattern ? pattern : "*", add_target, list);
    if (pattern && !found) {
        json_decref(list);
        asks_refuse(ask, ASKS_UNKNOWN, "nothing matches %.200s", pattern);
        return;
    }
    if (!pattern)
        add_ranges(list, plan);
    asks_answer(ask, json_pack("{s:o}", "names", list));
}

/* Values of now.
 *
 *   {"do": "get", "names": ["LEVEL", "plc.SPEED", "TEMPS[3]", "holding[5]"]}
 *   {"do": "get", "match": "plc.*"}
 *   {"ok": true, "values": [{"name": "LEVEL", "value": 20.5, "text": "20.5 %", "unit": "%",
 *     "type": "float32", "quality": "good", "age": 0.012, "forced": false}]} */

#include "control/asks_inside.h"
#include "control/row.h"

struct rows {
    const struct reading *reading;
    json_t *list;
};

static void add_row(void *context, const struct target *target)
{
    struct rows *rows = context;
    json_array_append_new(rows->list, row_json(rows->reading, target));
}

static bool add_names(struct rows *rows, const json_t *names, struct error *error)
{
    size_t i;
    json_t *name;
    json_array_foreach(names, i, name)
    {
        struct target target;
        if (!target_find(rows->reading->plan, json_string_value(name), &target, error))
            return false;
        add_row(rows, &target);
    }
    return true;
}

static bool add_matches(struct rows *rows, const char *pattern, struct error *error)
{
    if (target_each(rows->reading->plan, pattern, add_row, rows) > 0)
        return true;
    return error_set(error, "nothing matches %.200s", pattern);
}

void ask_get(struct ask *ask, const json_t *request)
{
    const json_t *names, *match;
    const struct field fields[] = {{"names", FIELD_TEXTS, false, &names},
                                   {"match", FIELD_TEXT, false, &match},
                                   {NULL, 0, false, NULL}};
    if (!asks_fields(ask, request, fields))
        return;
    if (!names == !match) {
        asks_refuse(ask, ASKS_USAGE, "get: takes either \"names\" or \"match\"");
        return;
    }
    struct rows rows = {.reading = asks_reading(ask)};
    struct error error;
    if (!rows.reading)
        return;
    rows.list = json_array();
    if (names ? add_names(&rows, names, &error)
              : add_matches(&rows, json_string_value(match), &error)) {
        asks_answer(ask, json_pack("{s:o}", "values", rows.list));
        return;
    }
    json_decref(rows.list);
    asks_refuse(ask, ASKS_UNKNOWN, "%s", error.text);
}

/* Values of now.
 *
 *   {"do": "get", "names": ["LEVEL", "plc.SPEED", "TEMPS[3]", "holding[5]", "P*"]}
 *   {"do": "get", "match": "plc.*"}
 *   {"ok": true, "values": [{"name": "LEVEL", "value": 20.5, "text": "20.5 %", "unit": "%",
 *     "type": "float32", "quality": "good", "age": 0.012, "forced": false}]} */

#include "control/asks_inside.h"

#include <stdlib.h>
#include <string.h>
#include "control/row.h"

enum { PATTERNS_MOST = 32 }; /* each looks at all that is declared */

enum { ALONE = 1, WHOLE = 2 }; /* how a point stands in the list already */

struct rows {
    const struct reading *reading;
    json_t *list;
    uint8_t *listed; /* by point, an array's at its first: so that no request gets all many times */
    size_t patterns;
    size_t values; /* asked for; above ASKS_VALUES nothing is listed any more */
};

static uint8_t *listed(struct rows *rows, const struct target *target, uint8_t *how)
{
    *how = target_is_list(target) ? WHOLE : ALONE;
    return &rows->listed[target->first];
}

static void add_row(struct rows *rows, const struct target *target)
{
    uint8_t how, *there = listed(rows, target, &how);
    rows->values += target->count;
    if (rows->values > ASKS_VALUES)
        return;
    *there |= how;
    json_array_append_new(rows->list, row_json(rows->reading, target));
}

static void add_match(void *context, const struct target *target)
{
    uint8_t how, *there = listed(context, target, &how);
    if (!(*there & how))
        add_row(context, target);
}

static bool add_matches(struct rows *rows, const char *pattern, struct error *error)
{
    if (++rows->patterns > PATTERNS_MOST)
        return error_set(error, "get takes at most %d patterns", PATTERNS_MOST);
    if (target_each(rows->reading->plan, pattern, add_match, rows) > 0)
        return true;
    return error_set(error, "nothing matches %.200s", pattern);
}

static bool add_name(struct rows *rows, const char *name, struct error *error)
{
    struct target target;
    if (strpbrk(name, "*?"))
        return add_matches(rows, name, error);
    if (!target_find(rows->reading->plan, name, &target, error))
        return false;
    add_row(rows, &target);
    return true;
}

static bool are_few(const struct rows *rows, struct error *error)
{
    return rows->values <= ASKS_VALUES ||
           error_set(error, "one get has at most %d values; ask for fewer at once", ASKS_VALUES);
}

static bool add_names(struct rows *rows, const json_t *names, struct error *error)
{
    size_t i;
    json_t *name;
    json_array_foreach(names, i, name)
    {
        if (!add_name(rows, json_string_value(name), error) || !are_few(rows, error))
            return false;
    }
    return true;
}

static bool add_all(struct rows *rows, const json_t *names, const json_t *match,
                    struct error *error)
{
    rows->listed = calloc(rows->reading->plan->point_count + 1, 1);
    if (!rows->listed)
        return error_set(error, "out of memory");
    bool ok = names ? add_names(rows, names, error)
                    : add_matches(rows, json_string_value(match), error) && are_few(rows, error);
    free(rows->listed);
    return ok;
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
    if (add_all(&rows, names, match, &error)) {
        asks_answer(ask, json_pack("{s:o}", "values", rows.list));
        return;
    }
    json_decref(rows.list);
    asks_refuse(ask, rows.values > ASKS_VALUES ? ASKS_REFUSED : ASKS_UNKNOWN, "%s", error.text);
}

/* The alarms that are not normal, those that want somebody first.
 *
 *   {"do": "alarms"}
 *   {"do": "alarms", "all": true}      the normal ones, too
 *   {"ok": true, "alarms": [{"name": "LEVEL", "text": "Tank level: 93.2 %", "priority": 2,
 *     "state": "unacknowledged", "on": true, "level": "hi", "value": 93.2, "since": 1790000000.0}],
 *    "counts": {"unacknowledged": [0, 1, 0, 0], "active": [0, 1, 0, 0], "shelved": 0, "version":
 * 7}} */

#include "control/alarm_ask.h"
#include "control/alarm_json.h"

#include <stdlib.h>
#include <string.h>

struct sorted {
    struct alarm_row row;
    size_t place;
};

static int urgency(const struct alarm_row *row)
{
    static const char *const order[] = {"unacknowledged", "returned",   "acknowledged",  "latched",
                                        "shelved",        "suppressed", "out of service"};
    int count = (int)(sizeof order / sizeof *order);
    for (int i = 0; i < count; i++)
        if (strcmp(row->state, order[i]) == 0)
            return i;
    return count;
}

/* By state, then priority, then the newest first. */
static int compare(const void *a, const void *b)
{
    const struct sorted *left = a, *right = b;
    int states = urgency(&left->row) - urgency(&right->row);
    if (states)
        return states;
    if (left->row.priority != right->row.priority)
        return left->row.priority - right->row.priority;
    if (left->row.since > right->row.since || left->row.since < right->row.since)
        return left->row.since > right->row.since ? -1 : 1;
    return left->place < right->place ? -1 : 1;
}

static json_t *rows_json(struct alarms *alarms, bool all)
{
    size_t count = alarms_count(alarms), kept = 0;
    struct sorted *rows = malloc((count + 1) * sizeof *rows);
    json_t *list = rows ? json_array() : NULL;
    for (size_t i = 0; rows && i < count; i++) {
        alarms_get(alarms, i, &rows[kept].row);
        rows[kept].place = i;
        if (*rows[kept].row.name && (all || strcmp(rows[kept].row.state, "normal") != 0))
            kept++;
    }
    if (rows)
        qsort(rows, kept, sizeof *rows, compare);
    for (size_t i = 0; rows && i < kept; i++)
        json_array_append_new(list, alarm_json(&rows[i].row));
    free(rows);
    return list;
}

void ask_alarms(struct ask *ask, const json_t *request)
{
    const json_t *all;
    const struct field fields[] = {{"all", FIELD_BOOLEAN, false, &all}, {NULL, 0, false, NULL}};
    if (!asks_fields(ask, request, fields))
        return;
    struct alarms *alarms = ask->host->alarms ? ask->host->alarms(ask->host->context) : NULL;
    json_t *rows = rows_json(alarms, json_is_true(all));
    if (rows)
        asks_answer(ask,
                    json_pack("{s:o,s:o}", "alarms", rows, "counts", alarm_counts_json(alarms)));
    else
        asks_refuse(ask, ASKS_FAILED, "out of memory");
}

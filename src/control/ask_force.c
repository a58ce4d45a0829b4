/* Holds a value until it is released, whatever script, masters and devices say.
 *
 *   {"do": "force", "name": "PUMP", "value": true}
 *   {"do": "force", "name": "PUMP", "text": "on", "persist": true}    also after a restart
 *   {"ok": true, "values": [{"name": "PUMP", "value": true, …, "forced": true,
 *     "suppressed": false}]} */

#include "control/asks_inside.h"
#include "control/put.h"
#include "control/row.h"

/* A force that was to persist and is given anew without it does so no longer. */
static void force(struct ask *ask, const struct target *target, const struct put *put, bool persist)
{
    struct image *image = ask->host->image(ask->host->context);
    struct store *store = ask->host->store(ask->host->context);
    int64_t now = clock_monotonic();
    for (uint32_t k = 0; k < target->count; k++) {
        image_force(image, target->first + k, put_words(put, k), &ask->asker->origin, now);
        if (store)
            store_force(store, target->first + k, persist);
    }
}

/* What would not be there after a restart is not promised. */
static bool may_persist(struct ask *ask, bool persist)
{
    struct store *store = ask->host->store(ask->host->context);
    struct error error = {"there is no state folder"};
    if (!persist || (store && store_need(store, &error)))
        return true;
    asks_refuse(ask, ASKS_REFUSED,
                "a force cannot be made to persist: %s; without that it holds until a restart",
                error.text);
    return false;
}

static void answer(struct ask *ask, const struct target *target)
{
    const struct reading *reading = asks_reading(ask);
    if (reading)
        asks_answer(ask, json_pack("{s:[o]}", "values", row_json(reading, target)));
}

void ask_force(struct ask *ask, const json_t *request)
{
    const json_t *name, *value, *text, *persist;
    const struct field fields[] = {{"name", FIELD_TEXT, true, &name},
                                   {"value", FIELD_ANY, false, &value},
                                   {"text", FIELD_TEXT, false, &text},
                                   {"persist", FIELD_BOOLEAN, false, &persist},
                                   {NULL, 0, false, NULL}};
    struct target target;
    struct put put;
    struct error error;
    if (!asks_fields(ask, request, fields))
        return;
    if (!value == !text) {
        asks_refuse(ask, ASKS_USAGE, "force: takes either \"value\" or \"text\"");
        return;
    }
    if (!may_persist(ask, json_is_true(persist)))
        return;
    struct image *image = ask->host->image(ask->host->context);
    if (!target_find(image_plan(image), json_string_value(name), &target, &error)) {
        asks_refuse(ask, ASKS_UNKNOWN, "%s", error.text);
    } else if (!put_read(&put, &target, value, json_string_value(text), &error)) {
        asks_refuse(ask, ASKS_REFUSED, "%s", error.text);
    } else {
        force(ask, &target, &put, json_is_true(persist));
        put_finish(&put);
        answer(ask, &target);
    }
}

/* A master's write by name; where devices are simulated, also theirs.
 *
 *   {"do": "set", "name": "SETPOINT", "value": 42}
 *   {"do": "set", "name": "plc.MODE", "text": "RUN"}     as a person writes it
 *   {"do": "set", "name": "SETPOINT", "default": true}   the declared default
 *   {"ok": true, "values": [{"name": "SETPOINT", "value": 42.0, …}], "before": 50.0} */

#include "control/asks_inside.h"
#include "control/put.h"
#include "control/row.h"
#include "control/set_refusal.h"

struct set {
    struct target target;
    struct put put;
};

static bool read_value(struct set *set, const json_t *value, const json_t *text,
                       struct error *error)
{
    if (value || text)
        return put_read(&set->put, &set->target, value, json_string_value(text), error);
    return put_default(&set->put, &set->target, error);
}

/* Whoever prototypes without hardware plays the devices. */
static bool is_played(const struct target *target)
{
    return target->plan->settings.simulated && plan_point_is_fed(target->plan, target->first);
}

/* NONE, or why the point at *index was refused; those before it were written. */
static enum exception write_all(struct ask *ask, const struct set *set, uint32_t *index)
{
    struct image *image = ask->host->image(ask->host->context);
    int64_t now = clock_monotonic();
    enum exception exception = EXCEPTION_NONE;
    uint32_t k = 0;
    *index = 0;
    if (is_played(&set->target)) {
        ask->host->play(ask->host->context, set->target.first, set->target.count,
                        put_words(&set->put, 0), set->put.each);
        return EXCEPTION_NONE;
    }
    for (; k < set->target.count; k++) {
        exception = image_set(image, set->target.first + k, put_words(&set->put, k),
                              &ask->asker->origin, now);
        if (exception != EXCEPTION_NONE)
            break;
    }
    *index = k;
    return exception;
}

static void refuse(struct ask *ask, const struct set *set, uint32_t index, enum exception exception)
{
    char written[64] = "", why[SET_REFUSAL];
    if (index > 0)
        snprintf(written, sizeof written, "; the elements before it, 1..%u, were written", index);
    set_refusal(ask->host->image(ask->host->context), set->target.first + index, exception, why);
    asks_refuse(ask, index > 0 ? ASKS_FAILED : ASKS_REFUSED, "%s%s", why, written);
}

static void carry_out(struct ask *ask, const struct set *set)
{
    const struct reading *reading = asks_reading(ask);
    if (!reading)
        return;
    json_t *before = row_value(reading, &set->target);
    uint32_t index;
    enum exception exception = write_all(ask, set, &index);
    if (exception != EXCEPTION_NONE)
        refuse(ask, set, index, exception);
    else if ((reading = asks_reading(ask)))
        asks_answer(ask, json_pack("{s:[o],s:O}", "values", row_json(reading, &set->target),
                                   "before", before));
    json_decref(before);
}

void ask_set(struct ask *ask, const json_t *request)
{
    const json_t *name, *value, *text, *standard;
    const struct field fields[] = {{"name", FIELD_TEXT, true, &name},
                                   {"value", FIELD_ANY, false, &value},
                                   {"text", FIELD_TEXT, false, &text},
                                   {"default", FIELD_BOOLEAN, false, &standard},
                                   {NULL, 0, false, NULL}};
    struct set set;
    struct error error;
    if (!asks_fields(ask, request, fields))
        return;
    const struct plan *plan = image_plan(ask->host->image(ask->host->context));
    if ((value != NULL) + (text != NULL) + json_is_true(standard) != 1) {
        asks_refuse(ask, ASKS_USAGE, "set: takes one of \"value\", \"text\" and \"default\": true");
    } else if (!target_find(plan, json_string_value(name), &set.target, &error)) {
        asks_refuse(ask, ASKS_UNKNOWN, "%s", error.text);
    } else if (!read_value(&set, value, text, &error)) {
        asks_refuse(ask, ASKS_REFUSED, "%s", error.text);
    } else {
        carry_out(ask, &set);
        put_finish(&set.put);
    }
}

/* All that is under force; of arrays the single elements.
 *
 *   {"do": "forced"}
 *   {"ok": true, "values": [{"name": "PUMP", "value": true, …, "forced": true,
 *     "suppressed": false}]} */

#include "control/asks_inside.h"
#include "control/forced.h"
#include "control/row.h"

void ask_forced(struct ask *ask, const json_t *request)
{
    const struct field fields[] = {{NULL, 0, false, NULL}};
    const struct reading *reading;
    struct forced forced;
    if (!asks_fields(ask, request, fields) || !(reading = asks_reading(ask)))
        return;
    if (!forced_read(&forced, reading->image)) {
        asks_refuse(ask, ASKS_FAILED, "out of memory");
        return;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < forced.count; i++) {
        struct target target = target_of_point(reading->plan, forced.points[i]);
        json_array_append_new(list, row_json(reading, &target));
    }
    forced_finish(&forced);
    asks_answer(ask, json_pack("{s:o}", "values", list));
}

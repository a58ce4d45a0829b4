/* Releases what is forced. What was forced stays as it is until somebody writes, or with `restore`
 * becomes what was suppressed.
 *
 *   {"do": "unforce", "name": "PUMP"}
 *   {"do": "unforce", "all": true, "restore": true}
 *   {"ok": true, "released": ["PUMP"]} */

#include "control/asks_inside.h"
#include "control/forced.h"
#include "control/target.h"

static void release(struct ask *ask, uint32_t point, bool restore, json_t *released)
{
    struct image *image = ask->host->image(ask->host->context);
    struct store *store = ask->host->store(ask->host->context);
    struct target target = target_of_point(image_plan(image), point);
    char name[TARGET_NAME];
    image_unforce(image, point, restore, &ask->asker->origin, clock_monotonic());
    if (store)
        store_force(store, point, false);
    json_array_append_new(released, json_string(target_name(&target, name)));
}

/* Those of the points from `first` on that are forced. */
static json_t *release_some(struct ask *ask, const struct forced *forced, uint32_t first,
                            uint32_t count, bool restore)
{
    json_t *released = json_array();
    for (size_t i = 0; i < forced->count; i++) {
        if (forced->points[i] - first < count)
            release(ask, forced->points[i], restore, released);
    }
    return released;
}

static void unforce(struct ask *ask, const struct target *target, bool restore)
{
    struct forced forced;
    char name[TARGET_NAME];
    if (!forced_read(&forced, ask->host->image(ask->host->context))) {
        asks_refuse(ask, ASKS_FAILED, "out of memory");
        return;
    }
    json_t *released = release_some(ask, &forced, target ? target->first : 0,
                                    target ? target->count : UINT32_MAX, restore);
    forced_finish(&forced);
    if (!target || json_array_size(released) > 0) {
        asks_answer(ask, json_pack("{s:o}", "released", released));
        return;
    }
    json_decref(released);
    asks_refuse(ask, ASKS_REFUSED, "%s is not forced", target_name(target, name));
}

void ask_unforce(struct ask *ask, const json_t *request)
{
    const json_t *name, *all, *restore;
    const struct field fields[] = {{"name", FIELD_TEXT, false, &name},
                                   {"all", FIELD_BOOLEAN, false, &all},
                                   {"restore", FIELD_BOOLEAN, false, &restore},
                                   {NULL, 0, false, NULL}};
    struct target target;
    struct error error;
    if (!asks_fields(ask, request, fields))
        return;
    const struct plan *plan = image_plan(ask->host->image(ask->host->context));
    if (!name == !json_is_true(all))
        asks_refuse(ask, ASKS_USAGE, "unforce: takes either \"name\" or \"all\": true");
    else if (name && !target_find(plan, json_string_value(name), &target, &error))
        asks_refuse(ask, ASKS_UNKNOWN, "%s", error.text);
    else
        unforce(ask, name ? &target : NULL, json_is_true(restore));
}

/* What values were, from the history.
 *
 *   {"do": "trend", "names": ["LEVEL"], "from": -3600}                  the last hour
 *   {"do": "trend", "names": ["LEVEL"], "from": 1790000000, "to": 1790003600, "points": 300}
 *   {"ok": true, "series": [{"name": "LEVEL", "recorded": true, "type": "float32", "unit": "%",
 *     "points": [[1790000000, 20.5, 20.5, 20.5], [1790000012.5, 20.5, 21, 20.8], …]}],
 *     "from": …, "to": …}
 *
 * The history's own thread looks it up; the answer comes when it has. */

#include "control/asks_inside.h"

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/memory.h"
#include "control/history_json.h"
#include "control/target.h"

struct trend_ask {
    struct history_asker asker; /* first, so that an asker is its ask's */
    struct ask *ask;
    struct trend_query query;
    char **names;
    char *unknown; /* why a name is not declared; it may have been once */
    size_t unknown_at;
    bool is_over; /* answered */
};

static void finish(struct ask *ask)
{
    struct trend_ask *trend = ask->own;
    struct history *history = ask->host->history(ask->host->context);
    if (!trend->is_over && history)
        history_forget(history, &trend->asker);
    for (size_t i = 0; i < trend->query.count; i++)
        free(trend->names[i]);
    free(trend->names);
    free(trend->unknown);
    free(trend);
}

static void done(struct history_asker *asker, struct history_result *result,
                 const struct error *error)
{
    struct trend_ask *trend = (struct trend_ask *)asker;
    struct ask *ask = trend->ask;
    trend->is_over = true;
    if (!result)
        asks_refuse(ask, ASKS_FAILED, "%s", error->text);
    else if (trend->unknown && !result->series[trend->unknown_at].type)
        asks_refuse(ask, ASKS_UNKNOWN, "%s", trend->unknown);
    else
        asks_answer(ask, history_trend_json(result, trend->query.from, trend->query.to));
    if (result)
        history_result_finish(result);
}

/* As the history has it; what is not declared now may be in it all the same. */
static bool take_name(struct trend_ask *trend, const struct plan *plan, const char *name,
                      struct error *error)
{
    struct target target;
    char text[TARGET_NAME];
    bool declared = target_find(plan, name, &target, error);
    if (declared && target_is_list(&target))
        return error_set(error, "%.100s is an array; its elements are %.100s[1] to [%u]", name,
                         name, target.count);
    if (!declared && !trend->unknown) {
        trend->unknown = memory_string(error->text);
        trend->unknown_at = trend->query.count;
    }
    if (!declared && strncmp(name, "mem.", 4) == 0)
        name += 4;
    trend->names[trend->query.count++] =
        memory_string(declared ? target_name(&target, text) : name);
    return true;
}

static bool take_names(struct trend_ask *trend, const struct plan *plan, const json_t *names,
                       struct error *error)
{
    size_t i, count = json_array_size(names);
    json_t *name;
    trend->names = memory_zeroed(count + 1, sizeof *trend->names);
    if (count == 0 || count > HISTORY_SERIES)
        return error_set(error, "trend: \"names\" takes 1..%d names", HISTORY_SERIES);
    json_array_foreach(names, i, name)
    {
        if (!take_name(trend, plan, json_string_value(name), error))
            return false;
    }
    trend->query.names = (const char *const *)trend->names;
    return true;
}

void ask_trend(struct ask *ask, const json_t *request)
{
    const json_t *names, *from, *to, *points;
    const struct field fields[] = {{"names", FIELD_TEXTS, true, &names},
                                   {"from", FIELD_NUMBER, false, &from},
                                   {"to", FIELD_NUMBER, false, &to},
                                   {"points", FIELD_INTEGER, false, &points},
                                   {NULL, 0, false, NULL}};
    int64_t now = clock_now().utc / NS_PER_MS;
    struct error error;
    if (!asks_fields(ask, request, fields))
        return;
    struct history *history = ask->host->history(ask->host->context);
    if (!history) {
        asks_refuse(ask, ASKS_REFUSED, "%s", HISTORY_IS_MISSING);
        return;
    }
    struct trend_ask *trend = memory_zeroed(1, sizeof *trend);
    *trend = (struct trend_ask){.asker = {done}, .ask = ask, .is_over = true};
    trend->query.from = history_moment(from, -3600, now);
    trend->query.to = history_moment(to, 0, now);
    trend->query.most = history_stretches(points, json_array_size(names));
    ask->own = trend;
    ask->finish = finish;
    if (!take_names(trend, image_plan(ask->host->image(ask->host->context)), names, &error)) {
        asks_refuse(ask, ASKS_USAGE, "%s", error.text);
    } else if (trend->query.from >= trend->query.to) {
        asks_refuse(ask, ASKS_USAGE, "trend: \"from\" must be before \"to\"");
    } else {
        trend->is_over = false;
        history_ask_trend(history, &trend->query, &trend->asker);
    }
}

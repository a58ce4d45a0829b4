/* The plan is held for as long as rows point into it: it may be replaced under them. */

#include "control/watched.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

void watched_init(struct watched *watched, const json_t *names, const char *match)
{
    *watched = (struct watched){.names = json_incref((json_t *)names)};
    watched->match = memory_string(match ? match : "*");
}

static void let_go(struct watched *watched)
{
    free(watched->rows);
    plan_unref(watched->plan);
}

void watched_finish(struct watched *watched)
{
    let_go(watched);
    json_decref(watched->names);
    free(watched->match);
}

bool watched_check(const struct watched *watched, const struct plan *plan, struct error *error)
{
    size_t i;
    json_t *name;
    struct target target;
    json_array_foreach(watched->names, i, name)
    {
        if (!target_find(plan, json_string_value(name), &target, error))
            return false;
    }
    bool all = watched->names || strcmp(watched->match, "*") == 0;
    if (all || target_each(plan, watched->match, NULL, NULL) > 0)
        return true;
    return error_set(error, "nothing matches %.200s", watched->match);
}

static void add_row(void *context, const struct target *target)
{
    struct watched *watched = context;
    watched->rows[watched->count++] = (struct watched_row){.target = *target};
    watched->values += target->count;
}

static void find_names(struct watched *watched, const struct plan *plan)
{
    size_t i;
    json_t *name;
    json_array_foreach(watched->names, i, name)
    {
        struct target target;
        struct error error;
        if (target_find(plan, json_string_value(name), &target, &error))
            add_row(watched, &target);
    }
}

bool watched_find(struct watched *watched, struct plan *plan, struct error *error)
{
    struct watched found = {.names = watched->names, .match = watched->match};
    size_t most = found.names   ? json_array_size(found.names)
                  : found.match ? target_each(plan, found.match, NULL, NULL)
                                : 0;
    found.rows = calloc(most + 1, sizeof *found.rows);
    if (!found.rows || !found.match)
        goto no_memory;
    if (found.names)
        find_names(&found, plan);
    else
        target_each(plan, found.match, add_row, &found);
    found.plan = plan_ref(plan);
    let_go(watched);
    *watched = found;
    return true;

no_memory:
    free(found.rows);
    return error_set(error, "out of memory");
}

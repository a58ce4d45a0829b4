/* Differences of what stands around variables: memories and raw ranges, and all that is gone. */

#include "image/plan_match_inside.h"

#include <stdio.h>
#include "image/plan_inside.h"

/* ---- raw ranges ---- */

static size_t count_unmatched(const uint32_t *map, const struct raw *raw)
{
    size_t count = 0;
    for (uint32_t k = 0; k < raw->count; k++)
        count += map[raw->point + k] == MATCH_NONE;
    return count;
}

static void say_raw(const struct match_list *list, const struct plan *plan, const struct raw *raw,
                    size_t count, enum difference_kind kind, const char *what)
{
    char some[32] = "";
    bool whole = count == raw->count;
    if (!whole)
        snprintf(some, sizeof some, "%zu of ", count);
    match_say(list, kind, raw->where, "%sraw %s %u..%u of %s %s %s", some, table_name(raw->table),
              raw->address, raw->address + raw->count - 1, plan->memories[raw->memory].name,
              whole || count == 1 ? "is" : "are", what);
}

static void list_raw(const struct match_list *list, const struct raw *raw)
{
    const struct plan_match *match = list->match;
    size_t count = count_unmatched(match->points, raw);
    if (match->memories[raw->memory] == MATCH_NONE || !count)
        return;
    if (!plan_match_same_client(match, raw->memory) && match->to->memories[raw->memory].client >= 0)
        say_raw(list, match->to, raw, count, DIFFERENCE_RESTART,
                "now another device's: without a value until it was read there");
    else
        say_raw(list, match->to, raw, count, DIFFERENCE_NEW, "new");
}

void plan_match_list_raws(const struct match_list *list)
{
    for (size_t i = 0; i < list->match->to->raw_count; i++)
        list_raw(list, &list->match->to->raws[i]);
}

/* ---- memories ---- */

static size_t count_variables(const struct plan *plan, uint32_t memory)
{
    size_t count = 0;
    for (size_t i = 0; i < plan->variable_count; i++)
        count += plan->variables[i]->memory == memory;
    return count;
}

static void say_memory(const struct match_list *list, const struct plan *plan, uint32_t memory,
                       enum difference_kind kind, const char *what)
{
    size_t count = count_variables(plan, memory);
    match_say(list, kind, plan->memories[memory].where, "memory %s %s, with %zu variable%s",
              plan->memories[memory].name, what, count, count == 1 ? "" : "s");
}

void plan_match_list_memories(const struct match_list *list)
{
    for (uint32_t i = 0; i < list->match->to->memory_count; i++) {
        if (list->match->memories[i] == MATCH_NONE)
            say_memory(list, list->match->to, i, DIFFERENCE_MEMORY_NEW, "is new");
    }
}

/* ---- what is gone ---- */

bool match_is_heir(const uint32_t *map, size_t count, uint32_t row)
{
    for (size_t i = 0; i < count; i++) {
        if (map[i] == row)
            return true;
    }
    return false;
}

static bool is_memory_gone(const struct plan_match *match, uint32_t memory)
{
    return !match_is_heir(match->memories, match->to->memory_count, memory);
}

static void list_gone_variable(const struct match_list *list, const struct variable *v)
{
    char place[PLACE_MAX];
    const struct plan *to = list->match->to;
    int memory = plan_find_memory(to, list->match->from->memories[v->memory].name);
    if (memory < 0 || plan_find_variable(to, (uint32_t)memory, v->name) >= 0)
        return;
    match_say(list, DIFFERENCE_GONE, v->where, "%s is gone (%s)%s", v->path, match_place(v, place),
              v->has_safe && plan_match_is_mirrored(list->match->from, v) &&
                      !match_is_forced(list, v->point)
                  ? ": the device's output is made safe before"
                  : "");
}

static void list_gone_raw(const struct match_list *list, const struct raw *raw)
{
    const struct plan_match *match = list->match;
    size_t count = count_unmatched(match->heirs, raw);
    int memory = plan_find_memory(match->to, match->from->memories[raw->memory].name);
    if (memory < 0 || !count)
        return;
    if (match->to->memories[memory].client < 0 ||
        plan_match_same_client(match, (uint32_t)memory)) /* else it starts anew, which was told */
        say_raw(list, match->from, raw, count, DIFFERENCE_GONE, "gone");
}

void plan_match_list_gone(const struct match_list *list)
{
    const struct plan *from = list->match->from;
    for (uint32_t i = 0; i < from->memory_count; i++) {
        if (is_memory_gone(list->match, i))
            say_memory(list, from, i, DIFFERENCE_MEMORY_GONE, "is gone");
    }
    for (size_t i = 0; i < from->variable_count; i++)
        list_gone_variable(list, from->variables[i]);
    for (size_t i = 0; i < from->raw_count; i++)
        list_gone_raw(list, &from->raws[i]);
}

/* The maps: for each row of the new plan the one of the old plan whose place it takes. Names are
 * looked up; what links have in common is found out before (plan_match_links.c), because the value
 * of what is mirrored is worth something only where it was read. */

#include "image/plan_match.h"

#include <stdlib.h>
#include <string.h>
#include "image/plan_inside.h"
#include "image/plan_match_inside.h"

/* ---- what stays ---- */

bool plan_match_is_mirrored(const struct plan *plan, const struct variable *v)
{
    return client_of(plan, v) != NULL;
}

/* A coil or a bit of a register; everything else lies in registers, and so do all of `var`. */
static bool is_single_bit(const struct variable *v)
{
    return table_is_bits(v->table);
}

bool plan_match_same_form(const struct variable *a, const struct variable *b)
{
    return a->type == b->type && a->length == b->length && is_single_bit(a) == is_single_bit(b);
}

/* One word has no order. */
bool plan_match_same_order(const struct variable *a, const struct variable *b)
{
    return a->order == b->order || (a->words == 1 && a->type != TYPE_STRING);
}

bool plan_match_same_place(const struct variable *a, const struct variable *b)
{
    if (a->table == TABLE_VAR || b->table == TABLE_VAR)
        return a->table == b->table; /* nobody sees where those lie */
    return a->table == b->table && a->address == b->address && a->bit == b->bit;
}

bool plan_match_same_client(const struct plan_match *match, uint32_t memory)
{
    int to = match->to->memories[memory].client;
    int from = match->from->memories[match->memories[memory]].client;
    if (to < 0 || from < 0)
        return to < 0 && from < 0;
    return match->clients[to] == (uint32_t)from;
}

static bool value_stays(const struct plan_match *match, const struct variable *from,
                        const struct variable *to)
{
    if (!plan_match_same_form(from, to))
        return false;
    if (!plan_match_is_mirrored(match->to, to))
        return true;
    return plan_match_is_mirrored(match->from, from) && plan_match_same_place(from, to) &&
           plan_match_same_order(from, to) && plan_match_same_client(match, to->memory);
}

const struct variable *plan_match_before(const struct plan_match *match, const struct variable *v)
{
    uint32_t memory = match->memories[v->memory];
    int number = memory == MATCH_NONE ? -1 : plan_find_variable(match->from, memory, v->name);
    return number < 0 ? NULL : match->from->variables[number];
}

static void match_memories(struct plan_match *match)
{
    for (size_t i = 0; i < match->to->memory_count; i++) {
        int before = plan_find_memory(match->from, match->to->memories[i].name);
        if (before >= 0)
            match->memories[i] = (uint32_t)before;
    }
}

static void match_point(struct plan_match *match, uint32_t from, uint32_t to)
{
    match->points[to] = from;
    match->heirs[from] = to;
}

static void match_variables(struct plan_match *match)
{
    for (size_t i = 0; i < match->to->variable_count; i++) {
        const struct variable *to = match->to->variables[i];
        const struct variable *from = plan_match_before(match, to);
        if (!from || !value_stays(match, from, to))
            continue;
        size_t had = variable_elements(from), has = variable_elements(to);
        for (uint32_t e = 0; e < (had < has ? had : has); e++)
            match_point(match, from->point + e, to->point + e);
    }
}

/* ---- raw words, by address ---- */

static void match_range(struct plan_match *match, const struct raw *from, const struct raw *to)
{
    uint32_t low = from->address > to->address ? from->address : to->address;
    uint32_t from_end = from->address + from->count, to_end = to->address + to->count;
    uint32_t end = from_end < to_end ? from_end : to_end;
    for (uint32_t address = low; address < end; address++)
        match_point(match, from->point + address - from->address,
                    to->point + address - to->address);
}

static void match_raw(struct plan_match *match, const struct raw *to)
{
    const struct plan *plan = match->from;
    uint32_t memory = match->memories[to->memory];
    bool is_mirrored = match->to->memories[to->memory].client >= 0;
    if (memory == MATCH_NONE || (is_mirrored && !plan_match_same_client(match, to->memory)))
        return;
    for (size_t i = 0; i < plan->raw_count; i++) {
        if (plan->raws[i].memory == memory && plan->raws[i].table == to->table)
            match_range(match, &plan->raws[i], to);
    }
}

/* ---- groups ---- */

/* The group whose points are just those that these take over. What is mirrored and matches has not
 * moved, so the groups then cover the same bits, too. */
static uint32_t group_before(const struct plan_match *match, const struct group *to)
{
    const struct plan *from = match->from;
    uint32_t found = GROUP_NONE;
    for (uint32_t k = 0; k < to->count; k++) {
        uint32_t before = match->points[match->to->group_points[to->first + k]];
        if (before == MATCH_NONE || (k > 0 && from->points[before].group != found))
            return MATCH_NONE;
        found = from->points[before].group;
    }
    return found != GROUP_NONE && from->groups[found].count == to->count ? found : MATCH_NONE;
}

static void match_groups(struct plan_match *match)
{
    for (size_t i = 0; i < match->to->group_count; i++)
        match->groups[i] = group_before(match, &match->to->groups[i]);
}

/* ---- the whole ---- */

static void match_tasks(struct plan_match *match)
{
    for (uint32_t i = 0; i < match->to->task_count && i < match->from->task_count; i++) {
        if (match->from->tasks[i].period == match->to->tasks[i].period)
            match->tasks[i] = i;
    }
}

static uint32_t *rows(size_t count)
{
    uint32_t *map = malloc((count + 1) * sizeof *map);
    for (size_t i = 0; map && i <= count; i++)
        map[i] = MATCH_NONE;
    return map;
}

static bool allocate(struct plan_match *match)
{
    const struct plan *to = match->to;
    match->memories = rows(to->memory_count);
    match->points = rows(to->point_count);
    match->groups = rows(to->group_count);
    match->clients = rows(to->client_count);
    match->servers = rows(to->server_count);
    match->lines = rows(to->line_count);
    match->tasks = rows(to->task_count);
    match->heirs = rows(match->from->point_count);
    return match->memories && match->points && match->groups && match->clients && match->servers &&
           match->lines && match->tasks && match->heirs;
}

struct plan_match *plan_match_create(struct plan *from, struct plan *to, struct error *error)
{
    struct plan_match *match = calloc(1, sizeof *match);
    if (!match)
        goto no_memory;
    match->from = plan_ref(from);
    match->to = plan_ref(to);
    if (!allocate(match))
        goto no_memory;
    match_memories(match);
    plan_match_links(match);
    match_tasks(match);
    match_variables(match);
    for (size_t i = 0; i < to->raw_count; i++)
        match_raw(match, &to->raws[i]);
    match_groups(match);
    return match;

no_memory:
    plan_match_destroy(match);
    error_set(error, "out of memory for comparing two programs of %zu and %zu variables",
              from->point_count, to->point_count);
    return NULL;
}

void plan_match_destroy(struct plan_match *match)
{
    if (!match)
        return;
    plan_unref(match->from);
    plan_unref(match->to);
    free(match->memories);
    free(match->points);
    free(match->groups);
    free(match->clients);
    free(match->servers);
    free(match->lines);
    free(match->tasks);
    free(match->heirs);
    free(match);
}

size_t plan_match_retired(const struct plan_match *match, uint32_t *points, size_t room)
{
    const struct plan *from = match->from;
    size_t count = 0;
    for (size_t i = 0; i < from->safe_count; i++) {
        if (match->heirs[from->safes[i]] != MATCH_NONE)
            continue;
        if (count < room)
            points[count] = from->safes[i];
        count++;
    }
    return count;
}

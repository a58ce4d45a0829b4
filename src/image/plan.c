/* Rows are collected in growing arrays and owned through one arena; names are found through one
 * map; links have more to be checked and stand in plan_links.c. What the rows mean together is
 * worked out once, by sealing (plan_seal.c). */

#include "image/plan_inside.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/memory.h"
#include "image/audit.h"

enum { ADDRESSES = 65536 };

static const struct settings SETTINGS = {
    .memory = 64,
    .stop_timeout = INT64_C(2) * NS_PER_S,
    .probation = INT64_C(5) * NS_PER_S,
    .retain_interval = NS_PER_S,
    .restart_after = INT64_C(5) * NS_PER_S,
    .audit = AUDIT_CHANGES,
    .diagnostics = -1,
};

/* How often a scan without tasks looks around, which its tasks' watchdog is measured by. */
static const int64_t IDLE_PERIOD = INT64_C(100) * NS_PER_MS;

enum { WATCHDOG_PERIODS = 10 };

struct plan *plan_create(const char *name)
{
    struct building *b = memory_zeroed(1, sizeof *b);
    atomic_init(&b->references, 1);
    b->arena = arena_create();
    b->names = names_create();
    b->plan.name = arena_string(b->arena, name);
    b->plan.settings = SETTINGS;
    return &b->plan;
}

struct plan *plan_ref(struct plan *plan)
{
    atomic_fetch_add(&building(plan)->references, 1);
    return plan;
}

void plan_unref(struct plan *plan)
{
    if (!plan || atomic_fetch_sub(&building(plan)->references, 1) > 1)
        return;
    struct building *b = building(plan);
    names_destroy(b->names);
    arena_destroy(b->arena);
    free(b->memories);
    free(b->variables);
    free(b->raws);
    free(b->servers);
    free(b->lines);
    free(b->clients);
    free(b->tasks);
    free(b->keeps);
    free(b->pages);
    free(b->points);
    free(b->by_cell);
    free(b->writable);
    free(b->raw_cells);
    free(b->groups);
    free(b->group_points);
    free(b);
}

void *plan_alloc(struct plan *plan, size_t size)
{
    return arena_alloc(building(plan)->arena, size);
}

char *plan_string(struct plan *plan, const char *text)
{
    return arena_string(building(plan)->arena, text);
}

size_t plan_used(const struct plan *plan)
{
    return arena_used(building_const(plan)->arena) + plan->server_count * sizeof *plan->servers +
           plan->client_count * sizeof *plan->clients;
}

void plan_rename(struct plan *plan, const char *name)
{
    plan->name = plan_string(plan, name);
}

struct settings *plan_settings(struct plan *plan)
{
    return &plan->settings;
}

int64_t plan_watchdog(const struct plan *plan)
{
    int64_t fastest = plan->task_count ? INT64_MAX / WATCHDOG_PERIODS : IDLE_PERIOD;
    if (plan->settings.watchdog)
        return plan->settings.watchdog;
    for (size_t i = 0; i < plan->task_count; i++) {
        if (plan->tasks[i].period < fastest)
            fastest = plan->tasks[i].period;
    }
    int64_t deadline = fastest * WATCHDOG_PERIODS;
    return deadline > WATCHDOG_LEAST ? deadline : WATCHDOG_LEAST;
}

int plan_memory(struct plan *plan, const struct memory *memory, struct error *error)
{
    struct building *b = building(plan);
    int first = plan_find_memory(plan, memory->name);
    if (first >= 0) {
        error_set(error,
                  "memory \"%s\" is already declared at %s; every memory has a name of its own",
                  memory->name, plan->memories[first].where);
        return -1;
    }
    if (plan->memory_count > INT16_MAX) { /* servers name memories by 16 bits */
        error_set(error, "memory \"%s\" would be one more than the %d that a program can have",
                  memory->name, INT16_MAX + 1);
        return -1;
    }
    b->memories = memory_grow(b->memories, plan->memory_count, sizeof *b->memories);
    b->memories[plan->memory_count] = *memory;
    b->memories[plan->memory_count].client = -1;
    plan->memories = b->memories;
    names_put(b->names, SCOPE_MEMORIES, memory->name, (int)plan->memory_count);
    return (int)plan->memory_count++;
}

static bool place_var(struct plan *plan, struct variable *row, struct error *error)
{
    uint32_t next = 0;
    for (size_t i = plan->variable_count; i-- > 0;) {
        const struct variable *before = plan->variables[i];
        if (before->memory == row->memory && before->table == TABLE_VAR) {
            next = before->address + (uint32_t)variable_span(before);
            break;
        }
    }
    if (next > UINT16_MAX)
        return error_set(error,
                         "var: the 65536 words for variables without an address are used up");
    row->address = (uint16_t)next;
    return true;
}

static void *from_plan(void *plan, size_t size)
{
    return plan_alloc(plan, size);
}

int plan_variable(struct plan *plan, const struct variable *variable, struct error *error)
{
    struct building *b = building(plan);
    int first = plan_find_variable(plan, variable->memory, variable->name);
    if (first >= 0) {
        error_set(error, "%s is already declared at %s", variable->path,
                  plan->variables[first]->where);
        return -1;
    }
    struct variable *row = plan_alloc(plan, sizeof *row);
    *row = *variable;
    if (row->table == TABLE_VAR && !place_var(plan, row, error))
        return -1;
    if (!variable_prepare(row, from_plan, plan, error))
        return -1;
    b->variables = memory_grow(b->variables, plan->variable_count, sizeof *b->variables);
    b->variables[plan->variable_count] = row;
    plan->variables = b->variables;
    names_put(b->names, SCOPE_VARIABLES + row->memory, row->name, (int)plan->variable_count);
    return (int)plan->variable_count++;
}

static bool check_range(const struct plan *plan, const struct raw *raw, struct error *error)
{
    if (raw->count < 1 || raw->count > (uint32_t)ADDRESSES - raw->address)
        return error_set(error, "raw %s: %u from address %u on do not lie within 0..%d",
                         table_name(raw->table), raw->count, raw->address, ADDRESSES - 1);
    for (size_t i = 0; i < plan->raw_count; i++) {
        const struct raw *other = &plan->raws[i];
        if (other->memory == raw->memory && other->table == raw->table &&
            raw->address < other->address + other->count &&
            other->address < raw->address + raw->count)
            return error_set(error, "raw %s %u..%u overlaps the raw range %u..%u declared at %s",
                             table_name(raw->table), raw->address, raw->address + raw->count - 1,
                             other->address, other->address + other->count - 1, other->where);
    }
    return true;
}

int plan_raw(struct plan *plan, const struct raw *raw, struct error *error)
{
    struct building *b = building(plan);
    if (!check_range(plan, raw, error))
        return -1;
    b->raws = memory_grow(b->raws, plan->raw_count, sizeof *b->raws);
    b->raws[plan->raw_count] = *raw;
    plan->raws = b->raws;
    return (int)plan->raw_count++;
}

int plan_task(struct plan *plan, const struct task_spec *task)
{
    struct building *b = building(plan);
    b->tasks = memory_grow(b->tasks, plan->task_count, sizeof *b->tasks);
    b->tasks[plan->task_count] = *task;
    plan->tasks = b->tasks;
    return (int)plan->task_count++;
}

void plan_needs_settling(struct plan *plan)
{
    plan->settles = true;
}

int plan_keep(struct plan *plan, const struct keep_spec *keep, struct error *error)
{
    struct building *b = building(plan);
    for (size_t i = 0; i < plan->keep_count; i++) {
        if (strcmp(plan->keeps[i].name, keep->name) != 0)
            continue;
        error_set(error,
                  "keep \"%s\" is declared at %s and again at %s; give each its own name, or pass "
                  "the table on",
                  keep->name, plan->keeps[i].where, keep->where);
        return -1;
    }
    b->keeps = memory_grow(b->keeps, plan->keep_count, sizeof *b->keeps);
    b->keeps[plan->keep_count] = *keep;
    plan->keeps = b->keeps;
    return (int)plan->keep_count++;
}

int plan_find_memory(const struct plan *plan, const char *name)
{
    return names_find(building_const(plan)->names, SCOPE_MEMORIES, name);
}

int plan_find_variable(const struct plan *plan, uint32_t memory, const char *name)
{
    return names_find(building_const(plan)->names, SCOPE_VARIABLES + memory, name);
}

/* A name is taken apart at its dot and its bracket; what lies between is looked up in the plan. */

#include "control/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/nearest.h"
#include "control/glob.h"

static const char HOME[] = "mem"; /* whose names need no prefix */

/* A name's parts: "plc", "TEMPS", "3". */
struct parts {
    char memory[TARGET_NAME], name[TARGET_NAME];
    bool has_index;
    uint32_t index;
};

static bool take_index(struct parts *parts)
{
    char *open = strchr(parts->name, '['), *end;
    if (!open)
        return true;
    size_t digits = strspn(open + 1, "0123456789");
    unsigned long index = strtoul(open + 1, &end, 10);
    if (digits == 0 || digits > 9 || strcmp(end, "]") != 0)
        return false;
    *open = '\0';
    parts->has_index = true;
    parts->index = (uint32_t)index;
    return true;
}

static bool take_apart(const char *text, struct parts *parts)
{
    const char *dot = strchr(text, '.');
    size_t prefix = dot ? (size_t)(dot - text) : 0;
    if (strlen(text) >= TARGET_NAME)
        return false;
    *parts = (struct parts){.index = 0};
    memcpy(parts->memory, dot ? text : HOME, dot ? prefix : sizeof HOME);
    strcpy(parts->name, dot ? dot + 1 : text);
    return take_index(parts);
}

static int table_of(const char *name)
{
    for (int table = 0; table < TABLE_VAR; table++) {
        if (strcmp(name, table_name((enum table)table)) == 0)
            return table;
    }
    return -1;
}

/* ---- names ---- */

uint32_t target_memory(const struct target *target)
{
    return target->declared ? target->declared->memory : target->raw->memory;
}

static const char *long_name(const struct target *target, char text[TARGET_NAME])
{
    if (target_is_list(target))
        snprintf(text, TARGET_NAME, "%s", target->declared->path);
    else
        point_name(target->plan, target->first, text);
    return text;
}

const char *target_name(const struct target *target, char text[TARGET_NAME])
{
    static const size_t prefix = sizeof HOME; /* with a dot */
    long_name(target, text);
    if (strcmp(target->plan->memories[target_memory(target)].name, HOME) == 0)
        memmove(text, text + prefix, strlen(text + prefix) + 1);
    return text;
}

/* ---- finding ---- */

struct target target_of_variable(const struct plan *plan, const struct variable *variable)
{
    return (struct target){.plan = plan,
                           .declared = variable,
                           .first = variable->point,
                           .count = (uint32_t)variable_elements(variable)};
}

static struct target element_of(const struct target *whole, uint32_t element)
{
    struct target target = *whole;
    target.first += element - 1;
    target.count = 1;
    target.element = element;
    return target;
}

static struct target word_of(const struct plan *plan, const struct raw *raw, uint32_t offset)
{
    return (struct target){
        .plan = plan, .raw = raw, .first = raw->point + offset, .count = 1, .element = 0};
}

struct target target_of_point(const struct plan *plan, uint32_t point)
{
    int32_t index = plan->points[point].variable;
    if (index >= 0) {
        struct target whole = target_of_variable(plan, plan->variables[index]);
        return target_is_list(&whole) ? element_of(&whole, point - whole.first + 1) : whole;
    }
    const struct raw *raw = plan->raws;
    while (point < raw->point || point - raw->point >= raw->count)
        raw++;
    return word_of(plan, raw, point - raw->point);
}

bool target_is_list(const struct target *target)
{
    return target->declared && target->declared->count && !target->element;
}

static bool find_raw(const struct plan *plan, const char *asked, uint32_t memory,
                     const struct parts *parts, enum table table, struct target *target,
                     struct error *error)
{
    const char *name = table_name(table);
    if (!parts->has_index)
        return error_set(error, "%s is a table; one raw word of it is %s[0]", asked, asked);
    for (size_t i = 0; i < plan->raw_count; i++) {
        const struct raw *raw = &plan->raws[i];
        if (raw->memory != memory || raw->table != table || parts->index < raw->address ||
            parts->index - raw->address >= raw->count)
            continue;
        *target = word_of(plan, raw, parts->index - raw->address);
        return true;
    }
    return error_set(error, "%s is not declared as raw; %s:raw { %s = { first, count } } would",
                     asked, plan->memories[memory].name, name);
}

static bool find_element(const char *asked, uint32_t index, struct target *target,
                         struct error *error)
{
    if (!target->declared->count)
        return error_set(error, "%s: %s is no array", asked, target->declared->name);
    if (index < 1 || index > target->count)
        return error_set(error, "%s: %s has the elements 1..%u", asked, target->declared->name,
                         target->count);
    *target = element_of(target, index);
    return true;
}

/* All names that could be meant, short and long; the same one in another memory above all. */
static bool refuse(const struct plan *plan, const char *asked, const struct parts *parts,
                   struct error *error)
{
    struct nearest nearest;
    const char *best = NULL;
    nearest_init(&nearest, asked);
    for (size_t i = 0; i < plan->variable_count && !best; i++) {
        const struct variable *v = plan->variables[i];
        bool home = strcmp(plan->memories[v->memory].name, HOME) == 0;
        if (parts && strcmp(v->name, parts->name) == 0)
            best = home ? v->name : v->path;
        nearest_offer(&nearest, home ? v->name : v->path);
        nearest_offer(&nearest, v->path);
    }
    best = best ? best : nearest_word(&nearest);
    return error_set(error, "%.200s is not declared%s%s%s", *asked ? asked : "\"\"",
                     best ? "; did you mean " : "", best ? best : "", best ? "?" : "");
}

bool target_find(const struct plan *plan, const char *name, struct target *target,
                 struct error *error)
{
    struct parts parts;
    if (!take_apart(name, &parts))
        return refuse(plan, name, NULL, error);
    int memory = plan_find_memory(plan, parts.memory), table = table_of(parts.name);
    if (memory >= 0 && table >= 0)
        return find_raw(plan, name, (uint32_t)memory, &parts, (enum table)table, target, error);
    int variable = memory < 0 ? -1 : plan_find_variable(plan, (uint32_t)memory, parts.name);
    if (variable < 0)
        return refuse(plan, name, &parts, error);
    *target = target_of_variable(plan, plan->variables[variable]);
    return !parts.has_index || find_element(name, parts.index, target, error);
}

/* ---- values ---- */

static struct variable raw_variable(const struct raw *raw)
{
    bool bits = table_is_bits(raw->table);
    struct variable v = {.memory = raw->memory, .table = raw->table, .decimals = -1, .words = 1};
    v.where = raw->where;
    v.type = bits ? TYPE_BOOL : TYPE_UINT16;
    v.mask = bits ? 1 : 0xFFFF;
    v.low.u = 0;
    v.high.u = bits ? 1 : UINT16_MAX;
    return v;
}

const struct variable *target_variable(const struct target *target, struct variable *room,
                                       char path[TARGET_NAME])
{
    if (target->declared)
        return target->declared;
    *room = raw_variable(target->raw);
    room->path = room->name = long_name(target, path);
    return room;
}

/* ---- patterns ---- */

struct search {
    const char *pattern;
    void (*each)(void *context, const struct target *target);
    void *context;
    size_t found;
};

static void offer(struct search *search, const struct target *target)
{
    char name[TARGET_NAME];
    if (!glob_match(search->pattern, target_name(target, name)) &&
        !glob_match(search->pattern, long_name(target, name)))
        return;
    search->found++;
    if (search->each)
        search->each(search->context, target);
}

static void offer_variable(struct search *search, const struct target *whole, bool elements)
{
    if (!elements) {
        offer(search, whole);
        return;
    }
    for (uint32_t k = 1; k <= whole->declared->count; k++) {
        struct target element = element_of(whole, k);
        offer(search, &element);
    }
}

static void offer_raw(struct search *search, const struct plan *plan, const struct raw *raw)
{
    for (uint32_t k = 0; k < raw->count; k++) {
        struct target word = word_of(plan, raw, k);
        offer(search, &word);
    }
}

size_t target_each(const struct plan *plan, const char *pattern,
                   void (*each)(void *context, const struct target *target), void *context)
{
    struct search search = {pattern, each, context, 0};
    bool elements = strchr(pattern, '[') != NULL;
    for (size_t i = 0; i < plan->variable_count; i++) {
        struct target whole = target_of_variable(plan, plan->variables[i]);
        offer_variable(&search, &whole, elements);
    }
    for (size_t i = 0; elements && i < plan->raw_count; i++)
        offer_raw(&search, plan, &plan->raws[i]);
    return search.found;
}

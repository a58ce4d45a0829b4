/* Findings about the layout of a plan. Points sorted by cell show both what overlaps and what lies
 * between; the tables lie in the same order as their cells, so one walk serves all of them. */

#include "control/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/memory.h"

struct pair {
    int32_t first, second; /* variables, in the order of declaration */
};

struct pairs {
    struct pair *rows;
    size_t count;
};

void findings_add(struct findings *findings, const char *where, const char *format, ...)
{
    char line[512];
    va_list arguments;
    int used = snprintf(line, sizeof line, "%s: ", where);
    va_start(arguments, format);
    if (used > 0 && (size_t)used < sizeof line)
        vsnprintf(line + used, sizeof line - (size_t)used, format, arguments);
    va_end(arguments);
    findings->say(line);
    findings->count++;
}

static int compare_pairs(const void *a, const void *b)
{
    const struct pair *left = a, *right = b;
    if (left->second != right->second)
        return left->second < right->second ? -1 : 1;
    return left->first < right->first ? -1 : left->first > right->first;
}

/* Neighbouring elements mostly give the same pair: those are dropped at once. */
static void add_pair(struct pairs *pairs, int32_t a, int32_t b)
{
    struct pair pair = {a < b ? a : b, a < b ? b : a};
    if (pairs->count && compare_pairs(&pairs->rows[pairs->count - 1], &pair) == 0)
        return;
    pairs->rows = memory_grow(pairs->rows, pairs->count, sizeof *pairs->rows);
    pairs->rows[pairs->count++] = pair;
}

/* Pairs of the point at `from` in by_cell with those that begin within it. */
static void collect_pairs(const struct plan *plan, size_t from, struct pairs *pairs)
{
    const struct point *a = &plan->points[plan->by_cell[from]];
    if (a->variable < 0 || !a->overlapped)
        return;
    for (size_t i = from + 1; i < plan->point_count; i++) {
        const struct point *b = &plan->points[plan->by_cell[i]];
        if (b->cell >= a->cell + a->words)
            break;
        if (b->variable >= 0 && b->variable != a->variable && plan_points_share(a, b))
            add_pair(pairs, a->variable, b->variable);
    }
}

static bool is_part(const struct variable *v)
{
    return v->mask != 0xFFFF;
}

/* A word and its bits, a byte and a bit of it: two views of one thing, and meant. Two values of one
 * kind on the same bits hardly ever are. */
static void report_pair(struct findings *findings, const struct variable *first,
                        const struct variable *second)
{
    bool meant = (is_part(first) || is_part(second)) && first->type != second->type;
    findings_add(findings, second->where, "%s: %s overlaps %s, declared at %s%s",
                 meant ? "note" : "warning", second->path, first->path, first->where,
                 meant ? "" : "; a wrong address?");
}

void findings_overlaps(struct findings *findings)
{
    const struct plan *plan = findings->plan;
    struct pairs pairs = {NULL, 0};
    for (size_t i = 0; i < plan->point_count; i++)
        collect_pairs(plan, i, &pairs);
    if (pairs.count)
        qsort(pairs.rows, pairs.count, sizeof *pairs.rows, compare_pairs);
    for (size_t i = 0; i < pairs.count; i++) {
        if (i > 0 && compare_pairs(&pairs.rows[i - 1], &pairs.rows[i]) == 0)
            continue;
        report_pair(findings, plan->variables[pairs.rows[i].first],
                    plan->variables[pairs.rows[i].second]);
    }
    free(pairs.rows);
}

/* Where a point was declared; a raw word with its range. */
static const char *where_of(const struct plan *plan, uint32_t number)
{
    const struct point *point = &plan->points[number];
    if (point->variable >= 0)
        return plan->variables[point->variable]->where;
    size_t i = 0;
    while (number < plan->raws[i].point || number >= plan->raws[i].point + plan->raws[i].count)
        i++;
    return plan->raws[i].where;
}

/* One that lies before the program's diagnostics is no slip: they stand apart on purpose. */
static bool is_diagnostics(const struct plan *plan, uint32_t number)
{
    int32_t v = plan->points[number].variable;
    return v >= 0 && plan->settings.diagnostics >= 0 &&
           plan->variables[v]->where == plan->settings.diagnostics_where;
}

static void report_gap(struct findings *findings, const char *where, const struct memory *memory,
                       enum table table, uint32_t low, uint32_t high)
{
    char range[32];
    snprintf(range, sizeof range, low == high ? "address %u is" : "addresses %u..%u are", low,
             high);
    findings_add(findings, where, "note: %s.%s: %s not declared; masters read 0 there",
                 memory->name, table_name(table), range);
}

/* Takes the points of one table off `next`, a position in by_cell. */
static void find_gaps(struct findings *findings, const struct memory *memory, enum table table,
                      size_t *next)
{
    const struct plan *plan = findings->plan;
    const struct extent *extent = &memory->table[table];
    uint32_t end = extent->cell + extent->high - extent->low + 1, expected = extent->cell;
    bool own = false; /* something before it was declared by the script */
    for (; *next < plan->point_count; ++*next) {
        uint32_t number = plan->by_cell[*next];
        const struct point *point = &plan->points[number];
        if (point->cell >= end)
            break;
        if (own && point->cell > expected && table != TABLE_VAR && !is_diagnostics(plan, number))
            report_gap(findings, where_of(plan, number), memory, table,
                       extent->low + expected - extent->cell,
                       extent->low + point->cell - 1 - extent->cell);
        if (point->cell + point->words > expected)
            expected = point->cell + point->words;
        own |= !is_diagnostics(plan, number);
    }
}

static bool is_served(const struct plan *plan, uint32_t memory)
{
    size_t i = 0;
    while (i < plan->server_count && !plan_server_shows(&plan->servers[i], memory))
        i++;
    return i < plan->server_count;
}

/* A memory that only mirrors a device has no masters that would read. */
void findings_gaps(struct findings *findings)
{
    const struct plan *plan = findings->plan;
    size_t next = 0;
    for (size_t m = 0; m < plan->memory_count; m++) {
        bool unseen = plan->memories[m].client >= 0 && !is_served(plan, (uint32_t)m);
        for (int table = 0; table < TABLE_COUNT; table++) {
            if (plan->memories[m].table[table].mapped && !unseen)
                find_gaps(findings, &plan->memories[m], (enum table)table, &next);
        }
    }
}

/* Whether an option of a variable says something about its values: then it holds only where these
 * are all that a client exchanges as one. Others hold for all that overlaps with it. */
static const char *value_option(const struct variable *v)
{
    return v->tolerance > 0 ? "tolerance" : v->has_invalid ? "invalid" : "on_loss";
}

static bool has_value_option(const struct variable *v)
{
    return v->tolerance > 0 || v->has_invalid || v->has_on_loss;
}

static const char *time_option(const struct variable *v)
{
    return v->period > 0               ? "period"
           : v->unpolled               ? "poll"
           : v->refreshed              ? "write"
           : v->min_write_interval > 0 ? "min_write_interval"
                                       : "expire";
}

static bool has_time_option(const struct variable *v)
{
    return v->period > 0 || v->unpolled || v->refreshed || v->min_write_interval > 0 ||
           v->has_expire;
}

/* Whether the group is one element of the variable and nothing more, as merge asks. */
static bool covers(const struct variable *v, const struct group *group)
{
    return v->words == group->words &&
           __builtin_popcount(v->mask) == __builtin_popcount(group->mask);
}

/* One point of a group of several. False when nothing was to be said of it. */
static bool report_options(struct findings *findings, const struct group *group, int32_t number)
{
    const struct variable *v = findings->plan->variables[number];
    const struct variable *widest = findings->plan->variables[group->variable];
    if (number != group->variable && (has_value_option(v) || has_time_option(v)))
        findings_add(findings, v->where,
                     "warning: %s: option %s does nothing, because %s, declared at %s, overlaps it "
                     "and is exchanged with it as one; state it there",
                     v->path, has_value_option(v) ? value_option(v) : time_option(v), widest->path,
                     widest->where);
    else if (number == group->variable && has_value_option(v) && !covers(v, group))
        findings_add(findings, v->where,
                     "warning: %s: option %s does nothing, because variables that overlap it only "
                     "in part are exchanged with it as one",
                     v->path, value_option(v));
    else
        return false;
    return true;
}

void findings_options(struct findings *findings)
{
    const struct plan *plan = findings->plan;
    bool *said = calloc(plan->variable_count + 1, sizeof *said); /* of an array, one element */
    for (size_t i = 0; said && i < plan->group_count; i++) {
        const struct group *group = &plan->groups[i];
        for (uint32_t k = 0; group->count > 1 && k < group->count; k++) {
            int32_t number = plan->points[plan->group_points[group->first + k]].variable;
            if (number >= 0 && !said[number])
                said[number] = report_options(findings, group, number);
        }
    }
    free(said);
}

/* The first variable of a memory that takes several registers and whose order nobody stated. */
static const struct variable *without_order(const struct plan *plan, uint32_t memory)
{
    for (size_t i = 0; i < plan->variable_count; i++) {
        const struct variable *v = plan->variables[i];
        if (v->memory == memory && v->words > 1 && v->type != TYPE_STRING && !v->has_order &&
            v->table != TABLE_VAR)
            return v;
    }
    return NULL;
}

void findings_orders(struct findings *findings)
{
    const struct plan *plan = findings->plan;
    for (size_t i = 0; i < plan->client_count; i++) {
        uint32_t memory = plan->clients[i].memory;
        const struct variable *v = without_order(plan, memory);
        if (!v || plan->memories[memory].has_order)
            continue;
        findings_add(findings, v->where,
                     "warning: %s takes %u registers and no order is stated, so the low word comes "
                     "first; memory(\"%s\", { order = \"ABCD\" }) is what most devices have, "
                     "\"CDAB\" says that it is meant",
                     v->path, v->words, plan->memories[memory].name);
    }
}

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

/* Takes the points of one table off `next`, a position in by_cell. */
static void find_gaps(struct findings *findings, const struct memory *memory, enum table table,
                      size_t *next)
{
    const struct plan *plan = findings->plan;
    const struct extent *extent = &memory->table[table];
    uint32_t end = extent->cell + extent->high - extent->low + 1, expected = extent->cell;
    for (; *next < plan->point_count; ++*next) {
        uint32_t number = plan->by_cell[*next];
        const struct point *point = &plan->points[number];
        if (point->cell >= end)
            break;
        if (point->cell > expected && table != TABLE_VAR)
            findings_add(findings, where_of(plan, number),
                         "note: %s.%s: addresses %u..%u are not declared; masters read 0 there",
                         memory->name, table_name(table), extent->low + expected - extent->cell,
                         extent->low + point->cell - 1 - extent->cell);
        if (point->cell + point->words > expected)
            expected = point->cell + point->words;
    }
}

void findings_gaps(struct findings *findings)
{
    const struct plan *plan = findings->plan;
    size_t next = 0;
    for (size_t m = 0; m < plan->memory_count; m++) {
        for (int table = 0; table < TABLE_COUNT; table++) {
            if (plan->memories[m].table[table].mapped)
                find_gaps(findings, &plan->memories[m], (enum table)table, &next);
        }
    }
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

/* Sealing: from rows to layout. Directions are resolved, each table of each memory gets one run of
 * cells from its lowest to its highest address, and everything that is written as one becomes a
 * numbered point. Runs once for a plan, so it may be thorough rather than fast. */

#include "image/plan_inside.h"

#include <stdlib.h>

/* Far beyond any plant (4 GB a copy), and well within the 32 bits that count them. */
static const uint64_t CELLS_MAX = INT32_MAX, POINTS_MAX = INT32_MAX;

static enum winner resolve_winner(const struct plan *plan, const struct variable *v)
{
    if (v->wins != WINNER_DEFAULT)
        return v->wins;
    enum winner wins = plan->memories[v->memory].wins;
    return wins == WINNER_DEFAULT ? WINNER_REMOTE : wins;
}

static void widen(struct extent *extent, uint32_t first, uint32_t last)
{
    if (!extent->mapped || first < extent->low)
        extent->low = (uint16_t)first;
    if (!extent->mapped || last > extent->high)
        extent->high = (uint16_t)last;
    extent->mapped = true;
}

static void measure(struct building *b)
{
    const struct plan *plan = &b->plan;
    for (size_t i = 0; i < plan->variable_count; i++) {
        struct variable *v = b->variables[i];
        v->direction = variable_direction(v, plan->memories[v->memory].client >= 0);
        widen(&b->memories[v->memory].table[v->table], v->address,
              v->address + (uint32_t)variable_span(v) - 1);
        if (v->words > b->plan.widest)
            b->plan.widest = v->words;
    }
    for (size_t i = 0; i < plan->raw_count; i++) {
        const struct raw *raw = &b->raws[i];
        widen(&b->memories[raw->memory].table[raw->table], raw->address,
              raw->address + raw->count - 1);
    }
}

static bool lay_out_cells(struct building *b, struct error *error)
{
    uint64_t next = 0;
    for (size_t m = 0; m < b->plan.memory_count; m++) {
        for (int t = 0; t < TABLE_COUNT; t++) {
            struct extent *extent = &b->memories[m].table[t];
            extent->cell = (uint32_t)next;
            if (extent->mapped)
                next += (uint64_t)extent->high - extent->low + 1;
        }
    }
    b->plan.cell_count = next;
    return next <= CELLS_MAX ||
           error_set(
               error,
               "the memories take %llu words from lowest to highest address; %llu are the limit",
               (unsigned long long)next, (unsigned long long)CELLS_MAX);
}

static uint32_t cell_of(const struct plan *plan, uint32_t memory, enum table table,
                        uint16_t address)
{
    const struct extent *extent = &plan->memories[memory].table[table];
    return extent->cell + address - extent->low;
}

static size_t count_points(const struct plan *plan)
{
    size_t count = 0;
    for (size_t i = 0; i < plan->variable_count; i++)
        count += variable_elements(plan->variables[i]);
    for (size_t i = 0; i < plan->raw_count; i++)
        count += plan->raws[i].count;
    return count;
}

static void number_variables(struct building *b, uint32_t *next)
{
    for (size_t i = 0; i < b->plan.variable_count; i++) {
        struct variable *v = b->variables[i];
        v->cell = cell_of(&b->plan, v->memory, v->table, v->address);
        v->point = *next;
        v->wins = resolve_winner(&b->plan, v);
        for (size_t e = 0; e < variable_elements(v); e++) {
            struct element place = variable_element(v, e);
            b->points[(*next)++] = (struct point){
                .cell = v->cell + place.cell,
                .words = v->words,
                .mask = place.mask,
                .variable = (int32_t)i,
                .whole = table_is_bits(v->table) || place.mask == 0xFFFF,
                .program_wins = v->direction == DIRECTION_OUT || v->wins == WINNER_PROGRAM,
                .group = GROUP_NONE,
            };
        }
    }
}

static void number_raws(struct building *b, uint32_t *next)
{
    for (size_t i = 0; i < b->plan.raw_count; i++) {
        struct raw *raw = &b->raws[i];
        uint32_t cell = cell_of(&b->plan, raw->memory, raw->table, raw->address);
        struct point point = {
            .words = 1,
            .mask = table_is_bits(raw->table) ? 1 : 0xFFFF,
            .variable = -1,
            .whole = true,
            .program_wins = b->memories[raw->memory].wins == WINNER_PROGRAM,
            .group = GROUP_NONE,
        };
        raw->point = *next;
        for (uint32_t k = 0; k < raw->count; k++) {
            point.cell = cell + k;
            b->points[(*next)++] = point;
            b->raw_cells[cell + k] = 0xFFFF;
        }
    }
}

/* Whether masters may not write it: the program's own, and what a device measures. */
static bool is_kept(const struct plan *plan, const struct variable *v)
{
    return v->direction == DIRECTION_OUT || (v->direction == DIRECTION_IN && client_of(plan, v));
}

/* Raw words and the bits of what masters may write, less the bits of what they may not: what is
 * somebody's own stays so even inside a raw range. */
static void derive_writable(struct building *b)
{
    for (size_t i = 0; i < b->plan.raw_count; i++) {
        const struct raw *raw = &b->raws[i];
        uint32_t cell = b->points[raw->point].cell;
        for (uint32_t k = 0; table_takes_writes(raw->table) && k < raw->count; k++)
            b->writable[cell + k] = b->points[raw->point].mask;
    }
    for (int kept = 0; kept < 2; kept++) {
        for (size_t u = 0; u < b->plan.point_count; u++) {
            const struct point *point = &b->points[u];
            const struct variable *v = point->variable < 0 ? NULL : b->variables[point->variable];
            if (!v || !table_takes_writes(v->table) || kept != is_kept(&b->plan, v))
                continue;
            for (uint16_t k = 0; k < point->words; k++) {
                uint16_t *bits = &b->writable[point->cell + k];
                *bits = kept ? *bits & (uint16_t)~point->mask : *bits | point->mask;
            }
        }
    }
}

static int by_cell(const void *a, const void *b, void *context)
{
    const struct point *points = context;
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    if (points[left].cell != points[right].cell)
        return points[left].cell < points[right].cell ? -1 : 1;
    return left < right ? -1 : left > right;
}

static void sort_points(struct building *b)
{
    for (uint32_t u = 0; u < b->plan.point_count; u++)
        b->by_cell[u] = u;
    qsort_r(b->by_cell, b->plan.point_count, sizeof *b->by_cell, by_cell, b->points);
}

static void find_overlaps(struct building *b)
{
    for (size_t i = 0; i < b->plan.point_count; i++) {
        struct point *first = &b->points[b->by_cell[i]];
        uint32_t end = first->cell + first->words;
        for (size_t k = i + 1; k < b->plan.point_count; k++) {
            struct point *second = &b->points[b->by_cell[k]];
            if (second->cell >= end)
                break;
            if (plan_points_share(first, second))
                first->overlapped = second->overlapped = true;
        }
    }
}

/* Collects the points of variables for which `wanted` holds. */
static const uint32_t *collect(struct building *b,
                               bool (*wanted)(const struct plan *, const struct variable *),
                               size_t *count)
{
    uint32_t *points = NULL;
    for (int pass = 0; pass < 2; pass++) {
        size_t n = 0;
        for (uint32_t u = 0; u < b->plan.point_count; u++) {
            int32_t variable = b->points[u].variable;
            if (variable < 0 || !wanted(&b->plan, b->variables[variable]))
                continue;
            if (points)
                points[n] = u;
            n++;
        }
        *count = n;
        if (!points)
            points = arena_alloc(b->arena, (n + 1) * sizeof *points);
    }
    return points;
}

/* A pulse towards a device is cleared by its link, once it was answered. */
static bool is_pulse(const struct plan *plan, const struct variable *v)
{
    return v->pulse && !client_of(plan, v);
}

static bool is_safe(const struct plan *plan, const struct variable *v)
{
    (void)plan;
    return v->has_safe;
}

static bool allocate(struct building *b, struct error *error)
{
    size_t points = count_points(&b->plan), cells = b->plan.cell_count;
    if (points > POINTS_MAX)
        return error_set(error, "%zu variables, elements and raw words; %llu are the limit", points,
                         (unsigned long long)POINTS_MAX);
    b->points = calloc(points + 1, sizeof *b->points);
    b->by_cell = calloc(points + 1, sizeof *b->by_cell);
    b->writable = calloc(cells + 1, sizeof *b->writable);
    b->raw_cells = calloc(cells + 1, sizeof *b->raw_cells);
    if (!b->points || !b->by_cell || !b->writable || !b->raw_cells)
        return error_set(error, "out of memory for %zu variables", points);
    b->plan.point_count = points;
    return true;
}

bool plan_seal(struct plan *plan, struct error *error)
{
    struct building *b = building(plan);
    plan->widest = 1;
    measure(b);
    if (!lay_out_cells(b, error))
        return false;
    if (!plan_check_links(b, error) || !plan_check_options(b, error) || !allocate(b, error))
        return false;
    uint32_t next = 0;
    number_variables(b, &next);
    number_raws(b, &next);
    derive_writable(b);
    sort_points(b);
    find_overlaps(b);
    plan->points = b->points;
    plan->by_cell = b->by_cell;
    plan->writable = b->writable;
    plan->raw_cells = b->raw_cells;
    plan->pulses = collect(b, is_pulse, &plan->pulse_count);
    plan->safes = collect(b, is_safe, &plan->safe_count);
    return plan_make_groups(b, error) && plan_check_groups(b, error) &&
           plan_make_followers(b, error) && plan_check_pages(b, error);
}

bool plan_points_share(const struct point *a, const struct point *b)
{
    return a->cell < b->cell + b->words && b->cell < a->cell + a->words && (a->mask & b->mask);
}

size_t plan_first_point(const struct plan *plan, uint32_t cell)
{
    uint32_t from = cell >= plan->widest ? cell - plan->widest + 1 : 0;
    size_t low = 0, high = plan->point_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (plan->points[plan->by_cell[middle]].cell < from)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

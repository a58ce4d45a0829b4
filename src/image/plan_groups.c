/* Groups: what a client moves as one. Points come in the order of their cells, and only groups that
 * reach the present cell can take one in. Those have no bit of it in common (else they were one),
 * so there are at most 16 of them, and a table full of raw words costs one look each.
 *
 * A group of several cells has all their bits: two neighbouring cells are in one group only because
 * a point covers both, points of several words have full masks, and so each cell of the group lies
 * under a full one. Hence one mask is enough for a group. */

#include "image/plan_inside.h"

#include <stdlib.h>

enum { WORD_BITS = 16 };

/* Groups while they grow. One that was joined to an earlier one has words = 0 and that one's number
 * in `first`. */
struct growing {
    struct building *b;
    struct group *groups;
    uint32_t count;
    uint32_t open[WORD_BITS]; /* those that reach the present cell */
    size_t open_count;
};

static uint32_t root_of(const struct growing *g, uint32_t number)
{
    while (g->groups[number].words == 0)
        number = g->groups[number].first;
    return number;
}

static bool is_open(const struct group *group, uint32_t cell)
{
    return cell < group->cell + group->words;
}

static bool takes(const struct group *group, const struct point *point)
{
    return (group->mask & point->mask) != 0;
}

static void swallow(struct group *into, const struct group *other)
{
    uint32_t end = into->cell + into->words, other_end = other->cell + other->words;
    uint32_t words = (other_end > end ? other_end : end) - into->cell;
    into->words = words < UINT16_MAX ? (uint16_t)words : UINT16_MAX; /* too large for any client */
    into->mask = into->words > 1 ? 0xFFFF : into->mask | other->mask;
}

/* The point joins every open group that it touches, and those become one: the earliest. */
static uint32_t place(struct growing *g, const struct point *point)
{
    struct group alone = {.cell = point->cell, .words = point->words, .mask = point->mask};
    uint32_t home = GROUP_NONE;
    size_t kept = 0;
    for (size_t i = 0; i < g->open_count; i++) {
        uint32_t number = g->open[i];
        struct group *group = &g->groups[number];
        if (!is_open(group, point->cell))
            continue;
        if (!takes(group, point) || home == GROUP_NONE)
            g->open[kept++] = number;
        if (!takes(group, point))
            continue;
        if (home == GROUP_NONE) {
            home = number;
        } else {
            swallow(&g->groups[home], group);
            *group = (struct group){.first = home};
        }
    }
    g->open_count = kept;
    if (home != GROUP_NONE) {
        swallow(&g->groups[home], &alone);
        return home;
    }
    g->groups[g->count] = alone;
    g->open[g->open_count++] = g->count;
    return g->count++;
}

static uint32_t memory_at(const struct plan *plan, uint32_t cell)
{
    size_t low = 0, high = plan->memory_count;
    while (high - low > 1) { /* of several that begin here, all but the last are empty */
        size_t middle = low + (high - low) / 2;
        if (plan->memories[middle].table[0].cell <= cell)
            low = middle;
        else
            high = middle;
    }
    return (uint32_t)low;
}

/* Cells lie memory by memory, so what is mirrored comes in long runs. */
static int client_at(const struct plan *plan, uint32_t cell)
{
    const struct memory *memory = &plan->memories[memory_at(plan, cell)];
    return cell < memory->table[TABLE_VAR].cell ? memory->client : -1;
}

static void grow_groups(struct growing *g)
{
    struct building *b = g->b;
    for (size_t i = 0; i < b->plan.point_count; i++) {
        struct point *point = &b->points[b->by_cell[i]];
        if (client_at(&b->plan, point->cell) >= 0)
            point->group = place(g, point);
    }
}

/* Leaves out what was joined to others; the order stays. `numbers`: the new one of each. */
static uint32_t close_up(struct growing *g, uint32_t *numbers)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < g->count; i++)
        numbers[i] = g->groups[i].words > 0 ? count++ : root_of(g, i);
    for (uint32_t i = 0; i < g->count; i++) {
        if (g->groups[i].words == 0)
            numbers[i] = numbers[numbers[i]]; /* an earlier one, hence final */
    }
    for (uint32_t i = 0; i < g->count; i++) {
        if (g->groups[i].words > 0)
            g->groups[numbers[i]] = g->groups[i];
    }
    return count;
}

static enum direction direction_of(const struct plan *plan, const struct point *point)
{
    uint16_t address;
    if (point->variable >= 0)
        return plan->variables[point->variable]->direction;
    enum table table = plan_cell_table(plan, memory_at(plan, point->cell), point->cell, &address);
    return table_takes_writes(table) ? DIRECTION_INOUT : DIRECTION_IN;
}

static bool is_wider(const struct plan *plan, int32_t a, int32_t than)
{
    const struct variable *left = plan->variables[a], *right = plan->variables[than];
    if (left->words != right->words)
        return left->words > right->words;
    return __builtin_popcount(left->mask) > __builtin_popcount(right->mask);
}

/* What its points say about a group, one after the other. */
static void describe(const struct plan *plan, struct group *group, const struct point *point)
{
    enum direction direction = direction_of(plan, point);
    if (group->count == 0) {
        group->direction = direction;
        group->program_wins = point->program_wins;
        group->variable = -1;
    }
    if (group->direction != direction)
        group->direction = DIRECTION_INOUT;
    group->program_wins = group->program_wins && point->program_wins;
    if (point->variable >= 0 &&
        (group->variable < 0 || is_wider(plan, point->variable, group->variable)))
        group->variable = point->variable;
    group->count++;
}

/* Lists the points of each group behind one another, in the order of their cells. */
static void list_points(struct building *b, const uint32_t *numbers)
{
    const struct plan *plan = &b->plan;
    uint32_t next = 0;
    for (size_t i = 0; i < plan->point_count; i++) {
        struct point *point = &b->points[plan->by_cell[i]];
        if (point->group == GROUP_NONE)
            continue;
        point->group = numbers[point->group];
        describe(plan, &b->groups[point->group], point);
    }
    for (size_t i = 0; i < plan->group_count; i++) {
        b->groups[i].first = next;
        next += b->groups[i].count;
        b->groups[i].count = 0;
    }
    for (size_t i = 0; i < plan->point_count; i++) {
        uint32_t number = b->points[plan->by_cell[i]].group;
        if (number == GROUP_NONE)
            continue;
        struct group *group = &b->groups[number];
        b->group_points[group->first + group->count++] = plan->by_cell[i];
    }
}

bool plan_make_groups(struct building *b, struct error *error)
{
    size_t room = b->plan.client_count > 0 ? b->plan.point_count + 1 : 1;
    uint32_t *numbers = calloc(room, sizeof *numbers);
    b->groups = calloc(room, sizeof *b->groups);
    b->group_points = calloc(room, sizeof *b->group_points);
    b->plan.groups = b->groups;
    b->plan.group_points = b->group_points;
    bool done = numbers && b->groups && b->group_points;
    if (done && b->plan.client_count > 0) {
        struct growing growing = {.b = b, .groups = b->groups};
        grow_groups(&growing);
        b->plan.group_count = close_up(&growing, numbers);
        list_points(b, numbers);
    }
    free(numbers);
    return done || error_set(error, "out of memory for %zu variables", b->plan.point_count);
}

struct run plan_client_cells(const struct plan *plan, uint32_t client)
{
    const struct memory *memory = &plan->memories[plan->clients[client].memory];
    uint32_t first = memory->table[0].cell;
    return (struct run){first, memory->table[TABLE_VAR].cell - first};
}

static uint32_t first_group(const struct plan *plan, uint32_t cell)
{
    size_t low = 0, high = plan->group_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (plan->groups[middle].cell < cell)
            low = middle + 1;
        else
            high = middle;
    }
    return (uint32_t)low;
}

struct run plan_client_groups(const struct plan *plan, uint32_t client)
{
    struct run cells = plan_client_cells(plan, client);
    uint32_t first = first_group(plan, cells.first);
    return (struct run){first, first_group(plan, cells.first + cells.count) - first};
}

enum table plan_cell_table(const struct plan *plan, uint32_t memory, uint32_t cell,
                           uint16_t *address)
{
    for (enum table t = TABLE_COIL; t < TABLE_COUNT; t++) {
        const struct extent *extent = &plan->memories[memory].table[t];
        if (!extent->mapped || cell < extent->cell ||
            cell - extent->cell > (uint32_t)extent->high - extent->low)
            continue;
        *address = (uint16_t)(extent->low + (cell - extent->cell));
        return t;
    }
    return TABLE_COUNT;
}

bool plan_client_dials(const struct plan *plan, uint32_t client)
{
    return !plan->clients[client].line && !plan->settings.simulated;
}

int plan_point_client(const struct plan *plan, uint32_t point)
{
    return client_at(plan, plan->points[point].cell);
}

bool plan_point_is_in(const struct plan *plan, uint32_t point)
{
    const struct point *p = &plan->points[point];
    if (p->variable >= 0)
        return plan->variables[p->variable]->direction == DIRECTION_IN;
    return p->group != GROUP_NONE && plan->groups[p->group].direction == DIRECTION_IN;
}

bool plan_point_is_fed(const struct plan *plan, uint32_t point)
{
    return plan->points[point].group != GROUP_NONE && plan_point_is_in(plan, point);
}

bool plan_point_is_settable(const struct plan *plan, uint32_t point)
{
    const struct point *p = &plan->points[point];
    bool open = p->variable < 0 ? plan->writable[p->cell] != 0
                                : plan->variables[p->variable]->direction != DIRECTION_OUT;
    return open && !plan_point_is_fed(plan, point);
}

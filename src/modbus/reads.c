/* The polled groups stand in one array, sorted by table, period and address; a read is a run of
 * them. To divide and to join therefore never moves a group, only the ends of runs, and needs no
 * memory: there are never more runs than groups.
 *
 * Each run takes as many groups as it may before the next one begins. No other division needs
 * fewer: its first run cannot end later than ours, so neither can its second, and so on. */

#include "modbus/reads_inside.h"

#include <stdlib.h>
#include <string.h>

/* ---- what is polled ---- */

struct reads_item reads_item(const struct reads *reads, uint32_t index)
{
    const struct group *group = &reads->plan->groups[index];
    struct reads_item item = {
        .words = group->words, .group = index, .period = reads->client->period};
    uint16_t address = 0;
    item.table = plan_cell_table(reads->plan, reads->client->memory, group->cell, &address);
    item.address = address;
    if (group->variable >= 0 && reads->plan->variables[group->variable]->period > 0)
        item.period = reads->plan->variables[group->variable]->period;
    return item;
}

static bool is_polled(const struct reads *reads, uint32_t index)
{
    int32_t variable = reads->plan->groups[index].variable;
    if (reads->client->line != NULL && reads->client->unit == 0)
        return false;
    return variable < 0 || !reads->plan->variables[variable]->unpolled;
}

static int by_place(const void *left, const void *right)
{
    const struct reads_item *a = left, *b = right;
    if (a->table != b->table)
        return a->table < b->table ? -1 : 1;
    if (a->period != b->period)
        return a->period < b->period ? -1 : 1;
    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    return (a->group > b->group) - (a->group < b->group);
}

static size_t list(struct reads *reads, struct run run, struct reads_item *items)
{
    size_t used = 0;
    for (uint32_t i = run.first; i < run.first + run.count; i++)
        if (is_polled(reads, i))
            items[used++] = reads_item(reads, i);
    qsort(items, used, sizeof *items, by_place);
    return used;
}

/* ---- runs ---- */

struct read reads_of(const struct reads *reads, const uint32_t *groups, size_t count)
{
    struct reads_item first = reads_item(reads, groups[0]),
                      last = reads_item(reads, groups[count - 1]);
    return (struct read){.table = first.table,
                         .address = (uint16_t)first.address,
                         .count = (uint16_t)(reads_end(&last) - first.address),
                         .group_count = (uint32_t)count,
                         .groups = groups,
                         .cell = reads->plan->groups[groups[0]].cell,
                         .period = first.period};
}

static bool joins(const struct reads *reads, const struct read *read, const struct reads_item *item)
{
    uint32_t unit = table_is_bits(read->table) ? 16 : 1;
    uint32_t end = (uint32_t)read->address + read->count;
    uint32_t gap = item->address > end ? item->address - end : 0;
    return item->table == read->table && item->period == read->period &&
           gap <= unit * reads->client->max_gap &&
           reads_end(item) - read->address <= unit * reads->client->max_read;
}

struct read reads_widest(const struct reads *reads, size_t start)
{
    struct read read = reads_of(reads, &reads->groups[start], 1);
    for (size_t i = start + 1; i < reads->group_count; i++) {
        struct reads_item item = reads_item(reads, reads->groups[i]);
        if (!joins(reads, &read, &item))
            break;
        read.group_count++;
        read.count = (uint16_t)(reads_end(&item) - read.address);
    }
    return read;
}

/* ---- outside ---- */

struct reads *reads_create(const struct plan *plan, uint32_t client)
{
    struct run run = plan_client_groups(plan, client);
    struct reads *reads = calloc(1, sizeof *reads);
    struct reads_item *items = calloc((size_t)run.count + 1, sizeof *items);
    if (reads == NULL || items == NULL)
        goto failed;
    *reads = (struct reads){.plan = plan, .client = &plan->clients[client]};
    reads->rows = calloc((size_t)run.count + 1, sizeof *reads->rows);
    reads->groups = calloc((size_t)run.count + 1, sizeof *reads->groups);
    if (reads->rows == NULL || reads->groups == NULL)
        goto failed;
    reads->group_count = list(reads, run, items);
    for (size_t i = 0; i < reads->group_count; i++)
        reads->groups[i] = items[i].group;
    for (size_t i = 0; i < reads->group_count; i += reads->rows[reads->count++].group_count)
        reads->rows[reads->count] = reads_widest(reads, i);
    free(items);
    return reads;
failed:
    free(items);
    reads_destroy(reads);
    return NULL;
}

void reads_destroy(struct reads *reads)
{
    if (reads == NULL)
        return;
    free(reads->rows);
    free(reads->groups);
    free(reads);
}

size_t reads_count(const struct reads *reads)
{
    return reads->count;
}

struct read *reads_at(struct reads *reads, size_t index)
{
    return &reads->rows[index];
}

/* ---- divided, and joined again ---- */

static size_t from_middle(size_t cut, size_t count)
{
    return 2 * cut > count ? 2 * cut - count : count - 2 * cut;
}

/* How many groups go into the first half; 0: it has to stay one. */
static size_t best_cut(const struct reads *reads, const struct read *read)
{
    size_t best = 0, count = read->group_count;
    uint32_t largest = 0;
    for (size_t cut = 1; cut < count; cut++) {
        struct reads_item last = reads_item(reads, read->groups[cut - 1]);
        uint32_t next = reads_item(reads, read->groups[cut]).address, end = reads_end(&last);
        if (next < end)
            continue;
        bool nearer = from_middle(cut, count) < from_middle(best, count);
        if (best == 0 || next - end > largest || (next - end == largest && nearer)) {
            largest = next - end;
            best = cut;
        }
    }
    return best;
}

static void keep_times(struct read *read, const struct read *from)
{
    read->due = from->due;
    read->answered = from->answered;
    read->stale = from->stale;
}

bool reads_split(struct reads *reads, size_t index)
{
    struct read whole = reads->rows[index], *half = &reads->rows[index];
    size_t cut = best_cut(reads, &whole);
    if (cut == 0)
        return false;
    memmove(half + 2, half + 1, (reads->count - index - 1) * sizeof *half);
    reads->count++;
    half[0] = reads_of(reads, whole.groups, cut);
    half[1] = reads_of(reads, whole.groups + cut, whole.group_count - cut);
    keep_times(&half[0], &whole);
    keep_times(&half[1], &whole);
    return true;
}

static void fold(struct read *read, const struct read *part)
{
    bool older = part->answered != 0 && part->answered < read->answered;
    read->due = part->due < read->due ? part->due : read->due;
    read->answered = older || read->answered == 0 ? part->answered : read->answered;
    read->stale = read->stale || part->stale;
}

/* Each joined read stands at or before the first of its parts, so that they are still there when
 * they are needed. */
void reads_join(struct reads *reads)
{
    size_t part = 0, joined = 0;
    for (size_t start = 0; start < reads->group_count; joined++) {
        struct read read = reads_widest(reads, start);
        keep_times(&read, &reads->rows[part]);
        for (start += read.group_count;
             part < reads->count && reads->rows[part].groups < reads->groups + start; part++)
            fold(&read, &reads->rows[part]);
        reads->rows[joined] = read;
    }
    reads->count = joined;
}

/* By name, through a sorted list of the script's names. */

#include "desk/replay_match.h"

#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "image/link.h"
#include "image/point_name.h"

struct named {
    char *name;
    uint32_t point;
};

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

static struct named *sort_names(const struct plan *plan)
{
    struct named *names = memory_zeroed(plan->point_count + 1, sizeof *names);
    char text[POINT_NAME];
    for (uint32_t i = 0; i < plan->point_count; i++) {
        const char *name = point_name(plan, i, text);
        names[i] = (struct named){memory_zeroed(1, strlen(name) + 1), i};
        memcpy(names[i].name, name, strlen(name));
    }
    qsort(names, plan->point_count, sizeof *names, compare);
    return names;
}

static bool is_alike(const struct plan *plan, uint32_t number,
                     const struct recorded_point *recorded)
{
    const struct point *point = &plan->points[number];
    enum type type = point->variable < 0 ? TYPE_UINT16 : plan->variables[point->variable]->type;
    return point->words == recorded->words && point->mask == recorded->mask &&
           type == recorded->type;
}

static void match_point(struct replay_match *match, const struct plan *plan, uint32_t recorded,
                        uint32_t number)
{
    const struct point *point = &plan->points[number];
    match->points[recorded] = number;
    for (uint32_t i = 0; i < point->words; i++)
        match->masks[point->cell + i] |= point->mask;
    if (point->variable >= 0 && plan->variables[point->variable]->pulse)
        match->pulses[match->pulse_count++] = recorded;
}

/* Counted, then filled: each cell's points stand behind those of the cell before it. */
static void list_over(struct replay_match *match, const struct recording *recording)
{
    size_t total = 0;
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < recording->point_count; i++) {
            const struct recorded_point *point = &recording->points[i];
            for (uint32_t k = 0; k < point->words && match->points[i] != REPLAY_NONE; k++) {
                if (round == 0)
                    match->first[point->cell + k + 1]++;
                else
                    match->over[match->first[point->cell + k]++] = i;
            }
        }
        for (size_t cell = 0; round == 0 && cell < recording->cell_count; cell++)
            match->first[cell + 1] += match->first[cell];
        total = match->first[recording->cell_count];
        if (round == 0)
            match->over = memory_zeroed(total + 1, sizeof *match->over);
    }
    /* filling has moved each begin to its end, which is the next one's begin */
    memmove(match->first + 1, match->first, recording->cell_count * sizeof *match->first);
    match->first[0] = 0;
}

static void match_points(struct replay_match *match, const struct recording *recording,
                         const struct plan *plan, const struct named *names)
{
    for (size_t i = 0; i < recording->point_count; i++) {
        const struct recorded_point *recorded = &recording->points[i];
        const struct named *found = bsearch(&(struct named){.name = (char *)recorded->name}, names,
                                            plan->point_count, sizeof *names, compare);
        match->points[i] = REPLAY_NONE;
        if (found && is_alike(plan, found->point, recorded)) {
            match_point(match, plan, (uint32_t)i, found->point);
        } else if (!match->gone++) {
            snprintf(match->first_gone, sizeof match->first_gone, "%s", recorded->name);
        }
    }
}

static void count_new(struct replay_match *match, const struct recording *recording,
                      const struct plan *plan)
{
    bool *known = memory_zeroed(plan->point_count + 1, sizeof *known);
    char name[POINT_NAME];
    for (size_t i = 0; i < recording->point_count; i++)
        if (match->points[i] != REPLAY_NONE)
            known[match->points[i]] = true;
    for (uint32_t i = 0; i < plan->point_count; i++)
        if (!known[i] && !match->new ++)
            snprintf(match->first_new, sizeof match->first_new, "%s", point_name(plan, i, name));
    free(known);
}

static void match_links(struct replay_match *match, const struct recording *recording,
                        const struct plan *plan)
{
    for (size_t i = 0; i < recording->link_count; i++) {
        match->links[i] = REPLAY_NONE;
        for (uint32_t k = 0; k < link_count(plan); k++)
            if (strcmp(link_name(plan, k), recording->links[i]) == 0)
                match->links[i] = k;
    }
}

void replay_match_make(struct replay_match *match, const struct recording *recording,
                       const struct plan *plan)
{
    *match = (struct replay_match){
        .points = memory_zeroed(recording->point_count + 1, sizeof *match->points),
        .first = memory_zeroed(recording->cell_count + 2, sizeof *match->first),
        .masks = memory_zeroed(plan->cell_count + 1, sizeof *match->masks),
        .pulses = memory_zeroed(recording->point_count + 1, sizeof *match->pulses),
        .links = memory_zeroed(recording->link_count + 1, sizeof *match->links)};
    struct named *names = sort_names(plan);
    match_points(match, recording, plan, names);
    count_new(match, recording, plan);
    match_links(match, recording, plan);
    list_over(match, recording);
    for (size_t i = 0; i < plan->point_count; i++)
        free(names[i].name);
    free(names);
}

void replay_match_finish(struct replay_match *match)
{
    free(match->points);
    free(match->first);
    free(match->over);
    free(match->masks);
    free(match->links);
    free(match->pulses);
    *match = (struct replay_match){.points = NULL};
}

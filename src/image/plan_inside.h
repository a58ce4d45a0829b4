#pragma once
/* A plan together with what owns its rows, for plan.c and plan_seal.c only. */

#include <stdatomic.h>
#include <stddef.h>
#include "base/arena.h"
#include "base/names.h"
#include "image/plan.h"

struct building {
    struct plan plan; /* first: a plan's address is its building's */
    atomic_int references;
    struct arena *arena;
    struct names *names;
    struct memory *memories;
    struct variable **variables;
    struct raw *raws;
    struct server_spec *servers;
    struct task_spec *tasks;
    struct point *points;
    uint32_t *by_cell;
    uint16_t *writable, *raw_cells;
};

static inline struct building *building(struct plan *plan)
{
    return (struct building *)plan;
}

static inline const struct building *building_const(const struct plan *plan)
{
    return (const struct building *)plan;
}

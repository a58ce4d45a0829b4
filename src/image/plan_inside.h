#pragma once
/* A plan together with what owns its rows, for the files of `plan` only. */

#include <stdatomic.h>
#include <stddef.h>
#include "base/arena.h"
#include "base/names.h"
#include "image/plan.h"

/* Scopes of the name map: 0 for memories, 1 + memory for its variables, the last one for links. */
enum { SCOPE_MEMORIES = 0, SCOPE_VARIABLES = 1 };
#define SCOPE_LINKS UINT32_MAX

struct building {
    struct plan plan; /* first: a plan's address is its building's */
    atomic_int references;
    struct arena *arena;
    struct names *names;
    struct memory *memories;
    struct variable **variables;
    struct raw *raws;
    struct server_spec *servers;
    struct line_spec **lines;
    struct client_spec *clients;
    struct task_spec *tasks;
    struct keep_spec *keeps;
    struct page *pages;
    struct point *points;
    uint32_t *by_cell;
    uint16_t *writable, *raw_cells;
    struct group *groups;
    uint32_t *group_points;
};

static inline struct building *building(struct plan *plan)
{
    return (struct building *)plan;
}

static inline const struct building *building_const(const struct plan *plan)
{
    return (const struct building *)plan;
}

/* The client of the variable's memory, or NULL: also for what has no address. */
static inline const struct client_spec *client_of(const struct plan *plan, const struct variable *v)
{
    int client = plan->memories[v->memory].client;
    return client < 0 || v->table == TABLE_VAR ? NULL : &plan->clients[client];
}

/* To unit 0 of a serial line everybody listens and nobody answers. */
static inline bool is_broadcast(const struct client_spec *client)
{
    return client->line && client->unit == 0;
}

/* Parts of plan_seal. Links and options are checked once directions are known, groups need sorted
 * points, followers nothing but the rows, pages all of it. */
bool plan_check_links(struct building *b, struct error *error);
bool plan_check_options(struct building *b, struct error *error);
bool plan_make_groups(struct building *b, struct error *error);
bool plan_check_groups(const struct building *b, struct error *error);
bool plan_make_followers(struct building *b, struct error *error);
bool plan_check_pages(const struct building *b, struct error *error);

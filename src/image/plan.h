#pragma once
/* A program's declarations, with no Lua in them: memories, variables, raw ranges, servers, tasks.
 * Built by one thread while a script's body runs, then sealed; from there immutable, reference
 * counted and safe to read from any thread. Image, servers and commands hold plans, never
 * descriptors of a Lua state, so that a program can be replaced under them.
 *
 * Sealing lays all memories out in one array of 16-bit cells (a coil is a cell of which bit 0
 * exists) and numbers the points: what is written, compared and marked as one, that is a plain
 * variable, one element of an array, or one raw word. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "image/link_spec.h"
#include "image/page.h"
#include "image/variable.h"

struct extent {
    bool mapped;        /* anything declared or raw in this table */
    uint16_t low, high; /* lowest and highest address; what lies between is readable */
    uint32_t cell;      /* of `low` */
};

struct memory {
    const char *name;
    const char *where;
    enum order order;
    bool has_order;
    enum winner wins;
    struct extent table[TABLE_COUNT];
    int client; /* index of the client that mirrors it, or -1 */
};

struct raw {
    uint32_t memory;
    enum table table;
    uint16_t address;
    uint32_t count; /* 1..65536 */
    const char *where;
    uint32_t point; /* of the first word */
};

struct point {
    uint32_t cell;
    uint16_t words;
    uint16_t mask;     /* bits that belong to it; 0xFFFF when words > 1 */
    int32_t variable;  /* index in the plan; -1 for a raw word */
    bool whole;        /* no bits of its cells lie outside the mask */
    bool program_wins; /* over a remote write in the same scan */
    bool overlapped;   /* shares bits with another point */
    uint32_t group;    /* or GROUP_NONE */
};

#define GROUP_NONE UINT32_MAX

/* What a client exchanges as one: a point, or several that overlap, directly or through others.
 * Only points of memories with a client are in groups. */
struct group {
    uint32_t cell;
    uint16_t words;
    uint16_t mask;            /* bits that belong to it; 0xFFFF (or 1, a coil's) when it is whole */
    uint32_t first, count;    /* its points: group_points[first .. first + count - 1] */
    enum direction direction; /* of all its points where they agree, else inout */
    bool program_wins;        /* likewise */
    int32_t variable;         /* whose options hold for it: the widest one's; -1: only raw words */
};

struct task_spec {
    int64_t period; /* nanoseconds */
    const char *where;
    const uint32_t *needs; /* memories without which it does not run */
    size_t need_count;
};

/* `from = "meter3.POWER"`: a variable that follows another one, value and quality. */
struct follower {
    uint32_t source, target; /* variables */
};

/* keep("mixer", { … }): data that outlives the program (keeps.h). */
struct keep_spec {
    const char *name;
    const char *where;
    bool retain;
};

/* program { … } */
struct settings {
    const char *where;       /* the line that says so, or NULL */
    bool named;              /* its name is stated, not the file's */
    uint16_t memory;         /* MiB that the script may use */
    int64_t stop_timeout;    /* nanoseconds that clients get to deliver safe values at a stop */
    int64_t watchdog;        /* what all tasks of one scan may take; 0: by the tasks */
    int64_t probation;       /* after a reload; then the program counts as proven */
    int64_t retain_interval; /* between two commits of what is retained */
    bool restarts;           /* on_fault = "restart", … */
    int64_t restart_after;   /* … so long after the fault */
    bool simulated;          /* its clients talk to simulated devices; not the script's to say */
    uint8_t audit;           /* enum audit_level */
    bool audit_stated;
    int32_t diagnostics;           /* input register of `mem` at which they begin, or -1 */
    const char *diagnostics_where; /* the line that says so */
};

#define WATCHDOG_LEAST INT64_C(100000000)

struct plan {
    const char *name; /* of the program: "tank" */
    struct settings settings;
    const struct memory *memories;
    size_t memory_count;
    struct variable *const *variables; /* pointers, so that a row stays where it is */
    size_t variable_count;
    const struct raw *raws;
    size_t raw_count;
    const struct server_spec *servers;
    size_t server_count;
    struct line_spec *const *lines; /* pointers, so that a row stays where it is */
    size_t line_count;
    const struct client_spec *clients;
    size_t client_count;
    const struct task_spec *tasks;
    size_t task_count;
    const struct keep_spec *keeps;
    size_t keep_count;
    bool settles; /* something has to be looked at after the tasks: alarms */
    const struct page *pages;
    size_t page_count;

    /* from here on filled by plan_seal */
    size_t cell_count;
    const struct point *points;
    size_t point_count;
    const uint32_t *by_cell;   /* points sorted by cell */
    const uint16_t *writable;  /* for each cell, the bits a remote may write */
    const uint16_t *raw_cells; /* for each cell, 0xFFFF where it is raw */
    uint16_t widest;           /* words of the widest point */
    const uint32_t *pulses;    /* points of variables with `pulse` */
    size_t pulse_count;
    const uint32_t *safes; /* points of variables with `safe` */
    size_t safe_count;
    const struct group
        *groups; /* those of one memory stand together, in the order of their cells */
    size_t group_count;
    const uint32_t *group_points;
    const struct follower *followers; /* sources before what follows them in turn */
    size_t follower_count;
};

/* A run of cells or groups. */
struct run {
    uint32_t first, count;
};

struct plan *plan_create(const char *name);
struct plan *plan_ref(struct plan *plan);
void plan_unref(struct plan *plan); /* NULL is accepted; the last one frees */

/* Zeroed memory that lives as long as the plan. */
void *plan_alloc(struct plan *plan, size_t size);
char *plan_string(struct plan *plan, const char *text);
size_t plan_used(const struct plan *plan); /* bytes that its declarations take */

/* Building, before plan_seal, one thread. What is passed is copied; its strings must be the
 * plan's. Each returns the index of the new row, or -1 with an error that names both sides of a
 * conflict (a name twice, and where the first one is). plan_variable prepares it too, and gives
 * one in TABLE_VAR its address. */
void plan_rename(struct plan *plan, const char *name);
struct settings *plan_settings(struct plan *plan); /* to be changed in place */
int plan_memory(struct plan *plan, const struct memory *memory, struct error *error);
int plan_variable(struct plan *plan, const struct variable *variable, struct error *error);
int plan_raw(struct plan *plan, const struct raw *raw, struct error *error);
int plan_server(struct plan *plan, const struct server_spec *server, struct error *error);
int plan_line(struct plan *plan, const struct line_spec *line, struct error *error);
int plan_client(struct plan *plan, const struct client_spec *client, struct error *error);
int plan_task(struct plan *plan, const struct task_spec *task);
int plan_keep(struct plan *plan, const struct keep_spec *keep, struct error *error);
bool plan_page(struct plan *plan, const struct page *page, struct error *error);

/* Something has to be looked at after the tasks. */
void plan_needs_settling(struct plan *plan);

/* Ends the building: resolves directions, lays out cells and points, checks what only the whole
 * shows: a link on a memory in which nothing is addressed, options that only a client gives a
 * meaning, a variable that does not fit into one request of its client, a `from` that leads
 * nowhere, a name on a page that is not declared or cannot be what the page makes of it. */
bool plan_seal(struct plan *plan, struct error *error);

/* What one scan, or the body, may take: as stated, or 10 periods of the fastest task, at least
 * WATCHDOG_LEAST. */
int64_t plan_watchdog(const struct plan *plan);

/* By name; NULL or -1 when unknown. Any thread. */
int plan_find_memory(const struct plan *plan, const char *name);
int plan_find_variable(const struct plan *plan, uint32_t memory, const char *name);

/* Where the link of that name was declared, or NULL. Any thread. */
const char *plan_find_link(const struct plan *plan, const char *name);

/* What a client's memory takes: its cells (TABLE_VAR's left out) and its groups. */
struct run plan_client_cells(const struct plan *plan, uint32_t client);
struct run plan_client_groups(const struct plan *plan, uint32_t client);

/* Where a cell lies. */
enum table plan_cell_table(const struct plan *plan, uint32_t memory, uint32_t cell,
                           uint16_t *address);

/* Whether it makes a TCP connection. */
bool plan_client_dials(const struct plan *plan, uint32_t client);

/* The client that mirrors a point, or -1. */
int plan_point_client(const struct plan *plan, uint32_t point);

/* Whether the world alone writes a point: an "in" variable, or a raw word that a device owns. */
bool plan_point_is_in(const struct plan *plan, uint32_t point);

/* Whether that is a client's device; and whether `set` may write a point at all: neither a device
 * nor the program has it alone. */
bool plan_point_is_fed(const struct plan *plan, uint32_t point);
bool plan_point_is_settable(const struct plan *plan, uint32_t point);

/* Whether any unit id of the server is answered from this memory. */
bool plan_server_shows(const struct server_spec *server, uint32_t memory);

/* Whether two points have bits in common. */
bool plan_points_share(const struct point *a, const struct point *b);

/* First position in by_cell whose point could touch `cell`; walk on from there while
 * point.cell < end. Points that end before `cell` may come up and are to be skipped. */
size_t plan_first_point(const struct plan *plan, uint32_t cell);

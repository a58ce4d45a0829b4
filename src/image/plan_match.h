#pragma once
/* What two plans have in common, and in what they differ: made once before a program takes
 * another's place. By name for memories and variables, by address for raw words. Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "image/plan.h"

#define MATCH_NONE UINT32_MAX

struct plan_match {
    struct plan *from, *to; /* referenced */
    /* All by index in `to`; MATCH_NONE, or the index in `from`. */
    uint32_t *memories;
    uint32_t *points;  /* whose value it takes over */
    uint32_t *groups;  /* all points match, none was moved or retyped, and the client does, too */
    uint32_t *clients; /* same memory, host and port (or line) and unit: the connection stays */
    uint32_t *servers; /* same address and port, or same line: the socket stays */
    uint32_t *lines;   /* same device and settings: the port stays open */
    uint32_t *tasks;   /* the same number, same period: the phase stays */
    uint32_t *heirs; /* the other way round: by point of `from`, which one in `to` has its value */
};

/* A point's value stays when memory, variable name, element, type (length, for a string) and what
 * it is in (a coil, a register's bit, registers) are the same; its address and order may have
 * changed. A mirrored point's does only if also table, address, bit, order and the client match:
 * else it starts as never. NULL with an error when memory is short. */
struct plan_match *plan_match_create(struct plan *from, struct plan *to, struct error *error);
void plan_match_destroy(struct plan_match *match); /* NULL is accepted */

enum difference_kind {
    DIFFERENCE_NEW,
    DIFFERENCE_GONE,
    DIFFERENCE_MOVED,   /* address, bit or order: the value stays, masters must look elsewhere */
    DIFFERENCE_RETYPED, /* the value does not stay */
    DIFFERENCE_RESTART, /* mirrored, and it starts as never */
    DIFFERENCE_DEFAULT, /* an edited default that does not apply, because the value stays */
    DIFFERENCE_LINK_NEW,
    DIFFERENCE_LINK_GONE,
    DIFFERENCE_LINK_CHANGED, /* the connection stays, what is exchanged over it changes */
    DIFFERENCE_TASKS,        /* number or periods */
    DIFFERENCE_MEMORY_NEW,
    DIFFERENCE_MEMORY_GONE
};

struct difference {
    enum difference_kind kind;
    const char *where; /* line in the script that declares it, of `to` unless it is gone */
    char text[512];    /* "mem.LEVEL moves from holding 0 to holding 4" */
};

/* All differences, in the order of declaration; what is gone last. */
void plan_match_list(const struct plan_match *match,
                     void (*say)(void *context, const struct difference *difference),
                     void *context);

/* Points of `from` with `safe` that are not in `to`: they are made safe before they go. At most
 * `room`; returns how many there are. */
size_t plan_match_retired(const struct plan_match *match, uint32_t *points, size_t room);

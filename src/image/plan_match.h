#pragma once
/* What two plans have in common, and in what they differ: made once before a program takes
 * another's place. By name for memories and variables, by address for raw words. Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "image/plan.h"

struct mark;

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
    DIFFERENCE_SCALE,   /* the raw value stays, what it reads as changes */
    DIFFERENCE_LOST,    /* a force, or a retained value, that does not stay */
    DIFFERENCE_REFUSED, /* the value is outside the new limits: the default takes its place */
    DIFFERENCE_CHANGED, /* who may write it, within what, what a fault makes of it, … */
    DIFFERENCE_LINK_NEW,
    DIFFERENCE_LINK_GONE,
    DIFFERENCE_LINK_CHANGED, /* the connection stays, what is exchanged over it changes */
    DIFFERENCE_TASKS,        /* number or periods */
    DIFFERENCE_MEMORY_NEW,
    DIFFERENCE_MEMORY_GONE,
    DIFFERENCE_KEEPS,
    DIFFERENCE_PROGRAM /* program { … } */
};

enum { DIFFERENCE_TEXT = 512, DEFAULT_SHOWN = 96 };

struct difference {
    enum difference_kind kind;
    const char *where;          /* line in the script that declares it, of `to` unless it is gone */
    char text[DIFFERENCE_TEXT]; /* "mem.LEVEL moves from holding 0 to holding 4" */
};

/* The words of a value of `from` that this point of `to` takes over, as they are to lie there. */
void plan_match_convert(const struct plan_match *match, uint32_t point, uint16_t *words);

/* A default as messages show it, without its unit; and what is said where it was edited, from
 * `was`, but does not apply, because the value stays. Both return text. */
const char *default_shown(const struct variable *v, char text[DEFAULT_SHOWN]);
const char *default_hidden(const struct plan *plan, const struct variable *v, const char *was,
                           char text[DIFFERENCE_TEXT]);

/* What is said of a point whose value is not taken over: `words` that its limits do not allow, or
 * NULL where they are not known. Returns text. */
const char *value_refused(const struct plan *plan, uint32_t point, const uint16_t *words,
                          char text[DIFFERENCE_TEXT]);

/* All differences, in the order of declaration; what is gone last. `cells` are the present values,
 * in the cells of `from`, `marks` what is known of its points; or NULL: what only they show is left
 * out. */
void plan_match_list(const struct plan_match *match, const uint16_t *cells,
                     const struct mark *marks,
                     void (*say)(void *context, const struct difference *difference),
                     void *context);

/* Points of `from` with `safe` that are not in `to`: they are made safe before they go. At most
 * `room`; returns how many there are. */
size_t plan_match_retired(const struct plan_match *match, uint32_t *points, size_t room);

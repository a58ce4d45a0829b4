#pragma once
/* What a name from outside means: "LEVEL" or "mem.LEVEL", "plc.SPEED", "TEMPS" and "TEMPS[3]", and
 * raw words by their address, "holding[5]". */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "image/point_name.h"

enum { TARGET_NAME = POINT_NAME };

struct target {
    const struct plan *plan;
    const struct variable *declared; /* NULL: a raw word */
    const struct raw *raw;           /* its range */
    uint32_t first, count;           /* points */
    uint32_t element;                /* of an array, from 1; 0: the whole, or no array */
};

/* False, with the nearest name, where it is not declared. */
bool target_find(const struct plan *plan, const char *name, struct target *target,
                 struct error *error);

struct target target_of_variable(const struct plan *plan, const struct variable *variable);
struct target target_of_point(const struct plan *plan, uint32_t point);

/* A whole array: its value is a list. */
bool target_is_list(const struct target *target);

uint32_t target_memory(const struct target *target);

/* The short name. Returns text. */
const char *target_name(const struct target *target, char text[TARGET_NAME]);

/* What values of it look like: what was declared, or for a raw word what comes near; that is made
 * in `room`, and has the long name from `path`. */
const struct variable *target_variable(const struct target *target, struct variable *room,
                                       char path[TARGET_NAME]);

/* All that a pattern (glob.h) matches, in the order of declaration: variables, or, with a "[" in
 * it, elements and raw words. Returns how many. */
size_t target_each(const struct plan *plan, const char *pattern,
                   void (*each)(void *context, const struct target *target), void *context);

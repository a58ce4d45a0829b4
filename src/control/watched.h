#pragma once
/* What somebody watches: a pattern or names, and the rows that they mean in the present program. */

#include <jansson.h>
#include "control/target.h"

struct watched_row {
    struct target target;
    uint64_t stamp; /* row_stamp when it was sent */
    int64_t sent;   /* monotonic ns */
};

struct watched {
    json_t *names;     /* or NULL */
    char *match;       /* or NULL */
    struct plan *plan; /* referenced; NULL as long as nothing was looked up */
    struct watched_row *rows;
    size_t count;
    size_t values; /* of all rows: each element of an array is one */
};

/* Both NULL: all variables. */
void watched_init(struct watched *watched, const json_t *names, const char *match);
void watched_finish(struct watched *watched);

/* Whether a plan has what is meant: all of the names, anything of the pattern. False with an
 * error. */
bool watched_check(const struct watched *watched, const struct plan *plan, struct error *error);

/* Looks the rows up; names that are not there are left out. False, and nothing is changed, when
 * memory is short. */
bool watched_find(struct watched *watched, struct plan *plan, struct error *error);

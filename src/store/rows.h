#pragma once
/* Rows of the state file in memory, found by their key: what the file holds, and what is to be
 * written into it. One shape serves all tables:
 *
 *   table     name      path   number   type    length   content
 *   variable  path             element  name    bytes    value      key: all but the content
 *   force     path             element  name    bytes    value      likewise
 *   initial   path             element  name    bytes    text       likewise; of the first element
 *   keep      name      field  place    name             value      key: name and field
 *   source    path             place                     text       key: path
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "store/content.h"

enum row_table { ROW_VARIABLE, ROW_FORCE, ROW_KEEP, ROW_SOURCE, ROW_INITIAL, ROW_TABLES };

struct row {
    enum row_table table;
    const char *name, *path, *type; /* never NULL */
    int64_t number, length;
    struct content content;
    uint64_t sum;  /* row_sum */
    bool gone;     /* among changes: to be taken out */
    uint64_t seen; /* for who looks which ones are left over */
    struct row *next;
};

/* Over key, number and content: a row that was changed by nobody of ours shows. */
uint64_t row_sum(const struct row *row);

/* Whether writing `row` would change what `other` is. */
bool row_same(const struct row *row, const struct row *other);

struct rows {
    struct row **buckets;
    size_t room, count;
    uint64_t sum; /* of all rows' sums by exclusive or */
};

/* Zeroed memory is an empty set. */
void rows_finish(struct rows *rows);
struct row *rows_find(const struct rows *rows, const struct row *key);

/* Puts a copy in, with its strings, in place of one with its key. False when memory is short. */
bool rows_put(struct rows *rows, const struct row *row);
void rows_drop(struct rows *rows, const struct row *key);

/* All of them in no order: begin with *at = 0 and NULL. The one given last may be dropped. */
struct row_walk {
    size_t bucket;
    struct row *next;
};
struct row *rows_next(const struct rows *rows, struct row_walk *walk);

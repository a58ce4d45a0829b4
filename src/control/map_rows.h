#pragma once
/* A register map as rows of text, sorted by memory, table and address, and its writers. */

#include <stdbool.h>
#include <stddef.h>
#include "image/plan.h"

enum map_column {
    MAP_NAME,
    MAP_TABLE,
    MAP_ADDRESS, /* the first, of the PDU: "0" */
    MAP_COUNT,   /* registers or bits from there on: "2" */
    MAP_MODICON, /* of the first: "40001" */
    MAP_BIT,     /* lowest bit of a bool or byte in its register: "8"; empty otherwise */
    MAP_TYPE,    /* "float32", "float32[4]", "string(20)" */
    MAP_ORDER,   /* "CDAB" where several words make one value */
    MAP_ACCESS,  /* "R" or "RW", as a master sees it; "R", "W", "RW" of a device */
    MAP_UNIT,
    MAP_RANGE, /* "0..100" */
    MAP_SCALE, /* "raw * 0.1 + 5" */
    MAP_DEFAULT,
    MAP_DESC, /* description, and names of values */
    MAP_COLUMNS
};

struct map_row {
    const char *memory;
    const char *server;             /* who shows it: "127.0.0.1:1502 unit 1", "" for nobody */
    const char *client;             /* whom it mirrors: "10.0.0.7:502 unit 1", or "" */
    const char *cells[MAP_COLUMNS]; /* never NULL */
};

struct map {
    struct map_row *rows;
    size_t count;
    const char **servers, **clients; /* by memory, as in the rows */
    const struct plan *plan;
    struct arena *arena;
};

/* Rows of a sealed plan; variables without an address have none. */
struct map *map_create(const struct plan *plan);
void map_destroy(struct map *map);

/* One variable's, which may be one without an address: then what says where it lies means nothing.
 */
struct map_row map_row_of(struct map *map, const struct variable *v);

const char *map_title(enum map_column column);
bool map_is_number(enum map_column column);

void map_print_table(const struct map *map);    /* aligned, for a terminal */
void map_print_csv(const struct map *map);      /* RFC 4180 with a header line */
void map_print_markdown(const struct map *map); /* one table for each memory */

/* An array of objects; false, and a line on stderr, for text that is not UTF-8. */
bool map_print_json(const struct map *map);

#pragma once
/* What the pages show, as text: a row of JSON for each name that somebody looks at, rendered once
 * when it changes, whoever and however many they are. One copy of the image for all of them. Main
 * thread.
 *
 *   {"name":"LEVEL","value":20.5,"time":1795432.125}
 *
 * Besides "quality" (unless good), "forced", "suppressed", "exact", "state" and "why" as
 * PROTOCOL.md has them; "time" is when the value arrived, in seconds since 1970 UTC, null for
 * never. */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "control/host.h"

struct board;
struct reading;

struct board_row {
    const char *text; /* NULL: the present program has no such name */
    size_t length;
    uint64_t version; /* of the board's when it last changed */
};

struct board *board_create(const struct control_host *host); /* `host` stays; NULL: no memory */
void board_destroy(struct board *board);                     /* NULL is accepted */

/* The program was replaced, or is about to be: its image is let go. */
void board_forget(struct board *board);

/* Somebody looks at a name from here on; the number stands until as many have given it back. -1:
 * there is no such name, or memory is short, with an error. */
int board_take(struct board *board, const char *name, struct error *error);
void board_give(struct board *board, int row);

/* All names that a pattern means (see PROTOCOL.md), as a list of texts. */
json_t *board_names(struct board *board, const char *pattern);

/* Brings all that is looked at up to date, at most once in some milliseconds. False when memory is
 * short. */
bool board_look(struct board *board, struct error *error);

/* Counts changes: a row that changed since has a greater version. */
uint64_t board_version(const struct board *board);
const struct board_row *board_row(const struct board *board, int row);

/* The copy of the image that it reads, for those who ask as well. */
struct reading *board_reading(struct board *board);

/* A number that is another one after each change of the program. */
uint64_t board_program(const struct board *board);

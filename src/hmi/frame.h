#pragma once
/* One event of a stream as text, and the rows of the last one that was made: browsers that show the
 * same, and were told last at the same look, are sent the same text. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "hmi/board.h"

struct frame {
    char *text;
    size_t length, room;
    bool failed; /* memory was short: what is there is not all */
};

void frame_begin(struct frame *frame, const char *event); /* keeps the room that it has */
void frame_add(struct frame *frame, const char *text, size_t length);
void frame_end(struct frame *frame);
void frame_free(struct frame *frame);

/* What the last rows were made of. Zeroed memory: none yet. */
struct frame_rows {
    struct frame frame;
    int *rows;
    size_t count, room;
    uint64_t seen, version;
    bool is_news; /* there is anything in it */
};

/* Rows of the board that have changed since `seen`, or with `full` all of them, into `last->frame`.
 */
void frame_rows(struct frame_rows *last, const struct board *board, const int *rows, size_t count,
                uint64_t seen, bool full);
void frame_rows_free(struct frame_rows *last);

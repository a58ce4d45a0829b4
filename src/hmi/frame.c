/* Room only grows: a stream's next frame is mostly as long as its last. */

#include "hmi/frame.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"

void frame_add(struct frame *frame, const char *text, size_t length)
{
    size_t wanted = frame->length + length;
    if (wanted > frame->room) {
        char *room = realloc(frame->text, 2 * wanted);
        frame->failed |= !room;
        if (!room)
            return;
        frame->text = room;
        frame->room = 2 * wanted;
    }
    memcpy(frame->text + frame->length, text, length);
    frame->length = wanted;
}

void frame_begin(struct frame *frame, const char *event)
{
    frame->length = 0;
    frame->failed = false;
    frame_add(frame, "event: ", 7);
    frame_add(frame, event, strlen(event));
    frame_add(frame, "\ndata: ", 7);
}

void frame_end(struct frame *frame)
{
    frame_add(frame, "\n\n", 2);
}

void frame_free(struct frame *frame)
{
    free(frame->text);
    *frame = (struct frame){NULL, 0, 0, false};
}

/* ---- rows ---- */

static bool is_same(const struct frame_rows *last, const struct board *board, const int *rows,
                    size_t count, uint64_t seen)
{
    return last->version == board_version(board) && last->seen == seen && last->count == count &&
           !last->frame.failed && memcmp(last->rows, rows, count * sizeof *rows) == 0;
}

/* Without memory for that the next one is made anew. */
static void remember(struct frame_rows *last, const struct board *board, const int *rows,
                     size_t count, uint64_t seen)
{
    if (count > last->room) {
        int *room = realloc(last->rows, count * sizeof *room);
        if (!room) {
            last->version = 0;
            return;
        }
        last->rows = room;
        last->room = count;
    }
    if (count)
        memcpy(last->rows, rows, count * sizeof *rows);
    last->count = count;
    last->seen = seen;
    last->version = board_version(board);
}

static void add_head(struct frame *frame, bool full)
{
    char head[64];
    int64_t now = clock_now().utc / NS_PER_MS;
    int length = snprintf(head, sizeof head, "{\"now\":%" PRId64 ".%03d,%s\"rows\":[", now / 1000,
                          (int)(now % 1000), full ? "\"full\":true," : "");
    frame_add(frame, head, (size_t)length);
}

void frame_rows(struct frame_rows *last, const struct board *board, const int *rows, size_t count,
                uint64_t seen, bool full)
{
    struct frame *frame = &last->frame;
    if (!full && last->version && is_same(last, board, rows, count, seen))
        return;
    frame_begin(frame, "rows");
    add_head(frame, full);
    size_t begin = frame->length;
    for (size_t i = 0; i < count; i++) {
        const struct board_row *row = board_row(board, rows[i]);
        if (!row->text || (!full && row->version <= seen))
            continue;
        if (frame->length > begin)
            frame_add(frame, ",", 1);
        frame_add(frame, row->text, row->length);
    }
    last->is_news = full || frame->length > begin;
    frame_add(frame, "]}", 2);
    frame_end(frame);
    if (full)
        last->version = 0; /* a whole set is nobody's delta */
    else
        remember(last, board, rows, count, seen);
}

void frame_rows_free(struct frame_rows *last)
{
    frame_free(&last->frame);
    free(last->rows);
    *last = (struct frame_rows){.version = 0};
}

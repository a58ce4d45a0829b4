#pragma once
/* What screen.c (keys, signals, lines), screen_rows.c (rows), screen_draw.c (what is seen of them)
 * and screen_text.c share. */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SCREEN_MARGIN = 3 }; /* lines that are no rows: title, heading, keys */

struct screen_row {
    char *name, *value, *unit, *quality;
    bool forced, never;
    double age;       /* when it was received, s … */
    int64_t received; /* … which was then, monotonic ns */
    int64_t changed;  /* 0: not since the beginning */
};

struct screen {
    const char *name;
    size_t height, width, top;
    struct screen_row *rows;
    size_t count;
    bool typing; /* the filter */
    char filter[64];
};

/* A line of the stream: rows, all of them or those that changed. */
void screen_take(struct screen *screen, const json_t *line);
void screen_draw(struct screen *screen, int64_t now);
void screen_free(struct screen *screen);

size_t screen_columns(const char *text);               /* characters */
size_t screen_bytes(const char *text, size_t columns); /* of so many of them */

/* The terminal's other page, without a cursor, and without wrapping; and back. */
void screen_enter(void);
void screen_leave(void);

/* The part of the rows that is seen: columns as wide as their contents, each line put at its place
 * and cut at the edge, never wrapped. */

#include "control/screen_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/memory.h"
#include "control/show.h"

#define CHANGED_FOR INT64_C(1000000000) /* ns that a change stands out */

enum { NAME_MOST = 32, VALUE_MOST = 40 };

/* ---- what is seen ---- */

static bool is_seen(const struct screen *screen, const struct screen_row *row)
{
    return !screen->filter[0] || strcasestr(row->name, screen->filter);
}

static size_t seen_rows(const struct screen *screen)
{
    size_t count = 0;
    for (size_t i = 0; i < screen->count; i++)
        count += is_seen(screen, &screen->rows[i]);
    return count;
}

struct widths {
    int name, value, unit;
};

static int wider(int width, const char *text, int most)
{
    int length = (int)screen_columns(text);
    length = length < most ? length : most;
    return length > width ? length : width;
}

static struct widths measure(const struct screen *screen)
{
    struct widths widths = {4, 5, 4};
    for (size_t i = 0; i < screen->count; i++) {
        widths.name = wider(widths.name, screen->rows[i].name, NAME_MOST);
        widths.value = wider(widths.value, screen->rows[i].value, VALUE_MOST);
        widths.unit = wider(widths.unit, screen->rows[i].unit, NAME_MOST);
    }
    return widths;
}

static void format_age(const struct screen_row *row, int64_t now, char text[SHOW_DURATION])
{
    double age = row->age + (double)(now - row->received) / NS_PER_S;
    if (row->never)
        snprintf(text, SHOW_DURATION, "-");
    else if (age < 60)
        snprintf(text, SHOW_DURATION, "%.1f s", age);
    else
        show_seconds(age, text);
}

/* ---- a line ---- */

/* Where the next cell goes, and how many columns are left to the edge. */
struct pen {
    FILE *out;
    size_t left;
};

static struct pen begin_line(FILE *out, const struct screen *screen, size_t line, const char *style)
{
    fprintf(out, "\x1b[%zu;1H%s", line, style);
    return (struct pen){out, screen->width};
}

static void end_line(struct pen *pen)
{
    fputs(pen->left ? "\x1b[0m\x1b[K" : "\x1b[0m", pen->out);
}

static void put_blanks(struct pen *pen, size_t count)
{
    count = count < pen->left ? count : pen->left;
    fprintf(pen->out, "%*s", (int)count, "");
    pen->left -= count;
}

static void put_text(struct pen *pen, const char *text, size_t most)
{
    size_t columns = screen_columns(text);
    columns = columns < most ? columns : most;
    columns = columns < pen->left ? columns : pen->left;
    fwrite(text, 1, screen_bytes(text, columns), pen->out);
    pen->left -= columns;
}

/* A negative width: on the left side of its column. */
static void put_cell(struct pen *pen, const char *text, int width)
{
    size_t room = (size_t)abs(width), columns = screen_columns(text);
    size_t blanks = columns < room ? room - columns : 0;
    put_blanks(pen, width > 0 ? blanks : 0);
    put_text(pen, text, room);
    put_blanks(pen, (width < 0 ? blanks : 0) + 2);
}

static void put_line(FILE *out, const struct screen *screen, size_t line, const char *style,
                     const char *text)
{
    struct pen pen = begin_line(out, screen, line, style);
    put_text(&pen, text, SIZE_MAX);
    end_line(&pen);
}

/* ---- the table ---- */

enum { QUALITY = 7, AGE = 11 };

static void draw_heading(FILE *out, const struct screen *screen, const struct widths *widths)
{
    struct pen pen = begin_line(out, screen, 2, "\x1b[1m");
    put_cell(&pen, "NAME", -widths->name);
    put_cell(&pen, "VALUE", widths->value);
    put_cell(&pen, "UNIT", -widths->unit);
    put_cell(&pen, "QUALITY", -QUALITY);
    put_cell(&pen, "AGE", AGE);
    end_line(&pen);
}

static const char *style_of(const struct screen_row *row, int64_t now)
{
    if (row->changed && now - row->changed < CHANGED_FOR)
        return "\x1b[7m";
    if (strcmp(row->quality, "good") != 0)
        return "\x1b[33m";
    return row->forced ? "\x1b[35m" : "";
}

static void draw_row(FILE *out, const struct screen *screen, size_t line,
                     const struct widths *widths, const struct screen_row *row, int64_t now)
{
    char age[SHOW_DURATION];
    struct pen pen = begin_line(out, screen, line, style_of(row, now));
    format_age(row, now, age);
    put_cell(&pen, row->name, -widths->name);
    put_cell(&pen, row->value, widths->value);
    put_cell(&pen, row->unit, -widths->unit);
    put_cell(&pen, row->quality, -QUALITY);
    put_cell(&pen, age, AGE);
    put_text(&pen, row->forced ? "forced" : "", SIZE_MAX);
    end_line(&pen);
}

/* Returns the line after them. */
static size_t draw_rows(FILE *out, struct screen *screen, int64_t now)
{
    struct widths widths = measure(screen);
    size_t room = screen->height > SCREEN_MARGIN ? screen->height - SCREEN_MARGIN : 0;
    size_t seen = seen_rows(screen), at = 0, line = 3;
    if (screen->top + room > seen)
        screen->top = seen > room ? seen - room : 0;
    if (screen->height > 2)
        draw_heading(out, screen, &widths);
    for (size_t i = 0; i < screen->count; i++) {
        if (!is_seen(screen, &screen->rows[i]))
            continue;
        if (at >= screen->top && at < screen->top + room)
            draw_row(out, screen, line++, &widths, &screen->rows[i], now);
        at++;
    }
    return line;
}

static void draw_keys(FILE *out, const struct screen *screen)
{
    char line[128] = "q ends, / filters, arrows scroll";
    if (screen->typing || screen->filter[0])
        snprintf(line, sizeof line, "filter: %s%s", screen->filter,
                 screen->typing ? "_" : "   (Esc drops it)");
    put_line(out, screen, screen->height, "\x1b[2m", line);
}

static void draw(FILE *out, struct screen *screen, int64_t now)
{
    char title[256];
    snprintf(title, sizeof title, "%.100s: %zu of %zu variables", screen->name, seen_rows(screen),
             screen->count);
    if (screen->height > 1)
        put_line(out, screen, 1, "", title);
    size_t line = draw_rows(out, screen, now);
    if (line < screen->height)
        fprintf(out, "\x1b[%zu;1H\x1b[J", line);
    draw_keys(out, screen);
}

void screen_draw(struct screen *screen, int64_t now)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        memory_short(1);
    draw(out, screen, now);
    fclose(out);
    for (size_t sent = 0; sent < length;) {
        ssize_t count = write(STDOUT_FILENO, text + sent, length - sent);
        if (count <= 0)
            break;
        sent += (size_t)count;
    }
    free(text);
}

static void put(const char *text)
{
    ssize_t written = write(STDOUT_FILENO, text, strlen(text));
    (void)written;
}

void screen_enter(void)
{
    put("\x1b[?1049h\x1b[?25l\x1b[?7l");
}

void screen_leave(void)
{
    put("\x1b[?7h\x1b[?25h\x1b[?1049l");
}

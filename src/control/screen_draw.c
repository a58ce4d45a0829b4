/* The rows as they were last heard of, and the part of them that is seen: columns as wide as their
 * contents, the line cut at the edge, never wrapped. */

#include "control/screen_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/duration.h"
#include "base/memory.h"
#include "control/show.h"

#define CHANGED_FOR INT64_C(1000000000) /* ns that a change stands out */

enum { NAME_MOST = 32, VALUE_MOST = 40 };

/* ---- rows ---- */

static void free_row(struct screen_row *row)
{
    free(row->name);
    free(row->value);
    free(row->unit);
    free(row->quality);
}

void screen_free(struct screen *screen)
{
    for (size_t i = 0; i < screen->count; i++)
        free_row(&screen->rows[i]);
    free(screen->rows);
    screen->rows = NULL;
    screen->count = 0;
}

static char *copy(const json_t *row, const char *field)
{
    const char *text = json_string_value(json_object_get(row, field));
    char *result = strdup(text ? text : "");
    if (!result)
        memory_short(1);
    return result;
}

/* Without control characters: a script, or a master, may have put them there. */
static char *value_of(const json_t *row)
{
    char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);
    if (!file)
        memory_short(1);
    show_bare(file, row);
    fclose(file);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 127)
            text[i] = '?';
    return text;
}

static struct screen_row *find(struct screen *screen, const char *name)
{
    for (size_t i = 0; i < screen->count; i++)
        if (strcmp(screen->rows[i].name, name) == 0)
            return &screen->rows[i];
    return NULL;
}

static struct screen_row *add(struct screen *screen)
{
    screen->rows = memory_grow(screen->rows, screen->count, sizeof *screen->rows);
    struct screen_row *row = &screen->rows[screen->count++];
    *row = (struct screen_row){0};
    return row;
}

static void take_row(struct screen *screen, const json_t *json, int64_t now)
{
    const char *name = json_string_value(json_object_get(json, "name"));
    struct screen_row *row = name ? find(screen, name) : NULL;
    if (!name)
        return;
    const json_t *age = json_object_get(json, "age");
    struct screen_row fresh = {.name = copy(json, "name"),
                               .value = value_of(json),
                               .unit = copy(json, "unit"),
                               .quality = copy(json, "quality"),
                               .forced = json_is_true(json_object_get(json, "forced")),
                               .never = !json_is_number(age),
                               .age = json_number_value(age),
                               .received = now};
    if (!row) {
        row = add(screen);
    } else {
        fresh.changed = strcmp(row->value, fresh.value) == 0 ? row->changed : now;
        free_row(row);
    }
    *row = fresh;
}

void screen_take(struct screen *screen, const json_t *line)
{
    int64_t now = clock_monotonic();
    size_t i;
    json_t *row;
    if (json_is_true(json_object_get(line, "reloaded")))
        screen_free(screen);
    json_array_foreach(json_object_get(line, "values"), i, row) take_row(screen, row, now);
}

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
    int length = (int)strlen(text);
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

static void format_age(const struct screen_row *row, int64_t now, char *text, size_t size)
{
    double age = row->age + (double)(now - row->received) / NS_PER_S;
    if (row->never)
        snprintf(text, size, "-");
    else if (age < 100)
        snprintf(text, size, "%.1f s", age);
    else
        duration_format((int64_t)age * NS_PER_S, text, size);
}

/* One line, cut at the width; `style` around it. */
static void put_line(FILE *out, const struct screen *screen, const char *style, const char *text)
{
    fprintf(out, "%s%.*s\x1b[0m\x1b[K\r\n", style, (int)screen->width - 1, text);
}

static void draw_row(FILE *out, const struct screen *screen, const struct widths *widths,
                     const struct screen_row *row, int64_t now)
{
    char text[512], age[64];
    bool good = strcmp(row->quality, "good") == 0;
    bool changed = row->changed && now - row->changed < CHANGED_FOR;
    format_age(row, now, age, sizeof age);
    snprintf(text, sizeof text, "%-*.*s  %*.*s  %-*.*s  %-7s  %9s  %s", widths->name, widths->name,
             row->name, widths->value, widths->value, row->value, widths->unit, widths->unit,
             row->unit, row->quality, age, row->forced ? "forced" : "");
    put_line(out, screen,
             changed       ? "\x1b[7m"
             : !good       ? "\x1b[33m"
             : row->forced ? "\x1b[35m"
                           : "",
             text);
}

static void draw_rows(FILE *out, struct screen *screen, int64_t now)
{
    struct widths widths = measure(screen);
    size_t room = screen->height > SCREEN_MARGIN ? screen->height - SCREEN_MARGIN : 1;
    size_t seen = seen_rows(screen), at = 0;
    char heading[256];
    if (screen->top + room > seen)
        screen->top = seen > room ? seen - room : 0;
    snprintf(heading, sizeof heading, "%-*s  %*s  %-*s  %-7s  %9s", widths.name, "NAME",
             widths.value, "VALUE", widths.unit, "UNIT", "QUALITY", "AGE");
    put_line(out, screen, "\x1b[1m", heading);
    for (size_t i = 0; i < screen->count; i++) {
        if (!is_seen(screen, &screen->rows[i]))
            continue;
        if (at >= screen->top && at < screen->top + room)
            draw_row(out, screen, &widths, &screen->rows[i], now);
        at++;
    }
}

void screen_draw(struct screen *screen, int64_t now)
{
    char *text = NULL, line[256];
    size_t length = 0, seen = seen_rows(screen);
    FILE *out = open_memstream(&text, &length);
    if (!out)
        memory_short(1);
    fputs("\x1b[H", out);
    snprintf(line, sizeof line, "%s: %zu of %zu variables", screen->name, seen, screen->count);
    put_line(out, screen, "", line);
    draw_rows(out, screen, now);
    fprintf(out, "\x1b[J\x1b[%zu;1H", screen->height);
    if (screen->typing || screen->filter[0])
        snprintf(line, sizeof line, "filter: %s%s", screen->filter, screen->typing ? "_" : "");
    else
        snprintf(line, sizeof line, "q ends, / filters, arrows scroll");
    fprintf(out, "\x1b[2m%.*s\x1b[0m\x1b[K", (int)screen->width - 1, line);
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
    put("\x1b[?1049h\x1b[?25l");
}

void screen_leave(void)
{
    put("\x1b[?25h\x1b[?1049l");
}

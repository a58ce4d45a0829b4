/* The rows as they were last heard of. */

#include "control/screen_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/memory.h"
#include "control/show.h"

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

/* A field as it can be shown; the value without a field. */
static char *text_of(const json_t *row, const char *field)
{
    const json_t *json = field ? json_object_get(row, field) : NULL;
    char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);
    if (!file)
        memory_short(1);
    if (field)
        show_text(file, json_string_value(json), json_string_length(json));
    else
        show_value(file, row);
    fclose(file);
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
    struct screen_row fresh = {.name = text_of(json, "name"),
                               .value = text_of(json, NULL),
                               .unit = text_of(json, "unit"),
                               .quality = text_of(json, "quality"),
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

/* The writers of a register map. Columns that are empty in every row are left out where a person
 * reads; where a program reads they always stand. */

#include "control/map_rows.h"
#include "base/memory.h"
#include "base/printable.h"
#include "control/json_text.h"
#include "control/show.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As it is shown. Characters, not bytes: a "°" takes one column. */
static int width(const char *text)
{
    int count = 0;
    char piece[PRINTABLE_PIECE];
    for (size_t at = 0, length = strlen(text); at < length;) {
        at += printable_piece(text + at, length - at, piece);
        for (const char *byte = piece; *byte; byte++)
            count += (*byte & 0xC0) != 0x80;
    }
    return count;
}

/* Widths of the columns over the rows of one memory; 0 for one with nothing in it. */
static void measure(const struct map *map, const char *memory, int *widths)
{
    for (int column = 0; column < MAP_COLUMNS; column++) {
        widths[column] = 0;
        for (size_t i = 0; i < map->count; i++) {
            int needed = width(map->rows[i].cells[column]);
            if (strcmp(map->rows[i].memory, memory) == 0 && needed > widths[column])
                widths[column] = needed;
        }
        int title = width(map_title((enum map_column)column));
        if (widths[column] && widths[column] < title)
            widths[column] = title;
    }
}

static void print_padded(const char *text, int columns)
{
    show_text(stdout, text, strlen(text));
    printf("%*s", columns - width(text), "");
}

/* "mem: served at 127.0.0.1:1502 all units", "plc: mirrors 10.0.0.7:502 unit 1" */
static void print_heading(const struct map *map, size_t memory, const char *before)
{
    const char *servers = map->servers[memory], *client = map->clients[memory];
    printf("%s%s: ", before, map->plan->memories[memory].name);
    if (*client)
        printf("mirrors %s%s", client, *servers ? "; " : "");
    if (*servers)
        printf("served at %s", servers);
    puts(*servers || *client ? "\n" : "not served\n");
}

static bool has_rows(const struct map *map, const char *memory)
{
    for (size_t i = 0; i < map->count; i++) {
        if (strcmp(map->rows[i].memory, memory) == 0)
            return true;
    }
    return false;
}

static void print_row(const char *const *cells, const int *widths)
{
    int last = MAP_COLUMNS - 1;
    while (last > 0 && (!widths[last] || !*cells[last]))
        last--;
    for (int column = 0; column <= last; column++) {
        if (widths[column])
            print_padded(cells[column], column == last ? width(cells[column]) : widths[column] + 2);
    }
    putchar('\n');
}

static void titles(const char **cells)
{
    for (int column = 0; column < MAP_COLUMNS; column++)
        cells[column] = map_title((enum map_column)column);
}

void map_print_table(const struct map *map)
{
    const char *title_cells[MAP_COLUMNS];
    bool first = true;
    titles(title_cells);
    for (size_t m = 0; m < map->plan->memory_count; m++) {
        const char *memory = map->plan->memories[m].name;
        int widths[MAP_COLUMNS];
        if (!has_rows(map, memory))
            continue;
        print_heading(map, m, first ? "" : "\n");
        first = false;
        measure(map, memory, widths);
        print_row(title_cells, widths);
        for (size_t i = 0; i < map->count; i++) {
            if (strcmp(map->rows[i].memory, memory) == 0)
                print_row(map->rows[i].cells, widths);
        }
    }
}

/* Characters of `own` stay as they are, each after an `escape`; a line's end without. */
static void print_but(const char *text, const char *own, char escape)
{
    while (*text) {
        size_t length = strcspn(text, own);
        show_text(stdout, text, length);
        text += length;
        if (*text && *text != '\n')
            putchar(escape);
        if (*text)
            putchar(*text++);
    }
}

/* A line's end within quotes is CSV's own way. */
static void print_csv_field(const char *text)
{
    const char *quote = strpbrk(text, ",\"\n") ? "\"" : "";
    fputs(quote, stdout);
    print_but(text, "\"\n", '"');
    fputs(quote, stdout);
}

static void print_csv_row(const char *memory, const char *server, const char *client,
                          const char *const *cells)
{
    print_csv_field(memory);
    putchar(',');
    print_csv_field(server);
    putchar(',');
    print_csv_field(client);
    for (int column = 0; column < MAP_COLUMNS; column++) {
        putchar(',');
        print_csv_field(cells[column]);
    }
    fputs("\r\n", stdout);
}

void map_print_csv(const struct map *map)
{
    const char *title_cells[MAP_COLUMNS];
    titles(title_cells);
    print_csv_row("memory", "server", "client", title_cells);
    for (size_t i = 0; i < map->count; i++)
        print_csv_row(map->rows[i].memory, map->rows[i].server, map->rows[i].client,
                      map->rows[i].cells);
}

static void print_markdown_row(const char *const *cells, const int *widths)
{
    for (int column = 0; column < MAP_COLUMNS; column++) {
        if (!widths[column])
            continue;
        fputs("| ", stdout);
        print_but(cells[column], "|", '\\');
        putchar(' ');
    }
    puts("|");
}

void map_print_markdown(const struct map *map)
{
    const char *title_cells[MAP_COLUMNS], *rule[MAP_COLUMNS];
    titles(title_cells);
    for (int column = 0; column < MAP_COLUMNS; column++)
        rule[column] = "---";
    for (size_t m = 0; m < map->plan->memory_count; m++) {
        const char *memory = map->plan->memories[m].name;
        int widths[MAP_COLUMNS];
        if (!has_rows(map, memory))
            continue;
        print_heading(map, m, "## ");
        measure(map, memory, widths);
        print_markdown_row(title_cells, widths);
        print_markdown_row(rule, widths);
        for (size_t i = 0; i < map->count; i++) {
            if (strcmp(map->rows[i].memory, memory) == 0)
                print_markdown_row(map->rows[i].cells, widths);
        }
        putchar('\n');
    }
}

/* Numbers as numbers, and null where there is none. NULL for what is not UTF-8. */
static json_t *json_cell(const char *text, bool number)
{
    if (!number)
        return json_string(text);
    return *text ? json_integer(atoll(text)) : json_null();
}

static bool add_cell(json_t *object, const struct map_row *row, enum map_column column)
{
    json_t *cell = json_cell(row->cells[column], map_is_number(column));
    if (cell)
        return json_object_set_new(object, map_title(column), cell) == 0;
    fprintf(stderr,
            "msm map: %s.%s: its %s is not UTF-8, which JSON needs; save the script as UTF-8\n",
            row->memory, row->cells[MAP_NAME], map_title(column));
    return false;
}

static bool add_row(json_t *rows, const struct map_row *row)
{
    json_t *object = json_object();
    json_object_set_new(object, "memory", json_string(row->memory));
    json_object_set_new(object, "server", json_string(row->server));
    json_object_set_new(object, "client", json_string(row->client));
    bool whole = true;
    for (int column = 0; whole && column < MAP_COLUMNS; column++)
        whole = add_cell(object, row, (enum map_column)column);
    json_array_append_new(rows, object);
    return whole;
}

bool map_print_json(const struct map *map)
{
    json_t *rows = json_array();
    bool whole = true;
    for (size_t i = 0; whole && i < map->count; i++)
        whole = add_row(rows, &map->rows[i]);
    char *text = whole ? json_text_lines(rows) : NULL;
    if (whole && !text)
        memory_short(map->count);
    if (whole)
        puts(text);
    free(text);
    json_decref(rows);
    return whole;
}

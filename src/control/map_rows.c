/* From variables and raw ranges to text, once for all writers. */

#include "control/map_rows.h"

#include "base/arena.h"
#include "control/client_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const TITLES[MAP_COLUMNS] = {
    "name",  "table",  "address", "count", "modicon", "bit",     "type",
    "order", "access", "unit",    "range", "scale",   "default", "description"};

enum { VALUE_TEXT = 1024 }; /* holds any value without labels: a string with all bytes escaped */

enum { UNITS_LISTED = 16 };

/* What rows are sorted by. */
struct entry {
    uint32_t memory;
    enum table table;
    uint32_t address, bit;
    const struct variable *variable; /* or NULL for a raw range */
    const struct raw *raw;
};

const char *map_title(enum map_column column)
{
    return TITLES[column];
}

bool map_is_number(enum map_column column)
{
    return column == MAP_ADDRESS || column == MAP_COUNT || column == MAP_BIT;
}

__attribute__((format(printf, 2, 3))) static const char *text(struct map *map, const char *format,
                                                              ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    size_t size = length < 0 ? 1 : (size_t)length + 1; /* arena memory is zeroed: "" on failure */
    char *whole = arena_alloc(map->arena, size);
    vsnprintf(whole, size, format, again);
    va_end(again);
    va_end(arguments);
    return whole;
}

static const char *modicon(struct map *map, enum table table, uint32_t address)
{
    char form[8];
    return text(map, "%s", table_modicon(table, (uint16_t)address, form));
}

static bool has_bits(const struct variable *v)
{
    return !table_is_bits(v->table) && (v->type == TYPE_BOOL || v->type == TYPE_BYTE);
}

static const char *type_text(struct map *map, const struct variable *v)
{
    const char *name = codec_type_name(v->type);
    if (v->type == TYPE_STRING)
        name = text(map, "string(%u)", v->length);
    return v->count ? text(map, "%s[%u]", name, v->count) : name;
}

static const char *order_text(const struct variable *v)
{
    bool ordered = v->words > 1 && v->type != TYPE_STRING;
    return ordered ? codec_order_name(v->order) : "";
}

static bool is_writable(const struct plan *plan, uint32_t cell, uint16_t mask)
{
    return plan->writable[cell] & mask;
}

/* What the program has at the device. */
static const char *device_access(const struct plan *plan, const struct point *point)
{
    static const char *const texts[] = {
        [DIRECTION_IN] = "R", [DIRECTION_OUT] = "W", [DIRECTION_INOUT] = "RW"};
    return texts[plan->groups[point->group].direction];
}

/* What a master has: no server that takes writes, no writing. A memory that nobody serves shows
 * what a server would give, or, with a client, what the program has at its device. */
static const char *access_text(const struct map *map, uint32_t memory, uint32_t number)
{
    const struct point *point = &map->plan->points[number];
    uint32_t cell = point->cell;
    uint16_t mask = point->mask;
    bool shown = false, takes = false;
    for (size_t i = 0; i < map->plan->server_count; i++) {
        const struct server_spec *server = &map->plan->servers[i];
        if (!plan_server_shows(server, memory))
            continue;
        shown = true;
        takes |= !server->read_only;
    }
    if (!shown && point->group != GROUP_NONE)
        return device_access(map->plan, point);
    return (takes || !shown) && is_writable(map->plan, cell, mask) ? "RW" : "R";
}

/* "units 1 2", or "all units". */
static const char *units_text(struct map *map, const struct server_spec *server, uint32_t memory)
{
    const char *units = "";
    int count = 0;
    for (int unit = 0; unit < UNIT_IDS; unit++) {
        if (server->memory_of[unit] != (int)memory)
            continue;
        if (count++ < UNITS_LISTED)
            units = text(map, "%s %d", units, unit);
    }
    if (count == UNIT_IDS)
        return "all units";
    return text(map, "unit%s%s%s", count == 1 ? "" : "s", units, count > UNITS_LISTED ? " …" : "");
}

static const char *servers_text(struct map *map, uint32_t memory)
{
    const char *servers = "";
    for (size_t i = 0; i < map->plan->server_count; i++) {
        const struct server_spec *server = &map->plan->servers[i];
        if (!plan_server_shows(server, memory))
            continue;
        if (server->line) {
            servers = text(map, "%s%s%s %s%s", servers, *servers ? "; " : "", server->line->name,
                           units_text(map, server, memory), server->read_only ? " read only" : "");
            continue;
        }
        bool v6 = strchr(server->bind, ':');
        servers = text(map, "%s%s%s%s%s:%u %s%s", servers, *servers ? "; " : "", v6 ? "[" : "",
                       server->bind, v6 ? "]" : "", server->port, units_text(map, server, memory),
                       server->read_only ? " read only" : "");
    }
    return servers;
}

static const char *device_text(struct map *map, uint32_t memory)
{
    int client = map->plan->memories[memory].client;
    char device[CLIENT_TEXT];
    return client < 0 ? "" : text(map, "%s", client_text(&map->plan->clients[client], device));
}

static const char *value_text(struct map *map, const struct variable *v, const struct value *value)
{
    struct variable bare = *v;
    size_t size = VALUE_TEXT;
    for (size_t i = 0; i < v->label_count; i++)
        size += strlen(v->labels[i].text);
    bare.unit = NULL;
    return variable_format(&bare, value, arena_alloc(map->arena, size), size);
}

static const char *limits_text(struct map *map, const struct variable *v)
{
    if (!v->has_min && !v->has_max)
        return "";
    return text(map, "%s..%s", v->has_min ? value_text(map, v, &v->min) : "",
                v->has_max ? value_text(map, v, &v->max) : "");
}

static const char *scale_text(struct map *map, const struct variable *v)
{
    if (!v->has_scale)
        return "";
    if (v->offset == 0)
        return text(map, "raw * %.15g", v->scale);
    return text(map, "raw * %.15g %c %.15g", v->scale, v->offset < 0 ? '-' : '+',
                v->offset < 0 ? -v->offset : v->offset);
}

static const char *desc_text(struct map *map, const struct variable *v)
{
    const char *desc = v->desc ? v->desc : "";
    for (size_t i = 0; i < v->label_count; i++)
        desc = text(map, "%s%s%lld = %s", desc,
                    i       ? ", "
                    : *desc ? ": "
                            : "",
                    (long long)v->labels[i].value, v->labels[i].text);
    return desc;
}

static struct map_row place_row(const struct map *map, uint32_t memory)
{
    return (struct map_row){.memory = map->plan->memories[memory].name,
                            .server = map->servers[memory],
                            .client = map->clients[memory]};
}

struct map_row map_row_of(struct map *map, const struct variable *v)
{
    struct map_row row = place_row(map, v->memory);
    row.cells[MAP_NAME] = v->name;
    row.cells[MAP_TABLE] = table_name(v->table);
    row.cells[MAP_ADDRESS] = text(map, "%u", v->address);
    row.cells[MAP_COUNT] = text(map, "%zu", variable_span(v));
    row.cells[MAP_MODICON] = modicon(map, v->table, v->address);
    row.cells[MAP_BIT] = has_bits(v) ? text(map, "%u", v->bit) : "";
    row.cells[MAP_TYPE] = type_text(map, v);
    row.cells[MAP_ORDER] = order_text(v);
    row.cells[MAP_ACCESS] = access_text(map, v->memory, v->point);
    row.cells[MAP_UNIT] = v->unit ? v->unit : "";
    row.cells[MAP_RANGE] = limits_text(map, v);
    row.cells[MAP_SCALE] = scale_text(map, v);
    row.cells[MAP_DEFAULT] = v->has_default ? value_text(map, v, &v->initial) : "";
    row.cells[MAP_DESC] = desc_text(map, v);
    return row;
}

static struct map_row raw_row(struct map *map, const struct raw *raw)
{
    struct map_row row = place_row(map, raw->memory);
    for (int column = 0; column < MAP_COLUMNS; column++)
        row.cells[column] = "";
    row.cells[MAP_NAME] = "(raw)";
    row.cells[MAP_TABLE] = table_name(raw->table);
    row.cells[MAP_ADDRESS] = text(map, "%u", raw->address);
    row.cells[MAP_COUNT] = text(map, "%u", raw->count);
    row.cells[MAP_MODICON] = modicon(map, raw->table, raw->address);
    row.cells[MAP_TYPE] = table_is_bits(raw->table) ? "bool" : "uint16";
    row.cells[MAP_ACCESS] = access_text(map, raw->memory, raw->point);
    return row;
}

static int compare(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    if (left->memory != right->memory)
        return left->memory < right->memory ? -1 : 1;
    if (left->table != right->table)
        return left->table < right->table ? -1 : 1;
    if (left->address != right->address)
        return left->address < right->address ? -1 : 1;
    if (!left->raw != !right->raw)
        return left->raw ? -1 : 1;
    return left->bit < right->bit ? -1 : left->bit > right->bit;
}

static struct entry *sorted_entries(const struct plan *plan, struct arena *arena, size_t *count)
{
    struct entry *entries =
        arena_alloc(arena, (plan->variable_count + plan->raw_count + 1) * sizeof *entries);
    size_t n = 0;
    for (size_t i = 0; i < plan->variable_count; i++) {
        const struct variable *v = plan->variables[i];
        if (v->table != TABLE_VAR)
            entries[n++] = (struct entry){v->memory, v->table, v->address, v->bit, v, NULL};
    }
    for (size_t i = 0; i < plan->raw_count; i++) {
        const struct raw *raw = &plan->raws[i];
        entries[n++] = (struct entry){raw->memory, raw->table, raw->address, 0, NULL, raw};
    }
    qsort(entries, n, sizeof *entries, compare);
    *count = n;
    return entries;
}

struct map *map_create(const struct plan *plan)
{
    struct arena *arena = arena_create();
    struct map *map = arena_alloc(arena, sizeof *map);
    *map = (struct map){.plan = plan, .arena = arena};
    map->servers = arena_alloc(arena, (plan->memory_count + 1) * sizeof *map->servers);
    map->clients = arena_alloc(arena, (plan->memory_count + 1) * sizeof *map->clients);
    for (uint32_t memory = 0; memory < plan->memory_count; memory++) {
        map->servers[memory] = servers_text(map, memory);
        map->clients[memory] = device_text(map, memory);
    }
    struct entry *entries = sorted_entries(plan, arena, &map->count);
    map->rows = arena_alloc(arena, (map->count + 1) * sizeof *map->rows);
    for (size_t i = 0; i < map->count; i++)
        map->rows[i] =
            entries[i].raw ? raw_row(map, entries[i].raw) : map_row_of(map, entries[i].variable);
    return map;
}

void map_destroy(struct map *map)
{
    if (map)
        arena_destroy(map->arena);
}

/* Keeps that survive a restart, a row for each field, so that a change costs what was changed. The
 * order of fields is part of a keep: `place` counts upwards among siblings. */

#include "store/inside.h"

#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "image/keep_path.h"

static const char *const types[] = {
    [KEEPS_NIL] = "nil",       [KEEPS_BOOLEAN] = "boolean", [KEEPS_INTEGER] = "integer",
    [KEEPS_NUMBER] = "number", [KEEPS_TEXT] = "text",       [KEEPS_TABLE] = "table"};

/* ---- into the keeps ---- */

static bool read_value(const struct row *row, struct keeps_value *value)
{
    int64_t integer = 0;
    bool ok = true;
    for (int t = KEEPS_BOOLEAN; t <= KEEPS_TABLE; t++)
        if (strcmp(row->type, types[t]) == 0)
            value->type = (enum keeps_type)t;
    switch (value->type) {
    case KEEPS_NIL:
        return false;
    case KEEPS_BOOLEAN:
        ok = content_to_integer(&row->content, &integer);
        value->boolean = integer != 0;
        return ok;
    case KEEPS_INTEGER:
        return content_to_integer(&row->content, &value->integer);
    case KEEPS_NUMBER:
        return content_to_real(&row->content, &value->number);
    case KEEPS_TEXT:
        return content_to_bytes(&row->content, &value->text.bytes, &value->text.length);
    case KEEPS_TABLE:
        break;
    }
    return true;
}

/* Down to the table in which the field lies; `key` is the field's there. */
static bool find_table(struct keeps *keeps, const struct row *row, struct keeps_table *table,
                       struct keeps_key *key, char *bytes)
{
    const char *path = row->path;
    char text[KEEPS_TEXT_MAX];
    if (!keeps_find(keeps, row->name, true, table) || !keep_path_next(&path, key, bytes))
        return false;
    while (*path) {
        struct keeps_value value = keeps_get(keeps, *table, key, text);
        if (value.type != KEEPS_TABLE || !keep_path_next(&path, key, bytes))
            return false;
        *table = value.table;
    }
    return true;
}

static void load_field(struct store *store, struct keeps *keeps, const struct row *row)
{
    struct error error = {"it has no place there"};
    struct keeps_value value = {.type = KEEPS_NIL};
    struct keeps_table table;
    struct keeps_key key;
    char bytes[KEEPS_KEY_MAX];
    if (!read_value(row, &value) || !find_table(keeps, row, &table, &key, bytes) ||
        !keeps_set(keeps, table, &key, &value, &error))
        log_line("%s: keep \"%.100s\": the retained field %.100s is not taken over: %.300s",
                 store->name, row->name, row->path, error.text);
}

static size_t depth(const char *path)
{
    struct keeps_key key;
    char bytes[KEEPS_KEY_MAX];
    size_t keys = 0;
    while (*path && keep_path_next(&path, &key, bytes))
        keys++;
    return keys;
}

struct placed {
    const struct row *row;
    size_t depth;
};

/* A table before what lies in it, siblings in their order. */
static int compare(const void *a, const void *b)
{
    const struct placed *left = a, *right = b;
    if (left->depth != right->depth)
        return left->depth < right->depth ? -1 : 1;
    if (left->row->number != right->row->number)
        return left->row->number < right->row->number ? -1 : 1;
    return 0;
}

void store_load_keeps(struct store *store, struct keeps *keeps)
{
    struct row_walk walk = {0, NULL};
    const struct row *row;
    size_t count = 0;
    pthread_mutex_lock(&store->mutex);
    struct placed *fields = calloc(store->rows.count + 1, sizeof *fields);
    while (fields && (row = rows_next(&store->rows, &walk)))
        if (row->table == ROW_KEEP)
            fields[count++] = (struct placed){row, depth(row->path)};
    if (count)
        qsort(fields, count, sizeof *fields, compare);
    for (size_t i = 0; i < count; i++)
        load_field(store, keeps, fields[i].row);
    pthread_mutex_unlock(&store->mutex);
    free(fields);
    keeps_commit(keeps);
}

/* ---- into the changes ---- */

static void write_value(const struct keeps_value *value, struct row *row)
{
    row->type = types[value->type];
    if (value->type == KEEPS_BOOLEAN)
        content_integer(&row->content, value->boolean);
    else if (value->type == KEEPS_INTEGER)
        content_integer(&row->content, value->integer);
    else if (value->type == KEEPS_NUMBER)
        content_real(&row->content, value->number);
    else if (value->type == KEEPS_TEXT)
        content_bytes(&row->content, value->text.length ? value->text.bytes : "",
                      value->text.length);
    else
        content_bytes(&row->content, "", 0);
}

struct collecting {
    struct store *store;
    const char *name;
    char path[KEEP_PATH];
};

/* A field keeps its place as long as it comes after those before it. */
static bool collect_field(struct collecting *collecting, const struct keeps_value *value,
                          int64_t *last)
{
    struct store *store = collecting->store;
    struct row row = {.table = ROW_KEEP, .name = collecting->name, .path = collecting->path};
    write_value(value, &row);
    struct row *before = rows_find(&store->rows, &row);
    if (before)
        before->seen = store->round;
    *last = before && before->number > *last ? before->number : ++store->place;
    row.number = *last;
    return store_want(store, &row);
}

static bool collect_table(struct collecting *collecting, struct keeps_table table, size_t used)
{
    struct keeps_key key;
    struct keeps_value value;
    char text[KEEPS_TEXT_MAX];
    int64_t last = 0;
    uint32_t at = 0;
    while (keeps_next(collecting->store->keeps, table, &at, &key, &value, text)) {
        size_t length = keep_path_add(collecting->path, used, &key);
        if (!collect_field(collecting, &value, &last))
            return false;
        if (value.type == KEEPS_TABLE && !collect_table(collecting, value.table, length))
            return false;
    }
    return true;
}

static bool collect_keep(struct store *store, const char *name)
{
    struct collecting collecting = {.store = store, .name = name};
    struct keeps_table table;
    return !keeps_find(store->keeps, name, false, &table) || collect_table(&collecting, table, 0);
}

static bool is_retained(const struct plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->keep_count; i++)
        if (plan->keeps[i].retain && strcmp(plan->keeps[i].name, name) == 0)
            return true;
    return false;
}

bool store_collect_keeps(struct store *store, const struct scope *scope)
{
    struct row_walk walk = {0, NULL};
    const struct row *row;
    store->round++;
    for (size_t i = 0; i < scope->plan->keep_count; i++)
        if (scope->plan->keeps[i].retain && !collect_keep(store, scope->plan->keeps[i].name))
            return false;
    while ((row = rows_next(&store->rows, &walk)))
        if (row->table == ROW_KEEP && row->seen != store->round &&
            is_retained(scope->plan, row->name) && !store_want_gone(store, row))
            return false;
    return true;
}

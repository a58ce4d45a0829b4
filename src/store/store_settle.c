/* When a program is proven: its text and its defaults are kept for the next start, and rows that
 * nothing in it declares any more, kept until then for the program that might have come back, go.
 */

#include "store/inside.h"

#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "store/point_words.h"

void store_settle(struct store *store, const struct source *sources, size_t count)
{
    struct rows texts = {NULL, 0, 0, 0};
    bool ok = true;
    for (size_t i = 0; i < count; i++) {
        struct row row = {.table = ROW_SOURCE, .name = sources[i].path, .path = "", .type = ""};
        row.number = (int64_t)i;
        content_bytes(&row.content, sources[i].length ? sources[i].text : "", sources[i].length);
        row.sum = row_sum(&row);
        ok = rows_put(&texts, &row) && ok;
    }
    pthread_mutex_lock(&store->mutex);
    if (ok && store->scope) {
        rows_finish(&store->proven);
        store->proven = texts;
        texts = (struct rows){NULL, 0, 0, 0};
        scope_give(store->proof);
        store->proof = scope_take(store->scope);
    }
    pthread_mutex_unlock(&store->mutex);
    rows_finish(&texts);
    store_call(store);
}

static bool is_kept(const struct plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->keep_count; i++)
        if (plan->keeps[i].retain && strcmp(plan->keeps[i].name, name) == 0)
            return true;
    return false;
}

static bool is_wanted(const struct store *store, const struct plan *plan, const struct row *row)
{
    uint32_t point;
    switch (row->table) {
    case ROW_SOURCE:
        return rows_find(&store->texts, row) != NULL;
    case ROW_KEEP:
        return is_kept(plan, row->name);
    case ROW_FORCE:
        return point_find(plan, row, &point);
    default:
        return point_find(plan, row, &point) && plan->points[point].variable >= 0 &&
               plan->variables[plan->points[point].variable]->retain;
    }
}

/* Another program may have come meanwhile: what it does not want is not for this one to say. */
bool store_collect_settled(struct store *store, const struct scope *scope)
{
    struct row_walk walk = {0, NULL};
    struct row *row;
    while ((row = rows_next(&store->texts, &walk)))
        if (!store_want(store, row))
            return false;
    if (scope == store->settling && !store_collect_initials(store, scope))
        return false;
    walk = (struct row_walk){0, NULL};
    while ((row = rows_next(&store->rows, &walk))) {
        bool asked = row->table == ROW_SOURCE || scope == store->settling;
        if (asked && !is_wanted(store, scope->plan, row) && !store_want_gone(store, row))
            return false;
    }
    return true;
}

/* ---- the text ---- */

static struct source copy_text(const struct row *row, char **at)
{
    size_t path = strlen(row->name) + 1, length = row->content.length;
    struct source source = {.path = *at, .text = *at + path, .length = length};
    memcpy(*at, row->name, path);
    memcpy(*at + path, row->content.bytes, length);
    (*at)[path + length] = '\0';
    *at += path + length + 1;
    return source;
}

static bool is_text(const struct row *row)
{
    return row->table == ROW_SOURCE && row->content.kind >= CONTENT_TEXT;
}

/* Their numbers go from 0 without a gap, unless a row was lost: then there is no whole text. */
static struct source *copy_texts(const struct rows *rows, size_t count, size_t size)
{
    struct row_walk walk = {0, NULL};
    const struct row *row;
    struct source *sources = calloc(1, count * sizeof *sources + size);
    char *at = (char *)(sources + count);
    while (sources && (row = rows_next(rows, &walk)))
        if (is_text(row) && (uint64_t)row->number < count)
            sources[row->number] = copy_text(row, &at);
    for (size_t i = 0; sources && i < count; i++) {
        if (sources[i].path)
            continue;
        free(sources);
        sources = NULL;
    }
    return sources;
}

struct source *store_proven(struct store *store, size_t *count)
{
    struct row_walk walk = {0, NULL};
    const struct row *row;
    size_t texts = 0, size = 0;
    pthread_mutex_lock(&store->mutex);
    while ((row = rows_next(&store->rows, &walk))) {
        if (!is_text(row))
            continue;
        texts++;
        size += strlen(row->name) + row->content.length + 2;
    }
    struct source *sources = texts ? copy_texts(&store->rows, texts, size) : NULL;
    pthread_mutex_unlock(&store->mutex);
    *count = sources ? texts : 0;
    return sources;
}

/* Retained variables: into the image at the start, and what differs from the last commit into the
 * changes of a round. */

#include "store/inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/log.h"
#include "image/image_restore.h"
#include "store/point_words.h"

enum {
    SAID_MOST = 10, /* lines about what does not fit; the others are counted */
    ROW_NAME = POINT_NAME + 16
};

/* ---- into the image ---- */

struct loading {
    struct store *store;
    struct image *image;
    const struct plan *plan;
    int64_t now;
    size_t unfit;
};

static void say(struct loading *loading, const char *name, const char *why)
{
    if (loading->unfit++ < SAID_MOST)
        log_line("%s: the retained value of %s is not taken over: %s", loading->store->name, name,
                 why);
}

static void load_point(struct loading *loading, uint32_t point, const struct row *row)
{
    const struct plan *plan = loading->plan;
    const struct variable *v = plan->variables[plan->points[point].variable];
    uint16_t words[VARIABLE_MAX_WORDS], mask = plan->points[point].mask;
    char name[POINT_NAME], text[VARIABLE_MAX_LENGTH], shown[400], why[500];
    if (!point_words(plan, point, &row->content, words)) {
        say(loading, point_name(plan, point, name), "it is none of its type");
        return;
    }
    if (variable_accepts(v, words, mask)) {
        image_restore(loading->image, point, words, loading->now);
        if (point == v->point) {
            loading->store->status.restored++;
            store_initial_say(loading->store, plan, v);
        }
        return;
    }
    struct value value = variable_get(v, words, mask, text);
    variable_format(v, &value, shown, sizeof shown);
    snprintf(why, sizeof why, "%s is outside of its limits now; it starts with its default", shown);
    say(loading, point_name(plan, point, name), why);
}

/* As it was called when it was stored: there may be no such point any more. */
static const char *row_name(const struct row *row, char name[ROW_NAME])
{
    snprintf(name, ROW_NAME, row->number ? "%.150s[%" PRId64 "]" : "%.150s", row->name,
             row->number);
    return name;
}

/* The variable that has the row's name now, or NULL. */
static const struct variable *namesake(const struct plan *plan, const struct row *row)
{
    for (size_t i = 0; i < plan->variable_count; i++)
        if (strcmp(plan->variables[i]->path, row->name) == 0)
            return plan->variables[i];
    return NULL;
}

/* What the file has and the plan has not, or not so. */
static void say_unused(struct loading *loading, const struct row *row)
{
    const struct variable *v = namesake(loading->plan, row);
    const char *type = v ? codec_type_name(v->type) : row->type;
    char name[ROW_NAME], why[200];
    uint32_t point;
    if (point_find(loading->plan, row, &point))
        snprintf(why, sizeof why, "it is not retained any more");
    else if (strcmp(type, row->type) != 0)
        snprintf(why, sizeof why,
                 "it was of type %.20s and is of type %s now; it starts with its default",
                 row->type, type);
    else if (v && v->type == TYPE_STRING && v->length != row->length)
        snprintf(why, sizeof why, "its length is %u now and was %" PRId64, v->length, row->length);
    else
        snprintf(why, sizeof why, "there is no such %.20s any more", row->type);
    say(loading, row_name(row, name), why);
}

static bool is_retained(const struct plan *plan, uint32_t point)
{
    int32_t variable = plan->points[point].variable;
    return variable >= 0 && plan->variables[variable]->retain;
}

static void load_row(struct loading *loading, const struct row *row)
{
    uint32_t point;
    if (point_find(loading->plan, row, &point) && is_retained(loading->plan, point))
        load_point(loading, point, row);
    else
        say_unused(loading, row);
}

static void load_force(struct loading *loading, const struct row *row)
{
    uint16_t words[VARIABLE_MAX_WORDS];
    uint32_t point;
    char name[ROW_NAME];
    if (point_find(loading->plan, row, &point) &&
        point_words(loading->plan, point, &row->content, words))
        image_force(loading->image, point, words, NULL, loading->now);
    else
        log_line("%s: %s was forced, but there is no such %.20s any more", loading->store->name,
                 row_name(row, name), row->type);
}

static void load_table(struct loading *loading, enum row_table table,
                       void (*load)(struct loading *loading, const struct row *row))
{
    struct row_walk walk = {0, NULL};
    const struct row *row;
    while ((row = rows_next(&loading->store->rows, &walk)))
        if (row->table == table)
            load(loading, row);
}

/* Forces last, so that what is retained lies beneath them. */
void store_load_image(struct store *store, struct image *image, int64_t now)
{
    struct loading loading = {store, image, image_plan(image), now, 0};
    pthread_mutex_lock(&store->mutex);
    store->status.restored = 0;
    load_table(&loading, ROW_VARIABLE, load_row);
    load_table(&loading, ROW_FORCE, load_force);
    pthread_mutex_unlock(&store->mutex);
    if (loading.unfit > SAID_MOST)
        log_line("%s: and %zu more retained values are not taken over", store->name,
                 loading.unfit - SAID_MOST);
}

/* ---- into the changes ---- */

/* What lies outside the limits was not loaded. It stays until the program is proven, or somebody
 * writes the variable: the program that comes back instead may still want it. */
static bool is_left_alone(const struct scope *scope, uint32_t point, const struct row *row)
{
    const struct plan *plan = scope->plan;
    const struct point *at = &plan->points[point];
    uint16_t words[VARIABLE_MAX_WORDS];
    return !scope->settled && (!point_words(plan, point, &row->content, words) ||
                               !variable_accepts(plan->variables[at->variable], words, at->mask));
}

static bool collect_point(struct store *store, struct scope *scope, size_t i, size_t at)
{
    uint32_t point = scope->points[i];
    size_t size = scope->plan->points[point].words * sizeof *scope->fresh;
    char name[POINT_NAME], bytes[POINT_BYTES];
    struct row row;
    if (scope->known[i] && memcmp(scope->fresh + at, scope->saved + at, size) == 0)
        return true;
    point_key(scope->plan, point, ROW_VARIABLE, &row, name);
    const struct row *before = scope->known[i] ? NULL : rows_find(&store->rows, &row);
    if (before && is_left_alone(scope, point, before)) {
        memcpy(scope->saved + at, scope->fresh + at, size);
        scope->known[i] = true;
        return true;
    }
    point_content(scope->plan, point, scope->fresh + at, &row.content, bytes);
    return store_want(store, &row);
}

bool store_collect_values(struct store *store, struct scope *scope)
{
    size_t at = 0;
    for (size_t i = 0; i < scope->count; i++) {
        if (!collect_point(store, scope, i, at))
            return false;
        at += scope->plan->points[scope->points[i]].words;
    }
    return true;
}

void store_values_saved(struct scope *scope)
{
    memcpy(scope->saved, scope->fresh, scope->word_count * sizeof *scope->saved);
    memset(scope->known, true, scope->count * sizeof *scope->known);
}

void store_values_forget(struct scope *scope)
{
    memset(scope->known, false, scope->count * sizeof *scope->known);
}

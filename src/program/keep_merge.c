/* Fields from one store into another: copied, completed by defaults, brought over where they are
 * new. No Lua in it, so that it can be done between two scans. */

#include "program/keep.h"

#include <string.h>

/* A key that is refused for its length is shown as far as any goes. */
static struct keeps_key cut_to_fit(const struct keeps_key *key)
{
    struct keeps_key cut = *key;
    if (cut.is_text && cut.length > KEEPS_KEY_MAX)
        cut.length = KEEPS_KEY_MAX;
    return cut;
}

const char *trail_text(const struct trail *trail, char text[TRAIL_TEXT])
{
    const struct trail *rows[KEEPS_DEPTH_MAX + 1];
    size_t count = 0, at = 0;
    for (; trail && count < KEEPS_DEPTH_MAX + 1; trail = trail->up)
        rows[count++] = trail;
    text[0] = '\0';
    while (count--) {
        struct keeps_key key = cut_to_fit(&rows[count]->key);
        at = keep_path_add(text, at, &key);
    }
    return text;
}

enum kind kind_of(enum keeps_type type)
{
    static const enum kind kinds[] = {
        [KEEPS_NIL] = KIND_NONE,      [KEEPS_BOOLEAN] = KIND_BOOLEAN, [KEEPS_INTEGER] = KIND_NUMBER,
        [KEEPS_NUMBER] = KIND_NUMBER, [KEEPS_TEXT] = KIND_TEXT,       [KEEPS_TABLE] = KIND_TABLE};
    return kinds[type];
}

const char *kind_text(enum kind kind)
{
    static const char *const texts[] = {"nil", "true or false", "a number", "text", "a table"};
    return texts[kind];
}

static struct keep_place within(struct keep_place place, struct keeps_table table)
{
    place.table = table;
    return place;
}

static bool copy_field(struct keep_place to, const struct keeps_key *key, struct keep_place from,
                       struct keeps_value value, struct error *error)
{
    struct keeps_table inner = value.table;
    if (!keeps_set(to.keeps, to.table, key, &value, error))
        return false;
    return value.type != KEEPS_TABLE ||
           keep_copy(within(to, value.table), within(from, inner), error);
}

bool keep_copy(struct keep_place to, struct keep_place from, struct error *error)
{
    char text[KEEPS_TEXT_MAX];
    struct keeps_key key;
    struct keeps_value value;
    uint32_t at = 0;
    while (keeps_next(from.keeps, from.table, &at, &key, &value, text)) {
        if (!copy_field(to, &key, from, value, error))
            return false;
    }
    return true;
}

/* What is alone in its store takes what the store has in use; here it is one of several. */
struct keep_size keep_measure(struct keep_place from)
{
    char text[KEEPS_TEXT_MAX];
    struct keeps_key key;
    struct keeps_value value;
    struct keep_size size = {0, 0};
    uint32_t at = 0;
    while (keeps_next(from.keeps, from.table, &at, &key, &value, text)) {
        size.nodes += keeps_takes(&value);
        if (value.type != KEEPS_TABLE)
            continue;
        struct keep_size inner = keep_measure(within(from, value.table));
        size.nodes += inner.nodes;
        size.depth = inner.depth + 1 > size.depth ? inner.depth + 1 : size.depth;
    }
    return size;
}

struct completion {
    void (*changed)(void *context, const struct trail *field, enum kind before, enum kind now);
    void *context;
    struct error *error;
};

static bool is_key(const struct keeps_key *a, const struct keeps_key *b)
{
    if (a->is_text != b->is_text || !a->is_text)
        return a->is_text == b->is_text && a->integer == b->integer;
    return a->length == b->length && !memcmp(a->bytes, b->bytes, a->length);
}

/* The field of this key: mostly the one after the last that was asked for, because tables of one
 * name were made in one order. */
static struct keeps_value get_after(struct keep_place place, uint32_t *at,
                                    const struct keeps_key *key, char *text)
{
    struct keeps_key found;
    struct keeps_value value;
    uint32_t next = *at;
    if (keeps_next(place.keeps, place.table, &next, &found, &value, text) && is_key(&found, key)) {
        *at = next;
        return value;
    }
    return keeps_get(place.keeps, place.table, key, text);
}

/* One table in the stores that have a say. */
struct versions {
    struct keep_place to, had, defaults;
};

static struct keeps_value get_had(const struct versions *at, const struct keeps_key *key,
                                  char *text)
{
    if (!at->had.keeps)
        return (struct keeps_value){.type = KEEPS_NIL};
    return keeps_get(at->had.keeps, at->had.table, key, text);
}

/* What a field is given that is missing or of another kind (`before`): what it had, if that is of
 * the right kind, or its default. */
static bool give(const struct completion *c, const struct versions *at, const struct trail *field,
                 enum kind before, struct keeps_value value)
{
    char text[KEEPS_TEXT_MAX];
    struct keeps_value old = get_had(at, &field->key, text);
    if (kind_of(old.type) == kind_of(value.type))
        return copy_field(at->to, &field->key, at->had, old, c->error);
    if (before && c->changed)
        c->changed(c->context, field, before, kind_of(value.type));
    return copy_field(at->to, &field->key, at->defaults, value, c->error);
}

static bool complete(const struct completion *c, const struct versions *at, const struct trail *up);

static bool complete_inner(const struct completion *c, const struct versions *at,
                           const struct trail *field, struct keeps_table has,
                           struct keeps_table defaults)
{
    char text[KEEPS_TEXT_MAX];
    struct keeps_value had = get_had(at, &field->key, text);
    const struct versions inner = {within(at->to, has),
                                   within(at->had, had.type == KEEPS_TABLE ? had.table : NO_TABLE),
                                   within(at->defaults, defaults)};
    return complete(c, &inner, field);
}

static bool complete(const struct completion *c, const struct versions *at, const struct trail *up)
{
    char text[KEEPS_TEXT_MAX], there[KEEPS_TEXT_MAX];
    const struct keep_place to = at->to, defaults = at->defaults;
    struct trail field = {.up = up};
    struct keeps_value value;
    uint32_t next = 0, next_there = 0;
    while (keeps_next(defaults.keeps, defaults.table, &next, &field.key, &value, text)) {
        if (!field.key.is_text)
            continue;
        struct keeps_value has = get_after(to, &next_there, &field.key, there);
        enum kind before = kind_of(has.type), now = kind_of(value.type);
        if (before != now) {
            if (!give(c, at, &field, before, value))
                return false;
            has = keeps_get(to.keeps, to.table, &field.key, there);
        }
        if (now == KIND_TABLE && !complete_inner(c, at, &field, has.table, value.table))
            return false;
    }
    return true;
}

bool keep_complete(struct keep_place to, struct keep_place had, struct keep_place defaults,
                   void (*changed)(void *context, const struct trail *field, enum kind before,
                                   enum kind now),
                   void *context, struct error *error)
{
    const struct completion c = {changed, context, error};
    const struct versions versions = {to, had, defaults};
    return complete(&c, &versions, NULL);
}

/* What was there before and is not there now has been taken away meanwhile: it stays away. A table
 * that replaced another one is an assignment to a field that was there. */
static bool bring_field(struct keep_place to, const struct keeps_key *key, struct keep_place from,
                        struct keeps_value value, struct error *error)
{
    char text[KEEPS_TEXT_MAX];
    struct keeps_value was = keeps_was(from.keeps, from.table, key, text);
    struct keeps_value has = keeps_get(to.keeps, to.table, key, text);
    if (was.type == KEEPS_NIL)
        return has.type != KEEPS_NIL || copy_field(to, key, from, value, error);
    if (value.type != KEEPS_TABLE || was.type != KEEPS_TABLE || has.type != KEEPS_TABLE ||
        !keep_is_same(was.table, value.table))
        return true;
    return keep_bring(within(to, has.table), within(from, value.table), error);
}

bool keep_bring(struct keep_place to, struct keep_place from, struct error *error)
{
    char text[KEEPS_TEXT_MAX];
    struct keeps_key key;
    struct keeps_value value;
    uint32_t at = 0;
    while (keeps_next(from.keeps, from.table, &at, &key, &value, text)) {
        if (keeps_changed(from.keeps, at) && !bring_field(to, &key, from, value, error))
            return false;
    }
    return true;
}

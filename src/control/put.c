/* All values are checked before the first is written, so that a list is taken whole or not at all.
 */

#include "control/put.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/nearest.h"
#include "control/value_json.h"

static bool open_put(struct put *put, const struct target *target, struct error *error)
{
    put->each = target->plan->points[target->first].words;
    put->words = calloc(target->count, put->each * sizeof *put->words);
    return put->words || error_set(error, "out of memory");
}

void put_finish(struct put *put)
{
    free(put->words);
    put->words = NULL;
}

static uint16_t *words_at(const struct put *put, uint32_t index)
{
    return put->words + (size_t)index * put->each;
}

const uint16_t *put_words(const struct put *put, uint32_t index)
{
    return words_at(put, index);
}

/* Who writes from outside cannot follow advice that is for the declaration. */
static void leave_out_advice(struct error *error)
{
    char *advice = strstr(error->text, "; limit = ");
    if (advice)
        *advice = '\0';
}

static void add_words(struct error *error, const char *before, const char *words, const char *after)
{
    size_t used = strlen(error->text);
    snprintf(error->text + used, sizeof error->text - used, "%s%s%s", before, words, after);
}

/* What else than a number it takes, and which of it may be meant. */
static void add_labels(const struct variable *v, const struct value *value, struct error *error)
{
    struct nearest nearest;
    char asked[64];
    if (value->kind != VALUE_STRING || v->type == TYPE_STRING)
        return;
    snprintf(asked, sizeof asked, "%.*s", (int)value->string.length, value->string.bytes);
    nearest_init(&nearest, asked);
    for (size_t i = 0; i < v->label_count; i++) {
        add_words(error, i == 0 ? ", or one of " : ", ", v->labels[i].text, "");
        nearest_offer(&nearest, v->labels[i].text);
    }
    if (nearest_word(&nearest))
        add_words(error, "; did you mean ", nearest_word(&nearest), "?");
}

static bool put_one(struct put *put, const struct target *target, const struct variable *v,
                    uint32_t index, const struct value *value, struct error *error)
{
    struct variable strict = *v; /* a master's write is not softened */
    strict.limit = LIMIT_REFUSE;
    size_t element = target->element ? target->element : (target_is_list(target) ? index + 1 : 0);
    uint16_t mask = target->plan->points[target->first + index].mask;
    if (variable_set(&strict, element, value, words_at(put, index), mask, error))
        return true;
    leave_out_advice(error);
    add_labels(v, value, error);
    return false;
}

static bool put_json(struct put *put, const struct target *target, const struct variable *v,
                     uint32_t index, const json_t *json, struct error *error)
{
    struct value value;
    return value_json_read(v, json, &value, error) && put_one(put, target, v, index, &value, error);
}

static bool put_list(struct put *put, const struct target *target, const struct variable *v,
                     const json_t *list, struct error *error)
{
    if (!json_is_array(list) || json_array_size(list) != target->count)
        return error_set(error,
                         "%s takes a list of exactly %u values, or one element a value: %s[1]",
                         v->path, target->count, v->name);
    for (uint32_t k = 0; k < target->count; k++) {
        if (!put_json(put, target, v, k, json_array_get(list, k), error))
            return false;
    }
    return true;
}

/* Whole arrays are typed as JSON has them. */
static bool put_typed(struct put *put, const struct target *target, const struct variable *v,
                      const char *text, struct error *error)
{
    if (target_is_list(target)) {
        json_t *list = json_loads(text, 0, NULL);
        bool good = put_list(put, target, v, list, error);
        json_decref(list);
        return good;
    }
    struct value value = value_json_type(v, text);
    bool good = put_one(put, target, v, 0, &value, error);
    if (!good && v->type == TYPE_BOOL)
        add_words(error, " (typed also as on and off, 1 and 0)", "", "");
    return good;
}

bool put_read(struct put *put, const struct target *target, const json_t *value, const char *text,
              struct error *error)
{
    struct variable room;
    char path[TARGET_NAME];
    const struct variable *v = target_variable(target, &room, path);
    bool good = false;
    if (!open_put(put, target, error))
        return false;
    if (!value)
        good = put_typed(put, target, v, text, error);
    else if (target_is_list(target))
        good = put_list(put, target, v, value, error);
    else
        good = put_json(put, target, v, 0, value, error);
    if (!good)
        put_finish(put);
    return good;
}

bool put_default(struct put *put, const struct target *target, struct error *error)
{
    const struct variable *v = target->declared;
    char name[TARGET_NAME];
    if (!v || !v->has_default)
        return error_set(error, "%s has no default", target_name(target, name));
    if (!open_put(put, target, error))
        return false;
    for (uint32_t k = 0; k < target->count; k++) {
        uint16_t mask = target->plan->points[target->first + k].mask;
        memcpy(words_at(put, k), v->initial_words, put->each * sizeof(uint16_t));
        if (put->each == 1)
            words_at(put, k)[0] = variable_move(v->initial_words[0], v->mask, mask);
    }
    return true;
}

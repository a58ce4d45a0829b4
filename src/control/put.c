/* All values are checked before the first is written, so that a list is taken whole or not at all.
 */

#include "control/put.h"

#include <stdlib.h>
#include <string.h>
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

static bool put_one(struct put *put, const struct target *target, const struct variable *v,
                    uint32_t index, const struct value *value, bool typed, struct error *error)
{
    struct variable strict = *v; /* a master's write is not softened */
    strict.limit = LIMIT_REFUSE;
    size_t element = target->element ? target->element : (target_is_list(target) ? index + 1 : 0);
    uint16_t mask = target->plan->points[target->first + index].mask;
    if (variable_set(&strict, element, value, words_at(put, index), mask, error))
        return true;
    leave_out_advice(error);
    value_json_advise(v, value, typed, error);
    return false;
}

static bool put_json(struct put *put, const struct target *target, const struct variable *v,
                     uint32_t index, const json_t *json, struct error *error)
{
    struct value value;
    return value_json_read(v, json, &value, error) &&
           put_one(put, target, v, index, &value, false, error);
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
    return put_one(put, target, v, 0, &value, true, error);
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

/* Values that a declaration states, to the words that stand for them: default, safe and on_loss by
 * the rules of assignment, invalid as the device sends it. No limit mends what is declared: it is
 * refused. */

#include "image/variable_raw.h"
#include "image/variable_text.h"

/* An engineering value to the words of the first element; no limit mends what is declared. */
static bool convert_option(const struct variable *variable, const char *option,
                           const struct value *value, uint16_t *words, struct error *error)
{
    struct variable strict = *variable;
    enum verdict verdict;
    strict.limit = LIMIT_REFUSE;
    verdict = variable_raw_words(&strict, value, words, variable->mask);
    if (verdict == VERDICT_FITS)
        return true;
    variable_explain(&strict, verdict, value, false, error);
    return error_prefix(error, ": %s", option);
}

/* Where nothing is said, registers begin as 0, and that must be a value too. */
static bool check_zero(const struct variable *variable, const uint16_t *words, struct error *error)
{
    char range[VARIABLE_RANGE_TEXT];
    if (variable_accepts(variable, words, variable->mask))
        return true;
    variable_range(variable, range);
    if (variable->has_scale)
        return error_set(error,
                         ": starts as %.15g (raw 0), which is out of range%s; give it a "
                         "default",
                         variable->offset, range);
    return error_set(error, ": starts as 0, which is out of range%s; give it a default", range);
}

/* As the device sends it: raw, and under no limit but the type's. */
static bool convert_invalid(const struct variable *variable, uint16_t *words, struct error *error)
{
    struct variable free = *variable;
    enum verdict verdict;
    free.has_min = free.has_max = free.has_scale = free.round = false;
    free.nan = true;
    free.limit = LIMIT_REFUSE;
    variable_raw_range(free.type, &free.low, &free.high);
    verdict = variable_raw_words(&free, &variable->invalid, words, free.mask);
    if (verdict == VERDICT_FITS)
        return true;
    variable_explain(&free, verdict, &variable->invalid, false, error);
    return error_prefix(error, ": invalid (a raw value)");
}

bool variable_words_derive(struct variable *variable, void *(*alloc)(void *context, size_t size),
                           void *context, struct error *error)
{
    size_t size = variable->words * sizeof(uint16_t);
    uint16_t *initial = alloc(context, size);
    uint16_t *safe = variable->has_safe ? alloc(context, size) : NULL;
    uint16_t *on_loss = variable->has_on_loss ? alloc(context, size) : NULL;
    uint16_t *invalid = variable->has_invalid ? alloc(context, size) : NULL;
    if (variable->has_default) {
        if (!convert_option(variable, "default", &variable->initial, initial, error))
            return false;
    } else if (!check_zero(variable, initial, error)) {
        return false;
    }
    if (safe && !convert_option(variable, "safe", &variable->safe, safe, error))
        return false;
    if (on_loss && !convert_option(variable, "on_loss", &variable->on_loss, on_loss, error))
        return false;
    if (invalid && !convert_invalid(variable, invalid, error))
        return false;
    variable->initial_words = initial;
    variable->safe_words = safe;
    variable->on_loss_words = on_loss;
    variable->invalid_words = invalid;
    return true;
}

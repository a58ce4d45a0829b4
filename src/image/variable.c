/* Reading and writing one element's words. What scripts do all day (a plain value of the right
 * kind and within its range) is decided here with a switch and two comparisons; everything else
 * goes to variable_raw.c, and to variable_text.c when it is refused. */

#include "image/variable.h"

#include <float.h>
#include <math.h>
#include <string.h>
#include "image/variable_raw.h"
#include "image/variable_text.h"

/* A client brings what its device measures; what can be written there is shared, unless a safe
 * value says that it is an output. */
static enum direction mirrored_direction(const struct variable *variable)
{
    if (!table_takes_writes(variable->table))
        return DIRECTION_IN;
    return variable->has_safe ? DIRECTION_OUT : DIRECTION_INOUT;
}

/* Without a client the program owns discrete inputs and input registers; coils and holding
 * registers are shared, unless a safe value says that they are outputs; so is what has no address.
 * A pulse is a master's message to the program. What follows another variable is not for others to
 * write. */
enum direction variable_direction(const struct variable *variable, bool mirrored)
{
    if (variable->from)
        return DIRECTION_OUT;
    if (variable->direction != DIRECTION_DEFAULT)
        return variable->direction;
    if (mirrored && variable->table != TABLE_VAR)
        return mirrored_direction(variable);
    if (variable->table == TABLE_DISCRETE || variable->table == TABLE_INPUT)
        return DIRECTION_OUT;
    if (variable->pulse)
        return DIRECTION_IN;
    return variable->has_safe && variable->table != TABLE_VAR ? DIRECTION_OUT : DIRECTION_INOUT;
}

size_t variable_elements(const struct variable *variable)
{
    return variable->count > 0 ? variable->count : 1;
}

/* Bools of a register run from their first bit on into the next words, bytes likewise from their
 * first half; a coil table has one bit in each cell. */
struct element variable_element(const struct variable *variable, size_t index)
{
    if (variable->type == TYPE_BOOL && !table_is_bits(variable->table)) {
        size_t bit = variable->bit + index;
        return (struct element){(uint32_t)(bit / 16), (uint16_t)(1u << bit % 16)};
    }
    if (variable->type == TYPE_BYTE) {
        size_t half = variable->bit / 8 + index;
        return (struct element){(uint32_t)(half / 2), half % 2 == 0 ? 0x00FF : 0xFF00};
    }
    return (struct element){(uint32_t)(index * variable->words), variable->mask};
}

size_t variable_span(const struct variable *variable)
{
    return variable_element(variable, variable_elements(variable) - 1).cell + variable->words;
}

static double scaled(const struct variable *variable, union variable_bound raw)
{
    double number = (double)raw.i;
    if (variable_raw_is_float(variable->type))
        number = raw.f;
    else if (variable->type == TYPE_UINT64)
        number = (double)raw.u;
    return number * variable->scale + variable->offset;
}

static struct value string_value(const struct variable *variable, const uint16_t *words, char *text)
{
    struct value value = {.kind = VALUE_STRING};
    value.string.length = codec_load_string(variable->order, words, variable->length, text);
    value.string.bytes = text;
    return value;
}

struct value variable_get(const struct variable *variable, const uint16_t *words, uint16_t mask,
                          char *text)
{
    union variable_bound raw;
    if (variable->type == TYPE_BOOL)
        return (struct value){.kind = VALUE_BOOLEAN, .boolean = (words[0] & mask) != 0};
    if (variable->type == TYPE_STRING)
        return string_value(variable, words, text);
    raw = variable_raw_load(variable, words, mask);
    if (variable->has_scale)
        return (struct value){.kind = VALUE_NUMBER, .number = scaled(variable, raw)};
    if (variable_raw_is_float(variable->type))
        return (struct value){.kind = VALUE_NUMBER, .number = raw.f};
    return (struct value){.kind = VALUE_INTEGER, .integer = raw.i};
}

/* The raw value of what needs no conversion and no limit; false says nothing but "look closer".
 * A float at its upper end counts as such: `limit = "wrap"` does not include it. */
static inline bool plain_float(const struct variable *variable, const struct value *value,
                               union variable_bound *raw)
{
    double number = value->kind == VALUE_NUMBER    ? value->number
                    : value->kind == VALUE_INTEGER ? (double)value->integer
                                                   : NAN;
    raw->f = variable->type == TYPE_FLOAT32 ? (double)(float)number : number;
    return raw->f >= variable->low.f && raw->f < variable->high.f && raw->f >= -DBL_MAX;
}

/* x - low <= high - low in unsigned arithmetic holds for signed and unsigned x within the range
 * and for no other. */
static inline bool plain_number(const struct variable *variable, const struct value *value,
                                union variable_bound *raw)
{
    if (variable->has_scale || variable->type == TYPE_BOOL || variable->type == TYPE_STRING)
        return false;
    if (variable_raw_is_float(variable->type))
        return plain_float(variable, value, raw);
    if (value->kind != VALUE_INTEGER)
        return false;
    raw->i = value->integer;
    return raw->u - variable->low.u <= variable->high.u - variable->low.u;
}

bool variable_set(const struct variable *variable, size_t index, const struct value *value,
                  uint16_t *words, uint16_t mask, struct error *error)
{
    union variable_bound raw;
    enum verdict verdict;
    if (plain_number(variable, value, &raw)) {
        variable_raw_store(variable, raw, words, mask);
        return true;
    }
    verdict = variable_raw_words(variable, value, words, mask);
    if (verdict == VERDICT_FITS)
        return true;
    variable_explain(variable, verdict, value, true, error);
    if (index > 0)
        return error_prefix(error, "%s[%zu]", variable->path, index);
    return error_prefix(error, "%s", variable->path);
}

static bool accepts_float(const struct variable *variable, double number)
{
    if (isnan(number))
        return variable->nan;
    if (isinf(number) && !variable->nan)
        return false;
    return number >= variable->low.f && number <= variable->high.f;
}

bool variable_accepts(const struct variable *variable, const uint16_t *words, uint16_t mask)
{
    union variable_bound raw;
    if (!variable->limited)
        return true;
    raw = variable_raw_load(variable, words, mask);
    if (variable_raw_is_float(variable->type))
        return accepts_float(variable, raw.f);
    return raw.u - variable->low.u <= variable->high.u - variable->low.u;
}

uint16_t variable_move(uint16_t word, uint16_t from, uint16_t to)
{
    return (uint16_t)((word & from) >> __builtin_ctz(from) << __builtin_ctz(to));
}

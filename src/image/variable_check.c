/* A declaration on its way to be a variable. First what needs no values (place, type, options
 * that belong to other types), then the raw bounds, then the values that must lie within them.
 * Every text begins with the constructor that the script called. */

#include "image/variable.h"

#include <math.h>
#include <string.h>
#include "image/variable_raw.h"
#include "image/variable_text.h"

enum { ADDRESSES = 65536, WORD_BITS = 16, DECIMALS_MAX = 15 };

static bool check_type(const struct variable *variable, struct error *error)
{
    if (table_is_bits(variable->table) && variable->type != TYPE_BOOL)
        return error_set(error, ": holds booleans, not values of type %s",
                         codec_type_name(variable->type));
    if (variable->type != TYPE_STRING && variable->length != 0)
        return error_set(error, ": length is for strings; count makes an array");
    if (variable->type == TYPE_STRING && variable->length == 0)
        return error_set(
            error, ": a string needs its length in bytes, { length = 16 }; 1..%d are possible",
            VARIABLE_MAX_LENGTH);
    if (variable->type == TYPE_STRING && variable->length > VARIABLE_MAX_LENGTH)
        return error_set(error, ": length = %u is out of range 1..%d bytes", variable->length,
                         VARIABLE_MAX_LENGTH);
    if ((unsigned)variable->order >= ORDER_COUNT)
        return error_set(error, ": unknown order; CDAB, ABCD, BADC and DCBA are known");
    if (variable->has_order && variable->words == 1 && variable->type != TYPE_STRING)
        return error_set(error,
                         ": order is for strings and for numbers of several registers; "
                         "%s has one",
                         codec_type_name(variable->type));
    return true;
}

static bool check_bit(const struct variable *variable, struct error *error)
{
    if (table_is_bits(variable->table))
        return variable->bit == 0 || error_set(error, ": has no bits to choose from");
    if (variable->type == TYPE_BOOL)
        return variable->bit < WORD_BITS ||
               error_set(error, ": bit %u is out of range 0..15", variable->bit);
    if (variable->type == TYPE_BYTE)
        return variable->bit == 0 || variable->bit == 8 ||
               error_set(error, ": a register has byte 0 (low) and byte 1 (high)");
    return variable->bit == 0 ||
           error_set(error, ": only bool and byte lie within a register; %s takes it whole",
                     codec_type_name(variable->type));
}

static bool check_place(const struct variable *variable, struct error *error)
{
    size_t span = variable_span(variable);
    const char *what = table_is_bits(variable->table) ? "bits" : "registers";
    if (variable->address + span <= ADDRESSES)
        return true;
    if (variable->table == TABLE_VAR && variable->address)
        return error_set(error,
                         ": takes %zu words; of the %d for variables without an address %u are "
                         "used up",
                         span, ADDRESSES, variable->address);
    if (variable->table == TABLE_VAR)
        return error_set(error, ": takes %zu registers; %d are the limit", span, ADDRESSES);
    return error_set(error, ": takes %zu %s from address %u on; the last address is %d", span, what,
                     variable->address, ADDRESSES - 1);
}

static bool check_scale(const struct variable *variable, struct error *error)
{
    if (!variable->has_scale)
        return true;
    if (variable->type == TYPE_BOOL || variable->type == TYPE_STRING)
        return error_set(error, ": scale and offset are for numbers");
    if (variable->scale == 0 || !isfinite(variable->scale))
        return error_set(error, ": scale = %g is no number to divide by", variable->scale);
    return isfinite(variable->offset) ||
           error_set(error, ": offset = %g is not finite", variable->offset);
}

/* Options about writes from outside, where there can be none. Whether a client brings the memory is
 * not known yet, so only what is wrong with one and without is refused; the rest when the plan is
 * sealed. */
static bool check_writers(const struct variable *variable, struct error *error)
{
    bool written = table_takes_writes(variable->table);
    enum direction direction = variable_direction(variable, false);
    bool shared =
        direction == DIRECTION_INOUT || variable_direction(variable, true) == DIRECTION_INOUT;
    if (variable->pulse && variable->type != TYPE_BOOL)
        return error_set(error, ": pulse is for booleans");
    if (variable->pulse && !written)
        return error_set(error,
                         ": a pulse is for what masters can write: a coil or a bool in holding");
    if (variable->partial && (!written || variable->words == 1))
        return error_set(error, ": partial is for values of several registers in holding");
    if (variable->wins != WINNER_DEFAULT && !shared)
        return error_set(error,
                         ": wins is for what masters and the program both write; this is dir = "
                         "\"%s\"",
                         direction == DIRECTION_OUT ? "out" : "in");
    return true;
}

static bool check_decimals(const struct variable *variable, struct error *error)
{
    if (variable->decimals < -1 || variable->decimals > DECIMALS_MAX)
        return error_set(error, ": decimals = %d is out of range 0..%d", variable->decimals,
                         DECIMALS_MAX);
    if (variable->decimals < 0 || variable_raw_is_float(variable->type) || variable->has_scale)
        return true;
    return error_set(error, ": decimals is for float32, float64 and scaled integers");
}

/* What is retained must be the variable's own to keep. */
static bool check_retain(const struct variable *variable, struct error *error)
{
    if (variable->retain && variable->pulse)
        return error_set(error, ": retain: a pulse is over after one scan, there is nothing to "
                                "keep");
    if (variable->retain && variable->from)
        return error_set(error, ": retain: it takes the value of %s, where retain belongs",
                         variable->from);
    return true;
}

/* Options that would do nothing where they stand. */
static bool check_value_options(const struct variable *variable, struct error *error)
{
    enum type type = variable->type;
    bool number = type != TYPE_BOOL && type != TYPE_STRING;
    if (variable->nan && !variable_raw_is_float(type))
        return error_set(error, ": nan is for float32 and float64");
    if (variable->round && !variable_raw_is_integer(type))
        return error_set(error, ": round is for integers");
    if ((variable->has_min || variable->has_max) && !number)
        return error_set(error, ": min and max are for numbers");
    if (variable->limit != LIMIT_REFUSE && type == TYPE_BOOL)
        return error_set(error, ": limit is for numbers and strings");
    if (variable->limit == LIMIT_WRAP && type == TYPE_STRING)
        return error_set(error, ": a string cannot wrap; limit = \"clamp\" cuts it");
    return check_decimals(variable, error) && check_writers(variable, error) &&
           check_retain(variable, error) && variable_exchange_check(variable, error);
}

/* `min` or `max` by the rules of assignment, but never NaN or infinite, and under no limit but
 * the type's. */
static bool convert_bound(const struct variable *variable, const char *option,
                          const struct value *value, union variable_bound *raw, struct error *error)
{
    struct variable free = *variable;
    enum verdict verdict;
    free.has_min = free.has_max = free.nan = false;
    free.limit = LIMIT_REFUSE;
    variable_raw_range(free.type, &free.low, &free.high);
    verdict = variable_raw_number(&free, value, raw);
    if (verdict == VERDICT_FITS)
        return true;
    if (verdict == VERDICT_NAN || verdict == VERDICT_INFINITE)
        return error_set(error, ": %s must be a finite number; leave it out for no bound", option);
    variable_explain(&free, verdict, value, false, error);
    return error_prefix(error, ": %s", option);
}

static bool is_ordered(const struct variable *variable)
{
    if (variable_raw_is_float(variable->type))
        return variable->low.f <= variable->high.f;
    if (variable->type == TYPE_UINT64)
        return variable->low.u <= variable->high.u;
    return variable->low.i <= variable->high.i;
}

static bool check_wrap(const struct variable *variable, struct error *error)
{
    double span = variable->high.f - variable->low.f;
    if (variable->limit != LIMIT_WRAP || !variable_raw_is_float(variable->type))
        return true;
    return (span > 0 && isfinite(span)) ||
           error_set(error, ": limit = \"wrap\" on a %s needs min and max, with room between them",
                     codec_type_name(variable->type));
}

static bool is_limited(const struct variable *variable)
{
    union variable_bound low, high;
    variable_raw_range(variable->type, &low, &high);
    if (variable->type == TYPE_BOOL || variable->type == TYPE_STRING)
        return false;
    if (variable_raw_is_float(variable->type))
        return !variable->nan || variable->low.f > low.f || variable->high.f < high.f;
    return variable->low.u != low.u || variable->high.u != high.u;
}

/* A negative scale turns the range round: the smallest value is the largest raw one. */
static bool derive_bounds(struct variable *variable, struct error *error)
{
    bool turned = variable->has_scale && variable->scale < 0;
    union variable_bound *low = turned ? &variable->high : &variable->low;
    union variable_bound *high = turned ? &variable->low : &variable->high;
    char range[VARIABLE_RANGE_TEXT];
    variable_raw_range(variable->type, &variable->low, &variable->high);
    if (variable->has_min && !convert_bound(variable, "min", &variable->min, low, error))
        return false;
    if (variable->has_max && !convert_bound(variable, "max", &variable->max, high, error))
        return false;
    if (!is_ordered(variable))
        return error_set(error, ": min is above max, the range would be%s",
                         variable_range(variable, range));
    variable->limited = is_limited(variable);
    return check_wrap(variable, error);
}

static bool check_label(const struct variable *variable, const struct label *label,
                        struct error *error)
{
    union variable_bound raw;
    struct value value = {.kind = VALUE_INTEGER, .integer = label->value};
    struct variable strict = *variable;
    strict.limit = LIMIT_REFUSE;
    if (variable->type == TYPE_BOOL)
        return label->value == 0 || label->value == 1 ||
               error_set(error, ": labels of a bool are for false and true");
    if (variable_raw_number(&strict, &value, &raw) == VERDICT_FITS)
        return true;
    variable_explain(&strict, VERDICT_RANGE, &value, false, error);
    return error_prefix(error, ": labels: \"%s\"", label->text);
}

static bool check_labels(const struct variable *variable, struct error *error)
{
    bool whole = variable_raw_is_integer(variable->type) && !variable->has_scale;
    if (variable->label_count > 0 && !whole && variable->type != TYPE_BOOL)
        return error_set(error, ": labels are for booleans and for integers without scale");
    for (size_t i = 0; i < variable->label_count; i++)
        if (!check_label(variable, &variable->labels[i], error))
            return false;
    return true;
}

static void derive_layout(struct variable *variable)
{
    variable->words = (uint16_t)codec_words(variable->type, variable->length);
    variable->mask = 0xFFFF;
    if (table_is_bits(variable->table))
        variable->mask = 1;
    else if (variable->type == TYPE_BOOL || variable->type == TYPE_BYTE)
        variable->mask = variable_element(variable, 0).mask;
}

/* In front of a text: "coil", "holding.uint16". */
static bool prefix_constructor(const struct variable *variable, struct error *error)
{
    if (table_is_bits(variable->table))
        return error_prefix(error, "%s", table_name(variable->table));
    return error_prefix(error, "%s.%s", table_name(variable->table),
                        codec_type_name(variable->type));
}

static bool check_form(const struct variable *variable, struct error *error)
{
    return check_type(variable, error) && check_bit(variable, error) &&
           check_place(variable, error) && check_scale(variable, error) &&
           check_value_options(variable, error);
}

bool variable_prepare(struct variable *variable, void *(*alloc)(void *context, size_t size),
                      void *context, struct error *error)
{
    if ((unsigned)variable->table >= TABLE_COUNT || (unsigned)variable->type >= TYPE_COUNT)
        return error_set(error, "a variable without a known table and type");
    derive_layout(variable);
    if (!variable->has_expire)
        variable->expire = EXPIRE_DEFAULT;
    if (check_form(variable, error) && derive_bounds(variable, error) &&
        variable_words_derive(variable, alloc, context, error) && check_labels(variable, error) &&
        people_check(variable, error))
        return true;
    return prefix_constructor(variable, error);
}

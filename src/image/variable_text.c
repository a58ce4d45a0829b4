/* Sentences for a person: the value as it was given, what the declaration allows, the way out.
 * Ranges are shown as declared; where nothing was declared, as the type has them. */

#include "image/variable_text.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "image/number.h"
#include "image/quote.h"

enum { SHOWN = 64 }; /* room for a value within a message; longer strings are cut */

static const char *show(const struct value *value, char *text, size_t size)
{
    char digits[NUMBER_TEXT];
    switch (value->kind) {
    case VALUE_BOOLEAN:
        snprintf(text, size, "%s", value->boolean ? "true" : "false");
        return text;
    case VALUE_INTEGER:
        snprintf(text, size, "%" PRId64, value->integer);
        return text;
    case VALUE_NUMBER:
        snprintf(text, size, "%s", number_text(value->number, digits));
        return text;
    default:
        return quote_text(value->string.bytes, value->string.length, text, size);
    }
}

static const char *kind_of(enum value_kind kind)
{
    switch (kind) {
    case VALUE_BOOLEAN:
        return "a boolean";
    case VALUE_STRING:
        return "a string";
    default:
        return "a number";
    }
}

/* A declared bound. A uint64 has no negative one, whatever Lua makes of its bits. */
static const char *declared(const struct variable *variable, const struct value *value,
                            char text[NUMBER_TEXT])
{
    if (value->kind == VALUE_INTEGER && variable->type == TYPE_UINT64 && !variable->has_scale) {
        snprintf(text, NUMBER_TEXT, "%" PRIu64, (uint64_t)value->integer);
        return text;
    }
    return show(value, text, NUMBER_TEXT);
}

/* An integer type's own end, in the declaration's scale. */
static const char *own(const struct variable *variable, union variable_bound raw,
                       char text[NUMBER_TEXT])
{
    bool is_unsigned = variable->type == TYPE_UINT64;
    if (variable->has_scale) {
        double number = is_unsigned ? (double)raw.u : (double)raw.i;
        snprintf(text, NUMBER_TEXT, "%.15g", number * variable->scale + variable->offset);
    } else if (is_unsigned) {
        snprintf(text, NUMBER_TEXT, "%" PRIu64, raw.u);
    } else {
        snprintf(text, NUMBER_TEXT, "%" PRId64, raw.i);
    }
    return text;
}

static void range_of_type(const struct variable *variable, char low[NUMBER_TEXT],
                          char high[NUMBER_TEXT])
{
    union variable_bound least, most;
    bool turned = variable->has_scale && variable->scale < 0;
    variable_raw_range(variable->type, &least, &most);
    own(variable, turned ? most : least, low);
    own(variable, turned ? least : most, high);
}

const char *variable_range(const struct variable *variable, char text[VARIABLE_RANGE_TEXT])
{
    char low[NUMBER_TEXT] = "", high[NUMBER_TEXT] = "";
    const char *unit = variable->unit != NULL ? variable->unit : "";
    const char *gap = *unit != '\0' ? " " : "";
    if (variable_raw_is_integer(variable->type))
        range_of_type(variable, low, high);
    if (variable->has_min)
        declared(variable, &variable->min, low);
    if (variable->has_max)
        declared(variable, &variable->max, high);
    text[0] = '\0';
    if (*low != '\0' && *high != '\0')
        snprintf(text, VARIABLE_RANGE_TEXT, " %s..%s%s%s", low, high, gap, unit);
    else if (*low != '\0' || *high != '\0')
        snprintf(text, VARIABLE_RANGE_TEXT, ", at %s %s%s%s", *low != '\0' ? "least" : "most",
                 *low != '\0' ? low : high, gap, unit);
    return text;
}

const char *variable_kind(const struct variable *variable, char text[32])
{
    const char *name = codec_type_name(variable->type);
    if (table_is_bits(variable->table))
        name = variable->table == TABLE_COIL ? "coil" : "discrete input";
    snprintf(text, 32, "%s %s", *name == 'i' ? "an" : "a", name);
    return text;
}

static bool explain_kind(const struct variable *variable, const struct value *value,
                         struct error *error)
{
    char shown[SHOWN], kind[32], range[VARIABLE_RANGE_TEXT];
    bool whole =
        !variable->has_scale && !variable->round && variable_raw_is_integer(variable->type);
    show(value, shown, sizeof shown);
    variable_kind(variable, kind);
    if (variable->type == TYPE_BOOL)
        return error_set(error, " = %s is %s; %s takes true or false", shown, kind_of(value->kind),
                         kind);
    if (variable->type == TYPE_STRING)
        return error_set(error, " = %s is %s; a string takes text of up to %u bytes", shown,
                         kind_of(value->kind), variable->length);
    return error_set(error, " = %s is %s; %s takes %s%s", shown, kind_of(value->kind), kind,
                     whole ? "integers" : "numbers", variable_range(variable, range));
}

static bool explain_range(const struct variable *variable, const struct value *value, bool hint,
                          struct error *error)
{
    char shown[SHOWN], range[VARIABLE_RANGE_TEXT];
    return error_set(error, " = %s is out of range%s%s", show(value, shown, sizeof shown),
                     variable_range(variable, range),
                     hint ? "; limit = \"clamp\" would hold it there" : "");
}

static bool explain_overflow(const struct variable *variable, const struct value *value, bool hint,
                             struct error *error)
{
    char shown[SHOWN], end[NUMBER_TEXT];
    if (variable->type == TYPE_FLOAT32)
        number_text32(FLT_MAX, end);
    else
        number_text(DBL_MAX, end);
    return error_set(error, " = %s is beyond what a %s can hold, %s%s%s",
                     show(value, shown, sizeof shown), codec_type_name(variable->type), end,
                     variable->has_scale ? " before its scale" : "",
                     hint ? "; limit = \"clamp\" would hold it there" : "");
}

static bool explain_string(const struct variable *variable, enum verdict verdict,
                           const struct value *value, bool hint, struct error *error)
{
    char shown[SHOWN];
    size_t used = value->string.length;
    show(value, shown, sizeof shown);
    if (verdict == VERDICT_NUL)
        return error_set(error, " = %s has a NUL byte, and a string in registers ends at the first",
                         shown);
    return error_set(error, " = %s has %zu bytes, the limit is %u%s", shown, used, variable->length,
                     hint ? "; limit = \"clamp\" would cut it there" : "");
}

/* A number that is none, or has no end. */
static bool explain_number(const struct variable *variable, enum verdict verdict,
                           const struct value *value, struct error *error)
{
    char shown[SHOWN];
    return error_set(error, " = %s is not %s%s", show(value, shown, sizeof shown),
                     verdict == VERDICT_NAN ? "a number" : "finite",
                     variable_raw_is_float(variable->type) ? "; nan = true would allow it" : "");
}

bool variable_explain(const struct variable *variable, enum verdict verdict,
                      const struct value *value, bool hint, struct error *error)
{
    char shown[SHOWN];
    hint = hint && variable->limit == LIMIT_REFUSE;
    switch (verdict) {
    case VERDICT_KIND:
        return explain_kind(variable, value, error);
    case VERDICT_FRACTION:
        return error_set(error, " = %s is not an integer; round = true would round it",
                         show(value, shown, sizeof shown));
    case VERDICT_NAN:
    case VERDICT_INFINITE:
        return explain_number(variable, verdict, value, error);
    case VERDICT_OVERFLOW:
        return explain_overflow(variable, value, hint, error);
    case VERDICT_NUL:
    case VERDICT_LENGTH:
        return explain_string(variable, verdict, value, hint, error);
    default:
        return explain_range(variable, value, hint, error);
    }
}

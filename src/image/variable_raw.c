/* Every number goes the same way: to a raw number by scale and offset, to the nearest integer
 * where the type has no fractions, then into low..high by the limit. Ranges are judged on the raw
 * value and nowhere else, so that 3 * 0.1 fits a limit of 0.3.
 *
 * Integers are kept as 64 bits. `x - low <= high - low` in unsigned arithmetic says for signed and
 * unsigned types alike whether x lies within; numbers beyond 64 bits exist only as doubles and are
 * brought below the limit's span by exact doubling. */

#include "image/variable_raw.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define TWO_TO_63 9223372036854775808.0
#define TWO_TO_64 18446744073709551616.0

bool variable_raw_is_integer(enum type type)
{
    return type != TYPE_BOOL && type != TYPE_STRING && !variable_raw_is_float(type);
}

void variable_raw_range(enum type type, union variable_bound *low, union variable_bound *high)
{
    static const int64_t lowest[TYPE_COUNT] = {
        [TYPE_INT16] = INT16_MIN, [TYPE_INT32] = INT32_MIN, [TYPE_INT64] = INT64_MIN};
    static const uint64_t highest[TYPE_COUNT] = {
        [TYPE_BOOL] = 1,          [TYPE_BYTE] = UINT8_MAX,
        [TYPE_INT16] = INT16_MAX, [TYPE_UINT16] = UINT16_MAX,
        [TYPE_INT32] = INT32_MAX, [TYPE_UINT32] = UINT32_MAX,
        [TYPE_INT64] = INT64_MAX, [TYPE_UINT64] = UINT64_MAX};
    low->i = lowest[type];
    high->u = highest[type];
    if (variable_raw_is_float(type)) {
        low->f = -INFINITY;
        high->f = INFINITY;
    }
}

/* Where a range begins within its own span: |x| modulo span, counted from 0 upwards for negative
 * x too. A span of 0 stands for 2^64, here and below. */
static uint64_t from_zero(bool negative, uint64_t magnitude, uint64_t span)
{
    uint64_t rest = span == 0 ? magnitude : magnitude % span;
    return negative && rest != 0 ? span - rest : rest;
}

/* A whole double modulo span, however large it is. */
static uint64_t modulo(double magnitude, uint64_t span)
{
    int exponent = 0;
    if (magnitude < TWO_TO_64)
        return from_zero(false, (uint64_t)magnitude, span);
    double fraction = frexp(magnitude, &exponent);
    uint64_t rest = from_zero(false, (uint64_t)ldexp(fraction, DBL_MANT_DIG), span);
    for (exponent -= DBL_MANT_DIG; exponent > 0; exponent--)
        rest = rest >= span - rest ? rest - (span - rest) : rest + rest;
    return rest;
}

static bool is_negative(const struct variable *variable, union variable_bound raw)
{
    return variable->type != TYPE_UINT64 && raw.i < 0;
}

static uint64_t magnitude_of(const struct variable *variable, union variable_bound raw)
{
    return is_negative(variable, raw) ? -raw.u : raw.u;
}

/* low..high is a circle; `rest` is where the value would stand on one that begins at 0. */
static union variable_bound wrap_integer(const struct variable *variable, uint64_t rest)
{
    uint64_t span = variable->high.u - variable->low.u + 1;
    uint64_t start = from_zero(is_negative(variable, variable->low),
                               magnitude_of(variable, variable->low), span);
    uint64_t steps = rest >= start ? rest - start : rest - start + span;
    return (union variable_bound){.u = variable->low.u + steps};
}

static bool is_below(const struct variable *variable, union variable_bound raw)
{
    return variable->type == TYPE_UINT64 ? raw.u < variable->low.u : raw.i < variable->low.i;
}

/* An integer within 64 bits of the type's own kind. */
static enum verdict fit_integer(const struct variable *variable, union variable_bound *raw)
{
    uint64_t span = variable->high.u - variable->low.u + 1;
    if (raw->u - variable->low.u <= variable->high.u - variable->low.u)
        return VERDICT_FITS;
    if (variable->limit == LIMIT_REFUSE)
        return VERDICT_RANGE;
    if (variable->limit == LIMIT_CLAMP)
        *raw = is_below(variable, *raw) ? variable->low : variable->high;
    else
        *raw = wrap_integer(
            variable, from_zero(is_negative(variable, *raw), magnitude_of(variable, *raw), span));
    return VERDICT_FITS;
}

/* A whole number beyond those 64 bits, and therefore out of range. */
static enum verdict fit_huge(const struct variable *variable, double whole,
                             union variable_bound *raw)
{
    uint64_t span = variable->high.u - variable->low.u + 1;
    if (variable->limit == LIMIT_REFUSE || (variable->limit == LIMIT_WRAP && isinf(whole)))
        return VERDICT_RANGE;
    if (variable->limit == LIMIT_CLAMP)
        *raw = whole < 0 ? variable->low : variable->high;
    else
        *raw = wrap_integer(variable, from_zero(whole < 0, modulo(fabs(whole), span), span));
    return VERDICT_FITS;
}

static enum verdict fit_whole(const struct variable *variable, double whole,
                              union variable_bound *raw)
{
    if (variable->type == TYPE_UINT64 && whole >= 0 && whole < TWO_TO_64) {
        raw->u = (uint64_t)whole;
        return fit_integer(variable, raw);
    }
    if (variable->type != TYPE_UINT64 && whole >= -TWO_TO_63 && whole < TWO_TO_63) {
        raw->i = (int64_t)whole;
        return fit_integer(variable, raw);
    }
    return fit_huge(variable, whole, raw);
}

static double as_double(const struct value *value)
{
    return value->kind == VALUE_INTEGER ? (double)value->integer : value->number;
}

/* Engineering to raw, still with its fraction. */
static double unscale(const struct variable *variable, double number)
{
    return variable->has_scale ? (number - variable->offset) / variable->scale : number;
}

static enum verdict convert_integer(const struct variable *variable, const struct value *value,
                                    union variable_bound *raw)
{
    if (value->kind == VALUE_INTEGER && !variable->has_scale) {
        raw->i = value->integer; /* for a uint64 the bits it would be read as */
        return fit_integer(variable, raw);
    }
    double number = as_double(value);
    if (isnan(number))
        return VERDICT_NAN;
    if (isinf(number))
        return VERDICT_INFINITE;
    double exact = unscale(variable, number);
    double whole = round(exact);
    if (whole != exact && !variable->has_scale && !variable->round)
        return VERDICT_FRACTION;
    return fit_whole(variable, whole, raw);
}

/* As the words will hold it. */
static double narrow(const struct variable *variable, double exact)
{
    return variable->type == TYPE_FLOAT32 ? (double)(float)exact : exact;
}

static double clamp_float(const struct variable *variable, double number, bool finite)
{
    double most = variable->type == TYPE_FLOAT32 ? FLT_MAX : DBL_MAX;
    number = fmin(fmax(number, variable->low.f), variable->high.f);
    return isinf(number) && finite ? copysign(most, number) : number;
}

/* Into min <= x < max; both remainders are exact, so that only their difference rounds. */
static double wrap_float(const struct variable *variable, double exact)
{
    double low = variable->low.f, high = variable->high.f, span = high - low;
    double rest = fmod(fmod(exact, span) - fmod(low, span), span);
    double number = narrow(variable, low + (rest < 0 ? rest + span : rest));
    return number >= low && number < high ? number : low;
}

static enum verdict limit_float(const struct variable *variable, double exact, bool finite,
                                union variable_bound *raw)
{
    double number = narrow(variable, exact);
    bool inside = number >= variable->low.f && number <= variable->high.f;
    bool at_end = number == variable->high.f && variable->limit == LIMIT_WRAP;
    raw->f = number;
    if (inside && !at_end && (isfinite(number) || !finite))
        return VERDICT_FITS;
    if (variable->limit == LIMIT_REFUSE || (variable->limit == LIMIT_WRAP && isinf(exact)))
        return inside ? VERDICT_OVERFLOW : VERDICT_RANGE;
    raw->f = variable->limit == LIMIT_CLAMP ? clamp_float(variable, number, finite)
                                            : wrap_float(variable, exact);
    return VERDICT_FITS;
}

static enum verdict convert_float(const struct variable *variable, const struct value *value,
                                  union variable_bound *raw)
{
    double number = as_double(value);
    if (isnan(number)) {
        raw->f = NAN;
        return variable->nan ? VERDICT_FITS : VERDICT_NAN;
    }
    if (isinf(number) && !variable->nan)
        return VERDICT_INFINITE;
    return limit_float(variable, unscale(variable, number), isfinite(number), raw);
}

enum verdict variable_raw_number(const struct variable *variable, const struct value *value,
                                 union variable_bound *raw)
{
    union variable_bound found = {0};
    enum verdict verdict;
    if (value->kind != VALUE_INTEGER && value->kind != VALUE_NUMBER)
        return VERDICT_KIND;
    verdict = variable_raw_is_float(variable->type) ? convert_float(variable, value, &found)
                                                    : convert_integer(variable, value, &found);
    if (verdict == VERDICT_FITS)
        *raw = found;
    return verdict;
}

static uint32_t float_bits(double number)
{
    float narrowed = (float)number;
    uint32_t bits;
    memcpy(&bits, &narrowed, sizeof bits);
    return bits;
}

void variable_raw_store(const struct variable *variable, union variable_bound raw, uint16_t *words,
                        uint16_t mask)
{
    switch (variable->type) {
    case TYPE_BYTE:
        words[0] = (uint16_t)(mask & 0xFF00 ? raw.u << 8 : raw.u);
        break;
    case TYPE_INT16:
    case TYPE_UINT16:
        words[0] = (uint16_t)raw.u;
        break;
    case TYPE_FLOAT32:
        codec_store(variable->order, words, 2, float_bits(raw.f));
        break;
    default: /* binary64 shares its bits with raw.u */
        codec_store(variable->order, words, variable->words, raw.u);
        break;
    }
}

static enum verdict convert_string(const struct variable *variable, const struct value *value,
                                   uint16_t *words)
{
    if (value->kind != VALUE_STRING)
        return VERDICT_KIND;
    size_t used = value->string.length;
    if (used > 0 && memchr(value->string.bytes, 0, used) != NULL)
        return VERDICT_NUL;
    if (used > variable->length && variable->limit != LIMIT_CLAMP)
        return VERDICT_LENGTH;
    codec_store_string(variable->order, words, variable->length, value->string.bytes, used);
    return VERDICT_FITS;
}

enum verdict variable_raw_words(const struct variable *variable, const struct value *value,
                                uint16_t *words, uint16_t mask)
{
    union variable_bound raw;
    enum verdict verdict;
    if (variable->type == TYPE_STRING)
        return convert_string(variable, value, words);
    if (variable->type == TYPE_BOOL) {
        if (value->kind != VALUE_BOOLEAN)
            return VERDICT_KIND;
        words[0] = value->boolean ? mask : 0;
        return VERDICT_FITS;
    }
    verdict = variable_raw_number(variable, value, &raw);
    if (verdict == VERDICT_FITS)
        variable_raw_store(variable, raw, words, mask);
    return verdict;
}

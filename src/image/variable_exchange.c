/* A value between us and a device: which options about that make sense, whether the device has a
 * value at all, and whether two raw values are the same as far as anyone cares. */

#include "image/variable_raw.h"

#include <float.h>
#include <math.h>

static bool is_number(const struct variable *variable)
{
    return variable->type != TYPE_BOOL && variable->type != TYPE_STRING;
}

static bool check_time(const char *option, int64_t time, struct error *error)
{
    return time >= 0 || error_set(error, ": %s is a duration and cannot be negative", option);
}

bool variable_exchange_check(const struct variable *variable, struct error *error)
{
    if (variable->tolerance != 0 && !is_number(variable))
        return error_set(error, ": tolerance is for numbers");
    if (!isfinite(variable->tolerance) || variable->tolerance < 0)
        return error_set(error, ": tolerance = %g is out of range: a number from 0 on",
                         variable->tolerance);
    if (variable->has_invalid && !is_number(variable))
        return error_set(error, ": invalid is for numbers");
    if (variable->from && variable->direction != DIRECTION_DEFAULT)
        return error_set(error, ": what follows another variable (from) is dir = \"out\" and "
                                "nothing else; leave dir out");
    return check_time("period", variable->period, error) &&
           check_time("min_write_interval", variable->min_write_interval, error) &&
           check_time("expire", variable->expire, error);
}

bool variable_is_invalid(const struct variable *variable, const uint16_t *words, uint16_t mask)
{
    union variable_bound raw, none;
    if (!is_number(variable))
        return false;
    raw = variable_raw_load(variable, words, mask);
    if (variable_raw_is_float(variable->type) && isnan(raw.f) && !variable->nan)
        return true;
    if (!variable->has_invalid)
        return false;
    none = variable_raw_load(variable, variable->invalid_words, variable->mask);
    if (variable_raw_is_float(variable->type))
        return raw.f == none.f || (isnan(raw.f) && isnan(none.f));
    return raw.u == none.u;
}

static bool same_words(const struct variable *variable, const uint16_t *a, const uint16_t *b,
                       uint16_t mask)
{
    for (uint16_t i = 0; i < variable->words; i++) {
        if ((a[i] ^ b[i]) & mask)
            return false;
    }
    return true;
}

/* In engineering units, and how much of it is but rounding: 20.3 - 20.2 is 0.1 to the one who wrote
 * tolerance = 0.1, though not in binary fractions. */
static double difference(const struct variable *variable, union variable_bound a,
                         union variable_bound b, double *rounding)
{
    double scale = variable->has_scale ? fabs(variable->scale) : 1;
    *rounding = variable->tolerance * 1e-9;
    if (variable_raw_is_float(variable->type)) {
        double epsilon = variable->type == TYPE_FLOAT32 ? FLT_EPSILON : DBL_EPSILON;
        *rounding += fmax(fabs(a.f), fabs(b.f)) * epsilon * scale;
        return fabs(a.f - b.f) * scale;
    }
    bool turned = variable->type == TYPE_UINT64 ? a.u < b.u : a.i < b.i;
    return (double)(turned ? b.u - a.u : a.u - b.u) * scale;
}

bool variable_agrees(const struct variable *variable, const uint16_t *a, const uint16_t *b,
                     uint16_t mask)
{
    double rounding, distance;
    if (same_words(variable, a, b, mask))
        return true;
    if (variable->tolerance == 0 || !is_number(variable))
        return false;
    distance = difference(variable, variable_raw_load(variable, a, mask),
                          variable_raw_load(variable, b, mask), &rounding);
    return isfinite(distance) && distance <= variable->tolerance + rounding;
}

/* Options that are for people, checked: each one has to have something that it can do. */

#include "image/people.h"

#include <math.h>
#include "image/variable_raw.h"

const char *people_level_name(enum alarm_level level)
{
    static const char *const names[] = {
        [LEVEL_LOLO] = "lolo", [LEVEL_LO] = "lo", [LEVEL_HI] = "hi", [LEVEL_HIHI] = "hihi"};
    return names[level];
}

bool people_has_limits(const struct people *people)
{
    for (int i = 0; i < LEVEL_COUNT; i++)
        if (people->has[i])
            return true;
    return false;
}

static bool is_number(const struct variable *v)
{
    return v->type != TYPE_BOOL && v->type != TYPE_STRING;
}

static double raw_number(const struct variable *v, union variable_bound raw)
{
    if (variable_raw_is_float(v->type))
        return raw.f;
    return v->type == TYPE_UINT64 ? (double)raw.u : (double)raw.i;
}

/* The least and the most that the variable can be, in its own unit. */
static void range_of(const struct variable *v, double *least, double *most)
{
    double scale = v->has_scale ? v->scale : 1, offset = v->has_scale ? v->offset : 0;
    double a = raw_number(v, v->low) * scale + offset, b = raw_number(v, v->high) * scale + offset;
    *least = fmin(a, b);
    *most = fmax(a, b);
}

/* 3 * 0.1 is within 0.3. */
static bool is_within(double value, double least, double most)
{
    double slack = 1e-9 * fmax(fabs(value), 1);
    return value >= least - slack && value <= most + slack;
}

static bool check_limit(const struct variable *v, enum alarm_level level, struct error *error)
{
    double least, most, limit = v->people.limit[level];
    const char *name = people_level_name(level);
    if (!is_number(v))
        return error_set(error,
                         ": %s is for numbers; of anything else alarm.condition of msm.alarm makes "
                         "an alarm",
                         name);
    if (!isfinite(limit))
        return error_set(error, ": %s = %g is not finite; leave it out for no alarm", name, limit);
    range_of(v, &least, &most);
    return is_within(limit, least, most) ||
           error_set(error, ": %s = %g is never reached, the value is within %g..%g", name, limit,
                     least, most);
}

/* Each limit lies above those before it, and a value that left one has somewhere to be. */
static bool check_limits(const struct variable *v, struct error *error)
{
    const struct people *people = &v->people;
    int below = -1;
    for (int level = 0; level < LEVEL_COUNT; level++) {
        if (!people->has[level])
            continue;
        if (!check_limit(v, (enum alarm_level)level, error))
            return false;
        if (below >= 0 && !(people->limit[below] < people->limit[level]))
            return error_set(error, ": %s = %g is not below %s = %g",
                             people_level_name((enum alarm_level)below), people->limit[below],
                             people_level_name((enum alarm_level)level), people->limit[level]);
        if (below >= 0 && below < LEVEL_HI && level >= LEVEL_HI &&
            people->limit[level] - people->limit[below] <= people->deadband)
            return error_set(error, ": deadband = %g leaves no room between %s = %g and %s = %g",
                             people->deadband, people_level_name((enum alarm_level)below),
                             people->limit[below], people_level_name((enum alarm_level)level),
                             people->limit[level]);
        below = level;
    }
    return true;
}

/* What belongs to an alarm, without one. */
static bool check_alone(const struct people *people, struct error *error)
{
    const char *name = people->deadband != 0    ? "deadband"
                       : people->on_delay != 0  ? "on_delay"
                       : people->off_delay != 0 ? "off_delay"
                       : people->priority != 0  ? "priority"
                                                : NULL;
    return !name || people_has_limits(people) ||
           error_set(error, ": %s is of an alarm, which needs a limit: lolo, lo, hi or hihi%s",
                     name, people->deadband != 0 ? " (the history's deadband is history = N)" : "");
}

static bool check_history(const struct variable *v, struct error *error)
{
    if (v->type == TYPE_STRING && v->people.history != 0)
        return error_set(error, ": history is for numbers and booleans");
    return is_number(v) || v->people.history == 0 ||
           error_set(error, ": history = %g is for numbers; of a boolean every change is kept",
                     v->people.history);
}

/* Nobody writes what the program alone writes; a client may still make an input one's "in". */
static bool check_confirm(const struct variable *v, struct error *error)
{
    if (!v->people.confirm)
        return true;
    if (v->people.hmi != HMI_RW)
        return error_set(error,
                         ": confirm asks before a page writes, which hmi = \"%s\" does not "
                         "offer",
                         v->people.hmi == HMI_RO ? "ro" : "hide");
    return variable_direction(v, false) != DIRECTION_OUT ||
           error_set(error, ": confirm asks before a page writes, which nobody can: this is dir = "
                            "\"out\"");
}

bool people_check(const struct variable *variable, struct error *error)
{
    return check_limits(variable, error) && check_alone(&variable->people, error) &&
           check_history(variable, error) && check_confirm(variable, error);
}

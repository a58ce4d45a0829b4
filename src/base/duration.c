/* A table of units serves both ways. A number is read digit by digit into whole nanoseconds and
 * never passes through a binary fraction of a second, so that "0.3" is exactly 300 ms. */

#include "base/duration.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/clock.h"

#define ACCEPTED                                                                                   \
    "write seconds, such as 0.1, or \"250us\", \"100ms\", \"2s\", \"10m\", \"1h30m\", \"1d\""

static const int64_t MINUTE = INT64_C(60) * NS_PER_S;
static const int64_t HOUR = INT64_C(3600) * NS_PER_S;
static const int64_t DAY = INT64_C(86400) * NS_PER_S;
static const int64_t LONGEST = INT64_C(10000) * 86400 * NS_PER_S;

enum outcome { FINE, MALFORMED, TOO_LONG, TOO_SHORT };

static bool is_digit(char letter)
{
    return letter >= '0' && letter <= '9';
}

static bool is_letter(char letter)
{
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
}

static const char *skip_blanks(const char *at)
{
    while (*at == ' ' || *at == '\t')
        at++;
    return at;
}

/* The unit named by these letters in nanoseconds, or 0. "min" is what duration_format writes. */
static int64_t find_unit(const char *name, size_t length)
{
    const struct {
        const char *name;
        int64_t size;
    } units[] = {
        {"d", DAY},      {"h", HOUR},       {"m", MINUTE},     {"min", MINUTE},
        {"s", NS_PER_S}, {"ms", NS_PER_MS}, {"us", NS_PER_US}, {"ns", 1},
    };
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strlen(units[i].name) == length && memcmp(units[i].name, name, length) == 0)
            return units[i].size;
    return 0;
}

/* The value of the digits after the point, from the last to the first: rounding errors shrink
 * tenfold with each step, and the nearest nanosecond comes out right. */
static double read_fraction(const char *first, const char *end, int64_t unit)
{
    double value = 0;
    for (const char *at = end; at > first; at--)
        value = (value + (at[-1] - '0') * (double)unit) / 10;
    return value;
}

struct number {
    const char *whole, *whole_end;
    const char *fraction, *fraction_end;
};

/* "12", "1.5", ".5"; returns where the number ends, or NULL if there is none. */
static const char *scan_number(const char *at, struct number *number)
{
    number->whole = at;
    while (is_digit(*at))
        at++;
    number->whole_end = number->fraction = number->fraction_end = at;
    if (*at == '.') {
        number->fraction = ++at;
        while (is_digit(*at))
            at++;
        number->fraction_end = at;
    }
    bool empty = number->whole == number->whole_end && number->fraction == number->fraction_end;
    return empty ? NULL : at;
}

static enum outcome add_number(const struct number *number, int64_t unit, int64_t *total)
{
    int64_t whole = 0;
    for (const char *at = number->whole; at < number->whole_end; at++) {
        whole = whole * 10 + (*at - '0');
        if (whole > LONGEST / unit)
            return TOO_LONG;
    }
    double fraction = read_fraction(number->fraction, number->fraction_end, unit);
    int64_t value = whole * unit + (int64_t)llround(fraction);
    if (value > LONGEST - *total)
        return TOO_LONG;
    *total += value;
    return value == 0 && fraction > 0 ? TOO_SHORT : FINE;
}

/* Numbers with units from large to small, each unit at most once; or one bare number. */
static enum outcome read_parts(const char *text, int64_t *total)
{
    const char *at = skip_blanks(text);
    int64_t previous = 0;
    do {
        struct number number;
        at = scan_number(at, &number);
        if (!at)
            return MALFORMED;
        const char *name = at = skip_blanks(at);
        while (is_letter(*at))
            at++;
        bool bare = at == name;
        int64_t unit = bare ? NS_PER_S : find_unit(name, (size_t)(at - name));
        if (!unit || (previous && (bare || unit >= previous)) || (bare && *at))
            return MALFORMED;
        enum outcome outcome = add_number(&number, unit, total);
        if (outcome != FINE)
            return outcome;
        previous = unit;
        at = skip_blanks(at);
    } while (*at);
    return FINE;
}

static bool is_negative(const char *text)
{
    text = skip_blanks(text);
    return *text == '-' && (is_digit(text[1]) || text[1] == '.');
}

bool duration_parse(const char *text, int64_t *nanoseconds, struct error *error)
{
    if (is_negative(text))
        return error_set(error, "\"%.60s\" is negative: a duration is 0 or more; " ACCEPTED, text);
    int64_t total = 0;
    switch (read_parts(text, &total)) {
    case MALFORMED:
        return error_set(error, "\"%.60s\" is not a duration: " ACCEPTED, text);
    case TOO_LONG:
        return error_set(error, "\"%.60s\" is too long: at most 10000 days; " ACCEPTED, text);
    case TOO_SHORT:
        return error_set(error, "\"%.60s\" is less than a nanosecond and not 0; " ACCEPTED, text);
    case FINE:
        break;
    }
    *nanoseconds = total;
    return true;
}

bool duration_from_seconds(double seconds, int64_t *nanoseconds, struct error *error)
{
    if (!isfinite(seconds))
        return error_set(error, "%s is not a duration: " ACCEPTED,
                         isnan(seconds) ? "NaN" : "infinity");
    if (seconds < 0)
        return error_set(error, "%.17g is negative: a duration is 0 or more seconds", seconds);
    if (seconds > (double)(LONGEST / NS_PER_S))
        return error_set(error, "%.17g seconds are too long: a duration is at most 10000 days",
                         seconds);
    int64_t value = (int64_t)llround(seconds * NS_PER_S);
    if (value == 0 && seconds > 0)
        return error_set(error, "%.17g seconds are less than a nanosecond and not 0", seconds);
    *nanoseconds = value;
    return true;
}

/* Whole days, hours and minutes are named so; everything else is a decimal number of the
 * largest unit up to a second that fits, because 90 s reads better than 1.5 min. */
static uint64_t choose_unit(uint64_t value, const char **name)
{
    const struct {
        const char *name;
        int64_t size;
        bool whole;
    } units[] = {
        {"d", DAY, true},       {"h", HOUR, true},        {"min", MINUTE, true},
        {"s", NS_PER_S, false}, {"ms", NS_PER_MS, false}, {"us", NS_PER_US, false},
    };
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        uint64_t size = (uint64_t)units[i].size;
        *name = units[i].name;
        if (value >= size && (!units[i].whole || value % size == 0))
            return size;
    }
    *name = "ns";
    return 1;
}

const char *duration_format(int64_t nanoseconds, char *text, size_t size)
{
    const char *name = "s", *sign = nanoseconds < 0 ? "-" : "";
    uint64_t value = nanoseconds < 0 ? 0 - (uint64_t)nanoseconds : (uint64_t)nanoseconds;
    uint64_t unit = value ? choose_unit(value, &name) : NS_PER_S;
    uint64_t rest = value % unit;
    int digits = 0;
    for (uint64_t place = unit; rest && place > 1; place /= 10)
        digits++;
    for (; rest && rest % 10 == 0; rest /= 10)
        digits--;
    if (rest)
        snprintf(text, size, "%s%" PRIu64 ".%0*" PRIu64 " %s", sign, value / unit, digits, rest,
                 name);
    else
        snprintf(text, size, "%s%" PRIu64 " %s", sign, value / unit, name);
    return text;
}

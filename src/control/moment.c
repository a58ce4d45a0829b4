/* strptime is tried with one form after the other; what is not said of the day is today's. */

#include "control/moment.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/clock.h"
#include "base/duration.h"

static bool read_ago(const char *text, int64_t now, int64_t *moment)
{
    struct error ignored;
    int64_t ago;
    if (!duration_parse(text, &ago, &ignored))
        return false;
    *moment = now - ago / NS_PER_MS;
    return true;
}

/* ".5" behind the seconds. */
static bool read_fraction(const char *text, int64_t *ms)
{
    char *end;
    *ms = 0;
    if (!*text)
        return true;
    if (*text != '.')
        return false;
    *ms = llround(strtod(text, &end) * 1000);
    return !*end;
}

static bool read_form(const char *text, const char *form, int64_t now, int64_t *moment)
{
    time_t today = (time_t)(now / 1000);
    struct tm tm;
    int64_t ms;
    localtime_r(&today, &tm);
    tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
    tm.tm_isdst = -1;
    const char *rest = strptime(text, form, &tm);
    if (!rest || !read_fraction(rest, &ms))
        return false;
    tm.tm_isdst = -1;
    *moment = (int64_t)mktime(&tm) * 1000 + ms;
    return true;
}

bool moment_read(const char *text, int64_t now, int64_t *moment, struct error *error)
{
    static const char *const forms[] = {
        "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M",
        "%Y-%m-%d",          "%H:%M:%S",          "%H:%M"};
    *moment = now;
    if (strcmp(text, "now") == 0 || (*text == '-' && read_ago(text + 1, now, moment)))
        return true;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (read_form(text, forms[i], now, moment))
            return true;
    return error_set(error,
                     "%s is no moment; one is \"now\", \"-1h30m\" (ago), \"10:30\", \"2026-01-31\" "
                     "or \"2026-01-31 10:30:15\"",
                     *text ? text : "\"\"");
}

const char *moment_text(double seconds, bool utc, char text[MOMENT_TEXT])
{
    int64_t ms = llround(seconds * 1000);
    time_t whole = (time_t)(ms / 1000);
    struct tm tm;
    if (utc)
        gmtime_r(&whole, &tm);
    else
        localtime_r(&whole, &tm);
    size_t used = strftime(text, MOMENT_TEXT, utc ? "%Y-%m-%dT%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &tm);
    snprintf(text + used, MOMENT_TEXT - used, ".%03d%s", (int)(ms % 1000), utc ? "Z" : "");
    return text;
}

/* What a person types into the next command is what is printed here. */

#include "control/show.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/duration.h"
#include "image/number.h"

void show_bare(FILE *file, const json_t *row)
{
    const json_t *value = json_object_get(row, "value");
    if (json_is_string(value)) {
        fwrite(json_string_value(value), 1, json_string_length(value), file);
        return;
    }
    if (json_is_real(value)) {
        char number[NUMBER_TEXT];
        fputs(number_text(json_real_value(value), number), file);
        return;
    }
    char *text = json_dumps(value, JSON_ENCODE_ANY);
    fputs(text ? text : "?", file);
    free(text);
}

/* ---- durations ---- */

static double three_figures(double seconds)
{
    if (!(seconds > 0))
        return 0;
    double step = pow(10, floor(log10(seconds)) - 2);
    return round(seconds / step) * step;
}

/* "2 h 14 min", the second only where it is not 0. */
static void format_long(double seconds, char text[SHOW_DURATION])
{
    static const struct {
        double size, next;
        const char *name, *next_name;
    } UNITS[] = {{86400, 3600, "d", "h"}, {3600, 60, "h", "min"}, {60, 1, "min", "s"}};
    size_t i = 0;
    while (seconds < UNITS[i].size)
        i++;
    double whole = floor(seconds / UNITS[i].size);
    double rest = floor((seconds - whole * UNITS[i].size) / UNITS[i].next);
    int length = snprintf(text, SHOW_DURATION, "%.0f %s", whole, UNITS[i].name);
    if (rest > 0)
        snprintf(text + length, SHOW_DURATION - (size_t)length, " %.0f %s", rest,
                 UNITS[i].next_name);
}

const char *show_seconds(double seconds, char text[SHOW_DURATION])
{
    if (seconds < 60)
        duration_format((int64_t)llround(three_figures(seconds) * 1e9), text, SHOW_DURATION);
    else
        format_long(seconds, text);
    return text;
}

void show_duration(FILE *file, const json_t *seconds)
{
    char text[SHOW_DURATION] = "-";
    if (json_is_number(seconds))
        show_seconds(json_number_value(seconds), text);
    fputs(text, file);
}

/* ---- JSON ---- */

/* A number that jansson has written with 17 digits; returns where it ends. */
static const char *put_number(const char *at)
{
    char *end, text[NUMBER_TEXT];
    double number = strtod(at, &end);
    size_t length = (size_t)(end - at);
    bool real = strcspn(at, ".eE") < length;
    number_text(number, text);
    fprintf(stdout, "%.*s%s", real ? NUMBER_TEXT : (int)length, real ? text : at,
            real && !strpbrk(text, ".e") ? ".0" : "");
    return end;
}

/* A string with its quotes; returns where it ends. */
static const char *put_string(const char *at)
{
    const char *end = at + 1;
    while (*end != '"')
        end += *end == '\\' ? 2 : 1;
    fwrite(at, 1, (size_t)(end + 1 - at), stdout);
    return end + 1;
}

void show_json(const json_t *value)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    for (const char *at = text; at && *at;) {
        if (*at == '"')
            at = put_string(at);
        else if (*at == '-' || (*at >= '0' && *at <= '9'))
            at = put_number(at);
        else
            putchar(*at++);
    }
    putchar('\n');
    free(text);
}

bool show_ended(const char *command)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    fprintf(stderr, "msm %s: cannot write: %s\n", command, strerror(errno));
    return false;
}

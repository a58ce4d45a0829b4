/* What a person types into the next command is what is printed here. */

#include "control/show.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/duration.h"
#include "base/printable.h"
#include "control/json_text.h"
#include "image/number.h"

void show_text(FILE *file, const char *bytes, size_t length)
{
    char piece[PRINTABLE_PIECE];
    for (size_t at = 0; at < length;) {
        at += printable_piece(bytes + at, length - at, piece);
        fputs(piece, file);
    }
}

void show_lines(FILE *file, const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\n\t");
        show_text(file, text, length);
        text += length;
        if (*text)
            putc(*text++, file);
    }
    putc('\n', file);
}

static void show_other(FILE *file, const json_t *value)
{
    char *text = json_text(value);
    fputs(text ? text : "?", file);
    free(text);
}

static void show_list(FILE *file, const json_t *list)
{
    size_t i;
    json_t *value;
    putc('[', file);
    json_array_foreach(list, i, value)
    {
        fputs(i ? ", " : "", file);
        show_other(file, value);
    }
    putc(']', file);
}

static void show_number(FILE *file, const json_t *value)
{
    char number[NUMBER_TEXT];
    fputs(number_text(json_real_value(value), number), file);
}

void show_value(FILE *file, const json_t *row)
{
    const json_t *value = json_object_get(row, "value");
    if (json_is_string(value))
        show_text(file, json_string_value(value), json_string_length(value));
    else if (json_is_real(value))
        show_number(file, value);
    else if (json_is_array(value))
        show_list(file, value);
    else
        show_other(file, value);
}

void show_raw(FILE *file, const json_t *row)
{
    const json_t *value = json_object_get(row, "value");
    if (json_is_string(value))
        fwrite(json_string_value(value), 1, json_string_length(value), file);
    else
        show_value(file, row);
}

void show_row(FILE *file, const json_t *row)
{
    const char *quality = json_string_value(json_object_get(row, "quality"));
    fprintf(file, "%s ", json_string_value(json_object_get(row, "name")));
    show_value(file, row);
    if (strcmp(quality, "good") != 0)
        fprintf(file, " (%s)", quality);
    if (json_is_true(json_object_get(row, "forced")))
        fputs(" (forced)", file);
    putc('\n', file);
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

/* ---- the whole ---- */

void show_json(const json_t *value)
{
    show_other(stdout, value);
    putchar('\n');
}

bool show_ended(const char *command)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    fprintf(stderr, "msm %s: cannot write: %s\n", command, strerror(errno));
    return false;
}

/* Printing a number takes a tenth of what a tree of JSON and its text take. */

#include "hmi/board_text.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "control/json_text.h"
#include "control/row.h"
#include "control/value_json.h"
#include "image/mirror.h"
#include "image/number.h"

/* As JSON; "" for what JSON has no number for, what has digits that are not its own, and what a
 * browser would round. */
static void print_value(const struct variable *v, const struct value *value, char text[NUMBER_TEXT])
{
    char digits[VALUE_JSON_DIGITS];
    *text = '\0';
    if (value->kind == VALUE_BOOLEAN)
        strcpy(text, value->boolean ? "true" : "false");
    else if (value->kind == VALUE_INTEGER && !value_json_digits(v, value, digits))
        snprintf(text, NUMBER_TEXT, "%" PRId64, value->integer);
    else if (value->kind == VALUE_NUMBER && isfinite(value->number) && v->type == TYPE_FLOAT32 &&
             !v->has_scale)
        number_text32((float)value->number, text);
    else if (value->kind == VALUE_NUMBER && isfinite(value->number) && v->has_scale)
        snprintf(text, NUMBER_TEXT, "%.*g", v->type == TYPE_FLOAT32 ? 7 : 15, value->number);
    else if (value->kind == VALUE_NUMBER && isfinite(value->number))
        number_text(value->number, text);
}

/* Seconds with three digits, by integers: printing a fraction takes longer than all the rest. */
static int print_time(double utc, char *text, size_t size)
{
    int64_t ms = isnan(utc) ? 0 : llround(utc * 1000);
    return isnan(utc) ? snprintf(text, size, "null}")
                      : snprintf(text, size, "%" PRId64 ".%03d}", ms / 1000, (int)(ms % 1000));
}

size_t board_plain(const struct reading *reading, const struct target *target, const char *name,
                   double utc, char text[BOARD_PLAIN])
{
    const struct mark *mark = &view_marks(reading->view)[target->first];
    const struct variable *v = target->declared;
    char value_text[NUMBER_TEXT], bytes[VARIABLE_MAX_LENGTH];
    if (!v || target_is_list(target) || mark->forced || mark->delivery != DELIVERY_NONE ||
        v->type == TYPE_STRING)
        return 0;
    const struct point *point = &reading->plan->points[target->first];
    struct value value =
        variable_get(v, view_cells(reading->view) + point->cell, point->mask, bytes);
    print_value(v, &value, value_text);
    if (!*value_text)
        return 0;
    const char *quality = mark->quality == QUALITY_GOOD ? NULL : row_quality(mark->quality);
    int length = snprintf(text, BOARD_PLAIN, "{\"name\":\"%s\",\"value\":%s%s%s%s,\"time\":", name,
                          value_text, quality ? ",\"quality\":\"" : "", quality ? quality : "",
                          quality ? "\"" : "");
    length += print_time(utc, text + length, BOARD_PLAIN - (size_t)length);
    return (size_t)length;
}

/* The fields that a row of PROTOCOL.md and one of the board have in common. */
char *board_full(const struct reading *reading, const struct target *target, double utc)
{
    static const char *const common[] = {"name",  "value", "exact", "suppressed",
                                         "state", "why",   "hex"};
    json_t *row = row_json(reading, target), *less = json_object();
    for (size_t i = 0; i < sizeof common / sizeof *common; i++) {
        json_t *field = json_object_get(row, common[i]);
        if (field)
            json_object_set(less, common[i], field);
    }
    json_t *quality = json_object_get(row, "quality");
    if (strcmp(json_string_value(quality), "good") != 0)
        json_object_set(less, "quality", quality);
    if (json_is_true(json_object_get(row, "forced")))
        json_object_set_new(less, "forced", json_true());
    json_object_set_new(less, "time", isnan(utc) ? json_null() : json_real(utc));
    char *text = json_text(less);
    json_decref(less);
    json_decref(row);
    return text;
}

/* A value as people read it: by its label where it has one, with its unit, with as many decimals
 * as were asked for or as few digits as tell it apart. */

#include "image/variable.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include "image/number.h"
#include "image/quote.h"
#include "image/variable_raw.h"

static const char *label_of(const struct variable *variable, int64_t value)
{
    for (size_t i = 0; i < variable->label_count; i++)
        if (variable->labels[i].value == value)
            return variable->labels[i].text;
    return NULL;
}

static void with_unit(const struct variable *variable, const char *shown, char *text, size_t size)
{
    if (variable->unit != NULL && variable->unit[0] != '\0')
        snprintf(text, size, "%s %s", shown, variable->unit);
    else
        snprintf(text, size, "%s", shown);
}

static void with_label(const char *label, const char *shown, char *text, size_t size)
{
    snprintf(text, size, "%s (%s)", label, shown);
}

static void format_boolean(const struct variable *variable, bool value, char *text, size_t size)
{
    const char *label = label_of(variable, value);
    const char *shown = value ? "true" : "false";
    if (label != NULL)
        with_label(label, shown, text, size);
    else
        snprintf(text, size, "%s", shown);
}

static void format_integer(const struct variable *variable, int64_t value, char *text, size_t size)
{
    const char *label = label_of(variable, value);
    char shown[NUMBER_TEXT];
    snprintf(shown, sizeof shown, "%" PRId64, value);
    if (label != NULL)
        with_label(label, shown, text, size);
    else
        with_unit(variable, shown, text, size);
}

/* Digits that scaling adds are the arithmetic's and not the value's: they are left out. */
static void format_number(const struct variable *variable, double number, char *text, size_t size)
{
    char shown[400]; /* the 309 digits of a large binary64 and 15 decimals */
    char digits[NUMBER_TEXT];
    bool narrow = variable->type == TYPE_FLOAT32;
    if (variable->decimals >= 0 && isfinite(number))
        snprintf(shown, sizeof shown, "%.*f", variable->decimals, number);
    else if (variable->has_scale && !isnan(number))
        snprintf(shown, sizeof shown, "%.*g", narrow ? 7 : 15, number);
    else if (narrow)
        snprintf(shown, sizeof shown, "%s", number_text32((float)number, digits));
    else
        snprintf(shown, sizeof shown, "%s", number_text(number, digits));
    with_unit(variable, shown, text, size);
}

const char *variable_format(const struct variable *variable, const struct value *value, char *text,
                            size_t size)
{
    switch (value->kind) {
    case VALUE_BOOLEAN:
        format_boolean(variable, value->boolean, text, size);
        break;
    case VALUE_INTEGER:
        format_integer(variable, value->integer, text, size);
        break;
    case VALUE_NUMBER:
        format_number(variable, value->number, text, size);
        break;
    case VALUE_STRING:
        quote_text(value->string.bytes, value->string.length, text, size);
        break;
    }
    return text;
}

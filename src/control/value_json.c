/* JSON has one kind of number and one of text; which of Lua's kinds is meant says the variable. */

#include "control/value_json.h"

#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/nearest.h"
#include "base/utf8.h"
#include "image/number.h"

/* ---- texts ---- */

/* `text` has room for three times the length. Returns how much was used. */
static size_t mend(const char *bytes, size_t length, char *text)
{
    size_t used = 0;
    for (size_t at = 0; at < length;) {
        size_t size = utf8_character(bytes + at, length - at);
        memcpy(text + used, size ? bytes + at : "\xEF\xBF\xBD", size ? size : 3);
        used += size ? size : 3;
        at += size ? size : 1;
    }
    return used;
}

json_t *value_json_text(const char *bytes, size_t length)
{
    if (utf8_is_valid(bytes, length))
        return json_stringn_nocheck(bytes, length);
    char *text = malloc(3 * length);
    if (!text)
        return NULL;
    json_t *json = json_stringn_nocheck(text, mend(bytes, length, text));
    free(text);
    return json;
}

/* ---- out ---- */

/* Digits that a binary32 or the arithmetic of scaling adds are not the value's. */
static double own_digits(const struct variable *variable, double number)
{
    char text[NUMBER_TEXT];
    bool narrow = variable->type == TYPE_FLOAT32;
    if (variable->has_scale)
        snprintf(text, sizeof text, "%.*g", narrow ? 7 : 15, number);
    else if (narrow)
        number_text32((float)number, text);
    else
        return number;
    return strtod(text, NULL);
}

json_t *value_json(const struct variable *variable, const struct value *value)
{
    switch (value->kind) {
    case VALUE_BOOLEAN:
        return json_boolean(value->boolean);
    case VALUE_INTEGER:
        return json_integer(value->integer);
    case VALUE_NUMBER:
        if (isnan(value->number))
            return json_string("nan");
        if (isinf(value->number))
            return json_string(value->number > 0 ? "inf" : "-inf");
        return json_real(own_digits(variable, value->number));
    default:
        return value_json_text(value->string.bytes, value->string.length);
    }
}

bool value_json_digits(const struct variable *variable, const struct value *value,
                       char digits[VALUE_JSON_DIGITS])
{
    const uint64_t most = UINT64_C(1) << 53;
    int64_t integer = value->integer;
    bool is_unsigned = variable->type == TYPE_UINT64;
    uint64_t size = is_unsigned || integer >= 0 ? (uint64_t)integer : -(uint64_t)integer;
    if (value->kind != VALUE_INTEGER)
        return false;
    snprintf(digits, VALUE_JSON_DIGITS, "%s%" PRIu64, is_unsigned || integer >= 0 ? "" : "-", size);
    return size > most;
}

/* ---- in ---- */

static struct value string_of(const char *text, size_t length)
{
    return (struct value){.kind = VALUE_STRING, .string = {text, length}};
}

static struct value integer_of(const struct variable *variable, int64_t integer)
{
    if (variable->type == TYPE_BOOL)
        return (struct value){.kind = VALUE_BOOLEAN, .boolean = integer != 0};
    return (struct value){.kind = VALUE_INTEGER, .integer = integer};
}

static bool read_label(const struct variable *variable, const char *text, struct value *value)
{
    for (size_t i = 0; i < variable->label_count; i++) {
        if (strcmp(variable->labels[i].text, text) != 0)
            continue;
        *value = integer_of(variable, variable->labels[i].value);
        return true;
    }
    return false;
}

static bool read_endless(const struct variable *variable, const char *text, struct value *value)
{
    static const struct {
        const char *text;
        double number;
    } numbers[] = {{"nan", NAN}, {"inf", INFINITY}, {"-inf", -INFINITY}};
    for (size_t i = 0; variable->type != TYPE_BOOL && i < 3; i++) {
        if (strcmp(numbers[i].text, text) != 0)
            continue;
        *value = (struct value){.kind = VALUE_NUMBER, .number = numbers[i].number};
        return true;
    }
    return false;
}

/* Labels and numbers that JSON has no form for. */
static bool read_word(const struct variable *variable, const char *text, struct value *value)
{
    return variable->type != TYPE_STRING &&
           (read_label(variable, text, value) || read_endless(variable, text, value));
}

static bool read_text(const struct variable *variable, const json_t *json, struct value *value)
{
    const char *text = json_string_value(json);
    if (!read_word(variable, text, value))
        *value = string_of(text, json_string_length(json));
    return true;
}

bool value_json_read(const struct variable *variable, const json_t *json, struct value *value,
                     struct error *error)
{
    static const char *const names[] = {
        [JSON_NULL] = "null", [JSON_OBJECT] = "an object", [JSON_ARRAY] = "a list"};
    switch (json_typeof(json)) {
    case JSON_TRUE:
    case JSON_FALSE:
        *value = (struct value){.kind = VALUE_BOOLEAN, .boolean = json_is_true(json)};
        return true;
    case JSON_INTEGER:
        *value = (struct value){.kind = VALUE_INTEGER, .integer = json_integer_value(json)};
        return true;
    case JSON_REAL:
        *value = (struct value){.kind = VALUE_NUMBER, .number = json_real_value(json)};
        return true;
    case JSON_STRING:
        return read_text(variable, json, value);
    default:
        return error_set(error, "%s takes one value, not %s", variable->path,
                         names[json_typeof(json)]);
    }
}

/* ---- typed ---- */

static bool read_boolean(const char *text, struct value *value)
{
    static const char *const words[] = {"false", "true", "off", "on", "0", "1"};
    for (int i = 0; i < 6; i++) {
        if (strcmp(words[i], text) != 0)
            continue;
        *value = (struct value){.kind = VALUE_BOOLEAN, .boolean = i % 2};
        return true;
    }
    return false;
}

static bool is_whole(const char *text, const char *end)
{
    return end != text && *end == '\0' && errno == 0;
}

/* 64 bits of either kind; hexadecimal ones are for words. */
static bool read_integer(const struct variable *variable, const char *text, struct value *value)
{
    const char *digits = text + (*text == '-' || *text == '+');
    int base = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X') ? 16 : 10;
    char *end;
    errno = 0;
    int64_t integer = strtoll(text, &end, base);
    if (errno == ERANGE && *text != '-' && variable->type == TYPE_UINT64) {
        errno = 0;
        integer = (int64_t)strtoull(text, &end, base);
    }
    *value = (struct value){.kind = VALUE_INTEGER, .integer = integer};
    return is_whole(text, end);
}

/* Only in the forms that JSON has, too: strtod would take more. */
static bool read_number(const char *text, struct value *value)
{
    char *end;
    errno = 0;
    double number = strtod(text, &end);
    if (errno == ERANGE && fabs(number) < 1)
        errno = 0; /* too small for any digit */
    *value = (struct value){.kind = VALUE_NUMBER, .number = number};
    return strspn(text, "+-.0123456789eE") == strlen(text) && is_whole(text, end);
}

struct value value_json_type(const struct variable *variable, const char *text)
{
    struct value value;
    if (variable->type == TYPE_STRING || isspace((unsigned char)*text))
        return string_of(text, strlen(text));
    if (read_word(variable, text, &value))
        return value;
    if (variable->type == TYPE_BOOL
            ? read_boolean(text, &value)
            : read_integer(variable, text, &value) || read_number(text, &value))
        return value;
    return string_of(text, strlen(text));
}

bool value_json_word(const struct variable *variable, const char *text, struct value *value)
{
    return read_word(variable, text, value) ||
           (variable->type == TYPE_BOOL && read_boolean(text, value));
}

static void add_words(struct error *error, const char *before, const char *words, const char *after)
{
    size_t used = strlen(error->text);
    snprintf(error->text + used, sizeof error->text - used, "%s%s%s", before, words, after);
}

void value_json_advise(const struct variable *variable, const struct value *value, bool typed,
                       struct error *error)
{
    struct nearest nearest;
    char asked[64];
    if (value->kind != VALUE_STRING || variable->type == TYPE_STRING)
        return;
    snprintf(asked, sizeof asked, "%.*s", (int)value->string.length, value->string.bytes);
    nearest_init(&nearest, asked);
    for (size_t i = 0; i < variable->label_count; i++) {
        add_words(error, i == 0 ? ", or one of " : ", ", variable->labels[i].text, "");
        nearest_offer(&nearest, variable->labels[i].text);
    }
    if (nearest_word(&nearest))
        add_words(error, "; did you mean ", nearest_word(&nearest), "?");
    if (typed && variable->type == TYPE_BOOL)
        add_words(error, " (typed also as on and off, 1 and 0)", "", "");
}

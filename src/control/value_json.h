#pragma once
/* Values of variables as JSON and back, and as people type them. */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"
#include "image/variable.h"

enum { VALUE_JSON_DIGITS = 24 };

/* The digits of an integer; true where it has more than 53 bits, so that a reader for whom all
 * numbers are doubles (as JavaScript) needs them. */
bool value_json_digits(const struct variable *variable, const struct value *value,
                       char digits[VALUE_JSON_DIGITS]);

/* A text of ours, or of a script or a device: bytes that are not UTF-8 become U+FFFD. */
json_t *value_json_text(const char *bytes, size_t length);

/* Numbers with the digits that the variable has: a float32 of 20.1 is 20.1. NaN and infinities are
 * texts. */
json_t *value_json(const struct variable *variable, const struct value *value);

/* JSON to a value, which may point into `json`; that it fits the variable is left to variable_set.
 * Texts may be labels, "nan" and "inf". False with an error for what is no value at all. */
bool value_json_read(const struct variable *variable, const json_t *json, struct value *value,
                     struct error *error);

/* The same for what a person types: "12.5", "0x1F", "on", "RUN". What means nothing to the variable
 * is taken as a string, which variable_set refuses in its own words. */
struct value value_json_type(const struct variable *variable, const char *text);

/* Only words: labels, "on" and "off", "nan" and "inf". False for others, and for strings. */
bool value_json_word(const struct variable *variable, const char *text, struct value *value);

/* Behind what variable_set has refused: the words that would be taken, where it was `typed` also
 * those for bits, and which may be meant. */
void value_json_advise(const struct variable *variable, const struct value *value, bool typed,
                       struct error *error);

#pragma once
/* What a refused value is told. For the files of `variable` only. */

#include "image/variable_raw.h"

enum { VARIABLE_RANGE_TEXT = 512 }; /* room for a range with its unit */

/* Fills the error with the end of a sentence, from " = 170 is out of …" on; who is meant goes in
 * front with error_prefix. `hint` names the limit that would help: not for what only the
 * declaration itself can be wrong about. Returns false. */
bool variable_explain(const struct variable *variable, enum verdict verdict,
                      const struct value *value, bool hint, struct error *error);

/* " 0..100 %", ", at most 100 %", or "" for a float without bounds. Returns text. */
const char *variable_range(const struct variable *variable, char text[VARIABLE_RANGE_TEXT]);

/* "a uint16", "an int16", "a coil". Returns text. */
const char *variable_kind(const struct variable *variable, char text[32]);

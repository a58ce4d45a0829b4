#pragma once
/* One error text. It is made where the fact is known, handed up, and reported once by whoever
 * asked. Every function that can fail takes a struct error and returns false after filling it. */

#include <stdbool.h>

struct error {
    char text[2048]; /* complete sentence(s) for a person, no newline at the end */
};

/* Fills the text; always returns false, so that `return error_set(…)` reads well.
 * A longer text is cut at the end of the buffer. */
bool error_set(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts words in front of a text made further down, "tank: " for instance. Returns false. */
bool error_prefix(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#pragma once
/* Moments as a person types them: "now", "-1h", "10:30", "2026-01-31", "2026-01-31 10:30:15.5", in
 * the time of this place. */

#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"

/* To UTC ms; `now` is that, too. False, with the forms that there are, for another text. */
bool moment_read(const char *text, int64_t now, int64_t *moment, struct error *error);

enum { MOMENT_TEXT = 40 };

/* "2026-01-31 10:30:15.500" of this place; with `utc` "2026-01-31T09:30:15.500Z". Returns text. */
const char *moment_text(double seconds, bool utc, char text[MOMENT_TEXT]);

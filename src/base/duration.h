#pragma once
/* Durations as people write them: 0.1 (seconds) or "250us", "100ms", "2s", "10m", "1h30m", "1d". */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

/* Text to nanoseconds. A bare number in the text means seconds. Not negative, at most 10,000
 * days. On failure the error names the text and shows the accepted forms. */
bool duration_parse(const char *text, int64_t *nanoseconds, struct error *error);

/* Seconds to nanoseconds under the same limits; NaN and infinities are refused. */
bool duration_from_seconds(double seconds, int64_t *nanoseconds, struct error *error);

/* The shortest exact form a person would write, "100 ms", "2 s", "1.5 s", "10 min"; returns text.
 */
const char *duration_format(int64_t nanoseconds, char *text, size_t size);

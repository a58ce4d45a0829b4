#pragma once
/* One thing that is read, as JSON: its value and all that is known about it (PROTOCOL.md). */

#include <jansson.h>
#include "control/reading.h"
#include "control/target.h"

/* As it was when last looked; the target is of the reading's plan. */
json_t *row_json(const struct reading *reading, const struct target *target);

/* Its value alone. */
json_t *row_value(const struct reading *reading, const struct target *target);

/* A number that is another one when what a row shows is, apart from the age; never 0. */
uint64_t row_stamp(const struct reading *reading, const struct target *target);

/* When its value arrived or was published, monotonic ns: the newest of its elements. */
int64_t row_time(const struct reading *reading, const struct target *target);

const char *row_quality(uint8_t quality);

#pragma once
/* What is known of alarms, as PROTOCOL.md has it; for answers, and for the pages' beats. */

#include <jansson.h>
#include "image/alarms.h"

json_t *alarm_counts_json(struct alarms *alarms); /* NULL: there are none */

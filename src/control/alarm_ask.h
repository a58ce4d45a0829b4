#pragma once
/* What a person asks about one alarm, or all: carried out by the library's own code between two
 * scans, as what eval runs is. For ask_*.c only. */

#include "control/asks_inside.h"

/* The alarm's row; refuses and returns false where there is none of that name. */
bool alarm_find(struct ask *ask, const char *name, struct alarm_row *row);

/* What is known of an alarm, as PROTOCOL.md has it. */
json_t *alarm_json(const struct alarm_row *row);

/* Calls `function` of msm.alarm.asked with Lua text as its arguments; the names that it answers
 * with become the list `field`. */
void alarm_call(struct ask *ask, const char *function, const char *arguments, const char *field);

/* "\"…\"": a text as Lua reads it (malloc; NULL when memory is short). */
char *alarm_quote(const char *text);

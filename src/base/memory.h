#pragma once
/* Memory for what a program declares. When there is none left the process says so and ends: half a
 * declaration is of no use, and no caller could do better. Any thread. */

#include <stddef.h>

/* Zeroed, to be freed; ends the process when memory is short. */
void *memory_zeroed(size_t count, size_t size);

/* Room for one more of `count` rows, which stand where the result points. Capacities are powers of
 * two, so the count tells when one is full. */
void *memory_grow(void *rows, size_t count, size_t size);

/* A copy of a text, to be freed; ends the process when memory is short. */
char *memory_string(const char *text);

/* Ends the process with a line that names what was asked for. */
_Noreturn void memory_short(size_t size);

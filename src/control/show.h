#pragma once
/* Values and answers of a running program on a person's terminal, or for the next program in a
 * pipe. */

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* A row's value as `get` prints it: bare, without its unit; a string as it is, an array as JSON. */
void show_bare(FILE *file, const json_t *row);

/* "2 h 14 min", "1.51 s", "12.3 ms": three figures, or two units; "-" for null. */
void show_duration(FILE *file, const json_t *seconds);

enum { SHOW_DURATION = 48 };
/* The same as text, which is returned. */
const char *show_seconds(double seconds, char text[SHOW_DURATION]);

/* A line of JSON, its numbers in the fewest digits that read back as the same. */
void show_json(const json_t *value);

/* Flushes stdout; false, and said, when what was printed could not be written. */
bool show_ended(const char *command);

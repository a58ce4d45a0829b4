#pragma once
/* Values and answers of a running program on a person's terminal, or for the next program in a
 * pipe. */

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* A row's value as `get` prints it: bare, without its unit; a string as it is, an array as JSON. */
void show_bare(FILE *file, const json_t *row);

/* "2 h 14 min", "0.35 s"; "-" for null. */
void show_duration(FILE *file, const json_t *seconds);

/* The answer's member `field` as it is, a line of JSON. */
void show_json(const json_t *value);

/* Flushes stdout; false, and said, when what was printed could not be written. */
bool show_ended(const char *command);

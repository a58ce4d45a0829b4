#pragma once
/* Values and answers of a running program on a person's terminal, or for the next program in a
 * pipe. */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Masters write strings, and scripts put them into errors: what is shown of them is escaped as
 * printable.h does, so that a line is a line and the terminal stays as it is. */
void show_text(FILE *file, const char *bytes, size_t length); /* within a line */
void show_lines(FILE *file, const char *text); /* with a newline; keeps those in it */

/* A row's value, bare, without its unit; an array as JSON. */
void show_value(FILE *file, const json_t *row);
void show_raw(FILE *file, const json_t *row); /* the same with a string's own bytes: for pipes */

/* "plc.SPEED 20.5 (stale) (forced)": with its name, and what is to be known of it. */
void show_row(FILE *file, const json_t *row);

/* "2 h 14 min", "1.51 s", "12.3 ms": three figures, or two units; "-" for null. */
void show_duration(FILE *file, const json_t *seconds);

enum { SHOW_DURATION = 48 };
/* The same as text, which is returned. */
const char *show_seconds(double seconds, char text[SHOW_DURATION]);

/* A line of JSON, its numbers in the fewest digits that read back as the same. */
void show_json(const json_t *value);

/* Flushes stdout; false, and said, when what was printed could not be written. */
bool show_ended(const char *command);

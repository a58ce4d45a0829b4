#pragma once
/* Lines for a person on stderr. Nobody who logs ever waits for the terminal: lines go into a
 * bounded ring that a thread of its own writes out; what does not fit is counted and said. */

#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"

/* Starts the writing thread. Before it, and after log_stop, lines are written directly. */
bool log_start(struct error *error);

/* Writes out what is queued, for at most one second, and ends the thread. */
void log_stop(void);

/* One line (a final newline is added), formatted as printf does, any thread. Newlines inside
 * the text, as in a traceback, are kept; the text stays in one piece. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same for text that is not a format: the bytes as they are, and the final newline. A text
 * above 64 KiB is cut, and says so. */
void log_text(const char *text, size_t length);

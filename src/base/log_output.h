#pragma once
/* Bytes on stderr, whatever it is: a terminal, a file, a pipe somebody closed. For log.c only;
 * everybody else uses log_line. `patience` is in milliseconds, -1 waits without limit. */

#include <stddef.h>

/* Writes a first part and returns its size, or 0 if none was taken in time. What a closed pipe
 * or terminal refuses counts as written: there is nobody left to tell. SIGPIPE must be blocked.
 * It waits only in poll and write, which are points of cancellation. */
size_t log_output_some(const char *bytes, size_t length, int patience);

/* Writes a whole line and its newline, unmixed with others' lines; no signal gets out. */
void log_output_line(const char *text, size_t length, int patience);

#pragma once
/* What goes on coming from a program, until that ends or nobody reads it any more. */

#include "control/talk.h"

/* Prints `answer` (taken) and all that follows it. Returns the exit status: 0 when
 * the reader of stdout has gone, EXIT_NOT_RUNNING when the program has, or why it could not go on.
 */
int stream_run(struct talk *talk, json_t *answer, void (*print)(const json_t *line, bool json),
               bool json);

#pragma once
/* The table of msm watch on a terminal, in plain ANSI: name, value, unit, quality, age, forced;
 * what has changed stands out for a moment. Keys: arrows and Page scroll, / filters by a part of
 * the name, q and Ctrl-C end. The terminal is as it was after any end, signals included. */

#include "control/talk.h"

/* Takes over the first line of the stream; returns the exit code. */
int screen_run(struct talk *talk, json_t *first);

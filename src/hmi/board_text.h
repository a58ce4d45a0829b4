#pragma once
/* A row of the board as text; for board.c only. */

#include "control/reading.h"
#include "control/target.h"

enum { BOARD_PLAIN = 384 };

/* Of a plain number or boolean, which is neither forced nor on its way to a device: written to
 * `text`, and its length; 0: it is not such a one. `utc` NAN: never. */
size_t board_plain(const struct reading *reading, const struct target *target, const char *name,
                   double utc, char text[BOARD_PLAIN]);

/* Of anything (malloc; NULL when memory is short). */
char *board_full(const struct reading *reading, const struct target *target, double utc);

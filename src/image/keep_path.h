#pragma once
/* Where a field lies in a keep, as a script would write it: `step`, `list[3].name`, `["a b"]`. One
 * text for one place: it is a key in the state file, too. Pure. */

#include <stdbool.h>
#include <stddef.h>
#include "image/keeps.h"

/* Room for the longest: KEEPS_DEPTH_MAX keys of escaped bytes. */
enum { KEEP_PATH = (KEEPS_DEPTH_MAX + 1) * (4 * KEEPS_KEY_MAX + 5) };

/* Goes one key further: adds it behind `used` bytes (ended); returns how many there are then. */
size_t keep_path_add(char path[KEEP_PATH], size_t used, const struct keeps_key *key);

/* Takes the first key off; `text` (room for KEEPS_KEY_MAX) gets what key->bytes points to. False at
 * the end (**path is NUL) and where it is no such path. */
bool keep_path_next(const char **path, struct keeps_key *key, char *text);

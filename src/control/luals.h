#pragma once
/* What an editor has to be told of a script: the language, its library, the script's variables. */

#include "control/map_rows.h"

#include <stdio.h>

/* Writes files for lua-language-server below `folder`, which is made where it is not there, and
 * prints what the editor's and luacheck's settings need. No file that something else wrote is
 * overwritten; then, and where a file cannot be written, false, with a line on stderr. */
bool luals_write(struct map *map, const char *script, const char *folder);

/* The script's memories as classes, with a field for each variable. */
void luals_variables(struct map *map, FILE *file);

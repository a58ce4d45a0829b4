#pragma once
/* What the files of `place` share. */

#include "control/place.h"

enum { PLACE_NAME = 63 }; /* bytes of a program's name */

#define PLACE_SUFFIX ".sock"

/* The socket of a name in a folder; false with an error where it is too long. */
bool place_join(char path[PLACE_PATH], const char *folder, const char *name, struct error *error);

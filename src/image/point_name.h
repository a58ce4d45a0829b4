#pragma once
/* What a point is called by people: "mem.LEVEL", "mem.TEMPS[3]" for an element (from 1), and a raw
 * word by its address, "mem.holding[5]". */

#include "image/plan.h"

enum { POINT_NAME = 160 };

/* Returns name. */
const char *point_name(const struct plan *plan, uint32_t point, char name[POINT_NAME]);

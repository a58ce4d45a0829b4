#pragma once
/* The start: everything that msm run needs, in the order in which one thing rests on another, up to
 * the moment before the first scan. Main thread. */

#include <stdbool.h>
#include "base/error.h"

struct runtime;

/* False with an error; what was made by then lies in the runtime. */
bool start_all(struct runtime *runtime, struct error *error);

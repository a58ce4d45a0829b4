#pragma once
/* How long a program in FAULT waits for its next start, after one that was refused. Pure. */

#include <stdint.h>

struct settings;

/* ns; `last`: what this returned before, 0 after the first try. */
int64_t restart_wait(const struct settings *settings, int64_t last);

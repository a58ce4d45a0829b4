#pragma once
/* Keeps virtual cores awake: one SCHED_IDLE thread for each core that does nothing but run when
 * nobody else wants to. A hypervisor wakes an idle virtual core late (milliseconds); a busy one
 * it does not have to wake. For virtual machines only: it costs the host a core each. */

#include <stdbool.h>
#include "base/error.h"

struct spin;

struct spin *spin_start(struct error *error); /* NULL on failure */
void spin_stop(struct spin *spin);            /* NULL is accepted */

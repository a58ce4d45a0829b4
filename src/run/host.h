#pragma once
/* What the control socket asks of the runtime (control/host.h). */

#include "control/host.h"

struct runtime;

struct control_host host_of(struct runtime *runtime);

#pragma once
/* What a service manager is told (sd_notify(3)); nothing where there is none. Main thread. */

#include <stdint.h>

void notify_ready(const char *status);
void notify_stopping(void);

/* Half of WatchdogSec in ns, or 0 where nobody watches; and the sign of life itself. */
int64_t notify_interval(void);
void notify_alive(void);

/* libsystemd speaks; without NOTIFY_SOCKET its calls do nothing. */

#include "run/notify.h"

#include "base/clock.h"

#include <systemd/sd-daemon.h>

void notify_ready(const char *status)
{
    sd_notifyf(0, "READY=1\nSTATUS=%s", status);
}

void notify_stopping(void)
{
    sd_notify(0, "STOPPING=1");
}

int64_t notify_interval(void)
{
    uint64_t microseconds = 0;
    if (sd_watchdog_enabled(0, &microseconds) <= 0)
        return 0;
    return (int64_t)microseconds * NS_PER_US / 2;
}

void notify_alive(void)
{
    sd_notify(0, "WATCHDOG=1");
}

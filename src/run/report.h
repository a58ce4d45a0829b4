#pragma once
/* The lines that msm run says of itself: what it serves at the start, then only what matters, and
 * at the end what the scan's figures were. */

#include <stddef.h>
#include "image/image.h"
#include "modbus/tcp.h"
#include "scan/scan.h"

/* "tank: scan 100 ms, real-time priority 80, 3 variables (2 retained)": so many have a value from
 * before. `priority` as scan_thread_priority says it; `locked` whether the process's pages are. */
void report_scan(const struct plan *plan, const struct scan *scan, const char *priority,
                 bool locked, size_t retained);

/* "tank: serving mem on 127.0.0.1:1502, all units", a line for each server; without any link, that.
 */
void report_servers(const struct plan *plan, const struct tcp *tcp);

/* "tank: mirroring plc with 10.0.0.7:502 unit 1 every 200 ms, 14 variables", a line for each
 * client. */
void report_clients(const struct plan *plan);

/* "tank: warning: 2 values are forced from before the start: mem.SETPOINT, mem.PUMP; …", nothing
 * where there is none: what persists is easily forgotten. */
void report_forced(struct image *image);

/* Names points whose last value did not reach their device, an array once. */
void report_undelivered(const struct plan *plan, const uint32_t *points, size_t count,
                        void (*say)(void *context, const char *text), void *context);

/* A warning when due times were missed since `known`; returns how many there are by now. */
uint64_t report_overruns(const struct plan *plan, const struct scan *scan, uint64_t known);

/* How long it ran, how often, and how the scan's time was spent. */
void report_end(const struct plan *plan, const struct scan *scan, struct image *image,
                int64_t seconds_ns, bool faulted);

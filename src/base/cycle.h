#pragma once
/* What the program is told about the scan it runs in: time is frozen for one scan, so that
 * every line of the logic sees the same moment and a test can repeat it. */

#include <stdbool.h>
#include <stdint.h>

struct cycle {
    int64_t monotonic; /* nanoseconds of CLOCK_MONOTONIC */
    double time;       /* monotonic seconds since start; 0 in the first scan */
    double utc;        /* seconds since 1970-01-01 UTC */
    bool clock_ok;     /* false while the system clock has evidently never been set */
    uint64_t count;    /* number of this scan, the first is 1 */
    uint64_t overruns; /* due times missed so far, over all tasks */
    uint64_t seen;     /* image sequence at which the running task ran last: newer is news to it */
};

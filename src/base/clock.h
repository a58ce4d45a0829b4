#pragma once
/* Time. The rooms below never read a clock: they are given a moment, so that a test or a replay
 * can give them another. Only threads that wait for real time call clock_now. */

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum { NS_PER_US = 1000, NS_PER_MS = 1000000, NS_PER_S = 1000000000 };

struct instant {
    int64_t monotonic; /* nanoseconds of CLOCK_MONOTONIC: never jumps */
    int64_t utc;       /* nanoseconds since 1970-01-01 UTC: may jump when the clock is set */
};

/* Both clocks, now. Any thread. */
struct instant clock_now(void);

/* Only the monotonic one, in nanoseconds. Any thread. */
int64_t clock_monotonic(void);

/* Processor time that the calling thread has used, in nanoseconds. Async-signal-safe. */
int64_t clock_processor(void);

/* A moment or a duration, 0 or above, as the system's calls want it. */
struct timespec clock_timespec(int64_t nanoseconds);

/* Whether a UTC time can be true: a board without a clock battery starts years in the past. */
bool clock_is_set(int64_t utc);

/* The only place that asks the system what time it is. */

#include "base/clock.h"

static int64_t read_clock(clockid_t id)
{
    struct timespec time = {0};
    clock_gettime(id, &time);
    return (int64_t)time.tv_sec * NS_PER_S + time.tv_nsec;
}

struct instant clock_now(void)
{
    return (struct instant){
        .monotonic = read_clock(CLOCK_MONOTONIC),
        .utc = read_clock(CLOCK_REALTIME),
    };
}

int64_t clock_monotonic(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_processor(void)
{
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

struct timespec clock_timespec(int64_t nanoseconds)
{
    return (struct timespec){.tv_sec = nanoseconds / NS_PER_S, .tv_nsec = nanoseconds % NS_PER_S};
}

/* 2025-01-01T00:00:00Z: before this program was written, so no clock that is right shows less. */
static const int64_t FIRST_TRUE_UTC = INT64_C(1735689600) * NS_PER_S;

bool clock_is_set(int64_t utc)
{
    return utc >= FIRST_TRUE_UTC;
}

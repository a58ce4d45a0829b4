/* A try that is refused doubles the wait before the next one, up to a minute. */

#include "run/restart_wait.h"

#include "base/clock.h"
#include "image/plan.h"

static const int64_t WAIT_LEAST = NS_PER_S / 10, WAIT_MOST = INT64_C(60) * NS_PER_S;

/* What keeps a program in fault, a value that a master wrote, may stay for a night. */
int64_t restart_wait(const struct settings *settings, int64_t last)
{
    int64_t after = settings->restart_after;
    int64_t least = after > WAIT_LEAST ? after : WAIT_LEAST;
    int64_t most = after > WAIT_MOST ? after : WAIT_MOST;
    int64_t wait = last ? 2 * last : least;
    return wait < most ? wait : most;
}

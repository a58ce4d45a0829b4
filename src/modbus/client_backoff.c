/* How long to wait before something that failed is tried again: longer each time, and never in step
 * with the others that failed at the same moment. */

#include "modbus/client_inside.h"

#include "base/clock.h"

int64_t client_backoff(unsigned attempt, uint32_t random)
{
    int64_t most = (int64_t)30 * NS_PER_S, wait = NS_PER_S / 2;
    for (; attempt > 0 && wait < most; attempt--)
        wait *= 2;
    if (wait > most)
        wait = most;
    return wait - (int64_t)((uint64_t)(wait / 5) * random >> 32);
}

int64_t client_next_backoff(struct client *client, unsigned attempt)
{
    client->random ^= client->random << 13;
    client->random ^= client->random >> 17;
    client->random ^= client->random << 5;
    return client_backoff(attempt, client->random);
}

/* A master's write by name, as `set` and the pages do it: one point, and its own bits of it. */

#include "image/write.h"

static bool is_reachable(const struct image *image, uint32_t number)
{
    int client = plan_point_client(image->plan, number);
    return client < 0 || atomic_load_explicit(&image->links[client].online, memory_order_acquire);
}

/* By name there is one point and its own bits; what else lies in its words keeps its value, and
 * what shares its bits is judged with it. */
enum exception image_set(struct image *image, uint32_t number, const uint16_t *words,
                         const struct origin *origin, int64_t now)
{
    const struct point *point = &image->plan->points[number];
    if (!plan_point_is_settable(image->plan, number))
        return EXCEPTION_ADDRESS;
    struct write write = {.cell = point->cell,
                          .count = point->words,
                          .touched = point->mask,
                          .by_name = true,
                          .origin = origin};
    image_lock(image);
    for (uint16_t k = 0; k < point->words; k++)
        write.words[k] =
            (uint16_t)((image->cells[point->cell + k] & ~point->mask) | (words[k] & point->mask));
    enum exception exception = write_judge(image, &write);
    if (exception == EXCEPTION_NONE && !is_reachable(image, number))
        exception = EXCEPTION_GATEWAY_TARGET;
    if (exception == EXCEPTION_NONE)
        write_carry_out(image, &write, now);
    image_unlock(image);
    return exception;
}

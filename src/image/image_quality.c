/* Quality as masters meet it. What a client mirrors, and what follows it, closes its memory to
 * masters while it is stale or was never read. How many such points there are is counted by memory,
 * so that a request into a healthy one looks at a single number. */

#include "image/inside.h"

#include <stdlib.h>

bool image_init_quality(struct image *image)
{
    const struct plan *plan = image->plan;
    image->arrived = calloc(plan->group_count + 1, sizeof *image->arrived);
    image->gates = calloc(plan->point_count + 1, sizeof *image->gates);
    image->closed = calloc(plan->memory_count + 1, sizeof *image->closed);
    if (!image->arrived || !image->gates || !image->closed)
        return false;
    for (uint32_t c = 0; c < plan->client_count; c++) {
        struct run groups = plan_client_groups(plan, c);
        for (uint32_t g = groups.first; g < groups.first + groups.count; g++) {
            const struct group *group = &plan->groups[g];
            for (uint32_t k = 0; k < group->count; k++)
                image->gates[plan->group_points[group->first + k]] = plan->clients[c].memory + 1;
        }
    }
    for (size_t i = 0; i < plan->follower_count; i++) {
        const struct variable *v = plan->variables[plan->followers[i].target];
        for (uint32_t k = 0; k < variable_elements(v); k++)
            image->gates[v->point + k] = v->memory + 1;
    }
    return true;
}

void image_finish_quality(struct image *image)
{
    free(image->arrived);
    free(image->gates);
    free(image->closed);
}

static bool is_old(uint8_t quality)
{
    return quality == QUALITY_STALE || quality == QUALITY_NEVER;
}

/* Only who holds the mutex writes a count; released, because a reader that finds none must not
 * find older values. */
static void count_closed(struct image *image, uint32_t memory, int step)
{
    atomic_uint *closed = &image->closed[memory];
    unsigned count = atomic_load_explicit(closed, memory_order_relaxed);
    atomic_store_explicit(closed, count + (unsigned)step, memory_order_release);
}

void image_set_quality(struct image *image, uint32_t number, enum quality quality)
{
    uint8_t *mark = &image->marks[number].quality;
    if (*mark == quality)
        return;
    if (image->gates[number] && is_old(*mark) != is_old(quality))
        count_closed(image, image->gates[number] - 1, is_old(quality) ? 1 : -1);
    __atomic_store_n(mark, (uint8_t)quality, __ATOMIC_RELEASE);
    image_dirty_mark(image, number);
}

static bool is_closed(const struct image *image, uint32_t number)
{
    return image->gates[number] &&
           is_old(__atomic_load_n(&image->marks[number].quality, __ATOMIC_ACQUIRE));
}

static bool is_reachable(const struct image *image, uint32_t memory)
{
    int client = image->plan->memories[memory].client;
    return client < 0 || atomic_load_explicit(&image->links[client].online, memory_order_acquire);
}

/* A gap has no quality of its own: it is as good as the link. */
bool image_may_read(const struct image *image, const struct request *request, uint32_t from)
{
    const struct plan *plan = image->plan;
    bool reachable = is_reachable(image, request->memory), any = false;
    if (request->serve_stale ||
        (reachable && !atomic_load_explicit(&image->closed[request->memory], memory_order_acquire)))
        return true;
    for (size_t i = plan_first_point(plan, from); i < plan->point_count; i++) {
        const struct point *point = &plan->points[plan->by_cell[i]];
        if (point->cell >= from + request->read.count)
            break;
        if (point->cell + point->words <= from)
            continue;
        if (is_closed(image, plan->by_cell[i]))
            return false;
        any = true;
    }
    return any || reachable;
}

bool image_may_forward(const struct image *image, const struct request *request)
{
    return request->serve_stale || is_reachable(image, request->memory);
}

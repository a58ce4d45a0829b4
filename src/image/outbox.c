/* What was changed here and has to reach a device: for each client a chain of groups in the order
 * of their last change. Whoever writes into the image appends, the client's link collects
 * (mirror.c). A group moves to the end with each change, so nothing is ever listed twice. */

#include "image/inside.h"
#include "image/mirror.h"

#include <stdlib.h>

bool outbox_init(struct image *image)
{
    const struct plan *plan = image->plan;
    struct outbox *outbox = &image->outbox;
    outbox->queues = calloc(plan->client_count + 1, sizeof *outbox->queues);
    outbox->filled = calloc(plan->client_count + 1, sizeof *outbox->filled);
    outbox->links = calloc(plan->group_count + 1, sizeof *outbox->links);
    outbox->times = calloc(plan->group_count + 1, sizeof *outbox->times);
    outbox->clients = calloc(plan->group_count + 1, sizeof *outbox->clients);
    if (!outbox->queues || !outbox->filled || !outbox->links || !outbox->times || !outbox->clients)
        return false;
    for (uint32_t c = 0; c < plan->client_count; c++) {
        struct run groups = plan_client_groups(plan, c);
        for (uint32_t g = 0; g < groups.count; g++)
            outbox->clients[groups.first + g] = c;
    }
    return true;
}

void outbox_finish(struct image *image)
{
    free(image->outbox.queues);
    free(image->outbox.filled);
    free(image->outbox.links);
    free(image->outbox.times);
    free(image->outbox.clients);
}

void outbox_set_delivery(struct image *image, uint32_t number, uint8_t delivery, uint8_t reason)
{
    struct mark *mark = &image->marks[number];
    if (mark->delivery == delivery && mark->reason == reason)
        return;
    __atomic_store_n(&mark->delivery, delivery, __ATOMIC_RELAXED); /* mirror_pending looks beside */
    mark->reason = reason;
    image_dirty_mark(image, number);
}

void outbox_list_group(struct image *image, uint32_t group, int64_t now)
{
    struct outbox *outbox = &image->outbox;
    uint32_t client = outbox->clients[group];
    chain_append(&outbox->queues[client], outbox->links, group);
    atomic_store_explicit(&outbox->filled[client], true, memory_order_release);
    outbox->times[group] = now;
    link_call(image, client);
}

void outbox_list(struct image *image, uint32_t number, int64_t now)
{
    const struct point *point = &image->plan->points[number];
    if (!image_is_mirrored(point) || image->plan->groups[point->group].direction == DIRECTION_IN)
        return;
    outbox_set_delivery(image, number, DELIVERY_PENDING, 0);
    outbox_list_group(image, point->group, now);
}

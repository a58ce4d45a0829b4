/* What links say of themselves. The status is written under the image's mutex and latched by views
 * like a value; when the last answer came lies beside it, because that changes with every poll. A
 * status has one writer, its link, which reads it without the mutex. */

#include "image/link.h"

#include "image/inside.h"

#include <stdlib.h>
#include <string.h>

bool link_init(struct image *image)
{
    size_t count = link_count(image->plan);
    image->link_pages = count / LINKS_IN_PAGE + 1;
    image->links = calloc(count + 1, sizeof *image->links);
    image->link_status = calloc(image->link_pages * LINKS_IN_PAGE, sizeof *image->link_status);
    if (!image->links || !image->link_status)
        return false;
    for (size_t i = 0; i < count; i++)
        atomic_init(&image->links[i].wanted, true);
    return true;
}

void link_finish(struct image *image)
{
    free(image->links);
    free(image->link_status);
}

size_t link_count(const struct plan *plan)
{
    return plan->client_count + plan->server_count;
}

const char *link_name(const struct plan *plan, size_t link)
{
    return link < plan->client_count ? plan->clients[link].name
                                     : plan->servers[link - plan->client_count].name;
}

static bool is_same(const struct link_status *a, const struct link_status *b)
{
    return a->online == b->online && a->complete == b->complete && a->conflicts == b->conflicts;
}

void link_publish(struct image *image, size_t link, const struct link_status *status, bool returned)
{
    struct link_status *known = &image->link_status[link];
    struct link_row *row = &image->links[link];
    atomic_store_explicit(&row->answered, status->answered, memory_order_relaxed);
    if (!returned && is_same(status, known))
        return;
    image_lock_still(image);
    known->online = status->online;
    known->complete = status->complete;
    known->conflicts = status->conflicts;
    if (returned)
        known->reconnected = ++image->sequence;
    image_dirty_link(image, link);
    atomic_store_explicit(&row->online, status->online, memory_order_release);
    image_unlock_still(image);
}

void link_error(struct image *image, size_t link, const char *text)
{
    struct link_row *row = &image->links[link];
    size_t length = strnlen(text, LINK_ERROR_MAX - 1);
    image_lock_still(image);
    memcpy(row->error, text, length);
    row->error[length] = '\0';
    image->link_status[link].errors++;
    image_dirty_link(image, link);
    image_unlock_still(image);
}

int64_t link_answered(const struct image *image, size_t link)
{
    return atomic_load_explicit(&image->links[link].answered, memory_order_relaxed);
}

struct link_status link_look(struct image *image, size_t link)
{
    image_lock_still(image);
    struct link_status status = image->link_status[link];
    image_unlock_still(image);
    status.answered = link_answered(image, link);
    return status;
}

bool link_last_error(struct image *image, size_t link, char text[LINK_ERROR_MAX])
{
    image_lock_still(image);
    bool any = image->link_status[link].errors > 0;
    memcpy(text, image->links[link].error, LINK_ERROR_MAX);
    image_unlock_still(image);
    return any;
}

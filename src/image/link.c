/* The rows in which links say how they are. A row is written under the image's mutex and latched by
 * views like a value. */

#include "image/link.h"

#include "image/inside.h"

#include <stdlib.h>
#include <string.h>

bool link_init(struct image *image)
{
    image->links = calloc(link_count(image->plan) + 1, sizeof *image->links);
    if (!image->links)
        return false;
    image->link_count = link_count(image->plan);
    for (size_t i = 0; i < image->link_count; i++) {
        image->links[i].leader = i;
        atomic_init(&image->links[i].wanted, true);
    }
    return true;
}

void link_finish(struct image *image)
{
    free(image->links);
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
    return a->online == b->online && a->complete == b->complete && a->answered == b->answered &&
           a->errors == b->errors && a->conflicts == b->conflicts &&
           a->reconnected == b->reconnected;
}

void link_publish(struct image *image, size_t link, const struct link_status *status, bool returned)
{
    struct link_row *row = &image->links[link];
    struct link_status fresh = *status;
    image_lock_still(image);
    fresh.errors = row->status.errors;
    fresh.reconnected = returned ? ++image->sequence : row->status.reconnected;
    if (!is_same(&fresh, &row->status)) {
        row->status = fresh;
        image->links_version++;
        atomic_store_explicit(&row->online, fresh.online, memory_order_release);
    }
    image_unlock_still(image);
}

void link_error(struct image *image, size_t link, const char *text)
{
    struct link_row *row = &image->links[link];
    size_t length = strnlen(text, LINK_ERROR_MAX - 1);
    image_lock_still(image);
    memcpy(row->error, text, length);
    row->error[length] = '\0';
    row->status.errors++;
    image->links_version++;
    image_unlock_still(image);
}

struct link_status link_look(struct image *image, size_t link)
{
    image_lock_still(image);
    struct link_status status = image->links[link].status;
    image_unlock_still(image);
    return status;
}

bool link_last_error(struct image *image, size_t link, char text[LINK_ERROR_MAX])
{
    const struct link_row *row = &image->links[link];
    image_lock_still(image);
    bool any = row->status.errors > 0;
    memcpy(text, row->error, LINK_ERROR_MAX);
    image_unlock_still(image);
    return any;
}

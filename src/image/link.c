/* The rows in which links say how they are, and the calls that wake them. A row is written under
 * the image's mutex and latched by views like a value. A call made under the mutex is a flag; the
 * wake follows when the mutex has been given back, once for all links that one waker serves. */

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

/* ---- status ---- */

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

/* ---- waking ---- */

void link_want(struct image *image, size_t link, bool running)
{
    atomic_store_explicit(&image->links[link].wanted, running, memory_order_release);
    link_wake(image, link);
}

bool link_wanted(const struct image *image, size_t link)
{
    return atomic_load_explicit(&image->links[link].wanted, memory_order_acquire);
}

static size_t find_leader(const struct image *image, size_t link)
{
    const struct link_row *row = &image->links[link];
    for (size_t i = 0; i < link; i++) {
        if (image->links[i].wake == row->wake && image->links[i].context == row->context)
            return i;
    }
    return link;
}

void link_attach(struct image *image, size_t link, void (*wake)(void *context), void *context)
{
    image->links[link].wake = wake;
    image->links[link].context = context;
    for (size_t i = 0; i < image->link_count; i++)
        image->links[i].leader = find_leader(image, i);
}

void link_call(struct image *image, size_t link)
{
    if (!image->links[link].wake)
        return;
    atomic_store_explicit(&image->links[image->links[link].leader].called, true,
                          memory_order_relaxed);
    atomic_store_explicit(&image->links_called, true, memory_order_release);
}

void link_wake(struct image *image, size_t link)
{
    const struct link_row *row = &image->links[link];
    if (row->wake)
        row->wake(row->context);
}

void link_wake_called(struct image *image)
{
    if (!atomic_load_explicit(&image->links_called, memory_order_relaxed) ||
        !atomic_exchange_explicit(&image->links_called, false, memory_order_acquire))
        return;
    for (size_t i = 0; i < image->link_count; i++) {
        atomic_bool *called = &image->links[i].called;
        if (atomic_load_explicit(called, memory_order_relaxed) &&
            atomic_exchange_explicit(called, false, memory_order_relaxed))
            link_wake(image, i);
    }
}

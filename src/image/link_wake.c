/* The calls that wake links. A call made under the mutex is a flag; the wake follows when the mutex
 * has been given back, once for all links that one waker serves. Takes no lock. */

#include "image/link.h"

#include "image/inside.h"

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

/* The calls that wake links. A call made under the mutex puts the link on a list, which takes no
 * lock; whoever gives the mutex back takes the whole list and wakes those on it, neighbours with
 * one waker (the links of a serial line) once. */

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

void link_attach(struct image *image, size_t link, void (*wake)(void *context), void *context)
{
    image->links[link].wake = wake;
    image->links[link].context = context;
}

void link_call(struct image *image, size_t link)
{
    struct link_row *row = &image->links[link];
    if (!row->wake || atomic_exchange(&row->called, true))
        return;
    row->next = atomic_load(&image->called);
    while (!atomic_compare_exchange_weak(&image->called, &row->next, row))
        continue;
}

void link_wake(struct image *image, size_t link)
{
    const struct link_row *row = &image->links[link];
    if (row->wake)
        row->wake(row->context);
}

static bool is_same_waker(const struct link_row *a, const struct link_row *b)
{
    return a && a->wake == b->wake && a->context == b->context;
}

/* A row may be called again, and listed, from the moment it is marked free: its place on the list
 * is read before, and its link is woken after. */
void link_wake_called(struct image *image)
{
    if (!atomic_load_explicit(&image->called, memory_order_relaxed))
        return;
    const struct link_row *before = NULL;
    struct link_row *row = atomic_exchange(&image->called, NULL);
    while (row) {
        struct link_row *next = row->next;
        atomic_store(&row->called, false);
        if (row->wake && !is_same_waker(before, row))
            row->wake(row->context);
        before = row;
        row = next;
    }
}

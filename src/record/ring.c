/* Two counters of bytes that only ever grow: who puts moves one, who takes moves the other. */

#include "record/ring.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct ring {
    size_t size;
    atomic_size_t put, taken;
    uint8_t bytes[];
};

struct ring *ring_create(size_t size, struct error *error)
{
    struct ring *ring = malloc(sizeof *ring + size);
    if (!ring) {
        error_set(error, "not enough memory for a ring of %zu bytes", size);
        return NULL;
    }
    memset(ring->bytes, 0, size); /* the pages are there before anybody is in a hurry */
    ring->size = size;
    atomic_init(&ring->put, 0);
    atomic_init(&ring->taken, 0);
    return ring;
}

void ring_destroy(struct ring *ring)
{
    free(ring);
}

static void copy_in(struct ring *ring, size_t at, const void *bytes, size_t length)
{
    size_t from = at % ring->size, first = ring->size - from;
    if (first > length)
        first = length;
    memcpy(ring->bytes + from, bytes, first);
    memcpy(ring->bytes, (const uint8_t *)bytes + first, length - first);
}

static void copy_out(const struct ring *ring, size_t at, void *bytes, size_t length)
{
    size_t from = at % ring->size, first = ring->size - from;
    if (first > length)
        first = length;
    memcpy(bytes, ring->bytes + from, first);
    memcpy((uint8_t *)bytes + first, ring->bytes, length - first);
}

size_t ring_used(const struct ring *ring)
{
    return atomic_load_explicit(&ring->put, memory_order_relaxed) -
           atomic_load_explicit(&ring->taken, memory_order_acquire);
}

bool ring_has_room(const struct ring *ring, uint32_t length)
{
    return ring->size - ring_used(ring) >= sizeof length + length;
}

bool ring_put(struct ring *ring, const void *piece, uint32_t length)
{
    size_t put = atomic_load_explicit(&ring->put, memory_order_relaxed);
    if (!ring_has_room(ring, length))
        return false;
    copy_in(ring, put, &length, sizeof length);
    copy_in(ring, put + sizeof length, piece, length);
    atomic_store_explicit(&ring->put, put + sizeof length + length, memory_order_release);
    return true;
}

uint32_t ring_take(struct ring *ring, void *piece)
{
    size_t taken = atomic_load_explicit(&ring->taken, memory_order_relaxed);
    uint32_t length;
    if (atomic_load_explicit(&ring->put, memory_order_acquire) == taken)
        return 0;
    copy_out(ring, taken, &length, sizeof length);
    copy_out(ring, taken + sizeof length, piece, length);
    atomic_store_explicit(&ring->taken, taken + sizeof length + length, memory_order_release);
    return length;
}

#pragma once
/* Pieces of bytes on their way from one thread to another one. Nobody waits: what finds no room is
 * not taken. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

struct ring;

struct ring *ring_create(size_t size, struct error *error); /* NULL when memory is short */
void ring_destroy(struct ring *ring);                       /* NULL is accepted */

/* A piece of at least one byte. False where there is no room for all of it. One thread. */
bool ring_put(struct ring *ring, const void *piece, uint32_t length);

/* Bytes that are not taken out yet, and whether another piece would find room. The thread that
 * puts.
 */
size_t ring_used(const struct ring *ring);
bool ring_has_room(const struct ring *ring, uint32_t length);

/* Takes the oldest piece out; its length, 0 when there is none. There is room for the
 * longest one that was put. Another thread. */
uint32_t ring_take(struct ring *ring, void *piece);

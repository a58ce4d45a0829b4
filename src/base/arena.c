/* A chain of blocks, each used from its front; the newest is the first in the chain. A piece
 * that is large gets a block of its own behind the newest, whose rest stays in use. */

#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"

enum { BLOCK_SIZE = 16384, LARGE = BLOCK_SIZE / 4, ALIGNMENT = alignof(max_align_t) };

struct block {
    struct block *next;
    size_t used, size;
    alignas(ALIGNMENT) char bytes[];
};

struct arena {
    struct block *newest;
    size_t used;
};

static struct block *block_create(size_t size)
{
    struct block *block = memory_zeroed(1, sizeof(struct block) + size);
    block->size = size;
    return block;
}

static void *take(struct block *block, size_t size)
{
    void *piece = block->bytes + block->used;
    block->used += size;
    return piece;
}

static struct block *add_block(struct arena *arena, size_t size)
{
    arena->used += sizeof(struct block) + size;
    return block_create(size);
}

static void *alloc_large(struct arena *arena, size_t size)
{
    struct block *block = add_block(arena, size);
    block->next = arena->newest->next;
    arena->newest->next = block;
    return take(block, size);
}

struct arena *arena_create(void)
{
    struct arena *arena = memory_zeroed(1, sizeof *arena);
    arena->newest = add_block(arena, BLOCK_SIZE);
    return arena;
}

void arena_destroy(struct arena *arena)
{
    if (!arena)
        return;
    struct block *block = arena->newest;
    while (block) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
    free(arena);
}

size_t arena_used(const struct arena *arena)
{
    return arena->used;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2)
        memory_short(size);
    /* At least one unit, so that pieces of no size still have addresses of their own. */
    size_t units = size ? (size + ALIGNMENT - 1) / ALIGNMENT : 1;
    size_t rounded = units * ALIGNMENT;
    if (rounded > LARGE)
        return alloc_large(arena, rounded);
    if (rounded > arena->newest->size - arena->newest->used) {
        struct block *block = add_block(arena, BLOCK_SIZE);
        block->next = arena->newest;
        arena->newest = block;
    }
    return take(arena->newest, rounded);
}

char *arena_copy(struct arena *arena, const void *bytes, size_t length)
{
    if (length > SIZE_MAX / 2)
        memory_short(length);
    char *copy = arena_alloc(arena, length + 1);
    if (length)
        memcpy(copy, bytes, length);
    return copy;
}

char *arena_string(struct arena *arena, const char *text)
{
    return text ? arena_copy(arena, text, strlen(text)) : NULL;
}

/* A free list for each multiple of 16 bytes up to 512, cut from chunks of 32 KiB that are never
 * given back while the state lives. Lua says how large a block was, so blocks need no header. */

#include "program/pool.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { STEP = 16, LARGEST = 512, CLASSES = LARGEST / STEP, CHUNK = 32 * 1024 };

struct block {
    struct block *next;
};

struct chunk {
    struct chunk *next;
    _Alignas(STEP) unsigned char bytes[CHUNK];
};

struct pool {
    size_t cap;
    atomic_size_t used; /* changed by one thread; others look at it, for a person */
    void (*refused)(void *context);
    void *context;
    struct block *free[CLASSES];
    struct chunk *chunks;
    size_t taken; /* of the newest chunk */
};

struct pool *pool_create(size_t cap, void (*refused)(void *context), void *context)
{
    struct pool *pool = calloc(1, sizeof *pool);
    if (pool)
        *pool = (struct pool){.cap = cap, .refused = refused, .context = context, .taken = CHUNK};
    return pool;
}

void pool_destroy(struct pool *pool)
{
    if (!pool)
        return;
    while (pool->chunks) {
        struct chunk *chunk = pool->chunks;
        pool->chunks = chunk->next;
        free(chunk);
    }
    free(pool);
}

void pool_set_cap(struct pool *pool, size_t cap)
{
    pool->cap = cap;
}

size_t pool_cap(const struct pool *pool)
{
    return pool->cap;
}

size_t pool_used(const struct pool *pool)
{
    return atomic_load_explicit(&pool->used, memory_order_relaxed);
}

/* One thread writes, so this needs no atomic addition. */
static void set_used(struct pool *pool, size_t used)
{
    atomic_store_explicit(&pool->used, used, memory_order_relaxed);
}

static size_t class_of(size_t size)
{
    return (size - 1) / STEP;
}

static void *cut(struct pool *pool, size_t size)
{
    if (CHUNK - pool->taken < size) {
        struct chunk *chunk = malloc(sizeof *chunk);
        if (!chunk)
            return NULL;
        chunk->next = pool->chunks;
        pool->chunks = chunk;
        pool->taken = 0;
    }
    void *block = pool->chunks->bytes + pool->taken;
    pool->taken += size;
    return block;
}

static void *take(struct pool *pool, size_t size)
{
    if (size > LARGEST)
        return malloc(size);
    struct block **list = &pool->free[class_of(size)];
    if (!*list)
        return cut(pool, (class_of(size) + 1) * STEP);
    struct block *block = *list;
    *list = block->next;
    return block;
}

static void give_back(struct pool *pool, void *block, size_t size)
{
    if (size > LARGEST) {
        free(block);
        return;
    }
    struct block *freed = block;
    freed->next = pool->free[class_of(size)];
    pool->free[class_of(size)] = freed;
}

static void *move(struct pool *pool, void *block, size_t old_size, size_t new_size)
{
    if (old_size > LARGEST && new_size > LARGEST)
        return realloc(block, new_size);
    if (old_size <= LARGEST && new_size <= LARGEST && class_of(old_size) == class_of(new_size))
        return block;
    void *moved = take(pool, new_size);
    if (!moved)
        return NULL;
    memcpy(moved, block, old_size < new_size ? old_size : new_size);
    give_back(pool, block, old_size);
    return moved;
}

void *pool_realloc(void *context, void *block, size_t old_size, size_t new_size)
{
    struct pool *pool = context;
    size_t used = pool_used(pool);
    if (!block)
        old_size = 0; /* Lua passes the kind of object there */
    if (!new_size) {
        if (old_size)
            give_back(pool, block, old_size);
        set_used(pool, used - old_size);
        return NULL;
    }
    /* Shrinking must not fail; it never asks for more than it has. */
    if (new_size > old_size && used + (new_size - old_size) > pool->cap) {
        pool->refused(pool->context);
        return NULL;
    }
    void *result = old_size ? move(pool, block, old_size, new_size) : take(pool, new_size);
    if (!result && new_size < old_size)
        result = block; /* no memory for a smaller one: this one is larger than Lua thinks */
    if (result)
        set_used(pool, used - old_size + new_size);
    else
        pool->refused(pool->context);
    return result;
}

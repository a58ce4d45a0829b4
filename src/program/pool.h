#pragma once
/* Memory for one Lua state: small blocks from free lists by size, larger ones from malloc, all of
 * it counted against a cap, so that a script that eats memory fails alone. One thread. */

#include <stddef.h>

struct pool;

/* `refused(context)` is called when the cap (or the system) says no, before Lua learns of it. */
struct pool *pool_create(size_t cap, void (*refused)(void *context), void *context);
/* Frees the pool and all small blocks; those above 512 bytes must have been given back before, as
 * lua_close does. NULL is accepted. */
void pool_destroy(struct pool *pool);

void pool_set_cap(struct pool *pool, size_t cap);
size_t pool_cap(const struct pool *pool);
size_t pool_used(const struct pool *pool);

/* A lua_Alloc; `pool` is the userdata. */
void *pool_realloc(void *pool, void *block, size_t old_size, size_t new_size);

#pragma once
/* Memory that is given out piece by piece and freed all at once, for what lives and dies
 * together. Pieces are zeroed and aligned for any type. Out of memory ends the process with a
 * line: plans are small, and a half-built one is of no use. One thread at a time. */

#include <stddef.h>

struct arena;

struct arena *arena_create(void);
void arena_destroy(struct arena *arena); /* NULL is accepted */

size_t arena_used(const struct arena *arena); /* bytes that all its blocks take */

void *arena_alloc(struct arena *arena, size_t size);
char *arena_copy(struct arena *arena, const void *bytes, size_t length); /* adds a NUL */
char *arena_string(struct arena *arena, const char *text);               /* NULL gives NULL */

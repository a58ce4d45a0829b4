/* Open addressing over a power-of-two table that is never more than half full: a look-up is one
 * hash and, nearly always, one comparison. */

#include "base/names.h"

#include <stdlib.h>
#include <string.h>
#include "base/memory.h"

struct entry {
    const char *name; /* NULL: free */
    uint32_t scope;
    int index;
};

struct names {
    struct entry *entries;
    size_t capacity, used;
};

enum { FIRST_CAPACITY = 64 };

/* FNV-1a: short, and good enough for identifiers. */
static size_t hash(uint32_t scope, const char *name)
{
    uint64_t h = 14695981039346656037u ^ scope;
    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * 1099511628211u;
    return (size_t)(h ^ (h >> 32));
}

static struct entry *slot(const struct names *names, uint32_t scope, const char *name)
{
    size_t i = hash(scope, name) & (names->capacity - 1);
    for (;; i = (i + 1) & (names->capacity - 1)) {
        struct entry *entry = &names->entries[i];
        if (!entry->name || (entry->scope == scope && strcmp(entry->name, name) == 0))
            return entry;
    }
}

struct names *names_create(void)
{
    struct names *names = memory_zeroed(1, sizeof *names);
    names->capacity = FIRST_CAPACITY;
    names->entries = memory_zeroed(names->capacity, sizeof *names->entries);
    return names;
}

void names_destroy(struct names *names)
{
    if (!names)
        return;
    free(names->entries);
    free(names);
}

int names_find(const struct names *names, uint32_t scope, const char *name)
{
    const struct entry *entry = slot(names, scope, name);
    return entry->name ? entry->index : -1;
}

static void grow(struct names *names)
{
    struct names larger = {.capacity = names->capacity * 2, .used = names->used};
    larger.entries = memory_zeroed(larger.capacity, sizeof *larger.entries);
    for (size_t i = 0; i < names->capacity; i++) {
        const struct entry *old = &names->entries[i];
        if (old->name)
            *slot(&larger, old->scope, old->name) = *old;
    }
    free(names->entries);
    *names = larger;
}

void names_put(struct names *names, uint32_t scope, const char *name, int index)
{
    if (2 * (names->used + 1) > names->capacity)
        grow(names);
    *slot(names, scope, name) = (struct entry){name, scope, index};
    names->used++;
}

void names_change(struct names *names, uint32_t scope, const char *name, int index)
{
    slot(names, scope, name)->index = index;
}

/* The one place that knows what happens when memory is short: a line through the log, so that what
 * was said before it is not lost, and the end. */

#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/log.h"

_Noreturn void memory_short(size_t size)
{
    log_line("out of memory: %zu bytes were asked for; the program ends", size);
    log_stop();
    _exit(EXIT_FAILURE);
}

void *memory_zeroed(size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        memory_short(SIZE_MAX);
    void *memory = calloc(count ? count : 1, size ? size : 1);
    if (!memory)
        memory_short(count * size);
    return memory;
}

char *memory_string(const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        memory_short(strlen(text) + 1);
    return copy;
}

void *memory_grow(void *rows, size_t count, size_t size)
{
    if (count & (count - 1))
        return rows;
    size_t capacity = count ? 2 * count : 1;
    if (capacity > SIZE_MAX / 2 / size)
        memory_short(SIZE_MAX);
    void *larger = realloc(rows, capacity * size);
    if (!larger)
        memory_short(capacity * size);
    return larger;
}

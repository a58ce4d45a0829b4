/* One buffer that grows to what it has to hold, and is given back when it is empty and large. */

#include "control/line_out.h"

#include <stdlib.h>
#include <string.h>

enum { SMALL = 16 * 1024 };

size_t line_out_waiting(const struct line_out *out)
{
    return out->end - out->begin;
}

static bool make_room(struct line_out *out, size_t length)
{
    size_t waiting = line_out_waiting(out);
    if (out->begin > 0) {
        memmove(out->bytes, out->bytes + out->begin, waiting);
        out->begin = 0;
        out->end = waiting;
    }
    size_t size = out->size ? out->size : SMALL;
    while (size - waiting < length)
        size *= 2;
    if (size == out->size)
        return true;
    char *bytes = realloc(out->bytes, size);
    if (!bytes)
        return false;
    out->bytes = bytes;
    out->size = size;
    return true;
}

bool line_out_add(struct line_out *out, const char *bytes, size_t length)
{
    if (out->size - out->end < length && !make_room(out, length))
        return false;
    memcpy(out->bytes + out->end, bytes, length);
    out->end += length;
    return true;
}

const char *line_out_first(const struct line_out *out)
{
    return out->bytes + out->begin;
}

void line_out_taken(struct line_out *out, size_t length)
{
    out->begin += length;
    if (out->begin < out->end)
        return;
    out->begin = out->end = 0;
    if (out->size > SMALL)
        line_out_close(out);
}

void line_out_close(struct line_out *out)
{
    free(out->bytes);
    *out = (struct line_out){0};
}

/* A line that is too long is told once, when its first `size` bytes are there; the rest is dropped
 * as it comes. */

#include "control/line_in.h"

#include <stdlib.h>
#include <string.h>

bool line_in_open(struct line_in *in, size_t size)
{
    *in = (struct line_in){.bytes = malloc(size), .size = size};
    return in->bytes != NULL;
}

void line_in_close(struct line_in *in)
{
    free(in->bytes);
    in->bytes = NULL;
}

char *line_in_room(struct line_in *in, size_t *room)
{
    memmove(in->bytes, in->bytes + in->begin, in->used - in->begin);
    in->used -= in->begin;
    in->searched -= in->begin;
    in->begin = 0;
    *room = in->size - in->used;
    return in->bytes + in->used;
}

void line_in_received(struct line_in *in, size_t length)
{
    in->used += length;
}

static void forget_rest(struct line_in *in)
{
    in->begin = in->used = in->searched = 0;
}

/* Takes what reaches up to `end`; the byte there, if any, is the newline. */
static void take(struct line_in *in, size_t end, const char **line, size_t *length)
{
    *line = in->bytes + in->begin;
    *length = end - in->begin;
    in->begin = end < in->used ? end + 1 : end;
    in->searched = in->begin;
}

/* Without a newline in what is there. */
static enum line_in_kind rest(struct line_in *in, bool ended, const char **line, size_t *length)
{
    bool full = in->used - in->begin == in->size;
    in->searched = in->used;
    if (in->skipping || full) {
        bool told = in->skipping;
        in->skipping = true;
        forget_rest(in);
        return told ? LINE_IN_NONE : LINE_IN_TOO_LONG;
    }
    if (!ended || in->begin == in->used)
        return LINE_IN_NONE;
    take(in, in->used, line, length);
    return LINE_IN_WHOLE;
}

enum line_in_kind line_in_next(struct line_in *in, bool ended, const char **line, size_t *length)
{
    for (;;) {
        char *end = memchr(in->bytes + in->searched, '\n', in->used - in->searched);
        if (!end)
            return rest(in, ended, line, length);
        take(in, (size_t)(end - in->bytes), line, length);
        if (!in->skipping)
            return LINE_IN_WHOLE;
        in->skipping = false; /* that was the end of one that was too long */
    }
}

#pragma once
/* Bytes for a line_in, as they come from a socket. */

#include <stdlib.h>
#include <string.h>
#include "control/line_in.h"

struct piece {
    const char *bytes;
    size_t length;
};

/* Gives it `most` of the bytes at a time, if it has room for so many; it always has room. */
static inline void line_in_give(struct line_in *in, struct piece *rest, size_t most)
{
    size_t room;
    char *where = line_in_room(in, &room);
    if (room == 0)
        abort();
    size_t some = rest->length < most ? rest->length : most;
    some = some < room ? some : room;
    memcpy(where, rest->bytes, some);
    line_in_received(in, some);
    rest->bytes += some;
    rest->length -= some;
}

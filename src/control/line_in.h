#pragma once
/* Bytes of a stream cut into lines, pure. One that is too long is passed over up to its end, and
 * said to be so: what follows is a line again. */

#include <stdbool.h>
#include <stddef.h>

struct line_in {
    char *bytes;        /* `size` of them */
    size_t size;        /* a line has less */
    size_t begin, used; /* what is not yet taken: bytes[begin .. used) */
    size_t searched;    /* no newline before it */
    bool skipping;      /* the line that is under way was too long */
};

bool line_in_open(struct line_in *in, size_t size); /* false when memory is short */
void line_in_close(struct line_in *in);

/* Where bytes can be received, and how many; never none after all lines were taken. Pointers that
 * line_in_next gave are no longer valid. */
char *line_in_room(struct line_in *in, size_t *room);
void line_in_received(struct line_in *in, size_t length);

enum line_in_kind { LINE_IN_NONE, LINE_IN_WHOLE, LINE_IN_TOO_LONG };

/* The next line, without its newline. With `ended` nothing more will come, and a rest without a
 * newline is a line, too. */
enum line_in_kind line_in_next(struct line_in *in, bool ended, const char **line, size_t *length);

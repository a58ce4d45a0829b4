#pragma once
/* Bytes that wait until a peer takes them, pure. */

#include <stdbool.h>
#include <stddef.h>

/* Zeroed memory is empty. */
struct line_out {
    char *bytes;
    size_t size, begin, end;
};

bool line_out_add(struct line_out *out, const char *bytes, size_t length); /* false: no memory */
size_t line_out_waiting(const struct line_out *out);
const char *line_out_first(const struct line_out *out);
void line_out_taken(struct line_out *out, size_t length);
void line_out_close(struct line_out *out);

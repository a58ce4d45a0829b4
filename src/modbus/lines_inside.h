#pragma once
/* What lines.c (start and end) and lines_change.c (another program takes over) share. */

#include "modbus/line_thread.h"
#include "modbus/lines.h"

struct lines {
    struct line_thread **threads;
    size_t count;
    struct line_thread **ended; /* since the last change; to be joined */
    size_t ended_count;
    struct line_users **gone; /* of threads that went on with others; to be destroyed */
    size_t gone_count;
};

bool lines_is_used(const struct plan *plan, const struct line_spec *line);

/* What the last change left: joined and destroyed. */
void lines_sweep(struct lines *lines);

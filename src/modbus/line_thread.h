#pragma once
/* One serial line at work: a thread with its loop, the port, and line_client or line_server over
 * it. Opens the port, tries again when it is not there, and moves bytes and time. */

#include <stdbool.h>
#include "base/error.h"
#include "image/image.h"
#include "modbus/server.h"

struct line_thread;

/* Everything but the thread: clients of the plan on this line, or those of `servers` (by the plan's
 * numbers) that are on it; their links wake this line from here on. NULL with an error. */
struct line_thread *line_thread_create(struct image *image, const struct line_spec *line,
                                       struct server *const *servers, struct error *error);
bool line_thread_start(struct line_thread *thread, struct error *error);

/* Tells it to end, without waiting; then waits, for no longer than one frame takes to send. */
void line_thread_stop(struct line_thread *thread);
void line_thread_join(struct line_thread *thread);

/* When no line's thread runs any more, because it takes the wakes out of the image. NULL is
 * accepted. */
void line_thread_destroy(struct line_thread *thread);

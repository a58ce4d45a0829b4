#pragma once
/* One serial line at work: a thread with its loop, the port, and line_client or line_server over
 * it. Opens the port, tries again when it is not there, and moves bytes and time. */

#include <stdbool.h>
#include "base/error.h"
#include "image/image.h"
#include "modbus/line_users.h"
#include "modbus/server.h"

struct line_thread;

/* Everything but the thread; the links of those who use the line wake it from here on. NULL with an
 * error. */
struct line_thread *line_thread_create(struct image *image, const struct line_spec *line,
                                       struct server *const *servers, struct error *error);
struct line_users *line_thread_users(const struct line_thread *thread);

/* Nothing for one that runs. */
bool line_thread_start(struct line_thread *thread, struct error *error);

/* Between the two it stands still. release: nothing for one that is not held. */
void line_thread_hold(struct line_thread *thread);
void line_thread_release(struct line_thread *thread);

/* While it is held: the port stays, and goes on with others of the next program, who have inherited
 * already. Those before are given back; the port has let go of them. */
struct line_users *line_thread_change(struct line_thread *thread, struct line_users *users,
                                      const struct plan_match *match, int64_t now);

/* While it is held: it does nothing any more, and ends when it is let go. */
void line_thread_end(struct line_thread *thread, int64_t now);

/* Tells it to end, without waiting; then waits, for no longer than one frame takes to send. */
void line_thread_stop(struct line_thread *thread);
void line_thread_join(struct line_thread *thread);

/* When no line's thread runs any more that could wake it, because it takes the wakes out of the
 * image; after line_thread_end that is done already. NULL is accepted. */
void line_thread_destroy(struct line_thread *thread);

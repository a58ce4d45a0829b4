#pragma once
/* All serial lines of a program, each on a thread of its own: the port under line_client or
 * line_server. A port that cannot be opened, or disappears (a USB adapter that is pulled out), is
 * tried again (backoff to 30 s) and reported once. */

#include "base/error.h"
#include "image/image.h"
#include "modbus/server.h"

struct lines;

/* Starts the threads of all lines in the image's plan that somebody uses. `servers` are those of
 * the plan, by number. NULL with an error; a port that is not there yet is none. The lines put
 * their wakes into the image here: before any other thread has it. */
struct lines *lines_start(struct image *image, struct server *const *servers, struct error *error);

/* Ends the threads, after what is being sent. The wakes stay in the image, and do nothing. */
void lines_stop(struct lines *lines); /* NULL is accepted */

/* After lines_stop, when no other thread has the image any more: takes the wakes out of it. */
void lines_destroy(struct lines *lines); /* NULL is accepted */

/* ---- another program takes over: as in tcp.h ---- */

struct plan_match;
struct lines_change;

struct lines_change *lines_prepare(struct lines *lines, struct image *to,
                                   struct server *const *servers, const struct plan_match *match,
                                   struct error *error);
void lines_discard(struct lines_change *change); /* NULL is accepted */

void lines_hold(struct lines *lines);
void lines_release(struct lines *lines);

/* While all are held, and after image_adopt: ports that match->lines names stay open, and go on
 * with the new clients or servers. What the others had is let go of, and their threads are told to
 * end. */
void lines_commit(struct lines_change *change, int64_t now);

/* After the release: waits for threads that were told to end, for no longer than a frame takes to
 * send, and starts the new ones. What does not start is logged. */
void lines_settle(struct lines *lines);

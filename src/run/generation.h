#pragma once
/* One program at work, from its text to its scan. A reload makes another one beside it, and takes
 * its place; what outlives both (keeps, audit, store, sockets) is the runtime's. */

#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"
#include "image/image.h"
#include "modbus/server.h"
#include "program/program.h"
#include "scan/scan.h"
#include "scan/thread.h"

/* What a generation tells whoever runs it; on the scan's thread, `stuck` in a signal handler. */
struct generation;

struct generation_events {
    void *context;
    void (*fault)(void *context, const struct generation *generation, const struct error *error);
    void (*stuck)(void *context, const struct generation *generation);
};

struct generation {
    struct program *program;
    struct plan *plan;
    struct image *image;
    struct scan *scan; /* NULL until generation_begin */
    struct server **servers;
    struct generation_events events;
    struct scan *left; /* that an abandoned thread is inside of */
    bool started;      /* on_start was called; scan's thread */
    bool abandoned;    /* a thread is inside the program and does not come back: only its text is of
                          use, and its memory stays */
    bool is_read;      /* by a loader that does not come back: nothing of it is destroyed */
    bool is_proven;    /* it has passed a probation, and is stored; main thread */
    bool is_fallback;  /* the last proven text, instead of a file that was refused; main thread */
    struct instant loaded; /* the time that its body saw */
};

/* Loads the program and makes the image from its plan, with what the body assigned; keeps and audit
 * are shared with it. `before_body` (or NULL) is called on the image before that, to restore what
 * was retained. NULL with an error. */
struct generation *generation_load(const struct program_options *options, struct keeps *keeps,
                                   struct audit *audit,
                                   void (*before_body)(void *context, struct image *image),
                                   void *context, struct error *error);
void generation_destroy(struct generation *generation); /* NULL is accepted */

/* What its on_start is going to be told; "": it was called already. */
const char *generation_why(const struct generation *generation);

/* From here on it is never destroyed, nor its scan: a loader that was abandoned reads them. */
void generation_leave(struct generation *generation);

/* A scan of its own, fresh; one that it had is destroyed. The program is attached to it. */
bool generation_begin(struct generation *generation, const struct generation_events *events,
                      struct instant now, struct error *error);

/* In a job of the scan's thread: whose scan it steps. */
struct generation *generation_there(const struct scan_thread *thread);

/* Its thread does not come back: program and scan stay where they are for ever, and a new scan
 * stands in FAULT in its place, so that what follows other variables goes on. False with an error:
 * there is no scan. */
bool generation_abandon(struct generation *generation, struct instant now, struct error *error);

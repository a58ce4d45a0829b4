#pragma once
/* Lines of text on their way to files: put there by whoever has them, taken out by the thread that
 * writes files. A ring of fixed size; nobody waits for it: what finds no room is counted with its
 * file. Outlives programs. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

enum { TEXT_LINE_MAX = 8192, TEXT_HEADER_MAX = 4096, TEXT_NAME_MAX = 40 };

struct text_file_spec {
    const char *name;   /* "energy", at most TEXT_NAME_MAX bytes; fit to be part of a file's name */
    const char *header; /* the first line of each file, with its end; at most TEXT_HEADER_MAX */
    int64_t size;       /* bytes; where a line would make it larger, a new file is begun */
    unsigned files;     /* full ones that are kept beside it */
    int64_t turn;       /* ns; a new one begins at each multiple of it in UTC, too; 0: does not */
};

/* What lines are for. Belongs to all who have a reference. */
struct text_file {
    struct text_file_spec spec;
    atomic_uint users;
    atomic_uint_fast64_t written; /* lines that are in the file */
    atomic_uint_fast64_t lost;    /* that never will be, … */
    uint64_t told;                /* … of which so many were told of; its writer's thread */
    char text[];
};

struct text_file *text_file_create(const struct text_file_spec *spec, struct error *error);
struct text_file *text_file_ref(struct text_file *file);
void text_file_unref(struct text_file *file); /* NULL is accepted */

struct text_queue;

struct text_queue *text_queue_create(struct error *error);
void text_queue_destroy(struct text_queue *queue); /* NULL is accepted */

/* A line, with its end, of 1..TEXT_LINE_MAX bytes. False where there is no room: it is counted as
 * lost. Any thread. */
bool text_queue_put(struct text_queue *queue, struct text_file *file, const char *line,
                    size_t length);

/* Takes the oldest line out, into TEXT_LINE_MAX bytes; its length, 0 when there is none. The
 * reference to *file is the caller's then. One thread. */
size_t text_queue_take(struct text_queue *queue, struct text_file **file, char *line);

/* Called when the queue is no longer empty: from any thread, must not block. NULL for none. */
void text_queue_attach(struct text_queue *queue, void (*wake)(void *context), void *context);

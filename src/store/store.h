#pragma once
/* What survives a restart: retained variables and keeps, forces that were asked to persist, and the
 * text of the last proven program; one SQLite file for each program, "NAME.state" in the state
 * directory, written by a thread of its own.
 *
 * A commit holds what one scan left, whole: values and keeps are copied together (image_retain),
 * at most once in retain_interval when something changed, and at the stop. After a crash or a power
 * loss the file holds the last commit or the one before (SQLite: WAL, synchronous = FULL).
 *
 * Where no folder is stated, files are made only once there is something to retain (a variable, a
 * keep, a force that persists), and the audit log also where the script states program { audit }.
 *
 * Trouble with the disk is never the program's: it is logged once, stands in the status, and is
 * tried again. A file that is damaged or not ours is renamed ("NAME.state.damaged-1") and reported;
 * what is no file at all (a folder, a pipe) is left where it is, and reported. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/source.h"
#include "base/text_queue.h"
#include "image/audit.h"
#include "image/image.h"

struct store;

struct store_options {
    const char *directory; /* created where missing, mode 0700 */
    const char *name;      /* the program's */
    bool when_needed;      /* the folder was not stated: no file without a need, or an old one */
};

/* Opens or makes the file. NULL only where another process has it ("… is in use by process N");
 * with every other trouble it works without, and says so in the status. Main thread. */
struct store *store_open(const struct store_options *options, struct error *error);

/* What was retained, into the image (before its body's assignments are applied) and the keeps (for
 * the body to find): by name, element, type and length; raw words, so that a value stays what a
 * master wrote. What does not fit any more, or lies outside min..max, keeps its default and is said
 * in the log, and its row stays until store_settle, or until it is written anew. Forces that
 * persist are put in place. */
void store_load_image(struct store *store, struct image *image, int64_t now);
void store_load_keeps(struct store *store, struct keeps *keeps);

/* The program's lines for text files, from this queue into files beside the state; they are written
 * from store_start on. Call it before that. The thread reads the queue: where store_close returns
 * false it is never to be freed, as the audit ring. False with an error: no memory. */
bool store_take_texts(struct store *store, struct text_queue *texts, struct error *error);

/* Begins to write what changes from here on. False with an error: no thread. */
bool store_start(struct store *store, struct image *image, struct audit *audit,
                 struct error *error);

/* Another image from now on (a reload): main thread, while nobody steps. False with an error when
 * memory is short, nothing is changed then; store_prepare makes room before. */
bool store_prepare(struct store *store, struct image *to, struct error *error);
void store_switch(struct store *store);

/* The program is proven: rows of what is no longer declared (as it was) go, and its text becomes
 * the proven one. */
void store_settle(struct store *store, const struct source *sources, size_t count);

/* The last proven text, the script first: an array of `*count` (malloc, one block; the caller
 * frees), NULL when there is none. */
struct source *store_proven(struct store *store, size_t *count);

/* There is to be a file from now on. Called before anything is made to persist, so that the audit
 * log has that, too. False with an error where it would not be kept. */
bool store_need(struct store *store, struct error *error);

/* Forces that persist, after store_need: replaces what was said of the point. */
void store_force(struct store *store, uint32_t point, bool persists);

struct store_status {
    bool works;
    char problem[256]; /* why not, or "" */
    char path[256];    /* "": there is no file, because nothing needs one */
    uint64_t commits;
    int64_t committed;       /* monotonic ns of the last one; 0 for none */
    size_t variables, keeps; /* retained */
    size_t restored;         /* variables that had a value at the start */
};
struct store_status store_status(const struct store *store); /* any thread */

/* The last commit (at most a second), then the end. False: the disk does not answer, and the thread
 * that waits for it was left behind; it may still look into the audit ring, which has to stay. NULL
 * is accepted. */
bool store_close(struct store *store);

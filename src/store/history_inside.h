#pragma once
/* The history from the inside, for history*.c only. Two threads: one looks at the memory and never
 * meets the disk, the other one never meets the memory. What they share with each other and with
 * main stands under the mutex, which nobody holds for longer than one look. Notes have one of their
 * own: who looks holds the first one while it waits for the memory, and who has the memory may wait
 * for somebody who notes. */

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include "base/names.h"
#include "base/waker.h"
#include "base/clock.h"
#include "image/view.h"
#include "store/history.h"
#include "store/history_file.h"

enum { HISTORY_PATH = 4096, HISTORY_ROOM = 1 << 16, HISTORY_NOTES = 4096 };

#define HISTORY_LOOK INT64_C(100000000)   /* ns: so often the memory is looked at */
#define HISTORY_WRITE INT64_C(1000000000) /* and so often the file is written */

/* One number that is recorded. */
struct channel {
    const struct variable *variable;
    uint32_t point, name; /* name: number in `names` */
    uint16_t mask, words;
    uint32_t cell;
    double deadband;
    uint64_t raw;    /* its words at the last look, … */
    uint8_t quality; /* … and its quality */
    bool known;      /* the rest is what was recorded last */
    double recorded;
    int64_t at; /* UTC ms */
};

/* What is recorded of one image. */
struct history_board {
    struct view *view;
    struct plan *plan;
    struct channel *channels;
    size_t count;
};

enum question_state { QUESTION_WAITS, QUESTION_IS_LOOKED_UP, QUESTION_IS_ANSWERED };

struct question {
    enum question_state state;
    struct history_asker *asker; /* main's; NULL: has forgotten */
    bool is_trend;
    struct trend_query trend;
    struct journal_query journal;
    bool ok;
    struct history_result result;
    struct error error;
    struct question *next;
};

/* What waits to be written. */
struct heap {
    struct history_sample *samples;
    size_t count, room;
    struct journal_entry *notes;
    size_t note_count;
    int64_t seen; /* the last look, UTC ms; 0: none */
    bool ends;    /* nothing comes in before it was taken out; the run ends with it */
};

struct history {
    char path[HISTORY_PATH], directory[HISTORY_PATH];
    char *name;
    int64_t days, size;
    struct waker waker;
    pthread_t looker, writer;
    bool looks, writes; /* which threads were started */
    sem_t look_end, wake, done;
    atomic_bool called;

    pthread_mutex_t mutex; /* from here on … */
    struct history_board *board;
    struct recorded *names; /* texts and rows stay what they are for good */
    size_t name_count;
    struct names *index; /* of the last row with a name */
    struct heap fresh;
    struct question *questions;
    bool stopping, abandoned;
    struct history_status status; /* … to here */

    pthread_mutex_t notes_mutex; /* of what is noted in `fresh`, too; nothing is locked below it */
    uint64_t notes_lost;
    struct alarm_events *alarms; /* or NULL */

    int64_t looked; /* looker's: UTC ms of the last look; 0: none yet */

    struct heap held; /* writer's, from here on: taken from `fresh`, not committed yet */
    struct recorded *known;
    size_t known_count;
    struct history_file file;
    bool damaged;                  /* found out while it was open: to be set aside */
    int64_t flushed, retry, pause; /* monotonic ns; pause 0: it works */
};

/* As history_open, but no threads: whoever calls history_look and history_round is them. */
struct history *history_create(const struct history_options *options, struct loop *loop,
                               struct error *error);

/* ---- history_board.c ---- */

struct history_board *history_board_create(struct history *history, struct image *image,
                                           struct error *error);
void history_board_destroy(struct history_board *board); /* NULL is accepted */

/* Goes on where another board was, with the mutex held: what both have is not recorded again, what
 * only `before` had ends. */
void history_board_inherit(struct history *history, struct history_board *board,
                           struct history_board *before, int64_t now);

/* ---- history_look.c ---- */

/* One look at `now`, with the mutex held. */
void history_look(struct history *history, struct instant now);

/* Everything is recorded anew once the heap was taken out. */
void history_break(struct history *history);

/* ---- history_hear.c ---- */

/* Both with the notes' mutex held: what happened to alarms goes into the journal, and one entry. */
void history_drain_alarms(struct history *history);

void history_put_note(struct history *history, const struct journal_entry *entry);

/* ---- history_round.c ---- */

/* One round of the writing thread: writes what waits, and answers. `last` does not wait. */
void history_round(struct history *history, int64_t now, bool last);

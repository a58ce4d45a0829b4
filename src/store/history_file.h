#pragma once
/* The history's file: one SQLite database, which no other process has open meanwhile. What comes is
 * appended to `tail`, a row for each commit, whatever is in it; from there it goes into blocks of
 * one name each, which stand in memory until they are full and in the file every minute. So the
 * disk writes little more than what is new, and a crash costs a second. One thread at a time. */

#include <sqlite3.h>
#include "base/error.h"
#include "base/names.h"
#include "store/block.h"
#include "store/history.h"

/* "MSMH": PRAGMA application_id. */
#define HISTORY_APPLICATION 0x4D534D48

/* All that is known of one name. */
struct series {
    char *name, *type, *unit;
    int64_t id;         /* the file's; 0: it has none yet */
    bool fresh;         /* its words are not in the file as they are */
    struct block block; /* what came last; … */
    int64_t row;        /* … its row, 0: it has none yet … */
    bool dirty;         /* … and is not in the file as it is */
    int64_t promised;   /* id or row of a transaction that has not ended */
};

enum history_statement {
    HISTORY_TAIL,
    HISTORY_RUN,
    HISTORY_SEEN,
    HISTORY_NAME,
    HISTORY_BLOCK,
    HISTORY_AGAIN,
    HISTORY_NOTE,
    HISTORY_STATEMENTS
};

struct history_file {
    sqlite3 *db; /* NULL: not open */
    sqlite3_stmt *statements[HISTORY_STATEMENTS];
    struct series *series;
    size_t count;
    struct names *index; /* of series by name */
    int code;            /* of SQLite, when something failed last; extended */
    int64_t run;         /* the present one's row; 0: none has begun */
    int64_t began, seen; /* of it, UTC ms: its first and its last look */
    int64_t written;     /* `seen` as it is in the file */
};

enum history_state { HISTORY_READY, HISTORY_BUSY, HISTORY_DAMAGED, HISTORY_TROUBLE };

/* Makes the file where it is missing; with `reads` it must be there, and nothing is written but
 * what a process that was killed has left. */
enum history_state history_file_open(struct history_file *file, const char *path, bool reads,
                                     struct error *error);
void history_file_close(struct history_file *file);

/* NULL: there is none. */
struct series *history_file_find(const struct history_file *file, const char *name);

/* One look's worth and more: `names` are those that samples speak of by number. */
struct history_batch {
    const struct recorded *names;
    const struct history_sample *samples;
    size_t count;
    const struct journal_entry *notes;
    size_t note_count;
    int64_t seen; /* the last look, UTC ms; 0: there was none */
    bool ends;    /* the run ends with it: something was lost, or the clock was set */
};

/* All of it or nothing. */
bool history_file_commit(struct history_file *file, const struct history_batch *batch,
                         struct error *error);

/* Blocks that are not in the file as they are, and takes away what is older than `oldest` (UTC ms)
 * or more than `size` bytes. */
bool history_file_flush(struct history_file *file, int64_t oldest, int64_t size,
                        struct error *error);
bool history_file_is_due(const struct history_file *file); /* a block is full */

/* Bytes that the file takes, without what is free in it. */
int64_t history_file_size(struct history_file *file);

/* Whether the name leads elsewhere by now, or the file was emptied. */
bool history_file_has_moved(struct history_file *file);

/* ---- history_blocks.c ---- */

/* The series of a name, made where there is none; it has no id then. */
struct series *history_series(struct history_file *file, const struct recorded *name);
void history_series_finish(struct history_file *file);

/* A commit's samples for the tail (malloc; *length), and the way back into blocks. NULL, or false,
 * when memory is short. */
uint8_t *history_pack(struct history_file *file, const struct history_batch *batch, size_t *length);
bool history_unpack(struct history_file *file, const void *bytes, size_t length);
bool history_take(struct history_file *file, const struct history_batch *batch);

/* ---- history_schema.c ---- */

int history_schema_claim(sqlite3 *db, struct error *error);
int history_schema_prepare(struct history_file *file);

/* ---- history_read.c ---- */

bool history_read_trend(struct history_file *file, const struct trend_query *query,
                        struct history_result *result, struct error *error);
bool history_read_journal(struct history_file *file, const struct journal_query *query,
                          struct history_result *result, struct error *error);

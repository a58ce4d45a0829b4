#pragma once
/* The history of a running program: what its variables were, and what happened, in one SQLite file
 * beside the state, "NAME.history". A thread looks at the memory ten times a second and takes what
 * changed; another one writes it, and answers who asks. Nobody else waits for either.
 *
 * Recorded are numbers and bits, elements of arrays too, that are not declared otherwise, when they
 * differ from what was recorded last by more than their deadband. Where quality is not good, and
 * while the program does not run, there is a gap. What a reload takes away stays in the file.
 *
 * Trouble with the disk is never the program's: it is logged once, stands in the status, and is
 * tried again. What comes meanwhile waits; where that is too much there is a gap. A damaged file is
 * renamed, and a new one begun. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/loop.h"
#include "image/alarm_events.h"
#include "image/audit.h"
#include "image/image.h"
#include "store/trend.h"

struct history;

enum { HISTORY_DAYS = 30, HISTORY_MIB = 256, HISTORY_NAMES_MOST = 20000 };

struct history_options {
    const char *directory; /* made where it is missing, mode 0700 */
    const char *name;      /* the program's */
    int days, mib;         /* what is older, or more, goes */
};

/* Main thread, as all that follow but for history_note. NULL: no memory, no thread. */
struct history *history_open(const struct history_options *options, struct loop *loop,
                             struct error *error);

/* Records this image from now on; before the one until now goes. NULL: none. False when memory is
 * short, nothing is recorded then. */
bool history_follow(struct history *history, struct image *image, struct error *error);

/* Writes what there is, for at most a second, and ends. NULL is accepted. */
void history_close(struct history *history);

struct history_status {
    bool works;
    char problem[256]; /* why not, or "" */
    char path[256];
    uint64_t bytes;   /* of the file */
    size_t names;     /* recorded now */
    uint64_t samples; /* since the start */
};
struct history_status history_status(struct history *history);

/* ---- the journal: what happened ---- */

enum { JOURNAL_TEXT = 256, JOURNAL_NAME = 160, JOURNAL_VALUE = 96, JOURNAL_WHO = 64 };

enum journal_kind { JOURNAL_ALARM = 1, JOURNAL_AUDIT = 2 };

struct journal_entry {
    int64_t time;           /* UTC, ms */
    uint8_t kind, priority; /* priority 0: has none */
    char what[24], name[JOURNAL_NAME], text[JOURNAL_TEXT], who[JOURNAL_WHO];
    char before[JOURNAL_VALUE], after[JOURNAL_VALUE]; /* or ""; `before` of an alarm: its level */
};

/* An entry for the journal; what finds no room is counted. Any thread. */
void history_note(struct history *history, const struct journal_entry *entry);

/* As audit_listen wants it: an entry of the audit log becomes one of the journal. */
void history_hear(void *history, const struct audit_entry *entry);

/* Takes what happens to alarms into the journal from now on, with the writing thread. NULL: no
 * longer. */
void history_take_alarms(struct history *history, struct alarm_events *events);

/* ---- asking ---- */

struct trend_query {
    const char *const *names; /* as the history has them: short, "TEMPS[3]" */
    size_t count;
    int64_t from, to; /* UTC, ms */
    unsigned most;    /* stretches of each; 0: every sample */
};

struct journal_query {
    int64_t from, to;  /* UTC, ms */
    const char *match; /* pattern with * and ?, or NULL */
    unsigned kinds;    /* JOURNAL_…, joined */
    unsigned most;
};

struct history_series {
    char *name, *type, *unit; /* type NULL: it was never recorded */
    struct trend_point *points;
    size_t count;
};

/* What was found, of the one or the other. */
struct history_result {
    struct history_series *series;
    size_t series_count;
    struct journal_entry *entries;
    size_t entry_count;
};

void history_result_finish(struct history_result *result);

/* Who asks is answered once on the loop's thread, unless he forgets: `result` is NULL with an
 * error; or his, to be finished. */
struct history_asker {
    void (*done)(struct history_asker *asker, struct history_result *result,
                 const struct error *error);
};

void history_ask_trend(struct history *history, const struct trend_query *query,
                       struct history_asker *asker);
void history_ask_journal(struct history *history, const struct journal_query *query,
                         struct history_asker *asker);
void history_forget(struct history *history, struct history_asker *asker);

/* The same of the file of a program that does not run. */
bool history_look_up(const char *path, const struct trend_query *trend,
                     const struct journal_query *journal, struct history_result *result,
                     struct error *error);

/* A name that is recorded, and one value of it; inside. */
struct recorded {
    const char *name, *type, *unit;
    bool shares; /* the name is that of an earlier row */
};

struct history_sample {
    uint32_t name;
    int64_t time; /* UTC, ms */
    double value; /* NaN: a gap begins */
};

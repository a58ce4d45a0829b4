/* One round of the writing thread: take what waits, commit it, now and then write the blocks, then
 * answer. What could not be committed is kept and tried again; the heap fills up meanwhile, and
 * when it is full there is a gap, so that memory has its bounds. */

#include "store/history_inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "base/memory.h"
#include "store/folder.h"
#include "store/store_file.h"

#define FLUSH (60 * INT64_C(1000000000))
#define PAUSE_FIRST INT64_C(1000000000)
#define PAUSE_LONGEST INT64_C(30000000000)
#define DAY INT64_C(86400000) /* ms */

/* ---- taking ---- */

static void copy_names(struct history *history)
{
    size_t count = history->name_count;
    if (count == history->known_count)
        return;
    struct recorded *known = memory_zeroed(count, sizeof *known);
    memcpy(known, history->names, count * sizeof *known);
    free(history->known);
    history->known = known;
    history->known_count = count;
}

static bool is_empty(const struct heap *heap)
{
    return !heap->count && !heap->note_count && !heap->seen && !heap->ends;
}

static void say_lost(struct history *history, uint64_t lost)
{
    if (lost)
        log_line("%s: %" PRIu64 " entries of the journal are missing: too many came at once",
                 history->name, lost);
}

static void take(struct history *history)
{
    if (!is_empty(&history->held))
        return;
    pthread_mutex_lock(&history->mutex);
    pthread_mutex_lock(&history->notes_mutex);
    history_drain_alarms(history);
    struct heap held = history->held;
    history->held = history->fresh;
    history->fresh = held;
    copy_names(history);
    uint64_t lost = history->notes_lost;
    history->notes_lost = 0;
    pthread_mutex_unlock(&history->notes_mutex);
    pthread_mutex_unlock(&history->mutex);
    say_lost(history, lost);
}

static void let_go(struct heap *heap)
{
    heap->count = heap->note_count = 0;
    heap->seen = 0;
    heap->ends = false;
}

/* ---- trouble ---- */

static void works(struct history *history)
{
    uint64_t bytes = (uint64_t)history_file_size(&history->file);
    pthread_mutex_lock(&history->mutex);
    bool news = !history->status.works;
    history->status.works = true;
    history->status.problem[0] = '\0';
    history->status.bytes = bytes;
    pthread_mutex_unlock(&history->mutex);
    history->pause = 0;
    if (news)
        log_line("%s: the history is written again", history->name);
}

static void fails(struct history *history, const struct error *error, int64_t now)
{
    pthread_mutex_lock(&history->mutex);
    bool news = history->status.works;
    history->status.works = false;
    snprintf(history->status.problem, sizeof history->status.problem, "%.255s", error->text);
    pthread_mutex_unlock(&history->mutex);
    history->pause = history->pause ? 2 * history->pause : PAUSE_FIRST;
    if (history->pause > PAUSE_LONGEST)
        history->pause = PAUSE_LONGEST;
    history->retry = now + history->pause;
    if (news)
        log_line("%s: the history is not written in %s: %s; it is tried again", history->name,
                 history->path, error->text);
}

/* ---- the file ---- */

static enum history_state begin_anew(struct history *history, struct error *error)
{
    char aside[HISTORY_PATH];
    struct error why = *error;
    if (!store_file_set_aside(history->path, aside, sizeof aside, error))
        return HISTORY_TROUBLE;
    log_line("%s: %s is damaged or not ours (%.300s); it is kept as %s, and a new one is begun",
             history->name, history->path, why.text, aside);
    return history_file_open(&history->file, history->path, false, error);
}

/* The first look is recorded whole in a file that knows nothing of it. */
static bool reopen(struct history *history, struct error *error)
{
    enum history_state state = HISTORY_TROUBLE;
    bool again = history->flushed != 0;
    if (history->damaged)
        state = HISTORY_DAMAGED, error_set(error, "a page of it is damaged");
    else if (folder_make(history->directory, error))
        state = history_file_open(&history->file, history->path, false, error);
    if (state == HISTORY_DAMAGED)
        state = begin_anew(history, error);
    if (state != HISTORY_READY)
        return false;
    history->damaged = false;
    if (again) {
        pthread_mutex_lock(&history->mutex);
        history_break(history);
        pthread_mutex_unlock(&history->mutex);
    }
    return true;
}

static bool be_open(struct history *history, struct error *error)
{
    if (history->file.db && history_file_has_moved(&history->file)) {
        log_line("%s: %s was moved, removed or emptied; a new one is begun", history->name,
                 history->path);
        history_file_close(&history->file);
    }
    return history->file.db || reopen(history, error);
}

static bool commit(struct history *history, struct error *error)
{
    const struct heap *held = &history->held;
    const struct history_batch batch = {.names = history->known,
                                        .samples = held->samples,
                                        .count = held->count,
                                        .notes = held->notes,
                                        .note_count = held->note_count,
                                        .seen = held->seen,
                                        .ends = held->ends};
    if (is_empty(held))
        return true;
    if (!history_file_commit(&history->file, &batch, error))
        return false;
    let_go(&history->held);
    return true;
}

static bool flush(struct history *history, int64_t now, bool last, struct error *error)
{
    bool due = last || now >= history->flushed + FLUSH || history_file_is_due(&history->file);
    int64_t oldest = clock_now().utc / NS_PER_MS - history->days * DAY;
    if (history->flushed && !due)
        return true;
    history->flushed = now;
    return history_file_flush(&history->file, oldest, history->size, error);
}

/* Not all of a file is looked at when it is opened. */
static void look_for_damage(struct history *history)
{
    int code = history->file.code & 0xFF;
    history->damaged |= code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
    if (history->file.db && code != SQLITE_FULL) /* that leaves everything as it was */
        history_file_close(&history->file);
}

static void write(struct history *history, int64_t now, bool last)
{
    struct error error = {"out of memory"};
    if (!last && history->pause && now < history->retry)
        return;
    take(history);
    if (be_open(history, &error) && commit(history, &error) && flush(history, now, last, &error)) {
        works(history);
        return;
    }
    look_for_damage(history);
    fails(history, &error, now);
}

/* ---- answering ---- */

static void find(struct history *history, struct question *question)
{
    struct history_file *file = &history->file;
    if (!file->db)
        question->ok = error_set(&question->error, "the history cannot be read: %s",
                                 history_status(history).problem);
    else if (question->is_trend)
        question->ok =
            history_read_trend(file, &question->trend, &question->result, &question->error);
    else
        question->ok =
            history_read_journal(file, &question->journal, &question->result, &question->error);
    if (file->db && !question->ok)
        look_for_damage(history);
}

static struct question *next_question(struct history *history)
{
    pthread_mutex_lock(&history->mutex);
    struct question *question = history->questions;
    while (question && question->state != QUESTION_WAITS)
        question = question->next;
    if (question)
        question->state = QUESTION_IS_LOOKED_UP;
    pthread_mutex_unlock(&history->mutex);
    return question;
}

static void answer_all(struct history *history)
{
    struct question *question;
    while ((question = next_question(history))) {
        find(history, question);
        pthread_mutex_lock(&history->mutex);
        question->state = QUESTION_IS_ANSWERED;
        if (!history->abandoned)
            waker_wake(&history->waker);
        pthread_mutex_unlock(&history->mutex);
    }
}

void history_round(struct history *history, int64_t now, bool last)
{
    write(history, now, last);
    if (!last)
        answer_all(history);
}

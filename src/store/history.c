/* The two threads' life, and what main asks. */

#include "store/history_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/left.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/mutex.h"
#include "base/thread.h"

enum { STACK = 512 * 1024 };

/* ---- the threads ---- */

static void *look_on(void *context)
{
    struct history *history = context;
    int64_t next = clock_monotonic();
    for (;;) {
        const struct timespec at = clock_timespec(next += HISTORY_LOOK);
        if (sem_clockwait(&history->look_end, CLOCK_MONOTONIC, &at) == 0)
            return NULL;
        struct instant now = clock_now();
        pthread_mutex_lock(&history->mutex);
        history_look(history, now);
        pthread_mutex_unlock(&history->mutex);
        if (now.monotonic > next + HISTORY_LOOK)
            next = now.monotonic; /* it could not keep pace */
    }
}

static bool is_stopping(struct history *history)
{
    pthread_mutex_lock(&history->mutex);
    bool stopping = history->stopping;
    pthread_mutex_unlock(&history->mutex);
    return stopping;
}

static void *write_on(void *context)
{
    struct history *history = context;
    while (!is_stopping(history)) {
        history_round(history, clock_monotonic(), false);
        const struct timespec at = clock_timespec(clock_monotonic() + HISTORY_WRITE);
        sem_clockwait(&history->wake, CLOCK_MONOTONIC, &at);
        atomic_store(&history->called, false);
    }
    history_round(history, clock_monotonic(), true);
    if (history->file.db)
        history_file_close(&history->file);
    sem_post(&history->done);
    return NULL;
}

static void call(struct history *history)
{
    if (!atomic_exchange(&history->called, true))
        sem_post(&history->wake);
}

/* ---- questions ---- */

static void release(struct question *question)
{
    for (size_t i = 0; i < question->trend.count; i++)
        free((char *)question->trend.names[i]);
    free((void *)question->trend.names);
    free((char *)question->journal.match);
    history_result_finish(&question->result);
    free(question);
}

static void give(struct question *question)
{
    struct history_result result = question->result;
    if (question->asker) {
        question->result = (struct history_result){.series = NULL};
        question->asker->done(question->asker, question->ok ? &result : NULL, &question->error);
    }
    release(question);
}

/* Takes the first one off that is answered; with `any` the first one. */
static struct question *take_off(struct history *history, bool any)
{
    pthread_mutex_lock(&history->mutex);
    struct question **at = &history->questions;
    while (*at && !any && (*at)->state != QUESTION_IS_ANSWERED)
        at = &(*at)->next;
    struct question *question = *at;
    if (question)
        *at = question->next;
    pthread_mutex_unlock(&history->mutex);
    return question;
}

static void woken(void *context)
{
    struct history *history = context;
    struct question *question;
    while ((question = take_off(history, false)))
        give(question);
}

static void ask(struct history *history, struct question *question)
{
    pthread_mutex_lock(&history->mutex);
    struct question **end = &history->questions;
    while (*end)
        end = &(*end)->next;
    *end = question;
    pthread_mutex_unlock(&history->mutex);
    call(history);
}

void history_ask_trend(struct history *history, const struct trend_query *query,
                       struct history_asker *asker)
{
    struct question *question = memory_zeroed(1, sizeof *question);
    char **names = memory_zeroed(query->count + 1, sizeof *names);
    for (size_t i = 0; i < query->count; i++)
        names[i] = memory_string(query->names[i]);
    question->asker = asker;
    question->is_trend = true;
    question->trend = *query;
    question->trend.names = (const char *const *)names;
    ask(history, question);
}

void history_ask_journal(struct history *history, const struct journal_query *query,
                         struct history_asker *asker)
{
    struct question *question = memory_zeroed(1, sizeof *question);
    question->asker = asker;
    question->journal = *query;
    question->journal.match = query->match ? memory_string(query->match) : NULL;
    ask(history, question);
}

void history_forget(struct history *history, struct history_asker *asker)
{
    pthread_mutex_lock(&history->mutex);
    for (struct question *question = history->questions; question; question = question->next)
        if (question->asker == asker)
            question->asker = NULL;
    pthread_mutex_unlock(&history->mutex);
}

/* ---- life ---- */

static bool heap_create(struct heap *heap)
{
    heap->room = HISTORY_ROOM;
    heap->samples = malloc(HISTORY_ROOM * sizeof *heap->samples);
    heap->notes = malloc(HISTORY_NOTES * sizeof *heap->notes);
    return heap->samples && heap->notes;
}

static void destroy(struct history *history)
{
    free(history->fresh.samples);
    free(history->fresh.notes);
    free(history->held.samples);
    free(history->held.notes);
    names_destroy(history->index);
    for (size_t i = 0; i < history->name_count; i++) {
        free(history->names[i].shares ? NULL : (char *)history->names[i].name);
        free((char *)history->names[i].unit);
    }
    free(history->names);
    free(history->known);
    pthread_mutex_destroy(&history->mutex);
    pthread_mutex_destroy(&history->notes_mutex);
    sem_destroy(&history->look_end);
    sem_destroy(&history->wake);
    sem_destroy(&history->done);
    waker_close(&history->waker);
    free(history->name);
    free(history);
}

static struct history *create(const struct history_options *options)
{
    struct history *history = memory_zeroed(1, sizeof *history);
    history->name = memory_string(options->name);
    history->days = options->days;
    history->size = (int64_t)options->mib << 20;
    history->status.works = true;
    history->index = names_create();
    mutex_init(&history->mutex);
    mutex_init(&history->notes_mutex);
    sem_init(&history->look_end, 0, 0);
    sem_init(&history->wake, 0, 0);
    sem_init(&history->done, 0, 0);
    snprintf(history->directory, sizeof history->directory, "%s", options->directory);
    snprintf(history->path, sizeof history->path, "%s/%s.history", options->directory,
             options->name);
    snprintf(history->status.path, sizeof history->status.path, "%.255s", history->path);
    return history;
}

struct history *history_create(const struct history_options *options, struct loop *loop,
                               struct error *error)
{
    struct history *history = create(options);
    if (!heap_create(&history->fresh) || !heap_create(&history->held))
        error_set(error, "out of memory for the history");
    else if (waker_open(&history->waker, loop, woken, history, error))
        return history;
    destroy(history);
    return NULL;
}

struct history *history_open(const struct history_options *options, struct loop *loop,
                             struct error *error)
{
    struct history *history = history_create(options, loop, error);
    if (!history)
        return NULL;
    history->writes =
        thread_start(&history->writer, "msm-history", STACK, write_on, history, error);
    history->looks = history->writes &&
                     thread_start(&history->looker, "msm-look", STACK, look_on, history, error);
    if (history->looks)
        return history;
    error_prefix(error, "cannot start the history's threads: ");
    history_close(history);
    return NULL;
}

bool history_follow(struct history *history, struct image *image, struct error *error)
{
    struct history_board *board = image ? history_board_create(history, image, error) : NULL;
    int64_t now = clock_now().utc / NS_PER_MS;
    pthread_mutex_lock(&history->mutex);
    struct history_board *before = history->board;
    if (before && board)
        history_board_inherit(history, board, before, now);
    history->board = board;
    history->status.names = board ? board->count : 0;
    if (board)
        history_look(history, clock_now()); /* what it began with */
    else
        history_break(history);
    pthread_mutex_unlock(&history->mutex);
    history_board_destroy(before);
    return board || !image;
}

/* What was so at the very end is in it, too. */
static void stop_looking(struct history *history)
{
    if (!history->looks)
        return;
    sem_post(&history->look_end);
    pthread_join(history->looker, NULL);
    pthread_mutex_lock(&history->mutex);
    history_look(history, clock_now());
    pthread_mutex_unlock(&history->mutex);
}

/* False: the disk does not answer; its thread stays behind, with all it uses. */
static bool stop_writing(struct history *history)
{
    const struct timespec until = clock_timespec(clock_monotonic() + NS_PER_S);
    if (!history->writes)
        return true;
    pthread_mutex_lock(&history->mutex);
    history->stopping = true;
    pthread_mutex_unlock(&history->mutex);
    call(history);
    if (sem_clockwait(&history->done, CLOCK_MONOTONIC, &until) == 0) {
        pthread_join(history->writer, NULL);
        return true;
    }
    pthread_mutex_lock(&history->mutex);
    history->abandoned = true;
    pthread_mutex_unlock(&history->mutex);
    pthread_detach(history->writer);
    leave_behind(history);
    log_line("%s: the end of the history is not saved: the disk does not answer", history->name);
    return false;
}

static void refuse_all(struct history *history, bool is_ended)
{
    struct question *question;
    struct error error;
    error_set(&error, "%s ends", history->name);
    woken(history);
    while ((question = take_off(history, true))) {
        if (question->asker)
            question->asker->done(question->asker, NULL, &error);
        if (is_ended)
            release(question);
    }
}

void history_close(struct history *history)
{
    if (!history)
        return;
    stop_looking(history);
    pthread_mutex_lock(&history->mutex);
    struct history_board *board = history->board; /* who writes may want to break it */
    history->board = NULL;
    pthread_mutex_unlock(&history->mutex);
    history_board_destroy(board);
    bool is_ended = stop_writing(history);
    refuse_all(history, is_ended);
    history_take_alarms(history, NULL);
    if (is_ended)
        destroy(history);
    else
        waker_close(&history->waker);
}

struct history_status history_status(struct history *history)
{
    pthread_mutex_lock(&history->mutex);
    struct history_status status = history->status;
    pthread_mutex_unlock(&history->mutex);
    return status;
}

void history_note(struct history *history, const struct journal_entry *entry)
{
    pthread_mutex_lock(&history->notes_mutex);
    history_put_note(history, entry);
    pthread_mutex_unlock(&history->notes_mutex);
}

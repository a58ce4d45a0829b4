/* The store's life, and what main asks of it. */

#include "store/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/left.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "image/image_restore.h"
#include "store/point_words.h"

enum { STACK = 256 * 1024 };

static void destroy(struct store *store)
{
    store_file_close(&store->file);
    rows_finish(&store->rows);
    rows_finish(&store->held);
    rows_finish(&store->texts);
    rows_finish(&store->changes);
    rows_finish(&store->asked);
    rows_finish(&store->proven);
    scope_give(store->proof);
    scope_give(store->settling);
    scope_give(store->scope);
    scope_give(store->next);
    keeps_destroy(store->keeps);
    audit_log_close(store->log);
    text_logs_close(store->text_logs);
    pthread_mutex_destroy(&store->mutex);
    sem_destroy(&store->wake);
    sem_destroy(&store->done);
    free(store->name);
    free(store);
}

static struct store *create(const struct store_options *options)
{
    struct store *store = calloc(1, sizeof *store);
    if (!store)
        return NULL;
    store->name = strdup(options->name);
    store->status.works = true;
    store->keeps_version = UINT64_MAX;
    mutex_init(&store->mutex);
    sem_init(&store->wake, 0, 0);
    sem_init(&store->done, 0, 0);
    snprintf(store->directory, sizeof store->directory, "%s", options->directory);
    snprintf(store->path, sizeof store->path, "%s/%s.state", options->directory, options->name);
    if (store->name)
        return store;
    destroy(store);
    return NULL;
}

static void need(struct store *store)
{
    store->needed = true;
    snprintf(store->status.path, sizeof store->status.path, "%.255s", store->path);
}

static bool is_needed(struct store *store)
{
    pthread_mutex_lock(&store->mutex);
    bool needed = store->needed;
    pthread_mutex_unlock(&store->mutex);
    return needed;
}

/* A folder in which nothing was made so far has not shown yet whether that is possible. It may take
 * its time to answer, so it is asked while nobody has to wait for the mutex. */
bool store_need(struct store *store, struct error *error)
{
    bool refuses =
        !is_needed(store) && faccessat(AT_FDCWD, store->directory, W_OK, AT_EACCESS) != 0;
    int reason = errno;
    bool ok = true;
    pthread_mutex_lock(&store->mutex);
    if (!store->status.works)
        ok = error_set(error, "%s", store->status.problem);
    else if (refuses)
        ok = error_set(error, "the folder %s may not be written: %s", store->directory,
                       strerror(reason));
    else
        need(store);
    pthread_mutex_unlock(&store->mutex);
    return ok;
}

struct store *store_open(const struct store_options *options, struct error *error)
{
    struct store *store = create(options);
    if (!store) {
        error_set(error, "out of memory for what is retained");
        return NULL;
    }
    if (options->when_needed && faccessat(AT_FDCWD, store->path, F_OK, AT_SYMLINK_NOFOLLOW) != 0 &&
        errno == ENOENT)
        return store;
    need(store);
    enum file_state state = store_reopen(store, error);
    if (state == FILE_BUSY) {
        destroy(store);
        return NULL;
    }
    if (state != FILE_READY)
        store_fails(store, error, clock_monotonic());
    return store;
}

/* ---- which image ---- */

static void put_scope(struct store *store, struct scope *scope)
{
    scope_give(store->scope);
    store->scope = scope;
    store->status.variables = scope ? scope->variables : 0;
    store->status.keeps = scope ? scope->keeps : 0;
    if (scope && (scope->variables || scope->keeps))
        need(store);
}

bool store_attach(struct store *store, struct image *image, struct audit *audit,
                  struct error *error)
{
    struct scope *scope = scope_create(image, error);
    if (!scope)
        return false;
    store->audit = audit;
    if (audit)
        store->log = audit_log_open(store->directory, store->name, error);
    if (image_keeps(image))
        store->keeps = keeps_create(error);
    if ((image_keeps(image) && !store->keeps) || (audit && !store->log)) {
        scope_give(scope);
        return false;
    }
    pthread_mutex_lock(&store->mutex);
    put_scope(store, scope);
    pthread_mutex_unlock(&store->mutex);
    if (audit)
        audit_attach(audit, store_call, store);
    return true;
}

bool store_take_texts(struct store *store, struct text_queue *texts, struct error *error)
{
    store->text_logs = text_logs_open(store->directory, store->name, error);
    if (!store->text_logs)
        return false;
    store->queue = texts;
    text_queue_attach(texts, store_call, store);
    return true;
}

bool store_prepare(struct store *store, struct image *to, struct error *error)
{
    struct scope *scope = scope_create(to, error);
    if (!scope)
        return false;
    pthread_mutex_lock(&store->mutex);
    scope_give(store->next);
    store->next = scope;
    pthread_mutex_unlock(&store->mutex);
    return true;
}

void store_switch(struct store *store)
{
    pthread_mutex_lock(&store->mutex);
    if (store->next)
        put_scope(store, store->next);
    store->next = NULL;
    pthread_mutex_unlock(&store->mutex);
    store_call(store);
}

/* ---- the thread ---- */

/* Calls that are made before it comes are one. */
void store_call(void *context)
{
    struct store *store = context;
    if (!atomic_exchange(&store->called, true))
        sem_post(&store->wake);
}

static void wait_until(sem_t *semaphore, int64_t when)
{
    struct timespec at = clock_timespec(when);
    if (when == INT64_MAX)
        sem_wait(semaphore);
    else
        sem_clockwait(semaphore, CLOCK_MONOTONIC, &at);
}

static bool is_stopping(struct store *store)
{
    pthread_mutex_lock(&store->mutex);
    bool stopping = store->stopping;
    pthread_mutex_unlock(&store->mutex);
    return stopping;
}

static bool is_abandoned(struct store *store)
{
    pthread_mutex_lock(&store->mutex);
    bool abandoned = store->abandoned;
    pthread_mutex_unlock(&store->mutex);
    return abandoned;
}

static void *serve(void *context)
{
    struct store *store = context;
    while (!is_stopping(store)) {
        int64_t next = store_round(store, clock_monotonic(), false);
        wait_until(&store->wake, next);
        atomic_store(&store->called, false);
    }
    if (!is_abandoned(store))
        store_round(store, clock_monotonic(), true);
    store_file_close(&store->file);
    sem_post(&store->done);
    return NULL;
}

bool store_start(struct store *store, struct image *image, struct audit *audit, struct error *error)
{
    if (!store_attach(store, image, audit, error))
        return false;
    store->started = thread_start(&store->thread, "msm-store", STACK, serve, store, error);
    if (!store->started)
        error_prefix(error, "cannot start the storing thread: ");
    return store->started;
}

/* False: the disk does not answer. The thread and all it uses stay, but for the image. */
static bool end_thread(struct store *store)
{
    const struct timespec until = clock_timespec(clock_monotonic() + NS_PER_S);
    pthread_mutex_lock(&store->mutex);
    store->stopping = true;
    pthread_mutex_unlock(&store->mutex);
    store_call(store);
    if (sem_clockwait(&store->done, CLOCK_MONOTONIC, &until) == 0) {
        pthread_join(store->thread, NULL);
        return true;
    }
    pthread_mutex_lock(&store->mutex);
    store->abandoned = true;
    put_scope(store, NULL);
    pthread_mutex_unlock(&store->mutex);
    pthread_detach(store->thread);
    leave_behind(store);
    log_line("%s: the last retained values are not saved: the disk does not answer", store->name);
    return false;
}

bool store_close(struct store *store)
{
    if (!store)
        return true;
    if (store->audit)
        audit_attach(store->audit, NULL, NULL);
    if (store->queue)
        text_queue_attach(store->queue, NULL, NULL);
    if (store->started && !end_thread(store))
        return false;
    destroy(store);
    return true;
}

/* ---- what main asks ---- */

void store_force(struct store *store, uint32_t point, bool persists)
{
    uint16_t words[VARIABLE_MAX_WORDS];
    char name[POINT_NAME], bytes[POINT_BYTES];
    struct row row;
    pthread_mutex_lock(&store->mutex);
    struct scope *scope = store->scope;
    if (scope && store->needed) {
        point_key(scope->plan, point, ROW_FORCE, &row, name);
        row.gone = !persists || !image_forced_words(scope->image, point, words);
        if (!row.gone)
            point_content(scope->plan, point, words, &row.content, bytes);
        row.sum = row_sum(&row);
        if (!rows_put(&store->asked, &row))
            log_line("%s: out of memory: the force does not persist", store->name);
    }
    pthread_mutex_unlock(&store->mutex);
    store_call(store);
}

struct store_status store_status(const struct store *store)
{
    pthread_mutex_t *mutex = (pthread_mutex_t *)&store->mutex;
    pthread_mutex_lock(mutex);
    struct store_status status = store->status;
    pthread_mutex_unlock(mutex);
    return status;
}

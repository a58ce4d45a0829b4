/* Getting at the file, at the start and again after trouble. What was read at the start, and all
 * that was committed since, stands in memory, too: a file that has to be begun anew gets all of it.
 */

#include "store/inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "base/log.h"
#include "image/quote.h"
#include "store/folder.h"

#define PAUSE_FIRST INT64_C(1000000000)
#define PAUSE_LONGEST INT64_C(30000000000)

/* Its name may be what is damaged. */
static void say_bad(void *context, const struct row *row)
{
    static const char *const what[ROW_TABLES] = {"value of", "force on", "keep", "text of",
                                                 "default of"};
    const struct store *store = context;
    char name[200], path[200] = "";
    quote_text(row->name, strlen(row->name), name, sizeof name);
    if (row->path[0])
        quote_text(row->path, strlen(row->path), path, sizeof path);
    log_line("%s: the retained %s %s%s%s is damaged and not taken over", store->name,
             what[row->table], name, path[0] ? ", field " : "", path);
}

/* A new one has not been made yet. An empty one may be what was left of it, or of a good one. */
static void say_empty(const struct store *store)
{
    struct stat file;
    if (stat(store->path, &file) == 0 && S_ISREG(file.st_mode) && file.st_size <= 1)
        log_line("%s: %s is empty: nothing was retained in it", store->name, store->path);
}

static enum file_state open_file(struct store *store, struct rows *found, size_t *bad,
                                 struct error *error)
{
    return store_file_open(&store->file, store->path, found, say_bad, store, bad, error);
}

static enum file_state begin_anew(struct store *store, struct rows *found, size_t *bad,
                                  struct error *error)
{
    char aside[STORE_PATH];
    struct error why = *error;
    if (!store_file_set_aside(store->path, aside, sizeof aside, error))
        return FILE_TROUBLE;
    log_line("%s: %s is damaged or not ours (%.300s); it is kept as %s, and a new one is begun",
             store->name, store->path, why.text, aside);
    return open_file(store, found, bad, error);
}

static void take_over(struct store *store, struct rows *found)
{
    struct row_walk walk = {0, NULL};
    const struct row *row;
    pthread_mutex_lock(&store->mutex);
    rows_finish(&store->rows);
    store->rows = *found;
    pthread_mutex_unlock(&store->mutex);
    while ((row = rows_next(&store->rows, &walk)))
        if (row->number > store->place)
            store->place = row->number;
    store->read = true;
}

enum file_state store_reopen(struct store *store, struct error *error)
{
    struct rows found = {NULL, 0, 0, 0};
    size_t bad = 0;
    enum file_state state = FILE_TROUBLE;
    if (!folder_make(store->directory, error))
        return state;
    if (!store->pause) /* else it may be what a full disk left of our own */
        say_empty(store);
    state = open_file(store, &found, &bad, error);
    if (state == FILE_DAMAGED)
        state = begin_anew(store, &found, &bad, error);
    bool first = !store->read && (state == FILE_READY || found.count > 0);
    store->anew = store->read || bad > 0 || state != FILE_READY;
    if (first)
        take_over(store, &found);
    else
        rows_finish(&found);
    return state;
}

void store_works(struct store *store, int64_t now, bool committed)
{
    pthread_mutex_lock(&store->mutex);
    bool news = !store->status.works;
    store->status.works = true;
    store->status.problem[0] = '\0';
    if (committed) {
        store->status.commits++;
        store->status.committed = now;
    }
    pthread_mutex_unlock(&store->mutex);
    store->pause = 0;
    if (news)
        log_line("%s: retained values are saved again", store->name);
}

void store_fails(struct store *store, const struct error *error, int64_t now)
{
    pthread_mutex_lock(&store->mutex);
    bool news = store->status.works;
    store->status.works = false;
    snprintf(store->status.problem, sizeof store->status.problem, "%.255s", error->text);
    pthread_mutex_unlock(&store->mutex);
    store->pause = store->pause ? 2 * store->pause : PAUSE_FIRST;
    if (store->pause > PAUSE_LONGEST)
        store->pause = PAUSE_LONGEST;
    store->retry = now + store->pause;
    if (news)
        log_line("%s: retained values are not saved in %s: %s; it is tried again", store->name,
                 store->path, error->text);
}

/* One round of the storing thread: copy what is retained, all of one moment; see what of it the
 * file does not have; commit that. The mutex is held for the copying alone. */

#include "store/inside.h"

#include "base/clock.h"
#include "base/log.h"
#include "image/image_restore.h"

bool store_want(struct store *store, struct row *row)
{
    const struct row *before = rows_find(&store->rows, row);
    if (before && row_same(row, before)) {
        rows_drop(&store->changes, row);
        return true;
    }
    row->sum = row_sum(row);
    return rows_put(&store->changes, row);
}

bool store_want_gone(struct store *store, const struct row *row)
{
    if (!rows_find(&store->rows, row)) {
        rows_drop(&store->changes, row);
        return true;
    }
    struct row gone = *row;
    gone.gone = true;
    return rows_put(&store->changes, &gone);
}

/* ---- with the mutex: what main has asked for, and the values ---- */

static bool take_asked(struct store *store)
{
    struct row_walk walk = {0, NULL};
    const struct row *row;
    bool ok = true;
    while ((row = rows_next(&store->asked, &walk)))
        ok = rows_put(&store->held, row) && ok;
    rows_finish(&store->asked);
    return ok;
}

static void take_proof(struct store *store)
{
    if (!store->proof)
        return;
    scope_give(store->settling);
    rows_finish(&store->texts);
    store->settling = store->proof;
    store->texts = store->proven;
    store->proof = NULL;
    store->proven = (struct rows){NULL, 0, 0, 0};
    store->settling->settled = true;
    store_values_forget(store->settling);
}

static struct scope *copy(struct store *store, bool *ok)
{
    pthread_mutex_lock(&store->mutex);
    struct scope *scope = scope_take(store->scope);
    *ok = take_asked(store);
    take_proof(store);
    if (scope)
        image_retain(scope->image, scope->points, scope->count, scope->fresh,
                     scope->keeps ? store->keeps : NULL, &store->keeps_version);
    pthread_mutex_unlock(&store->mutex);
    return scope;
}

/* ---- without it ---- */

static bool collect_held(struct store *store)
{
    struct row_walk walk = {0, NULL};
    struct row *row;
    while ((row = rows_next(&store->held, &walk)))
        if (!(row->gone ? store_want_gone(store, row) : store_want(store, row)))
            return false;
    return true;
}

static bool has_new_keeps(const struct store *store, const struct scope *scope)
{
    return scope->keeps && store->keeps && store->keeps_version != scope->keeps_saved;
}

/* What is declared comes last: it has the last word over what nobody wants any more. */
static bool collect(struct store *store, struct scope *scope)
{
    return collect_held(store) && (!store->settling || store_collect_settled(store, scope)) &&
           store_collect_values(store, scope) &&
           (!has_new_keeps(store, scope) || store_collect_keeps(store, scope));
}

static bool apply(struct store *store)
{
    struct row_walk walk = {0, NULL};
    const struct row *row;
    bool ok = true;
    pthread_mutex_lock(&store->mutex);
    while ((row = rows_next(&store->changes, &walk))) {
        if (row->gone)
            rows_drop(&store->rows, row);
        else
            ok = rows_put(&store->rows, row) && ok;
    }
    pthread_mutex_unlock(&store->mutex);
    return ok;
}

/* Everything that was collected is in the file, or was there already. */
static void settle_round(struct store *store, struct scope *scope)
{
    store->anew = !apply(store); /* memory was short: the file has more than we know of */
    if (store->anew) {
        store_values_forget(scope);
        scope->keeps_saved = UINT64_MAX;
        return;
    }
    store_values_saved(scope);
    if (scope->keeps)
        scope->keeps_saved = store->keeps_version;
    rows_finish(&store->held);
    rows_finish(&store->texts);
    pthread_mutex_lock(&store->mutex);
    scope_give(store->settling);
    pthread_mutex_unlock(&store->mutex);
    store->settling = NULL;
}

static bool commit(struct store *store, struct scope *scope, int64_t now, struct error *error)
{
    bool needed = store->changes.count > 0 || store->anew;
    if (needed &&
        !store_file_commit(&store->file, &store->rows, &store->changes, store->anew, error))
        return false;
    settle_round(store, scope);
    store_works(store, now, needed);
    return true;
}

/* A file that somebody has moved away, removed or emptied is begun anew. */
static bool be_open(struct store *store, struct error *error)
{
    if (store->file.db && store_file_has_moved(&store->file)) {
        log_line("%s: %s was moved, removed or emptied; a new one is begun", store->name,
                 store->path);
        store_file_close(&store->file);
    }
    return store->file.db || store_reopen(store, error) == FILE_READY;
}

static void save(struct store *store, int64_t now)
{
    struct error error = {"out of memory"};
    bool ok;
    struct scope *scope = copy(store, &ok);
    if (!scope)
        return;
    if (!ok || !be_open(store, &error) || !collect(store, scope) ||
        !commit(store, scope, now, &error))
        store_fails(store, &error, now);
    rows_finish(&store->changes);
    pthread_mutex_lock(&store->mutex);
    scope_give(scope);
    pthread_mutex_unlock(&store->mutex);
}

/* What nobody wants to read goes, so that the ring holds what comes. */
static void drain(struct store *store, bool logged)
{
    struct error error;
    if (store->audit && !logged)
        audit_log_skip(store->audit);
    else if (store->log && !audit_log_drain(store->log, store->audit, &error))
        log_line("%s: %s", store->name, error.text);
}

/* Whether there is to be a file, and a log. */
static bool is_needed(struct store *store, bool *logged)
{
    pthread_mutex_lock(&store->mutex);
    bool needed = store->needed;
    *logged = needed || (store->scope && store->scope->plan->settings.audit_stated);
    pthread_mutex_unlock(&store->mutex);
    return needed;
}

/* When the next round is due by the clock; and whether main waits for one. */
static int64_t look(struct store *store, bool *asked, int64_t *interval)
{
    pthread_mutex_lock(&store->mutex);
    const struct scope *scope = store->scope;
    bool retains = scope && (scope->variables || scope->keeps);
    *interval = scope ? scope->plan->settings.retain_interval : 0;
    *asked = store->asked.count > 0 || store->proof;
    pthread_mutex_unlock(&store->mutex);
    if (*interval < NS_PER_MS)
        *interval = NS_PER_MS;
    return store->pause ? store->retry : retains ? store->due : INT64_MAX;
}

int64_t store_round(struct store *store, int64_t now, bool last)
{
    bool asked, logged, needed = is_needed(store, &logged);
    int64_t interval, due;
    drain(store, logged);
    if (store->queue)
        text_logs_drain(store->text_logs, store->queue);
    if (!needed)
        return INT64_MAX;
    due = look(store, &asked, &interval);
    if (!last && now < due && (!asked || store->pause))
        return due;
    store->due += interval;
    if (store->due <= now)
        store->due = now + interval;
    save(store, now);
    return look(store, &asked, &interval);
}

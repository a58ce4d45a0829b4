/* One transaction for what comes, one each minute for the blocks, and one for what goes. Whatever
 * fails leaves the series as they are, so that the same batch may come again. */

#include "store/history_file.h"

#include <stdlib.h>
#include "store/store_file.h"

enum {
    SEEN_EVERY = 10000,    /* ms: so often a run that brings nothing new is noted */
    BLOCK_FULL = 512,      /* samples … */
    BLOCK_LONG = 28800000, /* … or ms; then another one is begun … */
    BLOCK_ENOUGH = 256,    /* … and at so many, when it is written anyhow */
    PRUNED_AT_ONCE = 500,  /* blocks */
    JOURNAL_MOST = 100000, /* entries of each kind, … */
    JOURNAL_SHARE = 2048   /* … and bytes of the file's size for one: that is an eighth of it */
};

static int run(sqlite3_stmt *statement)
{
    int code = sqlite3_step(statement);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static void bind_text(sqlite3_stmt *statement, int at, const char *text)
{
    sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
}

static bool end(struct history_file *file, int code, struct error *error)
{
    if (!code)
        code = store_do(file->db, "COMMIT");
    if (!code)
        return true;
    store_say(file->db, error);
    file->code = code;
    if (!sqlite3_get_autocommit(file->db))
        store_do(file->db, "ROLLBACK");
    return false;
}

/* Names that the file does not have yet, or with other words. */
static int write_names(struct history_file *file, const struct history_batch *batch)
{
    int code = SQLITE_OK;
    for (size_t i = 0; i < batch->count && !code; i++) {
        struct series *series = history_series(file, &batch->names[batch->samples[i].name]);
        sqlite3_stmt *put = file->statements[HISTORY_NAME];
        if (!series->fresh || series->promised)
            continue;
        bind_text(put, 1, series->name);
        bind_text(put, 2, series->type);
        bind_text(put, 3, series->unit);
        code = run(put);
        series->promised = series->id ? series->id : sqlite3_last_insert_rowid(file->db);
    }
    return code;
}

static void settle_names(struct history_file *file, bool ok)
{
    for (size_t i = 0; i < file->count; i++) {
        struct series *series = &file->series[i];
        if (series->promised && ok) {
            series->id = series->promised;
            series->fresh = false;
        }
        series->promised = 0;
    }
}

static int write_tail(struct history_file *file, const struct history_batch *batch)
{
    size_t length;
    sqlite3_stmt *put = file->statements[HISTORY_TAIL];
    uint8_t *bytes = batch->count ? history_pack(file, batch, &length) : NULL;
    if (!bytes)
        return batch->count ? SQLITE_NOMEM : SQLITE_OK;
    sqlite3_bind_blob(put, 1, bytes, (int)length, SQLITE_STATIC);
    int code = run(put);
    free(bytes);
    return code;
}

/* A run's row says until when the last values are known to hold. */
static int write_run(struct history_file *file, const struct history_batch *batch, int64_t *id)
{
    sqlite3_stmt *put = file->statements[file->run ? HISTORY_SEEN : HISTORY_RUN];
    int64_t began = batch->count ? batch->samples[0].time : batch->seen;
    bool quiet = !batch->count && !batch->ends && batch->seen < file->written + SEEN_EVERY;
    int64_t seen = batch->seen ? batch->seen : batch->ends ? file->seen : 0;
    *id = file->run;
    if (!seen || (!file->run && !batch->seen) || (file->run && quiet))
        return SQLITE_OK;
    sqlite3_bind_int64(put, 1, file->run ? file->run : began);
    sqlite3_bind_int64(put, 2, seen);
    int code = run(put);
    if (!file->run)
        *id = sqlite3_last_insert_rowid(file->db);
    if (!code)
        file->written = seen;
    return code;
}

static int write_notes(struct history_file *file, const struct history_batch *batch)
{
    sqlite3_stmt *put = file->statements[HISTORY_NOTE];
    int code = SQLITE_OK;
    for (size_t i = 0; i < batch->note_count && !code; i++) {
        const struct journal_entry *note = &batch->notes[i];
        sqlite3_bind_int64(put, 1, note->time);
        sqlite3_bind_int(put, 2, note->kind);
        bind_text(put, 3, note->what);
        bind_text(put, 4, note->name);
        bind_text(put, 5, note->text);
        bind_text(put, 6, note->who);
        bind_text(put, 7, note->before);
        bind_text(put, 8, note->after);
        sqlite3_bind_int(put, 9, note->priority);
        code = run(put);
    }
    return code;
}

static void note_run(struct history_file *file, const struct history_batch *batch, int64_t id)
{
    if (!file->run && id)
        file->began = batch->count ? batch->samples[0].time : batch->seen;
    file->run = batch->ends ? 0 : id;
    if (batch->seen)
        file->seen = batch->seen;
}

bool history_file_commit(struct history_file *file, const struct history_batch *batch,
                         struct error *error)
{
    int64_t id = 0, written = file->written;
    int code = store_do(file->db, "BEGIN IMMEDIATE");
    if (!code)
        code = write_names(file, batch);
    if (!code)
        code = write_tail(file, batch);
    if (!code)
        code = write_run(file, batch, &id);
    if (!code)
        code = write_notes(file, batch);
    bool ok = end(file, code, error);
    settle_names(file, ok);
    if (!ok) {
        file->written = written;
        return false;
    }
    note_run(file, batch, id);
    return history_take(file, batch) || error_set(error, "out of memory for the history");
}

/* ---- blocks ---- */

static bool is_full(const struct block *block, uint32_t enough)
{
    return block->count >= enough || (block->count && block->end - block->begin >= BLOCK_LONG);
}

bool history_file_is_due(const struct history_file *file)
{
    for (size_t i = 0; i < file->count; i++) {
        if (file->series[i].dirty && is_full(&file->series[i].block, BLOCK_FULL))
            return true;
    }
    return false;
}

static int write_block(struct history_file *file, struct series *series)
{
    const struct block *block = &series->block;
    sqlite3_stmt *put = file->statements[series->row ? HISTORY_AGAIN : HISTORY_BLOCK];
    sqlite3_bind_int64(put, 1, series->row);
    sqlite3_bind_int64(put, 2, series->id);
    sqlite3_bind_int64(put, 3, block->begin);
    sqlite3_bind_int64(put, 4, block->end);
    sqlite3_bind_int64(put, 5, block->count);
    sqlite3_bind_double(put, 6, block->low); /* what is NaN becomes NULL */
    sqlite3_bind_double(put, 7, block->high);
    sqlite3_bind_double(put, 8, block_last(block));
    sqlite3_bind_blob(put, 9, block->bytes, (int)block->used, SQLITE_STATIC);
    int code = run(put);
    if (!code && series->row && sqlite3_changes(file->db) == 0) { /* its row has gone */
        series->row = 0;
        return write_block(file, series);
    }
    series->promised = series->row ? series->row : sqlite3_last_insert_rowid(file->db);
    return code;
}

static int write_blocks(struct history_file *file)
{
    int code = SQLITE_OK;
    for (size_t i = 0; i < file->count && !code; i++) {
        if (file->series[i].dirty)
            code = write_block(file, &file->series[i]);
    }
    return code;
}

static void settle_blocks(struct history_file *file, bool ok)
{
    for (size_t i = 0; i < file->count; i++) {
        struct series *series = &file->series[i];
        if (ok && series->dirty) {
            series->row = series->promised;
            series->dirty = false;
            if (is_full(&series->block, BLOCK_ENOUGH)) {
                block_finish(&series->block);
                series->row = 0;
            }
        }
        series->promised = 0;
    }
}

/* ---- taking away ---- */

static int do_with(struct history_file *file, const char *sql, int64_t first, int64_t second)
{
    sqlite3_stmt *statement;
    int code = sqlite3_prepare_v2(file->db, sql, -1, &statement, NULL);
    if (code)
        return code;
    sqlite3_bind_int64(statement, 1, first);
    sqlite3_bind_int64(statement, 2, second);
    code = sqlite3_step(statement);
    sqlite3_finalize(statement);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int prune_old(struct history_file *file, int64_t oldest)
{
    int code, gone;
    do {
        code = do_with(file,
                       "DELETE FROM block WHERE end < ?1 AND id IN"
                       " (SELECT id FROM block ORDER BY id LIMIT ?2)",
                       oldest, PRUNED_AT_ONCE);
        gone = sqlite3_changes(file->db);
    } while (!code && gone == PRUNED_AT_ONCE);
    return code ? code : do_with(file, "DELETE FROM run WHERE seen < ?1", oldest, 0);
}

/* An alarm that comes and goes all day does not drive out the numbers. */
static int prune_journal(struct history_file *file, int64_t size)
{
    int64_t most = size / JOURNAL_SHARE < JOURNAL_MOST ? size / JOURNAL_SHARE : JOURNAL_MOST;
    int code = SQLITE_OK;
    for (int kind = JOURNAL_ALARM; kind <= JOURNAL_AUDIT && !code; kind++)
        code = do_with(file,
                       "DELETE FROM journal WHERE kind = ?1 AND id <= (SELECT id FROM journal"
                       " WHERE kind = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
                       kind, most);
    return code;
}

/* A fiftieth of the blocks at a time, those that began first. */
static int prune_size(struct history_file *file, int64_t size)
{
    int64_t blocks = 0;
    int code = SQLITE_OK;
    while (!code && history_file_size(file) > size) {
        code = store_ask(file->db, "SELECT count(*) FROM block", &blocks);
        if (code || blocks == 0)
            break;
        code = do_with(file,
                       "DELETE FROM block WHERE id IN (SELECT id FROM block ORDER BY id LIMIT ?1)",
                       blocks / 50 + 1, 0);
    }
    return code;
}

static bool is_there(sqlite3_stmt *find, int64_t row)
{
    sqlite3_bind_int64(find, 1, row);
    bool found = sqlite3_step(find) == SQLITE_ROW;
    sqlite3_reset(find);
    return found;
}

/* Rows of blocks that are still open may have gone. Such a block ends if all of it is too old; else
 * it is younger than its row looked, and gets another one. */
static void look_for_rows(struct history_file *file, int64_t oldest)
{
    sqlite3_stmt *find;
    if (sqlite3_prepare_v2(file->db, "SELECT 1 FROM block WHERE id = ?1", -1, &find, NULL))
        return; /* who writes it again finds out */
    for (size_t i = 0; i < file->count; i++) {
        struct series *series = &file->series[i];
        if (!series->row || is_there(find, series->row))
            continue;
        series->row = 0;
        series->dirty = series->block.end >= oldest;
        if (!series->dirty)
            block_finish(&series->block);
    }
    sqlite3_finalize(find);
}

bool history_file_flush(struct history_file *file, int64_t oldest, int64_t size,
                        struct error *error)
{
    int code = store_do(file->db, "BEGIN IMMEDIATE");
    if (!code)
        code = write_blocks(file);
    if (!code)
        code = store_do(file->db, "DELETE FROM tail");
    bool ok = end(file, code, error);
    settle_blocks(file, ok);
    if (!ok)
        return false;
    int before = sqlite3_total_changes(file->db);
    code = store_do(file->db, "BEGIN IMMEDIATE");
    if (!code)
        code = prune_old(file, oldest);
    if (!code)
        code = prune_journal(file, size);
    if (!code)
        code = prune_size(file, size);
    ok = end(file, code, error);
    if (sqlite3_total_changes(file->db) != before)
        look_for_rows(file, oldest);
    return ok;
}

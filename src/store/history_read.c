/* What was asked for, out of the file and the open blocks. A trend reads the blocks of its stretch
 * of time and the one before, which says what held at its beginning; a block that falls between two
 * points of a chart is not unpacked. Where a run ends nothing is known until the next one. */

#include "store/history_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"

/* ---- runs ---- */

struct ends {
    int64_t *times; /* of runs that have ended, in their order */
    size_t count, at;
};

static bool add_end(struct ends *ends, int64_t time)
{
    if ((ends->count & (ends->count - 1)) == 0) {
        size_t room = ends->count ? 2 * ends->count : 1;
        int64_t *times = realloc(ends->times, room * sizeof *times);
        if (!times)
            return false;
        ends->times = times;
    }
    ends->times[ends->count++] = time;
    return true;
}

static int load_ends(struct history_file *file, struct ends *ends)
{
    sqlite3_stmt *statement;
    int code = sqlite3_prepare_v2(file->db, "SELECT seen FROM run WHERE id <> ?1 ORDER BY seen", -1,
                                  &statement, NULL);
    if (code)
        return code;
    sqlite3_bind_int64(statement, 1, file->run);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW)
        if (!add_end(ends, sqlite3_column_int64(statement, 0)))
            break;
    int end = sqlite3_finalize(statement);
    return code == SQLITE_DONE ? SQLITE_OK : code == SQLITE_ROW ? SQLITE_NOMEM : end;
}

/* Gaps of runs that ended before a moment. */
static void end_runs(struct trend *trend, struct ends *ends, int64_t before)
{
    for (; ends->at < ends->count && ends->times[ends->at] < before; ends->at++)
        trend_add(trend, ends->times[ends->at], NAN);
}

/* ---- blocks ---- */

static void unpack(struct trend *trend, struct ends *ends, const void *bytes, size_t length)
{
    struct block_reader reader;
    struct sample sample;
    block_read(&reader, bytes, length);
    while (block_next(&reader, &sample)) {
        end_runs(trend, ends, sample.time);
        trend_add(trend, sample.time, sample.value);
    }
}

static double number_of(sqlite3_stmt *statement, int column)
{
    return sqlite3_column_type(statement, column) == SQLITE_NULL
               ? NAN
               : sqlite3_column_double(statement, column);
}

static void skip_ends(struct ends *ends, int64_t before)
{
    while (ends->at < ends->count && ends->times[ends->at] < before)
        ends->at++;
}

static void add_row(struct trend *trend, struct ends *ends, sqlite3_stmt *statement)
{
    int64_t begin = sqlite3_column_int64(statement, 1), end = sqlite3_column_int64(statement, 2);
    if (trend_is_one(trend, begin, end)) {
        end_runs(trend, ends, begin);
        trend_add_all(trend, begin, end, number_of(statement, 3), number_of(statement, 4),
                      number_of(statement, 5));
        skip_ends(ends, end); /* that it began again stands in the block, too */
        return;
    }
    const void *bytes = sqlite3_column_blob(statement, 6);
    unpack(trend, ends, bytes, (size_t)sqlite3_column_bytes(statement, 6));
}

static const char FROM_BLOCK[] =
    " FROM block WHERE name = ?1 AND begin <= ?3 AND begin >= coalesce("
    "(SELECT max(begin) FROM block WHERE name = ?1 AND begin <= ?2), ?2)";

static int prepare(struct history_file *file, const char *columns, const char *order,
                   const struct series *series, const struct trend *trend, sqlite3_stmt **statement)
{
    char sql[512];
    snprintf(sql, sizeof sql, "SELECT %s%s%s", columns, FROM_BLOCK, order);
    int code = sqlite3_prepare_v2(file->db, sql, -1, statement, NULL);
    if (code)
        return code;
    sqlite3_bind_int64(*statement, 1, series->id);
    sqlite3_bind_int64(*statement, 2, trend->from);
    sqlite3_bind_int64(*statement, 3, trend->to);
    return SQLITE_OK;
}

/* Of samples that come into question. */
static int count_samples(struct history_file *file, const struct series *series,
                         const struct trend *trend, int64_t *count)
{
    sqlite3_stmt *statement;
    int code = prepare(file, "sum(count)", "", series, trend, &statement);
    *count = series->dirty || series->row ? series->block.count : 0;
    if (code)
        return code;
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *count += sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return code == SQLITE_ROW ? SQLITE_OK : code;
}

/* The open block comes last, whether it has a row or not. */
static int read_blocks(struct history_file *file, const struct series *series, struct trend *trend,
                       struct ends *ends)
{
    sqlite3_stmt *statement;
    int code = prepare(file, "id, begin, end, low, high, last, data", " ORDER BY begin", series,
                       trend, &statement);
    if (code)
        return code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW)
        if (!series->row || sqlite3_column_int64(statement, 0) != series->row)
            add_row(trend, ends, statement);
    int end = sqlite3_finalize(statement);
    if (series->block.count)
        unpack(trend, ends, series->block.bytes, series->block.used);
    return code == SQLITE_DONE ? SQLITE_OK : end;
}

/* ---- a trend ---- */

static int read_series(struct history_file *file, const struct series *series,
                       const struct trend_query *query, struct ends *ends,
                       struct history_series *into)
{
    struct trend trend;
    int64_t count = 0;
    trend_begin(&trend, query->from, query->to, query->most);
    int code = count_samples(file, series, &trend, &count);
    if (!code && count <= query->most)
        trend_begin(&trend, query->from, query->to, 0); /* as they are */
    ends->at = 0;
    if (!code)
        code = read_blocks(file, series, &trend, ends);
    end_runs(&trend, ends, query->to + 1);
    if (!trend_end(&trend, file->run ? file->seen : query->to) && !code)
        code = SQLITE_NOMEM;
    into->points = trend.points;
    into->count = trend.count;
    return code;
}

static int read_all(struct history_file *file, const struct trend_query *query, struct ends *ends,
                    struct history_result *result)
{
    int code = SQLITE_OK;
    result->series = memory_zeroed(query->count + 1, sizeof *result->series);
    for (size_t i = 0; i < query->count && !code; i++) {
        struct history_series *into = &result->series[result->series_count++];
        const struct series *series = history_file_find(file, query->names[i]);
        into->name = memory_string(query->names[i]);
        if (!series || !series->id)
            continue;
        into->type = memory_string(series->type);
        into->unit = memory_string(series->unit);
        code = read_series(file, series, query, ends, into);
    }
    return code;
}

static bool say(struct history_file *file, int code, struct error *error)
{
    file->code = code;
    return !code || error_set(error, "the history cannot be read: %s", sqlite3_errstr(code));
}

bool history_read_trend(struct history_file *file, const struct trend_query *query,
                        struct history_result *result, struct error *error)
{
    struct ends ends = {.times = NULL};
    int code = load_ends(file, &ends);
    if (!code)
        code = read_all(file, query, &ends, result);
    free(ends.times);
    return say(file, code, error);
}

/* ---- the journal ---- */

static void take_text(sqlite3_stmt *statement, int column, char *text, size_t size)
{
    const char *found = (const char *)sqlite3_column_text(statement, column);
    snprintf(text, size, "%s", found ? found : "");
}

static void take_entry(sqlite3_stmt *statement, struct journal_entry *entry)
{
    entry->time = sqlite3_column_int64(statement, 0);
    entry->kind = (uint8_t)sqlite3_column_int(statement, 1);
    take_text(statement, 2, entry->what, sizeof entry->what);
    take_text(statement, 3, entry->name, sizeof entry->name);
    take_text(statement, 4, entry->text, sizeof entry->text);
    take_text(statement, 5, entry->who, sizeof entry->who);
    take_text(statement, 6, entry->before, sizeof entry->before);
    take_text(statement, 7, entry->after, sizeof entry->after);
    entry->priority = (uint8_t)sqlite3_column_int(statement, 8);
}

/* A bracket is one of SQLite's signs, and stands in names of ours. */
static void escape(const char *match, char *pattern, size_t size)
{
    size_t used = 0;
    for (; *match && used + 4 < size; match++)
        used += (size_t)snprintf(pattern + used, size - used, *match == '[' ? "[[]" : "%c", *match);
    pattern[used] = '\0';
}

static int find_entries(struct history_file *file, const struct journal_query *query,
                        sqlite3_stmt **statement)
{
    static const char sql[] =
        "SELECT time, kind, what, name, text, who, before, after, priority FROM journal"
        " WHERE time >= ?1 AND time <= ?2 AND (kind & ?3) AND (?4 = '' OR name GLOB ?4 OR"
        " 'mem.' || name GLOB ?4) ORDER BY id DESC LIMIT ?5";
    char pattern[4 * JOURNAL_NAME];
    int code = sqlite3_prepare_v2(file->db, sql, -1, statement, NULL);
    if (code)
        return code;
    escape(query->match ? query->match : "", pattern, sizeof pattern);
    sqlite3_bind_int64(*statement, 1, query->from);
    sqlite3_bind_int64(*statement, 2, query->to);
    sqlite3_bind_int(*statement, 3, (int)query->kinds);
    sqlite3_bind_text(*statement, 4, pattern, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int(*statement, 5, (int)query->most);
    return SQLITE_OK;
}

bool history_read_journal(struct history_file *file, const struct journal_query *query,
                          struct history_result *result, struct error *error)
{
    sqlite3_stmt *statement;
    int code = find_entries(file, query, &statement);
    if (code)
        return say(file, code, error);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        result->entries =
            memory_grow(result->entries, result->entry_count, sizeof *result->entries);
        take_entry(statement, &result->entries[result->entry_count++]);
    }
    sqlite3_finalize(statement);
    return say(file, code == SQLITE_DONE ? SQLITE_OK : code, error);
}

void history_result_finish(struct history_result *result)
{
    for (size_t i = 0; i < result->series_count; i++) {
        free(result->series[i].name);
        free(result->series[i].type);
        free(result->series[i].unit);
        free(result->series[i].points);
    }
    free(result->series);
    free(result->entries);
    *result = (struct history_result){.series = NULL};
}

bool history_look_up(const char *path, const struct trend_query *trend,
                     const struct journal_query *journal, struct history_result *result,
                     struct error *error)
{
    struct history_file file;
    enum history_state state = history_file_open(&file, path, true, error);
    if (state == HISTORY_BUSY)
        return error_set(error, "%s belongs to a program that runs; without --file it is asked",
                         path);
    if (state != HISTORY_READY)
        return error_prefix(error, "%s: ", path);
    bool ok = trend ? history_read_trend(&file, trend, result, error)
                    : history_read_journal(&file, journal, result, error);
    history_file_close(&file);
    return ok;
}

/* What the file holds, checked against its sums: each row against its own, and all of them together
 * against the one that the last commit left. */

#include "store/store_file.h"

#include <inttypes.h>
#include <string.h>

/* 0 name, 1 path, 2 number, 3 type, 4 length, 5 content, 6 sum. */
static const char *const list[ROW_TABLES] = {
    [ROW_VARIABLE] = "SELECT path, '', element, type, length, value, sum FROM variable",
    [ROW_FORCE] = "SELECT path, '', element, type, length, value, sum FROM force",
    [ROW_KEEP] = "SELECT name, field, place, type, 0, value, sum FROM keep",
    [ROW_SOURCE] = "SELECT path, '', place, '', 0, text, sum FROM source",
    [ROW_INITIAL] = "SELECT path, '', element, type, length, value, sum FROM initial",
};

static const char *text_of(sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    return text ? text : "";
}

static void read_content(sqlite3_stmt *statement, int column, struct content *content)
{
    int kind = sqlite3_column_type(statement, column);
    const void *bytes;
    if (kind == SQLITE_INTEGER) {
        content_integer(content, sqlite3_column_int64(statement, column));
    } else if (kind == SQLITE_FLOAT) {
        *content = (struct content){.kind = CONTENT_REAL,
                                    .real = sqlite3_column_double(statement, column)};
    } else {
        bytes = kind == SQLITE_TEXT ? (const void *)sqlite3_column_text(statement, column)
                                    : sqlite3_column_blob(statement, column);
        *content = (struct content){.kind = kind == SQLITE_TEXT ? CONTENT_TEXT : CONTENT_BLOB,
                                    .bytes = bytes ? bytes : "",
                                    .length = (size_t)sqlite3_column_bytes(statement, column)};
    }
}

static void read_row(sqlite3_stmt *statement, enum row_table table, struct row *row)
{
    *row = (struct row){.table = table,
                        .name = text_of(statement, 0),
                        .path = text_of(statement, 1),
                        .type = text_of(statement, 3),
                        .number = sqlite3_column_int64(statement, 2),
                        .length = sqlite3_column_int64(statement, 4)};
    read_content(statement, 5, &row->content);
    row->sum = row_sum(row);
}

/* `stored` joins the sums as they stand, `worked` as they should be. */
struct reading {
    struct rows *rows;
    void (*bad)(void *context, const struct row *row);
    void *context;
    size_t bad_count;
    uint64_t stored, worked;
};

static int take_row(struct reading *reading, const struct row *row, uint64_t stored)
{
    reading->stored ^= stored;
    reading->worked ^= row->sum;
    if (row->sum == stored)
        return rows_put(reading->rows, row) ? SQLITE_OK : SQLITE_NOMEM;
    reading->bad_count++;
    if (reading->bad)
        reading->bad(reading->context, row);
    return SQLITE_OK;
}

static int read_table(sqlite3 *db, enum row_table table, struct reading *reading)
{
    sqlite3_stmt *statement;
    int code = sqlite3_prepare_v2(db, list[table], -1, &statement, NULL);
    if (code)
        return code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        struct row row;
        read_row(statement, table, &row);
        code = take_row(reading, &row, (uint64_t)sqlite3_column_int64(statement, 6));
        if (code)
            break;
    }
    sqlite3_finalize(statement);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* One row that is not its sum's has either changed its content or its sum; with more than one
 * nobody can tell, so what they say must do. */
static bool is_one_commit(const struct reading *reading, uint64_t noted)
{
    return reading->stored == noted || (reading->bad_count == 1 && reading->worked == noted);
}

int store_read(sqlite3 *db, struct rows *rows, void (*bad)(void *context, const struct row *row),
               void *context, size_t *bad_count, struct error *error)
{
    struct reading reading = {.rows = rows, .bad = bad, .context = context};
    int64_t noted;
    int code = store_ask(db, "SELECT value FROM meta WHERE name = 'sum'", &noted);
    for (int t = 0; t < ROW_TABLES && !code; t++)
        code = read_table(db, (enum row_table)t, &reading);
    *bad_count = reading.bad_count;
    if (!code && !is_one_commit(&reading, (uint64_t)noted))
        code = SQLITE_CORRUPT;
    if (code)
        error_set(error, "%s",
                  code == SQLITE_CORRUPT ? "its rows are not of one moment" : sqlite3_errmsg(db));
    return code;
}

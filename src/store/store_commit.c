/* One transaction: all changes and the sum over all rows as they will be. What SQLite answers
 * decides whether the same connection may try again. */

#include "store/store_file.h"

static void bind_content(sqlite3_stmt *statement, int at, const struct content *content)
{
    switch (content->kind) {
    case CONTENT_INTEGER:
        sqlite3_bind_int64(statement, at, content->integer);
        break;
    case CONTENT_REAL:
        sqlite3_bind_double(statement, at, content->real);
        break;
    case CONTENT_TEXT:
        sqlite3_bind_text(statement, at, content->bytes, (int)content->length, SQLITE_STATIC);
        break;
    case CONTENT_BLOB: /* without bytes it would be NULL */
        sqlite3_bind_blob(statement, at, content->length ? content->bytes : "",
                          (int)content->length, SQLITE_STATIC);
        break;
    }
}

/* Parameters that a statement does not have are out of its range, and that is all. */
static int run(sqlite3_stmt *statement, const struct row *row)
{
    sqlite3_bind_text(statement, 1, row->name, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, row->path, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 3, row->number);
    sqlite3_bind_text(statement, 4, row->type, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 5, row->length);
    bind_content(statement, 6, &row->content);
    sqlite3_bind_int64(statement, 7, (int64_t)row->sum);
    int code = sqlite3_step(statement);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int write_all(struct store_file *file, const struct rows *rows)
{
    struct row_walk walk = {0, NULL};
    const struct row *row;
    int code = SQLITE_OK;
    while (!code && (row = rows_next(rows, &walk)))
        code = run(row->gone ? file->take[row->table] : file->put[row->table], row);
    return code;
}

static uint64_t sum_after(const struct rows *rows, const struct rows *changes)
{
    struct row_walk walk = {0, NULL};
    const struct row *change;
    uint64_t sum = rows->sum;
    while ((change = rows_next(changes, &walk))) {
        const struct row *before = rows_find(rows, change);
        sum ^= before ? before->sum : 0;
        sum ^= change->gone ? 0 : change->sum;
    }
    return sum;
}

static int note(struct store_file *file, uint64_t sum)
{
    sqlite3_bind_int64(file->note, 1, (int64_t)sum);
    int code = sqlite3_step(file->note);
    sqlite3_reset(file->note);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int write_anew(struct store_file *file, const struct rows *rows)
{
    int code = store_do(file->db, "DELETE FROM variable; DELETE FROM force; DELETE FROM keep;"
                                  "DELETE FROM source; DELETE FROM initial;");
    return code ? code : write_all(file, rows);
}

static int transact(struct store_file *file, const struct rows *rows, const struct rows *changes,
                    bool anew)
{
    int code = store_do(file->db, "BEGIN IMMEDIATE");
    if (!code && anew)
        code = write_anew(file, rows);
    if (!code)
        code = write_all(file, changes);
    if (!code)
        code = note(file, sum_after(rows, changes));
    return code ? code : store_do(file->db, "COMMIT");
}

bool store_file_commit(struct store_file *file, const struct rows *rows, const struct rows *changes,
                       bool anew, struct error *error)
{
    int code = transact(file, rows, changes, anew);
    if (!code)
        return true;
    store_say(file->db, error);
    if (!sqlite3_get_autocommit(file->db))
        store_do(file->db, "ROLLBACK");
    if ((code & 0xFF) != SQLITE_FULL) /* a full disk leaves everything as it was */
        store_file_close(file);
    return false;
}

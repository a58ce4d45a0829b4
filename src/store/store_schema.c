/* The tables, as a person finds them with `sqlite3 NAME.state`. Each has its primary key as its
 * only tree (WITHOUT ROWID), so that there is no second one that could say something else. `sum` is
 * a row's checksum; meta's "sum" joins those of all rows, so that a page from another commit shows.
 */

#include "store/store_file.h"

#include <string.h>

#define POINT_COLUMNS                                                                              \
    "(path TEXT, element INTEGER, type TEXT, length INTEGER, value, sum INTEGER,"                  \
    " PRIMARY KEY (path, element, type, length)) WITHOUT ROWID;"

/* Came later than the others. */
#define INITIAL "CREATE TABLE IF NOT EXISTS initial " POINT_COLUMNS

static const char create[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    "CREATE TABLE variable " POINT_COLUMNS "CREATE TABLE force " POINT_COLUMNS INITIAL
    "CREATE TABLE keep (name TEXT, field TEXT, place INTEGER, type TEXT, value, sum INTEGER,"
    " PRIMARY KEY (name, field)) WITHOUT ROWID;"
    "CREATE TABLE source (path TEXT PRIMARY KEY, place INTEGER, text, sum INTEGER) WITHOUT ROWID;"
    "INSERT INTO meta VALUES ('schema', 1), ('sum', 0);"
    "PRAGMA application_id = 1297304881;" /* STORE_APPLICATION */
    "COMMIT;";

/* Parameters: 1 name, 2 path, 3 number, 4 type, 5 length, 6 content, 7 sum. */
static const char *const put[ROW_TABLES] = {
    [ROW_VARIABLE] = "INSERT OR REPLACE INTO variable VALUES (?1, ?3, ?4, ?5, ?6, ?7)",
    [ROW_FORCE] = "INSERT OR REPLACE INTO force VALUES (?1, ?3, ?4, ?5, ?6, ?7)",
    [ROW_KEEP] = "INSERT OR REPLACE INTO keep VALUES (?1, ?2, ?3, ?4, ?6, ?7)",
    [ROW_SOURCE] = "INSERT OR REPLACE INTO source VALUES (?1, ?3, ?6, ?7)",
    [ROW_INITIAL] = "INSERT OR REPLACE INTO initial VALUES (?1, ?3, ?4, ?5, ?6, ?7)",
};

static const char *const take[ROW_TABLES] = {
    [ROW_VARIABLE] =
        "DELETE FROM variable WHERE path = ?1 AND element = ?3 AND type = ?4 AND length = ?5",
    [ROW_FORCE] =
        "DELETE FROM force WHERE path = ?1 AND element = ?3 AND type = ?4 AND length = ?5",
    [ROW_KEEP] = "DELETE FROM keep WHERE name = ?1 AND field = ?2",
    [ROW_SOURCE] = "DELETE FROM source WHERE path = ?1",
    [ROW_INITIAL] =
        "DELETE FROM initial WHERE path = ?1 AND element = ?3 AND type = ?4 AND length = ?5",
};

int store_do(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

int store_ask(sqlite3 *db, const char *sql, int64_t *number)
{
    sqlite3_stmt *statement;
    int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    if (code)
        return code;
    code = sqlite3_step(statement);
    *number = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    int end = sqlite3_finalize(statement);
    return code == SQLITE_ROW ? SQLITE_OK : end;
}

bool store_say(sqlite3 *db, struct error *error)
{
    int code = sqlite3_system_errno(db);
    if (code)
        return error_set(error, "%s (%s)", sqlite3_errmsg(db), strerror(code));
    return error_set(error, "%s", db ? sqlite3_errmsg(db) : "out of memory");
}

int store_schema_create(sqlite3 *db)
{
    int code = store_do(db, create);
    if (code && !sqlite3_get_autocommit(db))
        store_do(db, "ROLLBACK");
    return code;
}

int store_schema_complete(sqlite3 *db)
{
    return store_do(db, INITIAL);
}

static int prepare(struct store_file *file, const char *sql, sqlite3_stmt **statement)
{
    return sqlite3_prepare_v3(file->db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL);
}

int store_schema_prepare(struct store_file *file)
{
    int code = prepare(file, "UPDATE meta SET value = ?1 WHERE name = 'sum'", &file->note);
    for (int t = 0; t < ROW_TABLES && !code; t++) {
        code = prepare(file, put[t], &file->put[t]);
        if (!code)
            code = prepare(file, take[t], &file->take[t]);
    }
    return code;
}

void store_schema_finish(struct store_file *file)
{
    sqlite3_finalize(file->note);
    for (int t = 0; t < ROW_TABLES; t++) {
        sqlite3_finalize(file->put[t]);
        sqlite3_finalize(file->take[t]);
    }
}

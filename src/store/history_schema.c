/* The tables, as a person finds them with `sqlite3 NAME.history`. Moments are milliseconds since
 * 1970 UTC. A block's data is packed (block.h); what it amounts to stands beside it, so that long
 * stretches of time need not be unpacked. Rows of blocks come in the order of time, so that the
 * oldest ones are the first. */

#include "store/history_file.h"
#include "store/store_file.h"

static const char create[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE name (id INTEGER PRIMARY KEY, name TEXT UNIQUE, type TEXT, unit TEXT);"
    "CREATE TABLE run (id INTEGER PRIMARY KEY, began INTEGER, seen INTEGER);"
    "CREATE TABLE tail (id INTEGER PRIMARY KEY, data BLOB);"
    /* ids are not used again: an open block knows its row by its own */
    "CREATE TABLE block (id INTEGER PRIMARY KEY AUTOINCREMENT, name INTEGER, begin INTEGER, end "
    "INTEGER,"
    " count INTEGER, low REAL, high REAL, last REAL, data BLOB);"
    "CREATE INDEX block_name ON block (name, begin);"
    "CREATE TABLE journal (id INTEGER PRIMARY KEY, time INTEGER, kind INTEGER, what TEXT,"
    " name TEXT, text TEXT, who TEXT, before TEXT, after TEXT, priority INTEGER);"
    "PRAGMA application_id = 1297304904;" /* HISTORY_APPLICATION */
    "PRAGMA user_version = 1;"
    "COMMIT;";

static const char *const statements[HISTORY_STATEMENTS] = {
    [HISTORY_TAIL] = "INSERT INTO tail (data) VALUES (?1)",
    [HISTORY_RUN] = "INSERT INTO run (began, seen) VALUES (?1, ?2)",
    [HISTORY_SEEN] = "UPDATE run SET seen = ?2 WHERE id = ?1",
    [HISTORY_NAME] = "INSERT INTO name (name, type, unit) VALUES (?1, ?2, ?3)"
                     " ON CONFLICT (name) DO UPDATE SET type = ?2, unit = ?3",
    [HISTORY_BLOCK] = "INSERT INTO block (name, begin, end, count, low, high, last, data)"
                      " VALUES (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [HISTORY_AGAIN] = "UPDATE block SET end = ?4, count = ?5, low = ?6, high = ?7, last = ?8,"
                      " data = ?9 WHERE id = ?1",
    [HISTORY_NOTE] = "INSERT INTO journal"
                     " (time, kind, what, name, text, who, before, after, priority)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
};

static int create_all(sqlite3 *db)
{
    int code = store_do(db, create);
    if (code && !sqlite3_get_autocommit(db))
        store_do(db, "ROLLBACK");
    return code;
}

int history_schema_claim(sqlite3 *db, struct error *error)
{
    int64_t application = 0, tables = 0, version = 0;
    int code = store_ask(db, "PRAGMA application_id", &application);
    if (!code)
        code = store_ask(db, "SELECT count(*) FROM sqlite_schema", &tables);
    if (!code && application == 0 && tables == 0)
        code = create_all(db);
    else if (!code && application != HISTORY_APPLICATION)
        return error_set(error, "it is not a history of msm"), SQLITE_NOTADB;
    if (!code)
        code = store_ask(db, "PRAGMA user_version", &version);
    if (!code && version != 1)
        return error_set(error, "it was made by another version of msm"), SQLITE_NOTADB;
    return code;
}

int history_schema_prepare(struct history_file *file)
{
    int code = SQLITE_OK;
    for (int i = 0; i < HISTORY_STATEMENTS && !code; i++)
        code = sqlite3_prepare_v3(file->db, statements[i], -1, SQLITE_PREPARE_PERSISTENT,
                                  &file->statements[i], NULL);
    return code;
}

/* Exclusive locking and WAL, as the state file has them, but without a sync for each commit: after
 * a power loss the last seconds may be missing, and the file is whole. */

#include "store/history_file.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "store/file_kind.h"
#include "store/store_file.h"
#include "store/store_holder.h"

enum { BUSY_PATIENCE = 250 }; /* ms */

static enum history_state state_of(int code)
{
    switch (code & 0xFF) {
    case SQLITE_OK:
        return HISTORY_READY;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return HISTORY_BUSY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:
    case SQLITE_SCHEMA:
        return HISTORY_DAMAGED;
    default:
        return HISTORY_TROUBLE;
    }
}

static int set_up(sqlite3 *db)
{
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, BUSY_PATIENCE);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return store_do(db, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = NORMAL;"
                        "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;"
                        "PRAGMA mmap_size = 0; PRAGMA wal_autocheckpoint = 256;"
                        "PRAGMA journal_size_limit = 4194304;");
}

static const char *text_of(sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    return text ? text : "";
}

static int load_names(struct history_file *file)
{
    sqlite3_stmt *statement;
    int code = sqlite3_prepare_v2(file->db, "SELECT id, name, type, unit FROM name ORDER BY id", -1,
                                  &statement, NULL);
    if (code)
        return code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        const struct recorded name = {.name = text_of(statement, 1),
                                      .type = text_of(statement, 2),
                                      .unit = text_of(statement, 3)};
        struct series *series = history_series(file, &name);
        series->id = sqlite3_column_int64(statement, 0);
        series->fresh = false;
    }
    int end = sqlite3_finalize(statement);
    return code == SQLITE_DONE ? SQLITE_OK : end;
}

static int load_tail(struct history_file *file)
{
    sqlite3_stmt *statement;
    int code =
        sqlite3_prepare_v2(file->db, "SELECT data FROM tail ORDER BY id", -1, &statement, NULL);
    bool ok = true;
    if (code)
        return code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        const void *bytes = sqlite3_column_blob(statement, 0);
        ok = history_unpack(file, bytes, (size_t)sqlite3_column_bytes(statement, 0)) && ok;
    }
    int end = sqlite3_finalize(statement);
    return code != SQLITE_DONE ? end : ok ? SQLITE_OK : SQLITE_NOMEM;
}

static int open_database(struct history_file *file, const char *path, int flags,
                         struct error *error)
{
    bool is_new = access(path, F_OK) != 0;
    int code = sqlite3_open_v2(path, &file->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (!code && is_new)
        (void)!chmod(path, S_IRUSR | S_IWUSR); /* its log takes over the mode */
    if (!code)
        code = set_up(file->db);
    if (!code)
        code = history_schema_claim(file->db, error);
    if (!code)
        code = store_do(file->db, "PRAGMA journal_mode = WAL");
    if (!code)
        code = history_schema_prepare(file);
    if (!code)
        code = load_names(file);
    return code ? code : load_tail(file);
}

enum history_state history_file_open(struct history_file *file, const char *path, bool reads,
                                     struct error *error)
{
    struct stat there;
    int flags = SQLITE_OPEN_READWRITE | (reads ? 0 : SQLITE_OPEN_CREATE);
    const char *kind = stat(path, &there) == 0 ? file_kind(there.st_mode) : NULL;
    *file = (struct history_file){.index = names_create()};
    error->text[0] = '\0';
    if (kind)
        error_set(error, "%s is %s, not a file; move it away", path, kind);
    enum history_state state =
        kind ? HISTORY_TROUBLE : state_of(open_database(file, path, flags, error));
    if (state == HISTORY_READY)
        return state;
    if (state == HISTORY_BUSY)
        store_holder_name(path, error);
    else if (!error->text[0])
        store_say(file->db, error);
    history_file_close(file);
    return state;
}

void history_file_close(struct history_file *file)
{
    for (int i = 0; i < HISTORY_STATEMENTS; i++)
        sqlite3_finalize(file->statements[i]);
    sqlite3_close(file->db);
    history_series_finish(file);
    *file = (struct history_file){.db = NULL};
}

bool history_file_has_moved(struct history_file *file)
{
    int moved = 0;
    struct stat there;
    int code = sqlite3_file_control(file->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    bool empty = stat(sqlite3_db_filename(file->db, "main"), &there) == 0 && there.st_size == 0;
    return empty || (code == SQLITE_OK && moved);
}

int64_t history_file_size(struct history_file *file)
{
    int64_t pages = 0, unused = 0, size = 0;
    if (store_ask(file->db, "PRAGMA page_count", &pages) ||
        store_ask(file->db, "PRAGMA freelist_count", &unused) ||
        store_ask(file->db, "PRAGMA page_size", &size))
        return 0;
    return (pages - unused) * size;
}

/* Opening takes the longest, because it trusts nothing: whose file is it, is every page whole, is
 * every row its sum's. What is written is only what this process wrote: exclusive locking keeps all
 * others out, and makes a shared-memory file needless. */

#include "store/store_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "store/file_kind.h"
#include "store/store_holder.h"

enum { BUSY_PATIENCE = 250 }; /* ms: one that has just been killed is still letting go */

/* Another page's size, another text encoding and the like show up as errors of these kinds. */
static bool is_damage(int code)
{
    switch (code & 0xFF) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:
    case SQLITE_SCHEMA:
    case SQLITE_MISMATCH:
    case SQLITE_CONSTRAINT:
    case SQLITE_TOOBIG:
        return true;
    default:
        return false;
    }
}

static enum file_state state_of(int code)
{
    if (code == SQLITE_OK)
        return FILE_READY;
    if ((code & 0xFF) == SQLITE_BUSY || (code & 0xFF) == SQLITE_LOCKED)
        return FILE_BUSY;
    return is_damage(code) ? FILE_DAMAGED : FILE_TROUBLE;
}

/* SQLite would wait for ever at a pipe. */
static bool is_file(const char *path, const char *end, struct error *error)
{
    char name[4096 + 16];
    struct stat there;
    snprintf(name, sizeof name, "%s%s", path, end);
    const char *kind = stat(name, &there) == 0 ? file_kind(there.st_mode) : NULL;
    return !kind || error_set(error, "%s is %s, not a file; move it away", name, kind);
}

/* SQLite takes an empty file for a new one and throws its log away. */
static bool lost_its_head(const char *path)
{
    char log[4096 + 8];
    struct stat head, tail;
    snprintf(log, sizeof log, "%s-wal", path);
    return stat(path, &head) == 0 && head.st_size == 0 && stat(log, &tail) == 0 && tail.st_size > 0;
}

static int set_up(sqlite3 *db)
{
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, BUSY_PATIENCE);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return store_do(db, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL;"
                        "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;"
                        "PRAGMA mmap_size = 0; PRAGMA wal_autocheckpoint = 256;"
                        "PRAGMA journal_size_limit = 4194304;");
}

/* Ours, or new and made ours. */
static int claim(sqlite3 *db, struct error *error)
{
    int64_t application = 0, tables = 0, schema = 0;
    int code = store_ask(db, "PRAGMA application_id", &application);
    if (!code)
        code = store_ask(db, "SELECT count(*) FROM sqlite_schema", &tables);
    if (!code && application == 0 && tables == 0)
        code = store_schema_create(db);
    else if (!code && application != STORE_APPLICATION)
        return error_set(error, "it is not a state file of msm"), SQLITE_NOTADB;
    if (!code)
        code = store_ask(db, "SELECT value FROM meta WHERE name = 'schema'", &schema);
    if (!code && schema != 1)
        return error_set(error, "it was made by another version of msm"), SQLITE_NOTADB;
    if (!code)
        code = store_schema_complete(db);
    return code;
}

/* SQLite says it in several lines, the first of which says nothing. */
static void say_found(const char *found, struct error *error)
{
    const char *last = found ? strrchr(found, '\n') : NULL;
    error_set(error, "%s", last ? last + 1 : found ? found : "it cannot be looked through");
}

static int look_through(sqlite3 *db, struct error *error)
{
    sqlite3_stmt *statement;
    int code = sqlite3_prepare_v2(db, "PRAGMA integrity_check(1)", -1, &statement, NULL);
    if (code)
        return code;
    code = sqlite3_step(statement);
    const char *found = code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    bool whole = found && strcmp(found, "ok") == 0;
    if (code == SQLITE_ROW) {
        code = whole ? SQLITE_OK : SQLITE_CORRUPT;
        if (!whole)
            say_found(found, error);
    }
    sqlite3_finalize(statement);
    return code;
}

/* A version in the head that SQLite does not know makes a file one that it will not write. */
static bool is_locked_by_damage(sqlite3 *db, const char *path)
{
    return sqlite3_db_readonly(db, "main") == 1 && faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0;
}

struct opening {
    const char *path;
    struct rows *rows;
    void (*bad)(void *context, const struct row *row);
    void *context;
    size_t *bad_count;
};

static int open_database(struct store_file *file, const struct opening *opening,
                         struct error *error)
{
    bool is_new = access(opening->path, F_OK) != 0;
    int code =
        sqlite3_open_v2(opening->path, &file->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (!code && is_new)
        (void)!chmod(opening->path, S_IRUSR | S_IWUSR); /* its log takes over the mode */
    if (!code)
        code = set_up(file->db);
    if (!code)
        code = claim(file->db, error);
    if (!code)
        code = store_do(file->db, "PRAGMA journal_mode = WAL");
    if (!code)
        code = look_through(file->db, error);
    if (!code && is_locked_by_damage(file->db, opening->path))
        return error_set(error, "its head is damaged"), SQLITE_CORRUPT;
    if (!code)
        code = store_schema_prepare(file);
    if (!code)
        code = store_read(file->db, opening->rows, opening->bad, opening->context,
                          opening->bad_count, error);
    return code;
}

/* What means something in an URI is written by its number. */
static void uri_of(const char *path, const char *options, char *uri, size_t size)
{
    size_t used = (size_t)snprintf(uri, size, "file:");
    for (; *path && used + 4 < size; path++)
        used += (size_t)snprintf(uri + used, size - used, strchr("%?#", *path) ? "%%%02X" : "%c",
                                 (unsigned char)*path);
    snprintf(uri + used, size - used, "?%s", options);
}

/* Without any lock, which one needs the right to write for; who may not write changes nothing. A
 * file that was closed in order has no log, and may be taken as it is. */
static void read_only(const struct opening *opening)
{
    static const char *const ways[] = {"mode=ro&vfs=unix-none", "mode=ro&immutable=1"};
    char uri[3 * 4096];
    struct error ignored;
    for (int i = 0; i < 2 && opening->rows->count == 0; i++) {
        sqlite3 *db;
        uri_of(opening->path, ways[i], uri, sizeof uri);
        int code = sqlite3_open_v2(uri, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
        if (!code)
            code = store_do(db, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA cell_size_check = ON");
        if (!code)
            code = look_through(db, &ignored);
        if (!code)
            code = store_read(db, opening->rows, opening->bad, opening->context, opening->bad_count,
                              &ignored);
        if (code)
            rows_finish(opening->rows);
        sqlite3_close(db);
    }
}

static bool may_make(const char *path)
{
    char folder[4096];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1,
             slash ? path : ".");
    return faccessat(AT_FDCWD, folder, W_OK, AT_EACCESS) == 0;
}

static void explain(const struct store_file *file, const char *path, enum file_state state,
                    struct error *error)
{
    bool is_there = faccessat(AT_FDCWD, path, F_OK, AT_EACCESS) == 0;
    if (state == FILE_BUSY)
        store_holder_name(path, error);
    else if (is_there && faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0)
        error_set(error, "it may only be read: %s", strerror(errno));
    else if (!is_there && !may_make(path))
        error_set(error, "nothing may be made in its folder: %s", strerror(errno));
    else if (error->text[0] == '\0')
        store_say(file->db, error);
}

enum file_state store_file_open(struct store_file *file, const char *path, struct rows *rows,
                                void (*bad)(void *context, const struct row *row), void *context,
                                size_t *bad_count, struct error *error)
{
    const struct opening opening = {path, rows, bad, context, bad_count};
    *file = (struct store_file){.db = NULL};
    *bad_count = 0;
    error->text[0] = '\0';
    if (!is_file(path, "", error) || !is_file(path, "-wal", error) ||
        !is_file(path, "-journal", error))
        return FILE_TROUBLE;
    if (lost_its_head(path)) {
        error_set(error, "it is empty, but a log lies beside it");
        return FILE_DAMAGED;
    }
    enum file_state state = state_of(open_database(file, &opening, error));
    if (state == FILE_READY)
        return state;
    explain(file, path, state, error);
    rows_finish(rows);
    store_file_close(file);
    if (state == FILE_TROUBLE)
        read_only(&opening);
    return state;
}

void store_file_close(struct store_file *file)
{
    store_schema_finish(file);
    sqlite3_close(file->db);
    *file = (struct store_file){.db = NULL};
}

bool store_file_has_moved(struct store_file *file)
{
    int moved = 0;
    struct stat there;
    int code = sqlite3_file_control(file->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    bool empty = stat(sqlite3_db_filename(file->db, "main"), &there) == 0 && there.st_size == 0;
    return empty || (code == SQLITE_OK && moved);
}

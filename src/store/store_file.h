#pragma once
/* The state file itself: one SQLite database that no other process has open meanwhile (WAL with
 * locking_mode = EXCLUSIVE), rows in, rows out. One thread at a time. */

#include <sqlite3.h>
#include <stdbool.h>
#include "base/error.h"
#include "store/rows.h"

/* "MSM1": PRAGMA application_id. */
#define STORE_APPLICATION 0x4D534D31

struct store_file {
    sqlite3 *db; /* NULL: not open */
    sqlite3_stmt *put[ROW_TABLES], *take[ROW_TABLES], *note;
};

enum file_state {
    FILE_READY,
    FILE_BUSY,    /* another process has it: the error names it */
    FILE_DAMAGED, /* or foreign: to be set aside; the error says what is wrong with it */
    FILE_TROUBLE  /* the disk, permissions, no file at all */
};

/* Opens or makes the file, looks whether it is whole and ours, and reads its rows. A single row
 * that is not its sum's is left out and told to `bad`; *bad_count > 0: the file is to be written
 * anew. Rows of a file that may only be read are read, too: FILE_TROUBLE, and nothing is open. */
enum file_state store_file_open(struct store_file *file, const char *path, struct rows *rows,
                                void (*bad)(void *context, const struct row *row), void *context,
                                size_t *bad_count, struct error *error);
void store_file_close(struct store_file *file); /* nothing for one that is not open */

/* Whether the name leads to another file by now, or to none, or to one that somebody has emptied.
 */
bool store_file_has_moved(struct store_file *file);

/* Renames the file to "PATH.damaged-N", the first N that is free, and what belongs to it; the new
 * name in `aside`. */
bool store_file_set_aside(const char *path, char *aside, size_t size, struct error *error);

/* Writes all changes or none of them. `rows` is what the file holds; with `anew` it is emptied
 * first, and `rows` written, too. Closes the file where opening it again may help. */
bool store_file_commit(struct store_file *file, const struct rows *rows, const struct rows *changes,
                       bool anew, struct error *error);

/* ---- for the files that make this one ---- */

/* Tables in an empty file, and all statements; SQLite's codes. */
int store_schema_create(sqlite3 *db);
int store_schema_complete(sqlite3 *db); /* of one that an earlier version made */
int store_schema_prepare(struct store_file *file);
void store_schema_finish(struct store_file *file);

/* Reads all rows. SQLITE_CORRUPT, with an error, where they are not what one commit left. */
int store_read(sqlite3 *db, struct rows *rows, void (*bad)(void *context, const struct row *row),
               void *context, size_t *bad_count, struct error *error);

/* What went wrong last, in SQLite's and the system's words. Returns false. */
bool store_say(sqlite3 *db, struct error *error);

/* A number that a statement gives, and one without an answer. */
int store_ask(sqlite3 *db, const char *sql, int64_t *number);
int store_do(sqlite3 *db, const char *sql);

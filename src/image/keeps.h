#pragma once
/* Plain data by name that lives longer than the program that keeps it: `keep`. Like the image it
 * belongs to no Lua state: a reload hands it over as it is, and a faulted scan takes nothing of it
 * along, because what a scan changes counts only when it is committed.
 *
 * A keep is a tree of tables. All lies in nodes of one size, in memory that is reserved at once:
 * the scan allocates nothing here, and a copy is a copy of bytes. A node is one field: its key (an
 * integer or a text) and its value (boolean, integer, number, text, table).
 *
 * One thread at a time changes and reads (the scan's; before it runs, the one that loads). Commit
 * and keeps_read meet another thread, under the image's mutex, which their callers hold. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

enum {
    KEEPS_KEY_MAX = 47,    /* bytes of a key or a name */
    KEEPS_TEXT_MAX = 1024, /* bytes of a text value */
    KEEPS_DEPTH_MAX = 16,  /* tables inside tables */
    KEEPS_NODES = 1 << 15  /* fields, of all keeps together; a long text takes several */
};

struct keeps;

/* A table in here. Ids are given again when a table is gone, so `tag` says which one is meant. */
struct keeps_table {
    uint32_t id, tag;
};

enum keeps_type { KEEPS_NIL, KEEPS_BOOLEAN, KEEPS_INTEGER, KEEPS_NUMBER, KEEPS_TEXT, KEEPS_TABLE };

struct keeps_value {
    enum keeps_type type;
    union {
        bool boolean;
        int64_t integer;
        double number;
        struct {
            const char *bytes; /* may hold any byte */
            size_t length;
        } text;
        struct keeps_table table;
    };
};

struct keeps_key {
    bool is_text;
    int64_t integer;
    const char *bytes;
    size_t length;
};

struct keeps *keeps_create(struct error *error); /* NULL when memory is short */
void keeps_destroy(struct keeps *keeps);         /* NULL is accepted */

/* Has the system give the memory now that takes as many nodes as `like` has used so far (which may
 * be the same keeps), so that nobody waits for it page by page later, with the image's mutex held.
 * Takes up to some milliseconds; any thread. */
void keeps_populate(struct keeps *keeps, const struct keeps *like);

/* The table of that name; with `make` it is made where there is none. False: there is none, or no
 * room. */
bool keeps_find(struct keeps *keeps, const char *name, bool make, struct keeps_table *table);

/* A name that nobody has any more goes, at once and whatever it holds; its nodes are given back
 * some at each commit, or when there is no room without them. Nobody is going along its tables. */
void keeps_drop(struct keeps *keeps, const char *name);

/* Whether the table is still there. */
bool keeps_is(const struct keeps *keeps, struct keeps_table table);

/* A field; KEEPS_NIL where there is none. A text is valid until the next change; one that lies in
 * several nodes is gathered in `text` (KEEPS_TEXT_MAX bytes). */
struct keeps_value keeps_get(const struct keeps *keeps, struct keeps_table table,
                             const struct keeps_key *key, char *text);

/* The same, for who asks for the same field again and again: `hint` says where it was the last
 * time, and is put right where it is not there; 0 to begin with. */
struct keeps_value keeps_get_again(const struct keeps *keeps, struct keeps_table table,
                                   const struct keeps_key *key, uint16_t *hint, char *text);

/* Sets a field that holds a boolean to another boolean, or one that holds a number to another
 * number. False, and nothing is changed, for all else: then it is up to keeps_set. */
bool keeps_set_again(struct keeps *keeps, struct keeps_table table, const struct keeps_key *key,
                     uint16_t *hint, const struct keeps_value *value);

/* The same as it was last committed. */
struct keeps_value keeps_was(const struct keeps *keeps, struct keeps_table table,
                             const struct keeps_key *key, char *text);

/* Whether the field at `at`, where keeps_next stands, may have been made or changed since the last
 * commit. */
bool keeps_changed(const struct keeps *keeps, uint32_t at);

/* Until the next change keeps_changed is true also of each table in which something was changed. */
void keeps_mark_tables(struct keeps *keeps);

/* Sets a field; KEEPS_NIL takes it away; a value of type KEEPS_TABLE makes a new empty table there
 * (its id comes back in value->table) in place of whatever was. False with an error (what is too
 * long, too deep, or that all KEEPS_NODES are in use), and nothing is changed. */
bool keeps_set(struct keeps *keeps, struct keeps_table table, const struct keeps_key *key,
               struct keeps_value *value, struct error *error);

/* Fields in the order in which they were made: start with *at = 0; false after the last one. A
 * field may be changed or taken away on the way, not made. */
bool keeps_next(const struct keeps *keeps, struct keeps_table table, uint32_t *at,
                struct keeps_key *key, struct keeps_value *value, char *text);

/* Integer keys 1..n without a gap. */
size_t keeps_length(const struct keeps *keeps, struct keeps_table table);

/* How deep a table lies: 1 for that of a name, at most KEEPS_DEPTH_MAX. */
size_t keeps_depth(const struct keeps *keeps, struct keeps_table table);

/* Takes over what was changed since, or takes it back. Both cost what was changed. */
void keeps_commit(struct keeps *keeps);
void keeps_revert(struct keeps *keeps);

/* Makes `copy` what `keeps` was when it was last committed. */
void keeps_read(const struct keeps *keeps, struct keeps *copy);

/* Counts commits that changed anything: for who wants to know whether to look again. Any thread. */
uint64_t keeps_version(const struct keeps *keeps);

/* Names, in the order in which they were made, as keeps_next does for fields; they may be dropped
 * on the way. */
bool keeps_next_name(const struct keeps *keeps, uint32_t *at, const char **name);

/* Nodes, of KEEPS_NODES; what was dropped counts until it is given back. */
size_t keeps_used(const struct keeps *keeps);

/* Nodes that a field with this value takes; the fields of a table come on top. */
size_t keeps_takes(const struct keeps_value *value);

/* Says that there is no room for a field more. Returns false. */
bool keeps_refuse_room(struct error *error);
